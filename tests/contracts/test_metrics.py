"""What the hub asks of any metrics store, on DuckDB and on VictoriaMetrics through influxdb-client."""

import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hub_kit import GATE, HOMES, START, Message, Pen
from hypothesis import given
from hypothesis import strategies as st
from metrics_server import flush, victoria_metrics
from need import require_module, until

from sotdae_hub.adapters.duckdb_metrics import DuckDbMetrics
from sotdae_hub.core.points import PointRow, Sample, thin
from sotdae_hub.ports import Entry, MetricsStore, Point
from sotdae_shared.errors import LinkError
from sotdae_shared.units import Flag
from sotdae_shared.wire import decode

NOW = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=10)


@pytest.fixture(scope="module", params=["duckdb", "influx"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a metrics server, or nothing for a store that is a file."""
    if request.param == "duckdb":
        yield ""
        return
    require_module("influxdb_client")
    with victoria_metrics(tmp_path_factory.mktemp("victoria")) as url:
        yield url


class Bench:
    """One kind of store, which can be closed and opened again; each test has series of its own."""

    def __init__(self, root: Path, url: str, tag: str) -> None:
        self.root, self.url, self.tag = root, url, tag

    def open(self) -> MetricsStore:
        if not self.url:
            return DuckDbMetrics(self.root / "metrics.duckdb")
        from sotdae_hub.adapters.influx import InfluxMetrics

        return InfluxMetrics(self.url, "sotdae", "sotdae", "", self.root / "ledger.sqlite3")

    def channel(self, name: str) -> str:
        return f"{name} {self.tag}"


@pytest.fixture
def bench(request: pytest.FixtureRequest, server: str, tmp_path: Path) -> Bench:
    return Bench(tmp_path, server, f"{zlib.crc32(request.node.name.encode()):08x}")


def put(store: MetricsStore, messages: Sequence[Message], gap_to: int = 0) -> None:
    first = store.offset + 1
    entries = [Entry(first + index, START, decode(raw), gap_to) for index, (_, raw, _) in enumerate(messages)]
    store.project(entries, store.offset + len(entries))


def ask(store: MetricsStore, channel: str, count: int, points: int = 2000) -> list[Point]:
    """Return the series once it shows `count` points."""
    found: list[Point] = []
    if not isinstance(store, DuckDbMetrics):  # a server shows what is new after a while, or when told to
        flush(store._client.url)  # type: ignore[attr-defined]

    def shown() -> bool:
        found[:] = store.series(GATE.facility, channel, NOW, NOW + timedelta(minutes=10), points)[1]
        return len(found) >= count

    until(shown)
    return found


def test_gives_back_what_was_written_oldest_first_with_its_gaps(bench: Bench) -> None:
    with closing(bench.open()) as store:
        pen, channel = Pen(at=NOW), bench.channel("radar, left=1")
        put(store, [pen.readings(value, 1, channel) for value in (1.5, None, 3.25)])
        points = ask(store, channel, 3)
        assert [(point.value, point.flag) for point in points] == [
            (1.5, Flag.PASS), (None, Flag.MISSING), (3.25, Flag.PASS),
        ]  # fmt: skip
        assert [point.at for point in points] == [NOW + timedelta(seconds=1 + index) for index in range(3)]
        unit, _ = store.series(GATE.facility, channel, NOW, NOW + timedelta(hours=1), 10)
        assert unit == "cm"


def test_a_series_is_that_of_its_facility_channel_and_time(bench: Bench) -> None:
    with closing(bench.open()) as store:
        channel = bench.channel("a")
        put(store, [Pen(at=NOW).readings(1.0, 1, channel), Pen(HOMES, at=NOW).readings(2.0, 1, channel)])
        put(store, [Pen(at=NOW).readings(3.0, 1, bench.channel("b"))])
        assert [point.value for point in ask(store, channel, 1)] == [1.0]
        ask(store, bench.channel("b"), 1)
        late = store.series(GATE.facility, channel, NOW + timedelta(hours=1), NOW + timedelta(hours=2), 10)
        assert late == (None, [])
        start_is_in = store.series(
            GATE.facility, channel, NOW + timedelta(seconds=1), NOW + timedelta(seconds=2), 10
        )
        end_is_out = store.series(GATE.facility, channel, NOW, NOW + timedelta(seconds=1), 10)
        assert (len(start_is_in[1]), len(end_is_out[1])) == (1, 0)


def test_fewer_points_keep_the_peaks(bench: Bench) -> None:
    with closing(bench.open()) as store:
        pen, channel = Pen(at=NOW), bench.channel("peaks")
        values = [float(index % 17) for index in range(300)]
        put(store, [pen.readings(value, 1, channel) for value in values])
        ask(store, channel, 300)
        start, end = NOW, NOW + timedelta(seconds=320)
        _, points = store.series(GATE.facility, channel, start, end, 16)
        assert len(points) <= 16
        assert max(point.value or 0.0 for point in points) == 16.0
        samples = [Sample(round(NOW.timestamp() + 1 + i) * 1000, v, 1) for i, v in enumerate(values)]
        start_ms, end_ms = round(start.timestamp() * 1000), round(end.timestamp() * 1000)
        assert [p.value for p in points] == [s.value for s in thin(samples, start_ms, end_ms, 16)]


def test_health_gives_the_voted_level(bench: Bench) -> None:
    with closing(bench.open()) as store:
        put(store, [Pen(HOMES, at=NOW).health(barrier=None)])
        put(store, [Pen(at=NOW).health(level_cm=7.5)])
        assert 7.5 in [point.value for point in ask(store, "level", 1)]
        assert store.series(HOMES.facility, "level", NOW, NOW + timedelta(hours=1), 10) == (None, [])


def test_offset_and_rows_survive_closing_and_count_messages(bench: Bench) -> None:
    with closing(bench.open()) as store:
        put(store, Pen(at=NOW).mix(10))
        before = (store.offset, store.rows)
    assert 0 < before[1] < before[0]  # safety messages are filed elsewhere
    with closing(bench.open()) as store:
        assert (store.offset, store.rows) == before


def test_odd_names_are_written_and_found(bench: Bench) -> None:
    with closing(bench.open()) as store:
        names = [bench.channel(name) for name in ("a\nb", 'q"uote', "tail\\", "수위 센서", "x=y,z w")]
        put(store, [Pen(at=NOW).readings(float(index), 1, name) for index, name in enumerate(names)])
        for index, name in enumerate(names):
            assert [point.value for point in ask(store, name, 1)] == [float(index)]


def test_a_second_writer_on_a_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.duckdb"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(LinkError, match="metrics"):
        DuckDbMetrics(path)


def test_a_server_that_is_away_keeps_the_place(tmp_path: Path) -> None:
    require_module("influxdb_client")
    with closing(Bench(tmp_path, "http://127.0.0.1:9", "x").open()) as store:
        with pytest.raises(LinkError, match="metrics"):
            put(store, [Pen().readings()])
        assert (store.offset, store.rows) == (0, 0)
        with pytest.raises(LinkError, match="export"):
            store.series(GATE.facility, "x", NOW, NOW + timedelta(hours=1), 10)


@pytest.mark.parametrize("server", ["influx"], indirect=True)
def test_written_again_after_a_crash_changes_nothing(server: str, tmp_path: Path) -> None:
    messages = [Pen(at=NOW).readings(4.0, 1, "written twice")]
    for name in ("before", "after"):  # the ledger was not committed: the same points come again
        with closing(Bench(tmp_path / name, server, "").open()) as store:
            put(store, messages)
            assert [point.value for point in ask(store, "written twice", 1)] == [4.0]


@given(
    st.text(min_size=1, max_size=64),
    st.none() | st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(list(Flag)),
)
def test_every_reading_makes_one_well_formed_line(channel: str, value: float | None, flag: Flag) -> None:
    require_module("influxdb_client")
    from sotdae_hub.adapters.influx import line_of

    line = line_of(PointRow(str(GATE.facility), channel, "cm/min", 1_784_000_000_000, value, flag.value))
    assert "\n" not in line
    head, fields, at_ms = line.rsplit(" ", 2)
    assert at_ms == "1784000000000"
    assert fields.endswith(f"flag={flag.value}i")
    unescaped = head.replace("\\ ", "").replace("\\,", "").replace("\\=", "")
    assert (unescaped.count(" "), unescaped.count(","), unescaped.count("=")) == (0, 3, 3)
    if value is not None:
        assert json.loads(fields.split("=")[1].split(",")[0]) == value
