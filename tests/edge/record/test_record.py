"""Whatever happens to a gate is recorded and replays to the same; whatever is altered is noticed."""

import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, get_args

import pytest
from edge.core.moves import ACTIONS
from edge.core.orders import BYPASSES, TESTS, tell_time
from edge.core.people import came, order, signed
from edge.core.plant import SITE, Plant
from edge.core.ruling import POLICIES, RULED, good
from edge.core.watched import QUICK
from edge.record.tape import TapedStory, closing, opening, replayed, round_trip, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_edge.core.events import BadCommand, Event, HubHeard, LinkLost, PolicyCame, Scan
from sotdae_edge.core.site import SelfTestPlan
from sotdae_edge.record.chain import Chain
from sotdae_edge.record.coding import WORDS, Entry, parse, text
from sotdae_edge.record.packing import MAGIC, pack, unpack
from sotdae_edge.record.snapshot import restore, snapshot
from sotdae_edge.record.verify import check, check_all
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample

Move = Callable[[TapedStory], object]
PLANNED = replace(QUICK, selftest=SelfTestPlan())
LAW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ODD = st.none() | st.sampled_from([math.nan, math.inf, -0.0, 0.0, 1e300, 5e-324]) | st.floats()
LANE = {"loop_occupied", "curtain_blocked"}
"""The watch knows the lane by the plant, so that no garbage may claim to be the lane."""
POINTS = sorted(Plant().scan().points.keys() - LANE)
GARBAGE = st.dictionaries(
    st.sampled_from(POINTS),
    st.none() | st.builds(Sample, ODD, st.none() | st.integers(-5, 1 << 70), ODD),
    max_size=4,
)
MOVES: st.SearchStrategy[Move] = st.one_of(
    st.sampled_from(sorted(ACTIONS)).map(lambda name: ACTIONS[name]),
    GARBAGE.map(lambda points: lambda story: story.scan(**points)),
    st.sampled_from([0.05, 0.5, 5.0, 61.0]).map(lambda seconds: lambda story: story.wait(seconds)),
    st.sampled_from([HubHeard(), LinkLost(), BadCommand("é\ud83d"[:1]), Scan({})]).map(
        lambda event: lambda story: story.give(event)
    ),
    st.just(lambda story: story.rotate()),
    st.sampled_from([*TESTS.values(), *BYPASSES.values(), tell_time]),
    st.sampled_from(list(POLICIES.values())),
)


@LAW
@given(st.sampled_from([QUICK, SITE, PLANNED, RULED]), st.lists(MOVES, max_size=25))
def test_any_story_replays_bit_for_bit(site: Any, moves: list[Move]) -> None:
    story = TapedStory(site)
    for move in moves:
        move(story)
    segments, run, differences = round_trip(story.items)
    assert [segment.problems for segment in segments] == [[] for _ in segments]
    assert differences == []
    assert run.calls == sum(isinstance(item, Entry) for item in story.items)
    assert run.decisions == len(story.decided)


def test_a_policy_that_comes_waits_and_outlives_a_restart_replays() -> None:
    story = TapedStory(RULED)
    story.run(1.0)
    story.give(PolicyCame(good(3, caution_cm=4.0, repair_s=3600.0)))
    story.rotate()
    story.plant.water(6.0)
    story.run(3.0)
    story.give(PolicyCame(good(5, close_cm=12.0)))
    story.rotate()
    story.restart()
    story.plant.water(0.0)
    story.run(700.0, every=1.0)
    story.rotate()
    assert story.gate.site.levels.close_cm == 12.0
    segments, run, differences = round_trip(story.items)
    assert [segment.problems for segment in segments] == [[] for _ in segments]
    assert differences == []
    assert run.decisions == len(story.decided)


@LAW
@given(st.lists(MOVES, max_size=25), st.lists(MOVES, max_size=8))
def test_a_gate_restored_from_its_snapshot_goes_on_as_itself(before: list[Move], after: list[Move]) -> None:
    story = TapedStory(QUICK)
    for move in before:
        move(story)
    gate = story.gate.gate  # type: ignore[attr-defined]
    again = restore(snapshot(gate))
    assert text(snapshot(again)) == text(snapshot(gate))
    since = len(story.items)
    for move in after:
        move(story)
    for item in story.items[since:]:
        if not isinstance(item, Entry):
            break
        tick = item.event is None
        effects = again.tick(item.at) if tick else again.handle(item.event, item.at)  # type: ignore[arg-type]
        assert effects == item.effects


def test_a_rest_is_no_part_of_a_snapshot_so_that_segments_join_in_the_middle_of_one() -> None:
    story = TapedStory(SITE)
    story.run(4.0)
    for _ in range(3):
        assert story.gate.resting is not None
        story.rotate()
        for _ in range(20):
            story.now += 0.2
            story.scan()
    _, _, differences = round_trip(story.items)
    assert differences == []


def test_a_snapshot_of_a_version_that_knew_other_points_holds_them_for_unknown() -> None:
    story = TapedStory(SITE)
    story.run(4.0)
    value = snapshot(story.gate.gate)  # type: ignore[attr-defined]
    words = value["approaches"][0]["arm"]["words"]
    del words["local_key"]
    again = restore(value)
    assert again.approaches[0].arm.words == {**words, "local_key": None}
    again.tick(story.now + 0.1)


@cache
def lines() -> bytes:
    with TemporaryDirectory() as directory:
        (path,) = written(list(closing()), Path(directory))
        found = unpack(path.read_bytes())
    assert found.problem is None
    return found.lines


def number_of(at: int) -> int:
    """Return the number of the entry that the byte at this place belongs to."""
    return lines()[:at].count(b"\n") + 1


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_one_changed_byte_anywhere_is_noticed_where_it_is(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines()) - 1))
    changed = bytearray(lines())
    changed[at] ^= data.draw(st.integers(1, 255))
    segment = check("x", bytes(changed))
    assert segment.first_bad == number_of(at), segment.problems


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_one_changed_byte_of_a_packed_file_is_noticed(data: st.DataObject) -> None:
    raw = bytearray(pack(lines()))
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at] ^= data.draw(st.integers(1, 255))
    assert not check("x", bytes(raw)).ok


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_record_cut_anywhere_is_torn_there_and_good_before(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(lines()) - 1))
    segment = check("x", lines()[:at])
    assert not segment.ended
    assert len(segment.values) == number_of(at) - 1
    whole = at > 0 and lines()[at - 1 : at] == b"\n"
    assert segment.ok is whole
    assert segment.torn is (at > 0 and not whole)


@pytest.mark.parametrize("entry", [3, 30])
def test_an_entry_taken_out_put_in_or_exchanged_is_noticed(entry: int) -> None:
    rows = lines().splitlines(keepends=True)
    for forged in (
        [*rows[: entry - 1], *rows[entry:]],
        [*rows[:entry], rows[entry - 1], *rows[entry:]],
        [*rows[: entry - 1], rows[entry], rows[entry - 1], *rows[entry + 1 :]],
    ):
        assert (check("x", b"".join(forged)).first_bad or 0) - entry in (0, 1)


def test_a_record_written_anew_without_the_key_is_not_the_devices(tmp_path: Path) -> None:
    (mine,) = written(list(closing()), tmp_path / "mine")
    (forged,) = written(list(closing()), tmp_path / "forged")
    public = check("x", mine.read_bytes()).header["device"]
    assert check("x", mine.read_bytes(), public).ok
    assert check("x", forged.read_bytes(), public).first_bad == 1


def test_a_chain_made_anew_over_changed_entries_lacks_the_devices_signature() -> None:
    values = [parse(line.partition(b" ")[2]) for line in lines().splitlines()]
    values[4]["t"] += 1e-6
    chain = Chain()
    segment = check("x", b"".join(chain.seal(text(value)) for value in values))
    signs = [number for number, value in enumerate(values, start=1) if "sign" in value]
    assert segment.first_bad == next(number for number in signs if number > 5)
    assert "signature" in segment.problems[0]
    assert (segment.ended, segment.signed_to < 5) == (False, True)


def test_a_segment_taken_out_is_noticed(tmp_path: Path) -> None:
    story = TapedStory(SITE)
    for _ in range(3):
        story.run(1.0)
        story.rotate()
    paths = written(story.items, tmp_path)
    assert [segment.ok for segment in check_all(paths)] == [True] * 4
    del paths[1]
    assert [segment.ok for segment in check_all(paths)] == [True, False, True]


def test_a_core_that_decides_otherwise_is_named() -> None:
    items = list(closing())
    gate = restore(items[0].header["gate"])  # type: ignore[union-attr]
    # As if the gate had run with another threshold than the record says.
    other = replace(gate.site, levels=replace(gate.site.levels, close_cm=25.0))
    forged = type(gate).start(other, gate.boot, gate.born)
    _, _, differences = round_trip([opening(forged, memento=None), *items[1:]])
    assert differences
    assert '"pre_warn"' in differences[0].recorded
    assert differences[0].at is not None


def test_a_snapshot_that_is_not_where_the_segment_before_ended_is_named() -> None:
    story = TapedStory(SITE)
    story.run(1.0)
    gate = restore(snapshot(story.gate.gate))  # type: ignore[attr-defined]
    gate.episode += 1
    _, _, differences = round_trip([*story.items, opening(gate)])
    assert [(each.entry, each.recorded) for each in differences] == [(1, "gate.episode = 1")]


def test_an_order_is_recorded_whole_with_its_signatures() -> None:
    story = TapedStory(SITE)
    story.run(1.0)
    story.give(came(signed(order("close", incident=None, expect_state="open"), "lee")))
    segments, run, differences = round_trip(story.items)
    assert differences == []
    found = [value["command"] for value in segments[0].values if "command" in value]
    assert found[0]["command"]["approvals"][0]["key"] == "lee-1"
    assert run.decisions >= 2


ROWS = st.binary(max_size=200) | st.builds(
    lambda value: text(value).encode(),
    st.recursive(
        st.none() | st.floats() | st.text() | st.sampled_from(["gate", "t", "scan", "do"]),
        lambda inner: (
            st.lists(inner) | st.dictionaries(st.sampled_from(["t", "scan", "sign", "gate"]), inner)
        ),
        max_leaves=8,
    ),
)


@settings(max_examples=500, deadline=None)
@given(st.lists(ROWS, max_size=4), st.booleans(), st.sampled_from([b"", MAGIC, MAGIC + b"\0" * 32]))
def test_bytes_from_anywhere_are_refused_in_words(rows: list[bytes], packed: bool, start: bytes) -> None:
    raw = b"\n".join(rows)
    segment = check("x", start + (pack(raw) if packed else raw))
    assert segment.problems
    replayed([segment])


@given(st.binary(max_size=100))
def test_a_line_is_json_or_refused(data: bytes) -> None:
    with suppress(WireError):
        assert isinstance(parse(data), dict)


def test_there_is_a_word_for_every_event() -> None:
    assert {Scan, *WORDS.values()} == set(get_args(Event))


def test_a_state_that_only_another_version_has_is_named() -> None:
    story = TapedStory(SITE)
    story.run(1.0)
    last = opening(restore(snapshot(story.gate.gate)))  # type: ignore[attr-defined]
    last.header["gate"]["older"] = 7  # type: ignore[union-attr]
    _, _, differences = round_trip([*story.items, last])
    assert [(each.entry, each.recorded, each.now) for each in differences] == [
        (1, "gate.older = 7", "not there")
    ]
