"""Semi-basement homes: two stages, silence, and one area incident for neighbours."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.core.effects import Alarm, Decided
from sotdae_edge.core.homes import AREA_S, SILENT_S, Home, Homes, Wet, distance_m
from sotdae_shared.samples import Sample

NEAR = tuple(Home(f"A-{n}", 37.2638 + n * 0.0004, 127.0290, f"{n}_2", f"{n}_15") for n in range(3))
FAR = Home("B-9", 37.3000, 127.0290, "9_2", "9_15")


class Cluster:
    """Homes with a hand on every float."""

    def __init__(self, homes: tuple[Home, ...] = NEAR, **kept: Any) -> None:
        self.core = Homes(homes, "abcdef0123456789", 0.0, **kept)
        self.cm = dict.fromkeys((home.name for home in homes), 0.0)
        self.silent: set[str] = set()
        self.now, self.count = 0.0, 0
        self.said: list[Alarm | Decided] = []

    def run(self, seconds: float, step_s: float = 0.5) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += step_s
            self.count += 1
            points: dict[str, Sample] = {}
            for home in self.core.homes:
                if home.name in self.silent:
                    continue
                points[home.point_2] = Sample(float(self.cm[home.name] >= 2), self.count)
                points[home.point_15] = Sample(float(self.cm[home.name] >= 15), self.count)
            self.said += self.core.take(points, self.now)

    def decisions(self) -> list[Decided]:
        return [each for each in self.said if isinstance(each, Decided)]

    def active(self) -> set[str]:
        return set(self.core.alarms.active)


def test_a_home_with_slow_heartbeats_is_given_their_time() -> None:
    slow = Home("C-1", 37.2638, 127.0290, "1_2", "1_15", silent_s=1800.0)
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
    assert cluster.core.area is not None


def test_a_restart_does_not_make_the_incident_twice() -> None:
    first = Cluster()
    first.run(3)
    first.cm = dict.fromkeys(first.cm, 5.0)
    first.run(5)
    kept = first.core.memento()
    second = Cluster(**kept)
    second.cm = first.cm
    second.run(30)
    assert not second.decisions()
    assert second.core.area == first.core.area


def test_distance_of_a_known_pair() -> None:
    # 0.0142 deg of latitude is 1,579 m; 0.0117 deg of longitude at 37.27 N is 1,035 m; together 1,888 m.
    one, other = (
        Home("a", 37.2636, 127.0286, "", ""),
        Home("b", 37.2778, 127.0169, "", ""),
    )
    assert distance_m(one, other) == pytest.approx(1_890, rel=0.02)


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 20), st.floats(0.5, 300)), max_size=25))
def test_an_open_area_is_never_opened_again(story: list[tuple[int, float, float]]) -> None:
    cluster = Cluster()
    cluster.run(2)
    for home, cm, seconds in story:
        cluster.cm[f"A-{home}"] = cm
        cluster.run(seconds, 5.0)
    words = [each.decision for each in cluster.decisions()]
    assert words == ["area_flood", "area_cleared"] * (len(words) // 2) + ["area_flood"] * (len(words) % 2)
    for at, deadline in [(cluster.now, cluster.core.next_deadline(cluster.now))]:
        assert deadline is None or deadline > at
