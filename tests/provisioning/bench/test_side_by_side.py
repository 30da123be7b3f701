"""The side-by-side loop, with those contenders that are there."""

import asyncio
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from sotdae_provisioning.bench import peers, tables
from sotdae_provisioning.bench.peers import Contender
from sotdae_provisioning.bench.side_by_side import Row, SideBySide, measure
from sotdae_shared.errors import LinkError

BARE = Contender("bare", peers.bare)


def run(contenders: list[Contender], where: Path, trips: int = 2) -> SideBySide:
    return asyncio.run(measure(contenders, trips, where, random.Random(7)))


def proved(result: SideBySide) -> None:
    for row in result.rows:
        assert len(row.served_to_written_ms) == len(row.changed_to_written_ms) == result.trips
        # Who wrote before it had read the risen value did not write because of it.
        assert all(span > 0 for span in row.served_to_written_ms), row
        pairs = zip(row.served_to_written_ms, row.changed_to_written_ms, strict=True)
        assert all(served <= changed for served, changed in pairs)
        assert row.rss_mib > 1


def test_a_loop_trips_at_each_rise_and_reopens_after_it(tmp_path: Path) -> None:
    result = run([BARE], tmp_path, trips=5)
    proved(result)
    assert tables.of(result).row_count == 1


def test_a_contender_that_guards_nothing_is_named_with_its_last_words(tmp_path: Path) -> None:
    deaf = Contender("deaf", lambda where, _: peers.bare(where, 1))
    with pytest.raises(LinkError, match=r"(?s)bare: ended before served_s: .*Not connected"):
        run([deaf], tmp_path)


@pytest.mark.slow
def test_a_gate_is_tripped_again_and_again_by_one_process(tmp_path: Path) -> None:
    result = run([Contender("gate", lambda at, port: peers.gate(at, port, 0.0), keyed=True), BARE], tmp_path)
    proved(result)
    assert result.as_json()["rows"][0]["of_first"]["rss_mib"] == 1.0


@pytest.mark.slow
def test_the_peers_do_the_same_job_where_they_are_installed(tmp_path: Path) -> None:
    try:
        found = peers.contenders()
    except LinkError as error:
        pytest.skip(str(error))
    proved(run([one for one in found if not one.keyed], tmp_path, trips=1))


def test_ratios_are_to_the_first_row() -> None:
    rows = (Row("a", 0.1, (1.0, 2.0), (50.0, 60.0), 50.0), Row("b", 0.1, (2.0, 6.0), (50.0, 90.0), 100.0))
    told = SideBySide(2, rows).as_json()
    assert told["rows"][1]["of_first"]["served_p99_ms"] == 3.0
    assert told["rows"][1]["of_first"]["changed_p50_ms"] == 1.0
    assert told["rows"][1]["of_first"]["rss_mib"] == 2.0
    assert told["targets"] == {"served_p99_ms": 20.0, "rss_mib": 80.0}


def test_missing_peers_are_named_with_the_way_to_get_them(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sotdae_provisioning", "bench", "loop", "--peers", "--trips", "1"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment, check=False)
    assert done.returncode == 1
    assert "tools/bench_peers" in done.stderr
    assert str(tmp_path) in done.stderr
