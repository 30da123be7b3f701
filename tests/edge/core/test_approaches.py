"""One gate with several approaches: two entries of which one has two lanes, and an exit."""

from dataclasses import dataclass, field, replace

import pytest
from edge.core.people import NONCE, came, order, signed
from edge.core.plant import SCAN_S, SITE, Plant, Story

from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.barrier import LEAST_CLOSED, State
from sotdae_edge.core.effects import Decided, Drive, Effect, Motion
from sotdae_edge.core.events import NonceAsked, Scan, Sighting
from sotdae_edge.core.limits import approach_problems
from sotdae_edge.core.site import Approach, Site, Times
from sotdae_edge.record.snapshot import restore, snapshot
from sotdae_shared.samples import Sample

NORTH = Approach("north", prefix="north_", lanes=("a_", "b_"))
SOUTH = Approach("south", prefix="south_")
OUT = Approach("out", "exit", "out_")
WIDE = replace(SITE, approaches=(NORTH, SOUTH, OUT), times=Times(reopen_dry=2.0))
LANE = ("loop_occupied", "curtain_blocked")
OWN = (
    "inside_request", "limit_open", "limit_closed", "local_key", "arm_angle", "motor_current",
    "sign_closed", "flasher_on", "siren_on",
)  # fmt: skip


def no_plants() -> dict[str, Plant]:
    return {}


@dataclass
class Wide(Story):
    """A story with a plant for each approach; `plant` is the water's."""

    site: Site = WIDE
    at: dict[str, Plant] = field(default_factory=no_plants)
    busy: set[str] = field(default_factory=set)
    """Lanes with a car, by the start of their points."""
    moves: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        self.at = {spec.name: Plant() for spec in self.site.approaches}

    def scan(self, **points: Sample | None) -> list[Effect]:
        water = dict(self.plant.scan().points)
        found = {name: sample for name, sample in water.items() if name not in (*LANE, *OWN)}
        for spec in self.site.approaches:
            mine = self.at[spec.name].scan().points
            found |= {spec.prefix + name: mine[name] for name in OWN}
            for lane in spec.lanes:
                start = spec.prefix + lane
                car = Sample(float(start in self.busy), self.plant.count, 1.0)
                ok = 1.0 if self.at[spec.name].lane_ok else 0.0
                found |= {start + name: replace(car, quality=ok) for name in LANE}
        return self.give(Scan(found | {name: each for name, each in points.items() if each is not None}))

    def take(self, effects: list[Effect]) -> list[Effect]:
        for effect in effects:
            if isinstance(effect, Drive) and self.moves and effect.motion is not Motion.STOP:
                self.at[effect.approach].arm = "closed" if effect.motion is Motion.LOWER else "open"
        return super().take(effects)

    def way(self, name: str) -> ApproachState:
        return next(way for way in self.gate.approaches if way.spec.name == name)

    @property
    def shown(self) -> dict[str, str]:
        return {way.spec.name: way.state.value for way in self.gate.approaches}

    def open_up(self) -> list[Effect]:
        """Let two people reopen."""
        self.give(NonceAsked("q", NONCE))
        incident = None if self.gate.incident is None else self.gate.incident.name
        seq = max(self.gate.last_seq.values(), default=0) + 1
        wanted = order(incident=incident, seq=seq, expect_state=self.gate.state.value)
        return self.give(came(signed(wanted, "lee", "park")))


def flooded() -> Wide:
    story = Wide()
    story.run(1.0)
    assert set(story.shown.values()) == {"open"}
    story.plant.water(20.0)
    return story


def test_every_entry_closes_and_the_exit_waits_for_the_tunnel_to_empty() -> None:
    story = flooded()
    story.run(10.0)
    assert story.shown == {"north": "closed", "south": "closed", "out": "clearing"}
    assert story.gate.state is State.CLOSED
    story.run(story.site.emptying_s)
    assert story.shown["out"] == "closed"
    exits = [each for each in story.decided if each.approach == "out" and each.state == "lowering"]
    assert len(exits) == 1


def test_the_exit_is_never_lowered_upon_a_car_nor_before_the_entries() -> None:
    story = flooded()
    story.busy = {"out_", "north_a_"}
    story.run(45.0)
    assert story.shown == {"north": "held_open", "south": "closed", "out": "clearing"}
    story.run(30.0)
    assert story.shown["out"] == "held_open"
    assert story.alarms["gate.held_open.north"] == 1
    assert story.alarms["gate.held_open.out"] == 2
    story.busy = {"out_"}
    story.run(30.0)
    assert story.shown == {"north": "closed", "south": "closed", "out": "held_open"}
    story.busy = set()
    story.run(2.0)
    assert story.shown["out"] == "closed"


@pytest.mark.parametrize("broken", [False, True])
def test_a_closed_exit_is_raised_for_a_car_and_where_nobody_can_tell(broken: bool) -> None:
    story = flooded()
    story.run(40.0)
    assert set(story.shown.values()) == {"closed"}
    if broken:
        story.at["out"].lane_ok = False
    else:
        story.busy = {"out_"}
    story.run(1.0)
    assert story.shown == {"north": "closed", "south": "closed", "out": "escape"}
    assert story.at["out"].arm == "open"
    story.run(90.0)
    assert story.shown["out"] == "held_open"
    assert story.warned is not None
    assert story.warned.closed


@pytest.mark.parametrize("broken", [False, True])
def test_an_exit_that_is_down_without_proof_is_raised_too(broken: bool) -> None:
    """A dead limit switch must not keep a car inside: PARTIAL is no less in its way than CLOSED."""
    story = flooded()
    for _ in range(400):
        story.run(0.2, **({"out_limit_closed": Sample(0.0)} if story.at["out"].arm == "closed" else {}))
    assert story.shown == {"north": "closed", "south": "closed", "out": "partial"}
    assert story.at["out"].arm == "closed"
    if broken:
        story.at["out"].lane_ok = False
    else:
        story.busy = {"out_"}
    story.run(0.2, out_limit_closed=Sample(0.0))
    assert story.shown["out"] == "escape"
    assert story.at["out"].arm == "open"
    story.run(90.0)
    assert story.shown["out"] == "held_open"


def test_a_car_in_one_of_two_lanes_keeps_their_one_arm_up() -> None:
    story = flooded()
    story.busy = {"north_b_"}
    story.run(12.0)
    assert story.shown["north"] == "clearing"
    assert story.shown["south"] == "closed"
    assert story.at["north"].arm == "open"


def test_an_obstruction_at_one_arm_stops_only_that_one() -> None:
    story = flooded()
    story.moves = False
    story.run(7.2)
    assert story.shown["north"] == story.shown["south"] == "lowering"
    story.busy = {"north_a_"}
    story.at["north"].arm = story.at["south"].arm = "mid"
    effects = story.scan()
    assert story.shown["north"] == "backing_off"
    assert story.shown["south"] == "lowering"
    assert Drive(Motion.RAISE, "north") in effects
    assert Drive(Motion.RAISE, "south") not in effects


def test_one_reopening_opens_every_approach() -> None:
    story = flooded()
    story.run(40.0)
    story.plant.water(0.0)
    story.run(3.0)
    effects = story.open_up()
    assert [e.verdict for e in effects if isinstance(e, Decided) and e.verdict] == ["accepted"]
    story.run(1.0)
    assert set(story.shown.values()) == {"open"}
    assert story.gate.incident is None


def test_a_reopening_is_refused_while_one_approach_still_moves() -> None:
    story = flooded()
    story.run(12.0)
    assert story.shown["out"] == "clearing"
    story.plant.water(0.0)
    story.run(3.0)
    refused = [e for e in story.open_up() if isinstance(e, Decided) and e.verdict == "refused"]
    assert refused[0].because[0].startswith("not closed")
    story.run(60.0)
    assert set(story.shown.values()) == {"closed"}


def test_one_key_opens_no_other_arm() -> None:
    story = flooded()
    story.run(40.0)
    story.plant.water(0.0)
    story.run(3.0)
    story.at["north"].key = True
    story.at["north"].arm = "open"
    story.run(3.0)
    story.at["north"].key = False
    story.run(20.0)
    assert story.shown == {"north": "closed", "south": "closed", "out": "closed"}
    assert story.gate.incident is not None
    for plant in story.at.values():
        plant.key, plant.arm = True, "open"
    story.run(1.0)
    for plant in story.at.values():
        plant.key = False
    story.run(1.0)
    assert set(story.shown.values()) == {"open"}


def test_a_start_with_one_arm_not_open_closes_all() -> None:
    story = Wide()
    story.at["south"].arm = "mid"
    story.run(12.0)
    assert story.shown["north"] == story.shown["south"] == "closed"
    assert story.gate.incident is not None
    assert story.gate.incident.cause == "arm"


def test_a_camera_delays_only_its_own_arm() -> None:
    story = flooded()
    for _ in range(60):
        story.give(Sighting(True, 0.9, "drawn", "south"))
        story.run(SCAN_S)
    assert story.shown["north"] == "closed"
    assert story.shown["south"] == "clearing"
    assert story.at["south"].arm == "open"


def test_the_record_keeps_every_approach() -> None:
    story = flooded()
    story.moves = False
    story.run(7.2)
    kept = snapshot(story.gate)
    assert snapshot(restore(kept)) == kept
    story.scan()
    again = restore(kept)
    assert [way.state for way in again.approaches] == [State.LOWERING, State.LOWERING, State.CLEARING]


def test_the_least_closed_entry_speaks_for_the_gate() -> None:
    assert set(LEAST_CLOSED) == set(State)
    story = flooded()
    story.busy = {"south_"}
    story.run(12.0)
    assert story.gate.state is State.CLEARING
    story.run(60.0)
    assert story.gate.state is State.HELD_OPEN


@pytest.mark.parametrize(
    ("approaches", "problem"),
    [
        ((Approach(), SOUTH), "each needs a name"),
        ((NORTH, replace(SOUTH, name="north")), "two have the same name"),
        ((NORTH, replace(SOUTH, prefix="north_")), "two have the same prefix"),
        ((OUT,), "none is an entry"),
        ((replace(NORTH, lanes=("a_", "a_")),), "two lanes have the same points"),
        ((NORTH, replace(SOUTH, prefix="north_a_")), "north and south share north_a_curtain_blocked"),
    ],
)
def test_what_a_file_may_not_say(approaches: tuple[Approach, ...], problem: str) -> None:
    assert any(problem in text for text in approach_problems(approaches))
    assert not list(approach_problems(WIDE.approaches))


def test_each_approach_has_its_own_points() -> None:
    assert [WIDE.prefix_of(name) for name in ("north", "south", "out")] == ["north_", "south_", "out_"]
    with pytest.raises(KeyError, match="west"):
        WIDE.prefix_of("west")


def test_a_restart_over_a_car_under_an_unproved_exit_raises_it() -> None:
    story = flooded()
    story.run(40.0)
    story.at["out"].arm, story.busy = "mid", {"out_"}
    story.restart()
    story.run(8.0)
    assert story.at["out"].arm == "open"
    story.run(90.0)
    assert story.shown == {"north": "closed", "south": "closed", "out": "held_open"}
