"""One alarm device to the letter: what it says, its memory, and the words of its alarms."""

from dataclasses import replace
from math import inf

import pytest

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.battery import Battery, Cells
from sotdae_edge.core.home import MISSED, TEST_S, Home, HomeState, Seen, Wet, read
from sotdae_edge.core.home_alarms import UNHEARD_AFTER, conditions
from sotdae_edge.core.homes_kept import VERSION, Kept, KeptArea, KeptHome
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample

HOME = Home(
    "A-1", 37.2638, 127.0290, "low", "high",
    test_point="test", tamper_point="tamper", asks_point="asks", battery_point="battery",
)  # fmt: skip
PLAIN = Home("A-2", 37.2638, 127.0290, "low", "high")
DRY, WET_2, WET_15 = (Seen(wet, 1, False, False, False, None) for wet in (Wet.DRY, Wet.WET_2, Wet.WET_15))
NOW = 1000.0


def test_the_points_of_a_device() -> None:
    assert HOME.points == ["low", "high", "test", "tamper", "asks", "battery"]
    assert PLAIN.points == ["low", "high"]


@pytest.mark.parametrize(
    ("low", "high", "quality", "wet"),
    [
        (0.0, 0.0, (None, None), Wet.DRY),
        (0.0, 0.0, (1.0, 1.0), Wet.DRY),
        (1.0, 0.0, (None, None), Wet.WET_2),
        (1.0, 1.0, (None, None), Wet.WET_15),
        (0.0, 1.0, (None, None), Wet.WET_15),
        (0.0, 0.0, (0.0, 1.0), None),
        (0.0, 0.0, (1.0, 0.0), None),
        (1.0, 0.0, (1.0, 0.0), Wet.WET_2),
    ],
)
def test_what_contacts_say(
    low: float, high: float, quality: tuple[float | None, float | None], wet: Wet | None
) -> None:
    points = {"low": Sample(low, 7, quality[0]), "high": Sample(high, 8, quality[1])}
    assert read(PLAIN, points) == Seen(wet, 7, False, False, False, None)


def test_what_the_other_points_say() -> None:
    heard = {"low": Sample(0.0, 7), "high": Sample(0.0, 7)}
    for name, said in (("tamper", {"tamper": True}), ("test", {"test": True}), ("asks", {"asks": True})):
        assert read(HOME, heard | {name: Sample(1.0)}) == replace(DRY, count=7, **said)
        assert read(HOME, heard | {name: Sample(0.0)}) == replace(DRY, count=7)
    assert read(HOME, heard | {"battery": Sample(2.7)}) == replace(DRY, count=7, battery_v=2.7)
    for silent in ({"low": Sample(0.0, 7)}, {"high": Sample(0.0, 7)}, {}):
        assert read(HOME, silent) is None
    for name in ("low", "high"):
        assert read(HOME, heard | {name: Sample(None, 7)}) is None


def test_a_change_counts_when_it_has_stayed_for_a_second() -> None:
    state = HomeState()
    state.hear(DRY, 12.0, NOW)
    assert not state.tick(NOW + 0.9)
    assert state.stage is Wet.UNKNOWN
    assert state.deadlines() == [NOW + 1.0, NOW + MISSED * 12.0, -inf]
    assert state.tick(NOW + 1.0)
    assert (state.stage, state.wet_at, state.known) == (Wet.DRY, -inf, True)
    assert not state.tick(NOW + 2.0)
    state.hear(WET_2, 12.0, NOW + 5.0)
    state.hear(WET_2, 12.0, NOW + 5.5)
    assert state.tick(NOW + 6.0), "counted from its first word"
    assert (state.stage, state.wet_at) == (Wet.WET_2, NOW + 6.0)
    state.hear(WET_15, 12.0, NOW + 7.0)
    assert state.tick(NOW + 8.0)
    assert (state.stage, state.wet_at) == (Wet.WET_15, NOW + 6.0), "wet since then"
    assert state.deadlines()[0] == inf


def test_a_home_found_wet_has_become_wet() -> None:
    state = HomeState()
    state.hear(WET_15, 12.0, NOW)
    state.tick(NOW + 1.0)
    assert (state.stage, state.wet_at) == (Wet.WET_15, NOW + 1.0)


def test_it_is_known_while_it_is_heard_and_its_contacts_can_tell() -> None:
    state = HomeState(stage=Wet.DRY)
    assert state.known
    assert not replace(state, offline=True).known
    assert not replace(state, faulty=True).known
    assert not HomeState().known
    state.offline = True
    state.hear(replace(DRY, wet=None, tamper=True, count=4), 60.0, NOW)
    assert (state.offline, state.faulty, state.tamper, state.count) == (False, True, True, 4)
    assert state.heard_until == NOW + 150.0


def under_test() -> HomeState:
    """Return a dry device whose button was pressed now, and which then saw water."""
    state = HomeState(stage=Wet.DRY, pending=Wet.DRY)
    state.hear(replace(DRY, test=True), 12.0, NOW)
    state.hear(replace(WET_15, test=True), 12.0, NOW + 1.0)
    return state


def test_water_after_the_button_is_a_test_for_ten_minutes() -> None:
    state = under_test()
    assert (state.tested, state.pending, state.button) == (Wet.WET_15, Wet.DRY, True)
    assert state.testing(NOW + TEST_S - 0.1)
    assert not state.testing(NOW + TEST_S)
    assert state.deadlines()[2] == NOW + TEST_S
    assert not state.tick(NOW + TEST_S - 0.1)
    assert state.pending is Wet.DRY
    assert not state.tick(NOW + TEST_S)
    assert (state.tested, state.pending) == (Wet.UNKNOWN, Wet.WET_15), "a button that sticks"
    assert state.tick(NOW + TEST_S + 1.0)
    assert state.stage is Wet.WET_15


def test_a_button_let_go_ends_the_test() -> None:
    state = under_test()
    state.hear(WET_15, 12.0, NOW + 2.0)
    assert (state.test_until, state.tested, state.button) == (-inf, Wet.UNKNOWN, False)
    assert state.pending is Wet.WET_15, "and water is water"


@pytest.mark.parametrize(
    ("stage", "pending", "button", "tests"),
    [
        (Wet.DRY, Wet.DRY, False, True),
        (Wet.DRY, Wet.DRY, True, False),
        (Wet.DRY, Wet.WET_2, False, False),
        (Wet.WET_2, Wet.DRY, False, False),
        (Wet.UNKNOWN, Wet.UNKNOWN, False, False),
    ],
)
def test_only_a_dry_home_is_tested(stage: Wet, pending: Wet, button: bool, tests: bool) -> None:
    state = HomeState(stage=stage, pending=pending, button=button)
    state.hear(replace(DRY, test=True), 12.0, NOW)
    assert state.testing(NOW) is tests


def test_an_alarm_said_again_is_counted() -> None:
    state = HomeState(stage=Wet.DRY, pending=Wet.DRY)
    for count, repeats in ((1, 0), (2, 1), (3, 2)):
        state.hear(replace(WET_2, asks=True, count=count), 12.0, NOW + count)
        assert (state.asks, state.repeats) == (count, repeats)
    state.hear(replace(WET_15, asks=True, count=4), 12.0, NOW + 4.0)
    assert state.repeats == 2, "that was news"
    state.answers = 3
    state.hear(replace(WET_15, count=5), 12.0, NOW + 5.0)
    assert (state.asks, state.repeats, state.answers) == (None, 0, 0)


def test_a_test_said_again_is_counted_too() -> None:
    state = under_test()
    for count in (2, 3):
        state.hear(replace(WET_15, test=True, asks=True, count=count), 12.0, NOW + count)
    assert state.repeats == 1


def test_without_the_button_an_alarm_is_held_against_what_was_said_of_the_home() -> None:
    state = HomeState(stage=Wet.DRY, pending=Wet.WET_2, tested=Wet.WET_15, asks=1)
    state.hear(replace(WET_2, asks=True, count=2), 12.0, NOW)
    assert state.repeats == 1


def test_a_device_tells_its_battery() -> None:
    state = HomeState()
    state.hear(replace(DRY, battery_v=2.7), 12.0, NOW)
    assert state.battery.volts() == 2.7
    state.hear(DRY, 12.0, NOW + 9e5)
    assert state.battery.volts() == 2.7


WORDS: dict[str, tuple[int, str, bool]] = {
    "wet_2": (2, "water at 2 cm: call", False),
    "wet_15": (1, "water at 15 cm: 119", False),
    "silent": (3, "alarm device silent: state unknown", False),
    "fault": (2, "contact loop broken: it cannot say dry", False),
    "tamper": (3, "housing opened", False),
    "battery": (3, "battery low", False),
    "unheard": (3, "repeats an alarm that the hub holds: it is not reached", False),
    "test": (4, "test: the button was pressed", True),
    "test_2": (4, "test: water at 2 cm", True),
    "test_15": (4, "test: water at 15 cm", True),
}
LOW = Battery(low=True)
ACTIVE: list[tuple[HomeState, set[str]]] = [
    (HomeState(), set()),
    (HomeState(stage=Wet.DRY, tested=Wet.DRY), set()),
    (HomeState(stage=Wet.WET_2), {"wet_2"}),
    (HomeState(stage=Wet.WET_15), {"wet_2", "wet_15"}),
    (HomeState(offline=True), {"silent"}),
    (HomeState(faulty=True), {"fault"}),
    (HomeState(tamper=True), {"tamper"}),
    (HomeState(battery=LOW), {"battery"}),
    (HomeState(answers=UNHEARD_AFTER), {"unheard"}),
    (HomeState(answers=UNHEARD_AFTER - 1), set()),
    (HomeState(test_until=NOW + 1.0), {"test"}),
    (HomeState(test_until=NOW), set()),
    (HomeState(tested=Wet.WET_2), {"test_2"}),
    (HomeState(tested=Wet.WET_15), {"test_2", "test_15"}),
]


@pytest.mark.parametrize(("state", "active"), ACTIVE)
def test_an_alarm_says_what_has_happened_and_how_urgent_it_is(state: HomeState, active: set[str]) -> None:
    assert conditions(HOME, state, NOW) == [
        Condition(f"home.A-1.{code}", priority, code in active, text, test)
        for code, (priority, text, test) in WORDS.items()
    ]


@pytest.mark.parametrize(
    ("left_days", "words"),
    [
        (None, "battery low: 2.20 V, 20 %, no trend yet"),
        (70.4, "battery low: 2.20 V, 20 %, 70 days left by its trend"),
    ],
)
def test_a_low_battery_says_how_low(left_days: float | None, words: str) -> None:
    state = HomeState(battery=Battery(Cells(3.0, 2.0), today=[2.2], left_days=left_days, low=True))
    assert conditions(HOME, state, NOW)[5].text == words


KEPT = Kept(
    3, (KeptArea("area-1", ("A-1",), 3, True),),
    {"A-1": KeptHome(Wet.WET_2, True, True, True, 4.5, ((1, 2700),), True)}, {"home.A-1.wet_2": 2}, True,
)  # fmt: skip


def test_what_a_restart_remembers_survives_json() -> None:
    assert Kept.read(KEPT.write()) == KEPT
    assert Kept.read(None) == Kept()
    assert KEPT.write()["version"] == VERSION


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"version": 2}, "kept homes of version 2: this agent reads 1"),
        ([], "kept homes of version None: this agent reads 1"),
        ({"version": 1, "episode": -1, "warned": 7}, "kept homes: 2 wrong fields"),
    ],
)
def test_what_is_not_that_is_said(value: object, words: str) -> None:
    with pytest.raises(WireError) as caught:
        Kept.read(value)
    assert str(caught.value) == words
