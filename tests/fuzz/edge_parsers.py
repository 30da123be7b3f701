"""What an agent reads: its file, its kept state, recorded levels, its other processes."""

import json
from contextlib import ExitStack, suppress
from pathlib import Path

from edge.core.ruling import RULED, good
from fuzz.target import Feed, Target, directory, in_file, plain

from sotdae_edge.adapters.eyes import parse_line
from sotdae_edge.adapters.history import read_history
from sotdae_edge.adapters.state import FileState
from sotdae_edge.config import load_city, load_gate
from sotdae_edge.core import baseline
from sotdae_edge.core.gate import Gate
from sotdae_edge.core.homes_kept import Kept, KeptArea, KeptHome
from sotdae_edge.core.memento import Incident, Memento
from sotdae_edge.core.reservoir import Embankment
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_edge.core.slope import Slope
from sotdae_edge.core.slopes import Slopes
from sotdae_edge.replay.reading import read_series
from sotdae_edge.slope.series import read_series as read_slope
from sotdae_edge.watchdog import wire
from sotdae_shared.errors import ConfigError, WireError

REPO = Path(__file__).parents[2]
MEMENTO = Memento("CLOSED", 3, Incident("e3", "level", "radar", ("radar 15.2 cm",), 2), {"city-41113": 4})

KEPT_POLICY = json.dumps(
    {"floor": 7, "sha256": "ab" * 32, "in_force": good(7, caution_cm=4.0).model_dump(mode="json")}
).encode()
HOMES = Kept(
    2, (KeptArea("a", ("1", "2"), 2, True),), {"1": KeptHome(wet_s=30.0, days=((1, 300),))}, {"home.1.wet": 2}
)


def _gate(path: Path) -> None:
    """A gate can be started from whatever file is accepted."""
    Gate.start(load_gate(path).site, "0123456789abcdef", 0.0).tick(0.0)


def _slot(stack: ExitStack) -> Feed:
    """Bytes where a slot of the state lies: they are the state, or they are set aside."""
    root = directory(stack)
    path = root / "state"

    def feed(data: bytes) -> None:
        for left in root.iterdir():
            left.unlink()
        (root / "state.b").write_bytes(data)
        store = FileState(path)
        assert (store.load() is None) == (store.corrupt == 1)
        store.save(b"{}")
        assert FileState(path).load() == b"{}"

    return feed


def _saved(stack: ExitStack) -> bytes:
    path = directory(stack) / "state"
    FileState(path).save(json.dumps(MEMENTO.write()).encode())
    return path.with_name("state.b").read_bytes()


def _slot_seeds() -> list[bytes]:
    with ExitStack() as stack:
        return [_saved(stack)]


def _memento(data: bytes) -> None:
    with suppress(ValueError, RecursionError):
        value = json.loads(data)
        kept = Memento.read(value)
        assert Memento.read(kept.write()) == kept


def _kept_policies(data: bytes) -> None:
    """Whatever lies where policies are kept: a gate starts, and one that was not signed is not in force."""
    with suppress(ValueError, RecursionError):
        memento = {"version": 1, "policy": json.loads(data)}
        gate = Gate.start(RULED, "0123456789abcdef", 0.0, memento)
        mine = gate.policies
        bundle = json.loads(KEPT_POLICY)["in_force"]
        assert mine.in_force is None or mine.in_force.model_dump(mode="json") == bundle
        assert json.loads(json.dumps(mine.keep())) == mine.keep()


def _kept_homes(data: bytes) -> None:
    with suppress(ValueError, RecursionError):
        value = json.loads(data)
        kept = Kept.read(value)
        assert Kept.read(json.loads(json.dumps(kept.write()))) == kept


def _kept_slopes(data: bytes) -> None:
    with suppress(ValueError, RecursionError):
        kept = {"a": json.loads(data)}
        slopes = Slopes((Slope("a", "wire", full_scale=1000.0),), "boot", 0.0, kept).memento()
        assert Slopes((Slope("a", "wire", full_scale=1000.0),), "boot", 0.0, slopes).memento() == slopes
        dams = Reservoirs((Embankment("a", 1000.0, "level"),), 0.0, kept).memento()
        assert Reservoirs((Embankment("a", 1000.0, "level"),), 0.0, dams).memento() == dams


def _series(path: Path) -> None:
    series = read_series(path)
    assert series.period_s > 0
    assert all(len(column) == len(series.times_s) for column in series.columns.values())
    series.at(series.times_s[-1])


def _slope(path: Path) -> None:
    series = read_slope(path)
    assert series.at(series.readings[-1][0]) >= series.start


def _feed(data: bytes) -> None:
    assert len(wire.decode_feed(data).boot) == wire.BOOT_BYTES


def _answer(data: bytes) -> None:
    assert wire.encode_answer(wire.decode_answer(data)) == data


LEVELS = (
    b"time,level_cm,river_cm\n2026-07-15T05:00:00+09:00,1.5,\n2026-07-15T05:01:00+09:00,nan,2900\n",
    b"time,radar\n0,1\n60,2.5\n",
)
SLOPE = b"time,displacement_mm\n2026-07-15T05:00:00Z,0.1\n2026-07-15T05:10:00Z,\n2026-07-15T05:20:00Z,0.4\n"
HISTORY = b"time,level_cm\n2026-07-15T05:00:00Z,1.5\n2026-07-15T05:01:00+09:00,2\n"
VISION = (
    b'{"mono":12.25,"score":0.97,"occupied":true,"model":"armzone","runtime":"ai-edge-litert 2.3.0"}',
    b'{"alive":true}', b'{"error":"camera: timed out","fatal":true}', b'{"ready":true,"model":"armzone"}',
)  # fmt: skip

BASELINES = {"radar": baseline.Baseline([0.1, 0.2], {1: 7, -3: 2})}


def _baselines(data: bytes) -> None:
    found = baseline.read(data)
    assert baseline.read(baseline.write(found)) == found


TARGETS = (
    Target(
        "gate_file", in_file(_gate), ConfigError, lambda: [(REPO / "edge/gate.example.toml").read_bytes()]
    ),
    Target(
        "city_file", in_file(load_city), ConfigError, lambda: [(REPO / "edge/city.example.toml").read_bytes()]
    ),
    Target("state_slot", _slot, None, _slot_seeds),
    Target("baselines", plain(_baselines), WireError, lambda: [baseline.write(BASELINES)]),
    Target("memento", plain(_memento), WireError, lambda: [json.dumps(MEMENTO.write()).encode()]),
    Target("kept_policies", plain(_kept_policies), None, lambda: [KEPT_POLICY]),
    Target("kept_homes", plain(_kept_homes), WireError, lambda: [json.dumps(HOMES.write()).encode()]),
    Target("kept_slopes", plain(_kept_slopes), None, lambda: [b'{"stage":2,"grade":1,"episode":4}']),
    Target("replay_csv", in_file(_series), ConfigError, lambda: LEVELS),
    Target("slope_csv", in_file(_slope), ConfigError, lambda: [SLOPE]),
    Target("history_csv", in_file(read_history), ConfigError, lambda: [HISTORY]),
    Target(
        "watchdog_feed", plain(_feed), WireError, lambda: [wire.encode_feed(wire.Feed(bytes(8), 7, 12.5))]
    ),
    Target(
        "watchdog_answer",
        plain(_answer),
        WireError,
        lambda: [wire.encode_answer(wire.Answer(7, wire.Notes.HOLDING))],
    ),
    Target("vision_line", plain(parse_line), WireError, lambda: VISION),
)
