"""The stories, as data. Water rises as fast as it really did; only quiet hours are left out.

Sources: Choryang 2020 and Osong 2023 as in the inquiries and press (DOMAIN 1.2); the gauge story is
USGS 01589330 Dead Run, Maryland, 3 June 2018 (public domain).
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

Op = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Step:
    """Something that happens `at_s` after the story began."""

    at_s: float
    text: str
    op: Op | None = None
    """An operation of the simulator."""
    act: Literal["cut", "restore", "kill_hub"] | None = None
    """Something done to the province's side."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One story."""

    name: str
    title: str
    past: tuple[Op, ...]
    """State of the simulator before the gate starts: the quiet hours, skipped."""
    steps: tuple[Step, ...]
    why: str
    levels: dict[str, Any] = field(default_factory=dict)
    geometry: dict[str, Any] = field(default_factory=dict)
    ends: Literal["closed", "area"] = "closed"
    limit_s: float = 90.0
    """The story has failed if it has not ended by then."""
    clock: datetime | None = None
    """Local time of the story's beginning, where it happened on a real day."""
    history: tuple[tuple[str, float], ...] = ()
    """Recorded levels (RFC 3339 time, cm) of before."""
    restore_after: bool = False
    """Whether broker and hub come back once the gate is closed."""


def rise(cm_min: float) -> Op:
    """Water rises by so many centimetres a minute."""
    return {"op": "inflow", "cm_min": cm_min}


def _river(cm: float, cm_min: float = 0.0) -> Op:
    return {"op": "river", "cm": cm, "cm_min": cm_min}


CALM_RIVER = _river(2500.0)
_DRY = ({"op": "depth", "cm": 0.0}, CALM_RIVER, {"op": "rain", "mm_h": 0.0})
_RAIN = {"op": "rain", "mm_h": 81.6}

DEAD_RUN_P90_FT = 0.77
"""90th percentile of the June 2018 stage record (8,928 rows): the stage taken as a dry road."""
DEAD_RUN_FT: tuple[tuple[str, float], ...] = (
    ("2018-06-03T17:35:00Z", 0.77), ("2018-06-03T17:55:00Z", 1.29), ("2018-06-03T18:00:00Z", 1.59),
    ("2018-06-03T18:05:00Z", 1.90), ("2018-06-03T18:10:00Z", 2.18), ("2018-06-03T18:15:00Z", 2.37),
    ("2018-06-03T18:20:00Z", 2.58), ("2018-06-03T18:25:00Z", 2.96),
)  # fmt: skip
"""USGS 01589330 Dead Run at Franklintown, gage height in feet (public domain)."""


def depth_cm(stage_ft: float) -> float:
    """Map river stage to depth on the road: a quarter of the rise above p90. A stated assumption."""
    return max(0.0, stage_ft - DEAD_RUN_P90_FT) * 30.48 / 4.0


def _gauge() -> Scenario:
    (_, low_ft), (_, high_ft) = DEAD_RUN_FT[-2:]
    # The live minute lies in the middle of the last five: 18:21:50 to 18:22:50.
    at = [depth_cm(low_ft) + (depth_cm(high_ft) - depth_cm(low_ft)) * s / 300.0 for s in (110.0, 170.0)]
    play = {"op": "series", "points": [[0.0, at[0]], [60.0, at[1]]]}
    return Scenario(
        name="gauge",
        title="A real stage record of a flash flood: Dead Run, 3 June 2018",
        past=(CALM_RIVER, {"op": "depth", "cm": at[0]}),
        steps=(Step(0.5, "the recorded flood goes on, interpolated between two 5-minute readings", play),),
        why="closes at 15 cm on recorded water",
        history=tuple((time, round(depth_cm(feet), 2)) for time, feet in DEAD_RUN_FT[:-1]),
        clock=datetime.fromisoformat("2018-06-03T18:21:50+00:00"),
    )


SCENARIOS: dict[str, Scenario] = {
    scenario.name: scenario
    for scenario in (
        Scenario(
            name="choryang",
            title="Choryang-1, Busan 2020: 175 m, rain ponds at 20 cm/min",
            past=(*_DRY, _RAIN, {"op": "depth", "cm": 1.0}),
            steps=(
                Step(0.5, "sheet flow from both avenues: the water rises 20 cm a minute", rise(20.0)),
                Step(12.0, "a car drives through in time", {"op": "vehicle", "action": "arrive"}),
            ),
            why="in 2020 nobody closed, the water reached 2 m within ten minutes and three people died",
            clock=datetime.fromisoformat("2020-07-23T21:29:00+09:00"),
        ),
        Scenario(
            name="long",
            title="A 300 m underpass: waiting for 15 cm would be too late",
            past=(*_DRY, _RAIN, {"op": "depth", "cm": 0.0}),
            steps=(Step(0.5, "the water rises 20 cm a minute", rise(20.0)),),
            why="a car needs 36 s to leave a 300 m tunnel, so the closing order comes at 11 cm or below",
            geometry={"length_m": 300.0, "margin_s": 15.0},
        ),
        Scenario(
            name="osong",
            title="Osong, 2023: the river is serious two hours before the tunnel floods",
            past=(*_DRY, _river(2901.75)),
            steps=(Step(0.5, "Mihocheon bridge gauge climbs towards 29.02 m EL", _river(2901.75, 2.0)),),
            why="the message went by telephone from office to office and never reached the road",
            levels={"river_caution_cm": 2880.0, "river_trigger_cm": 2902.0},
            geometry={"length_m": 685.0},
            clock=datetime.fromisoformat("2023-07-15T06:39:40+09:00"),
        ),
        _gauge(),
        Scenario(
            name="cut",
            title="The network dies before the water comes",
            past=(*_DRY, _RAIN, {"op": "depth", "cm": 4.0}),
            steps=(
                Step(3.0, "broker and hub are killed: the gate is alone", act="cut"),
                Step(4.0, "the water rises 20 cm a minute", rise(20.0)),
            ),
            why="the gate needs nobody; every record arrives once the province is back",
            restore_after=True,
        ),
        Scenario(
            name="stuck",
            title="One sensor stuck dry, one silent",
            past=(*_DRY, {"op": "depth", "cm": 4.0}),
            steps=(
                Step(
                    1.0,
                    "the radar sticks at 0 cm",
                    {"op": "fault", "device": "radar", "kind": "stuck_dry", "on": True},
                ),
                Step(
                    2.0,
                    "the pressure sensor falls silent",
                    {"op": "fault", "device": "pressure", "kind": "silent", "on": True},
                ),
                Step(4.0, "the water rises 20 cm a minute", rise(20.0)),
            ),
            why="a lost channel makes the vote easier to trip, never harder: 2oo3 becomes 1oo2 without the "
            "pressure sensor, and 1oo1 once the stuck radar is found out",
        ),
        Scenario(
            name="homes",
            title="Three semi-basement homes within 200 m, and no hub",
            past=(*_DRY, {"op": "home", "n": 1, "depth_cm": 0.0}),
            steps=(
                Step(2.0, "the hub is killed", act="kill_hub"),
                Step(5.0, "water at the first home", {"op": "home", "n": 1, "depth_cm": 3.0}),
                Step(8.0, "water at the second home", {"op": "home", "n": 2, "depth_cm": 4.0}),
                Step(11.0, "water at the third home", {"op": "home", "n": 3, "depth_cm": 16.0}),
            ),
            why="three alarms are one flooded area: one incident, delivered once after the hub's return",
            ends="area",
            restore_after=True,
        ),
    )
}

Narrator = Callable[[str], None]
