"""Semi-basement homes: two stages, silence, tests, a restart, and one area incident for neighbours."""

from collections.abc import Sequence
from dataclasses import replace
from math import cos, radians

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.alarms import CHATTER_S
from sotdae_edge.core.areas import AREA_M, AREA_S, distance_m, neighbours
from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.home import HEARTBEAT_S, MISSED, TEST_S, Home, Wet
from sotdae_edge.core.homes import Homes
from sotdae_edge.core.homes_kept import Kept
from sotdae_edge.core.rainwatch import RainSource
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample

SILENT_S = MISSED * HEARTBEAT_S
NEAR = tuple(Home(f"A-{n}", 37.2638 + n * 0.0004, 127.0290, f"{n}_2", f"{n}_15") for n in range(3))
FAR = Home("B-9", 37.3000, 127.0290, "9_2", "9_15")
FULL = replace(
    NEAR[0], test_point="test", tamper_point="tamper", asks_point="asks", battery_point="battery"
)  # fmt: skip


class Cluster:
    """Homes with a hand on every float and every further point."""

    def __init__(
        self, homes: Sequence[Home] = NEAR, kept: Kept | None = None, rain: RainSource | None = None,
        boot: str = "abcdef0123456789",
    ) -> None:  # fmt: skip
        self.core = Homes(tuple(homes), boot, 0.0, kept or Kept(), rain)
        self.cm = dict.fromkeys((home.name for home in homes), 0.0)
        self.silent: set[str] = set()
        self.more: dict[str, float] = {}
        self.quality: float | None = None
        self.now, self.count = 0.0, 0
        self.said: list[Alarm | Decided] = []

    def points(self) -> dict[str, Sample]:
        self.count += 1
        points = {name: Sample(value, self.count) for name, value in self.more.items()}
        for home in self.core.homes:
            if home.name not in self.silent:
                cm = self.cm[home.name]
                points[home.point_2] = Sample(float(cm >= 2), self.count, self.quality)
                points[home.point_15] = Sample(float(cm >= 15), self.count, self.quality)
        return points

    def run(self, seconds: float, step_s: float = 0.5) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += step_s
            self.said += self.core.take(self.points(), self.now)

    def decisions(self) -> list[Decided]:
        return [each for each in self.said if isinstance(each, Decided)]

    def alarms(self) -> list[Alarm]:
        return [each for each in self.said if isinstance(each, Alarm)]

    def active(self) -> set[str]:
        return set(self.core.alarms.active)

    def restarted(self) -> "Cluster":
        """Return the same homes under a new boot that knows what this one made durable."""
        kept = Kept.read(self.core.memento(self.now).write())
        later = Cluster(self.core.homes, kept, self.core.rain_source, boot="fedcba9876543210")
        later.cm, later.more, later.silent = self.cm, self.more, self.silent
        return later


def test_a_home_with_slow_heartbeats_is_given_their_time() -> None:
    slow = Home("C-1", 37.2638, 127.0290, "1_2", "1_15", heartbeat_s=720.0)
    cluster = Cluster((slow, FAR))
    cluster.run(1)
    cluster.silent = set(cluster.cm)
    cluster.run(1790, step_s=10.0)
    assert cluster.active() == {"home.B-9.silent"}
    cluster.run(20)
    assert "home.C-1.silent" in cluster.active()


def test_two_stages_of_one_home() -> None:
    cluster = Cluster()
    cluster.run(3)
    cluster.cm["A-0"] = 2.0
    cluster.run(3)
    assert cluster.active() == {"home.A-0.wet_2"}
    cluster.cm["A-0"] = 15.0
    cluster.run(3)
    assert cluster.core.alarms.active["home.A-0.wet_15"] == 1


def test_a_splash_is_not_confirmed() -> None:
    cluster = Cluster()
    cluster.run(3)
    cluster.cm["A-0"] = 3.0
    cluster.run(0.5)
    cluster.cm["A-0"] = 0.0
    cluster.run(5)
    assert cluster.core.states["A-0"].stage is Wet.DRY
    assert not cluster.active()


def test_a_loose_contact_is_told_of_three_times_and_its_end_after_a_minute_of_quiet() -> None:
    cluster = Cluster()
    cluster.run(3)
    for turn in range(301):
        cluster.cm["A-0"] = 2.0 if turn % 2 else 0.0
        cluster.run(2)
    assert [alarm.active for alarm in cluster.alarms()] == [True, False, True, False, True]
    assert cluster.active() == {"home.A-0.wet_2"}
    cluster.core.take({}, cluster.now + CHATTER_S)
    assert "home.A-0.wet_2" not in cluster.active(), "told by time alone"


def test_a_home_never_heard_is_unknown_not_dry() -> None:
    cluster = Cluster()
    cluster.silent = {"A-1"}
    cluster.run(SILENT_S + 2)
    assert cluster.core.states["A-1"].stage is Wet.UNKNOWN
    assert "home.A-1.silent" in cluster.active()


def test_three_neighbours_are_one_area_incident_and_end_as_one() -> None:
    cluster = Cluster()
    cluster.run(3)
    for home in NEAR:
        cluster.cm[home.name] = 3.0
        cluster.run(20)
    assert [each.decision for each in cluster.decisions()] == ["area_flood"]
    name = cluster.decisions()[0].incident
    cluster.run(900, 5.0)
    cluster.cm = dict.fromkeys(cluster.cm, 0.0)
    cluster.run(5)
    assert [(each.decision, each.incident) for each in cluster.decisions()] == [
        ("area_flood", name),
        ("area_cleared", name),
    ]


def test_two_neighbours_and_one_far_away_are_no_area() -> None:
    cluster = Cluster((*NEAR[:2], FAR))
    cluster.run(3)
    cluster.cm = dict.fromkeys(cluster.cm, 5.0)
    cluster.run(30)
    assert not cluster.decisions()


def test_three_within_more_than_ten_minutes_are_no_area() -> None:
    cluster = Cluster()
    cluster.run(3)
    for home in NEAR:
        cluster.cm[home.name] = 3.0
        cluster.run(AREA_S * 0.6, 5.0)
    assert not cluster.decisions()


def test_an_area_is_not_cleared_by_silence() -> None:
    cluster = Cluster()
    cluster.run(3)
    cluster.cm = dict.fromkeys(cluster.cm, 5.0)
    cluster.run(5)
    cluster.silent = set(cluster.cm)
    cluster.run(120)
    assert cluster.core.areas.open
    cluster.cm, cluster.silent = dict.fromkeys(cluster.cm, 0.0), {"A-1"}
    cluster.run(120)
    assert cluster.core.areas.open, "one of them may still be wet"
    cluster.silent = set()
    cluster.run(5)
    assert not cluster.core.areas.open


def test_a_home_that_fell_silent_dry_keeps_its_area_open() -> None:
    cluster = Cluster()
    cluster.run(3)
    cluster.cm = dict.fromkeys(cluster.cm, 5.0)
    cluster.run(5)
    cluster.cm["A-1"] = 0.0
    cluster.run(5)
    cluster.silent = {"A-1"}
    cluster.run(SILENT_S + 3)
    cluster.cm = dict.fromkeys(cluster.cm, 0.0)
    cluster.run(5)
    assert cluster.core.areas.open, "it may be wet again"
    cluster.silent = set()
    cluster.run(5)
    assert not cluster.core.areas.open


def test_a_neighbour_that_was_wet_before_belongs_to_the_area() -> None:
    first = Home("W-0", 37.2638 - 0.0015, 127.0290, "w_2", "w_15")
    cluster = Cluster((first, *NEAR))
    cluster.run(3)
    cluster.cm["W-0"] = 5.0
    cluster.run(AREA_S + 60, 5.0)
    cluster.cm |= {f"A-{n}": 5.0 for n in range(3)}
    cluster.run(5)
    (area,) = cluster.core.areas.open
    assert sorted(area.homes) == ["A-0", "A-1", "A-2", "W-0"]
    assert len(cluster.decisions()) == 1


def test_a_test_at_2_cm_is_no_test_at_15_cm() -> None:
    cluster = Cluster((FULL,))
    cluster.run(3)
    cluster.more["test"] = 1.0
    cluster.cm["A-0"] = 2.0
    cluster.run(3)
    assert cluster.active() == {"home.A-0.test", "home.A-0.test_2"}


def test_a_broken_loop_is_not_dry_and_water_is_water_all_the_same() -> None:
    cluster = Cluster()
    cluster.quality = 0.0
    cluster.run(3)
    assert cluster.core.states["A-0"].stage is Wet.UNKNOWN
    assert "home.A-0.fault" in cluster.active()
    cluster.cm["A-0"] = 15.0
    cluster.run(3)
    assert "home.A-0.wet_15" in cluster.active()
    cluster.cm["A-0"] = 0.0
    cluster.run(3)
    assert {"home.A-0.wet_15", "home.A-0.fault"} <= cluster.active(), "the loop cannot say that it is over"


def test_a_test_of_the_device_raises_tests_only() -> None:
    cluster = Cluster((FULL, *NEAR[1:]))
    cluster.run(3)
    cluster.more["test"] = 1.0
    cluster.cm["A-0"] = 15.0
    cluster.run(30)
    assert cluster.active() == {"home.A-0.test", "home.A-0.test_2", "home.A-0.test_15"}
    assert all(alarm.test and alarm.priority == 4 for alarm in cluster.alarms())
    cluster.cm["A-0"] = cluster.more["test"] = 0.0
    cluster.run(3)
    assert not cluster.active()
    assert cluster.core.states["A-0"].stage is Wet.DRY


def test_three_tests_are_no_flooded_area() -> None:
    homes = tuple(replace(home, test_point=f"test_{home.name}") for home in NEAR)
    cluster = Cluster(homes)
    cluster.run(3)
    cluster.more = {f"test_{home.name}": 1.0 for home in homes}
    cluster.cm = dict.fromkeys(cluster.cm, 15.0)
    cluster.run(60)
    assert not cluster.decisions()


@pytest.mark.parametrize("before", ["wet", "never heard"])
def test_a_button_turns_no_flood_into_a_test(before: str) -> None:
    cluster = Cluster((FULL,))
    cluster.cm["A-0"] = 15.0
    if before == "wet":
        cluster.run(3)
    cluster.more["test"] = 1.0
    cluster.run(3)
    assert cluster.active() == {"home.A-0.wet_2", "home.A-0.wet_15"}


def test_a_button_that_sticks_hides_a_flood_for_ten_minutes_at_most() -> None:
    cluster = Cluster((FULL,))
    cluster.run(3)
    cluster.more["test"] = 1.0
    cluster.run(TEST_S / 2, 5.0)
    cluster.cm["A-0"] = 15.0
    cluster.run(TEST_S / 2 - 20, 5.0)
    assert "home.A-0.wet_15" not in cluster.active()
    for home in cluster.core.homes:
        cluster.silent.add(home.name)
    cluster.run(40, 5.0)
    assert "home.A-0.wet_15" in cluster.active()
    assert "home.A-0.test_15" not in cluster.active()


def test_tamper_is_told_and_ends() -> None:
    cluster = Cluster((FULL,))
    cluster.more["tamper"] = 1.0
    cluster.run(3)
    assert cluster.active() == {"home.A-0.tamper"}
    cluster.more["tamper"] = 0.0
    cluster.run(3)
    assert not cluster.active()


def test_an_alarm_that_comes_again_is_one_alarm_with_a_count() -> None:
    cluster = Cluster((FULL,))
    cluster.run(3)
    cluster.cm["A-0"], cluster.more["asks"] = 15.0, 1.0
    for wait_s in (60.0, 120.0, 240.0):
        cluster.run(2, 2.0)
        cluster.run(wait_s - 2, wait_s - 2)
    codes = [alarm.code for alarm in cluster.alarms()]
    assert sorted(codes) == ["home.A-0.wet_15", "home.A-0.wet_2"]
    assert cluster.core.states["A-0"].repeats == 5, "six uplinks, of which the first was news"
    cluster.more["asks"] = 0.0
    cluster.run(1)
    assert cluster.core.states["A-0"].repeats == 0


def test_a_device_that_asks_is_answered_once_an_uplink_and_one_that_never_hears_is_told_of() -> None:
    cluster = Cluster((FULL,))
    cluster.run(3)
    assert cluster.core.replies() == []
    cluster.cm["A-0"], cluster.more["asks"] = 15.0, 1.0
    cluster.run(0.5)
    assert cluster.core.replies() == [], "a contact that is not confirmed yet is not answered"
    for _ in range(4):
        cluster.run(2, 2.0)
        (reply,) = cluster.core.replies()
        assert (reply.count, reply.point) == (cluster.count, "0_2")
        cluster.core.replied(reply)
        assert cluster.core.replies() == []
    cluster.run(0.5)
    assert "home.A-0.unheard" in cluster.active()
    cluster.more["asks"] = 0.0
    cluster.run(1)
    assert "home.A-0.unheard" not in cluster.active()


def test_heartbeats_are_shorter_while_a_rain_warning_covers_the_homes() -> None:
    season = replace(NEAR[0], heartbeat_s=21_600.0, warned_heartbeat_s=3_600.0)
    cluster = Cluster((season,), rain=RainSource(warning_point="warning"))
    cluster.more["warning"] = 0.0
    cluster.run(5)
    (reply,) = cluster.core.replies()
    assert reply.heartbeat_s == 21_600.0
    cluster.core.replied(reply)
    cluster.silent = {"A-0"}
    cluster.more["warning"] = 1.0
    cluster.run(MISSED * 21_600.0 - 300, 100.0)
    assert not cluster.active(), "it could not be told yet"
    cluster.run(600, 100.0)
    assert cluster.active() == {"home.A-0.silent"}
    cluster.silent = set()
    cluster.run(1)
    assert not cluster.active()
    assert cluster.core.replies()[0].heartbeat_s == 3_600.0
    cluster.silent = {"A-0"}
    cluster.run(MISSED * 3_600.0 - 100, 100.0)
    assert not cluster.active()
    cluster.run(200, 100.0)
    assert cluster.active() == {"home.A-0.silent"}


def test_a_restart_neither_forgets_nor_calls_again() -> None:
    first = Cluster((FULL, *NEAR[1:], FAR))
    first.run(3)
    first.cm = dict.fromkeys(first.cm, 15.0) | {"B-9": 0.0}
    first.more["tamper"] = 1.0
    first.run(3)
    first.silent = {"A-1"}
    first.run(60)
    first.core.noted()
    before = first.active()
    assert {"home.A-0.wet_15", "home.A-0.tamper", "home.A-1.silent", "home.A-1.wet_15"} <= before
    second = first.restarted()
    second.silent, heard = {"A-0", "A-1", "A-2", "B-9"}, first.silent
    second.run(10)
    assert second.said == [], "who was not heard yet is as it was"
    second.silent = heard
    second.run(60)
    assert second.said == []
    assert second.active() == before
    assert [area.name for area in second.core.areas.open] == ["area-abcdef01-1"]
    second.silent, second.cm = set(), dict.fromkeys(second.cm, 0.0)
    second.run(5)
    assert [each.decision for each in second.decisions()] == ["area_cleared"]
    assert not second.active() - {"home.A-0.tamper"}


def test_what_may_not_have_been_said_is_said_again_under_its_old_name() -> None:
    first = Cluster()
    first.run(3)
    first.core.noted()
    first.cm = dict.fromkeys(first.cm, 5.0)
    first.run(3)
    second = first.restarted()
    second.run(3)
    assert [(each.decision, each.incident) for each in second.decisions()] == [
        ("area_flood", "area-abcdef01-1")
    ]
    assert {alarm.code for alarm in second.alarms()} == {f"home.A-{n}.wet_2" for n in range(3)}


def test_neighbours_are_grouped_over_a_restart() -> None:
    first = Cluster()
    first.run(3)
    first.cm |= {"A-0": 5.0, "A-1": 5.0}
    first.run(3)
    second = first.restarted()
    second.run(3)
    assert not second.decisions()
    second.cm["A-2"] = 5.0
    second.run(3)
    assert [each.decision for each in second.decisions()] == ["area_flood"]


def test_a_home_taken_out_of_the_file_leaves_its_area_and_ends_its_alarms() -> None:
    first = Cluster()
    first.run(3)
    first.cm = dict.fromkeys(first.cm, 5.0)
    first.run(3)
    first.core.noted()
    kept = Kept.read(first.core.memento(first.now).write())
    second = Cluster(NEAR[:2], kept)
    second.run(3)
    assert [(alarm.code, alarm.active) for alarm in second.alarms() if "A-2" in alarm.code] == [
        ("home.A-2.wet_2", False)
    ]
    assert [each.decision for each in second.decisions()] == ["area_cleared"]


@pytest.mark.parametrize(
    "value",
    [[], {}, {"version": 2}, {"version": 1, "homes": {"a": {"stage": 7}}}, {"version": 1, "episode": -1}],
)
def test_what_cannot_be_understood_is_refused(value: object) -> None:
    with pytest.raises(WireError, match="kept homes"):
        Kept.read(value)


def test_the_revision_moves_with_everything_that_a_restart_must_remember() -> None:
    cluster = Cluster((FULL,), rain=RainSource(warning_point="warning"))
    cluster.more["warning"] = 0.0
    steps = [("cm", 15.0), ("tamper", 1.0), ("warning", 1.0), ("silent", 1.0)]
    cluster.run(3)
    for name, value in steps:
        revision = cluster.core.revision
        if name == "cm":
            cluster.cm["A-0"] = value
        elif name == "silent":
            cluster.silent = {"A-0"}
        else:
            cluster.more[name] = value
        cluster.run(SILENT_S + 3)
        assert cluster.core.revision > revision, name
        cluster.core.noted()
    revision = cluster.core.revision
    cluster.core.noted()
    cluster.run(30)
    assert cluster.core.revision == revision, "nothing new, nothing to save"


def test_distance_of_a_known_pair() -> None:
    # 0.0142 deg of latitude is 1,579 m; 0.0117 deg of longitude at 37.27 N is 1,035 m; together 1,888 m.
    one, other = (
        Home("a", 37.2636, 127.0286, "", ""),
        Home("b", 37.2778, 127.0169, "", ""),
    )
    assert distance_m(one, other) == pytest.approx(1_890, rel=0.02)


def flood(homes: int) -> tuple[Home, ...]:
    """Return homes in a street grid, 25 m apart, twenty to a street."""
    east = 111_320.0 * cos(radians(37.2))
    return tuple(
        Home(f"H-{n}", 37.2 + (n // 20) * 25 / 111_200, 127.0 + (n % 20) * 25 / east, f"{n}_2", f"{n}_15")
        for n in range(homes)
    )


def test_two_hundred_homes_in_ten_minutes_are_one_incident() -> None:
    cluster = Cluster(flood(200))
    cluster.run(3)
    for home in cluster.core.homes:
        cluster.cm[home.name] = 15.0
        cluster.run(3, 1.0)
    cluster.run(5)
    assert {each.incident for each in cluster.decisions()} == {"area-abcdef01-1"}
    words = [each.decision for each in cluster.decisions()]
    assert words == ["area_flood", *["area_grew"] * 6], "3, 6, 12, 24, 48, 96, 192 homes"
    assert len(cluster.core.areas.open[0].homes) == 200
    assert len(cluster.alarms()) == 400, "two stages a home, each once"
    assert all(len(text) <= 500 for each in cluster.decisions() for text in each.because)


def test_two_places_are_two_incidents() -> None:
    far = tuple(replace(home, name=f"F{home.name}", lat=home.lat + 0.1) for home in NEAR)
    far = tuple(replace(home, point_2=f"f{home.point_2}", point_15=f"f{home.point_15}") for home in far)
    cluster = Cluster((*NEAR, *far))
    cluster.run(3)
    cluster.cm = dict.fromkeys(cluster.cm, 5.0)
    cluster.run(5)
    assert len({each.incident for each in cluster.decisions()}) == 2


@given(st.lists(st.tuples(st.floats(37.0, 37.02), st.floats(127.0, 127.02)), max_size=30))
def test_neighbours_are_those_within_the_distance(places: list[tuple[float, float]]) -> None:
    homes = [Home(f"h{n}", lat, lon, f"{n}a", f"{n}b") for n, (lat, lon) in enumerate(places)]
    found = neighbours(homes)
    for one in homes:
        near = {other.name for other in homes if one is other or distance_m(one, other) <= AREA_M}
        assert found[one.name] == near


HAND = st.tuples(
    st.sampled_from(["cm", "silent", "tamper", "fault"]),
    st.integers(0, 2),
    st.floats(0, 20),
    st.floats(0.5, 60),
)


def follow(cluster: Cluster, story: list[tuple[str, int, float, float]]) -> None:
    for what, number, cm, seconds in story:
        if what == "cm":
            cluster.cm[f"A-{number}"] = cm
        elif what == "silent":
            cluster.silent ^= {f"A-{number}"}
        elif what == "tamper":
            cluster.more["tamper"] = float(cm > 10)
        else:
            cluster.quality = float(cm > 10)
        cluster.run(seconds, 5.0)


@given(st.lists(HAND, max_size=12), st.lists(HAND, max_size=6))
def test_a_restart_anywhere_says_nothing_new_and_ends_alike(
    before: list[tuple[str, int, float, float]], after: list[tuple[str, int, float, float]]
) -> None:
    first = Cluster((FULL, *NEAR[1:]))
    follow(first, before)
    first.run(5)
    first.core.noted()
    second = first.restarted()
    second.quality, second.silent = first.quality, set(first.silent)
    second.cm, second.more = dict(first.cm), dict(first.more)
    second.run(5)
    assert second.said == []
    for cluster in (first, second):
        follow(cluster, after)
        cluster.run(SILENT_S + 5)
    assert second.active() == first.active()
    assert [area.homes for area in second.core.areas.open] == [area.homes for area in first.core.areas.open]


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 20), st.floats(0.5, 300)), max_size=25))
def test_an_open_area_is_never_opened_again(story: list[tuple[int, float, float]]) -> None:
    cluster = Cluster()
    cluster.run(2)
    for home, cm, seconds in story:
        cluster.cm[f"A-{home}"] = cm
        cluster.run(seconds, 5.0)
    words = [each.decision for each in cluster.decisions()]
    assert words == ["area_flood", "area_cleared"] * (len(words) // 2) + ["area_flood"] * (len(words) % 2)
