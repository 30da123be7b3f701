"""When an arm is not moved for a test, and what stops it once it moves: at a simulated site, live."""

import json
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from need import until
from provisioning_kit import Spawned
from rich.console import Console
from walk_kit import TECHNICIAN, Door, write_gate

from sotdae_edge.adapters.state import FileState
from sotdae_edge.core.effects import Warn
from sotdae_edge.core.memento import Incident, Memento
from sotdae_edge.fitting import fitted_gate
from sotdae_provisioning.device.walk.asking import Prepared
from sotdae_provisioning.device.walk.course import steps
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.ready import in_hand
from sotdae_provisioning.device.walk.screen import Shows
from sotdae_provisioning.device.walk.steps import stroke, warnings

RIVERSIDE = Path(__file__).parents[4] / "edge/riverside.example.toml"


@dataclass
class Gate:
    """A simulated gate in a technician's hands."""

    kit: Kit
    door: Door
    directory: Path
    seen: list[str] = field(default_factory=list)

    @property
    def angle_deg(self) -> float:
        return float(self.door.call("state")["arm_deg"])

    def stroked(self) -> tuple[str, list[str]]:
        notes = stroke.check(self.kit, 0)
        return notes.state.value, [each.code for each in notes.findings]

    def stroked_with(self, deed: Callable[[Door], object], below_deg: float = 70.0) -> tuple[str, list[str]]:
        """Try a stroke and do something once the arm is well on its way down."""
        result: list[tuple[str, list[str]]] = []
        mover = threading.Thread(target=lambda: result.append(self.stroked()))
        mover.start()
        until(lambda: self.angle_deg < below_deg)
        deed(self.door)
        mover.join(40)
        return result[0]


@contextmanager
def in_hands(directory: Path, on_site: str = TECHNICIAN, site: str = "underpass") -> Iterator[Gate]:
    with Spawned(["bridge", "simulate", "--control-port", "0", "--site", site]) as simulator:
        door = Door(simulator.first["control_port"])
        file = write_gate(directory, simulator.first["port"])
        if site == "riverside":
            example = RIVERSIDE.read_text(encoding="utf-8").replace("/var/lib/sotdae", str(directory))
            port = f'profile = "riverside"\nport = {simulator.first["port"]}'
            file.write_text(example.replace('profile = "riverside"', port), encoding="utf-8")
        shows = Shows(Console(quiet=True), "en")
        ask = Prepared({"on_site": on_site}, False, TECHNICIAN, shows)
        config = fitted_gate(file)
        with in_hand(config, file, ask, directory / "r.html", papers=None, ticket=None) as kit:
            yield Gate(kit, door, directory)
        door.close()


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with in_hands(tmp_path) as gate:
        yield gate


def moved(gate: Gate) -> bool:
    return gate.angle_deg < 90.0


def test_while_somebody_walks_the_signs_show_closed_and_the_siren_is_silent(gate: Gate) -> None:
    until(lambda: gate.door.call("state")["warn_closed"])
    state = gate.door.call("state")
    assert (state["sign_closed"], state["flasher_on"], state["siren_on"]) == (True, True, False)


def test_no_stroke_without_somebody_who_vouches_by_name(tmp_path: Path) -> None:
    with in_hands(tmp_path, on_site="somebody else") as gate:
        assert gate.stroked() == ("skipped", ["arm.nobody"])
        assert not moved(gate)


def test_no_stroke_over_a_wet_road_or_one_of_which_a_channel_says_nothing(gate: Gate) -> None:
    gate.door.call("depth", cm=6.0)
    until(lambda: (gate.kit.hands.value("radar_level") or 0.0) > 4.0)
    assert gate.stroked() == ("not_done", ["road.wet"])
    gate.door.call("depth", cm=0.0)
    gate.door.call("fault", device="radar", kind="dead")
    until(lambda: gate.kit.hands.heard and gate.kit.hands.value("radar_level") is None)
    assert gate.stroked() == ("not_done", ["road.wet"]), "what nobody knows is not dry"
    assert not moved(gate)


def test_no_stroke_of_a_gate_that_has_closed_its_road_or_may_have(gate: Gate) -> None:
    incident = Incident("flood-1", "level", "radar", ("15 cm",))
    state = json.dumps(Memento(state="closed", incident=incident).write()).encode()
    store = FileState(gate.directory / "gate/gate.state")
    store.save(state)
    assert gate.stroked() == ("not_done", ["road.latched"])
    store.save(b"{")
    assert gate.stroked() == ("not_done", ["road.state_unread"])
    assert not moved(gate)


def test_no_lamp_goes_dark_before_water_or_a_road_that_is_closed(gate: Gate) -> None:
    darkened = threading.Event()
    gate.kit.hands.warn = _watched(gate.kit.hands.warn, darkened)  # type: ignore[method-assign]
    store = FileState(gate.directory / "gate/gate.state")
    gate.door.call("depth", cm=6.0)
    until(lambda: (gate.kit.hands.value("radar_level") or 0.0) > 4.0)
    assert [each.code for each in warnings.check(gate.kit, "lamps").findings] == ["road.wet"]
    gate.door.call("depth", cm=0.0)
    until(lambda: gate.kit.hands.value("radar_level") is not None)
    incident = Incident("flood-1", "level", "radar", ("15 cm",))
    store.save(json.dumps(Memento(state="closed", incident=incident).write()).encode())
    assert [each.code for each in warnings.check(gate.kit, "lamps").findings] == ["road.latched"]
    assert not darkened.is_set()


def _watched(warn: Callable[[Warn], Awaitable[None]], darkened: threading.Event) -> object:
    async def watched(wanted: Warn) -> None:
        if not wanted.closed:
            darkened.set()
        await warn(wanted)

    return watched


@pytest.mark.slow
def test_no_stroke_of_an_arm_that_is_not_proved_open(gate: Gate) -> None:
    gate.kit.hands.do(_sink(gate))
    assert gate.stroked() == ("not_done", ["arm.not_open"])
    assert [each.code for each in warnings.check(gate.kit, "lamps").findings] == ["arm.not_open"]


async def _sink(gate: Gate) -> None:
    """Let the arm sink a few degrees, as one whose brake slips."""
    permit = 0
    while (gate.kit.hands.value("arm_angle") or 90.0) > 80.0:
        permit += 1
        await gate.kit.hands.device.write({"drive": 1, "permit": permit})
        await gate.kit.hands.scan()
    await gate.kit.hands.stop_arms()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("op", "args", "why"),
    [
        ("fault", {"device": "curtain", "kind": "stuck_on"}, "arm.lane_lost"),
        ("fault", {"device": "arm", "kind": "obstructed"}, "arm.stalled"),
        ("depth", {"cm": 6.0}, "arm.water"),
        ("key", {"on": True}, "arm.key"),
        ("fault", {"device": "controller", "kind": "power"}, "arm.unheard"),
    ],
)
def test_what_is_not_as_it_should_be_stops_the_arm(
    gate: Gate, op: str, args: dict[str, object], why: str
) -> None:
    state, codes = gate.stroked_with(lambda door: door.call(op, **args))
    assert state == "failed"
    assert codes[0] in (why, "controller.lost" if why == "arm.unheard" else why)
    until(lambda: gate.door.call("state")["moving"] == 0)
    rested = gate.angle_deg
    assert 3.0 < rested < 75.0
    gate.door.call("restore")
    gate.door.call("key", on=False)
    gate.kit.hands.do(gate.kit.hands.scan())
    assert gate.angle_deg == rested, "it goes on only by a new stroke"


@pytest.mark.slow
def test_a_dead_lamp_and_a_dead_watchdog_are_each_found(gate: Gate) -> None:
    gate.door.call("fault", device="sign", kind="dead")
    assert [each.code for each in warnings.check(gate.kit, "lamps").findings][:1] == ["warnings.problem"]
    gate.door.call("fault", device="sign", kind="dead", on=False)
    gate.door.call("fault", device="controller", kind="no_watchdog")
    assert [each.code for each in warnings.check(gate.kit, "lamps").findings][:1] == ["warnings.no_watchdog"]


@pytest.mark.slow
def test_a_riverside_gate_speaks(tmp_path: Path) -> None:
    with in_hands(tmp_path, site="riverside") as gate:
        names = [step.name for step in steps(gate.kit.config)]
        assert names.index("lane") < names.index("voice") < names.index("arm")
        said: list[Notes] = []
        speaker = threading.Thread(target=lambda: said.append(warnings.voice(gate.kit)))
        speaker.start()
        until(lambda: gate.door.call("state")["voice"] == 1)
        speaker.join(30)
        assert [each.code for each in said[0].findings] == ["left_open"]
        until(lambda: gate.door.call("state")["voice"] == 0)
