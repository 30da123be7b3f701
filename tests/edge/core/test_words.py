"""What people read: every alarm with its words, every step with its reason."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from edge.core.plant import SITE, Story

from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Alarm
from sotdae_edge.core.events import Sighting
from sotdae_edge.core.site import Approach, Site, Times


def words(story: Story) -> dict[str, tuple[int, str]]:
    """Return what is active, with priority and words, as told by effects."""
    active: dict[str, tuple[int, str]] = {}
    for effect in story.effects:
        if isinstance(effect, Alarm) and effect.active:
            active[effect.code] = effect.priority, effect.text
        elif isinstance(effect, Alarm):
            active.pop(effect.code, None)
    return active


def quiet(site: Site = SITE) -> Story:
    """Return a gate that has seen for a while that all is well."""
    story = Story(site)
    story.run(4.0)
    assert story.alarms == {}
    return story


def silent() -> Story:
    story = quiet()
    story.wait(2.0)
    return story


def unlit() -> Story:
    story = quiet()
    story.plant.lamps = False
    story.plant.water(20.0)
    story.run(4.0)
    return story


def one_lamp_dark() -> Story:
    story = quiet()
    story.plant.water(20.0)
    story.run(1.0)
    for _ in range(20):
        story.run(0.2, siren_on=replace(story.plant.scan().points["siren_on"], value=0.0))
    return story


def with_key() -> Story:
    story = quiet(replace(SITE, times=Times(manual_alarm=60.0)))
    story.plant.key = True
    story.run(61.0)
    return story


def astray() -> Story:
    story = quiet()
    story.plant.arm = "mid"
    story.run(2.6)
    return story


def lane_failed() -> Story:
    story = quiet()
    story.plant.lane_ok = False
    story.run(2.6)
    return story


def on_battery() -> Story:
    story = quiet()
    story.plant.mains = False
    story.run(0.4)
    return story


def river_silent() -> Story:
    story = quiet()
    story.plant.river = None
    story.run(91.0)
    return story


def blind() -> Story:
    story = quiet(replace(SITE, times=Times(blind=5.0, repair=3600.0)))
    story.plant.radar = story.plant.pressure = story.plant.floats = None
    story.run(7.0)
    return story


def blind_in_rain() -> Story:
    story = blind()
    story.plant.rain = 31.0
    story.run(0.4)
    return story


def unrepaired() -> Story:
    story = quiet(replace(SITE, times=Times(repair=5.0)))
    story.plant.radar = None
    story.run(7.0)
    return story


def drill() -> Story:
    story = Story(replace(SITE, drill=True, times=Times(reopen_dry=2.0)))
    story.run(0.2)
    return story


def closing(story: Story | None = None) -> Story:
    """Return a gate whose arm is on its way down."""
    story = story or quiet()
    story.plant.water(20.0)
    story.run(8.0)
    assert story.gate.state == "lowering"
    return story


def partial() -> Story:
    story = closing()
    story.plant.arm = "mid"
    story.run(26.0)
    return story


def obeyless() -> Story:
    story = closing()
    story.run(4.0)
    return story


def queue() -> Story:
    story = quiet()
    story.plant.loop = True
    story.plant.water(20.0)
    story.run(37.0)
    return story


def blocked() -> Story:
    story = closing()
    story.plant.arm = "mid"
    for _ in range(120):
        story.plant.current = 9.0 if story.gate.state == "lowering" else 0.0
        story.run(0.4)
        if story.gate.state is State.OBSTRUCTED:
            break
    return story


def escaping() -> Story:
    story = closing(quiet(replace(SITE, retries=0)))
    story.plant.arm = "closed"
    story.run(0.4)
    story.plant.inside = True
    story.run(0.4)
    return story


def camera_overridden() -> Story:
    story = quiet(replace(SITE, times=Times(camera_hold=1.0)))
    story.plant.water(20.0)
    for _ in range(50):
        story.give(Sighting(occupied=True, score=0.9, model="armzone"))
        story.run(0.2)
    return story


def several() -> Story:
    """Return a gate of two approaches, in the second of which a lane device failed."""
    ways = (Approach("north"), Approach("south", side="exit"))
    story = quiet(replace(SITE, approaches=ways))
    story.plant.lane_ok = False
    story.run(2.6)
    return story


def exit_queue() -> Story:
    """Return a gate at whose only way, an exit, a queue stands until its patience is spent."""
    story = quiet(replace(SITE, approaches=(Approach("out", side="exit"),), times=Times(held_open=1.0)))
    story.plant.water(20.0)
    story.plant.loop = True
    story.run(32.0, every=0.4)
    return story


def lane_lost() -> Story:
    story = closing()
    story.plant.lane_ok = False
    story.run(0.2)
    return story


def car_under_the_arm() -> Story:
    story = closing()
    story.plant.loop = True
    story.run(0.2)
    return story


def started(arm: str) -> Story:
    story = Story()
    story.plant.arm = arm
    story.run(0.2)
    return story


def found_closed() -> Story:
    return started("closed")


def found_half_way() -> Story:
    return started("mid")


def reopened() -> Story:
    story = closing()
    story.plant.arm = "closed"
    story.plant.water(0.0)
    story.run(2.0)
    story.gate.incident = None
    story.run(0.2)
    return story


LANE = "loop or curtain failed: the arm cannot be lowered"
WORDS: dict[Callable[[], Story], dict[str, tuple[int, str]]] = {
    silent: {"controller.silent": (1, "the barrier controller does not answer")},
    unlit: {
        "warning.sign_closed": (2, "sign_closed: no read-back"),
        "warning.flasher_on": (2, "flasher_on: no read-back"),
        "warning.siren_on": (2, "siren_on: no read-back"),
        "warning.activation": (1, "activation failure: most warnings are dead"),
        "water.close": (1, "2oo3: radar, pressure, float >= 15 cm"),
        "water.caution": (3, "water or river at caution"),
    },
    one_lamp_dark: {"warning.siren_on": (2, "siren_on: no read-back")},
    with_key: {"gate.manual_long": (2, "the local key has been turned for a long time")},
    astray: {"gate.arm_astray": (2, "the arm left its open position without an order")},
    lane_failed: {"lane.unknown": (2, LANE)},
    on_battery: {"mains.lost": (2, "mains lost: on battery")},
    river_silent: {"river.lost": (2, "river gauge silent: its last word ages into caution")},
    blind: {
        "level.blind": (1, "no valid level channel; context decides; send somebody"),
        "sensor.radar": (2, "radar: missing"),
    },
    blind_in_rain: {"water.close": (1, "no valid level channel; rain 31 mm/h")},
    unrepaired: {
        "sensor.radar": (3, "radar: missing"),
        "sensor.repair_overdue": (2, "a channel has been missing for more than 0.00138889 h of running"),
    },
    drill: {"drill.active": (3, "drill: dry for 2 s reopens")},
    partial: {"gate.partial": (1, "closed is not proved; send somebody")},
    obeyless: {"gate.fault": (1, "the arm does not obey; send somebody")},
    queue: {
        "gate.held_open": (
            1,
            "queue under the arm: held open with every warning closed; send somebody",
        )
    },
    exit_queue: {"gate.held_open.out": (2, "out: exit held open: cars may still leave; send somebody")},
    blocked: {"gate.obstructed": (1, "something blocks the arm; send somebody")},
    escaping: {"gate.escapes": (1, "repeated requests from inside")},
    camera_overridden: {"camera.override": (3, "loop and curtain decide over the camera")},
    several: {
        "lane.unknown.north": (2, f"north: {LANE}"),
        "lane.unknown.south": (2, f"south: {LANE}"),
    },
}


@pytest.mark.parametrize("come", WORDS, ids=lambda come: come.__name__)
def test_an_alarm_says_what_is_wrong_and_how_urgent_it_is(come: Callable[[], Story]) -> None:
    told = words(come())
    assert told == told | WORDS[come]


def reasons(story: Story) -> dict[str, tuple[str, ...]]:
    """Return the words of each kind of step, the latest."""
    return {each.decision: each.because for each in story.decided}


REASONS: dict[Callable[[], Story], dict[str, tuple[str, ...]]] = {
    quiet: {"resume_open": ("arm proven open, nothing latched",)},
    partial: {
        "warned": ("warnings for 5 s",),
        "lane_clear": ("loop and curtain clear for 1 s",),
        "overdue": ("no proof at the end of travel",),
    },
    obeyless: {"no_motion": ("the encoder shows no motion",)},
    queue: {"queue_under_arm": ("not clear for 30 s",)},
    blocked: {"obstruction": ("motor stalled",), "backed_off": ("backed off",)},
    camera_overridden: {"lane_clear": ("loop and curtain clear for 1 s", "camera overridden after 1 s")},
    lane_lost: {"lane_lost": ("the lane is no longer proved clear",)},
    car_under_the_arm: {"obstruction": ("something under the arm",)},
    found_closed: {"resume_closed": ("arm proven closed",)},
    found_half_way: {"resume_close": ("the arm is not proven open",)},
    reopened: {"open_granted": ("two people reopened",)},
    escaping: {
        "closed_proved": ("limit switch and encoder",),
        "escape_asked": ("escape asked",),
        "trip": ("2oo3: radar, pressure, float >= 15 cm",),
    },
}


@pytest.mark.parametrize("come", REASONS, ids=lambda come: come.__name__)
def test_a_step_says_why(come: Callable[[], Story]) -> None:
    told = reasons(come())
    assert told == told | REASONS[come]
