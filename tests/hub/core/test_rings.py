"""Who gets a policy first."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_hub.core.rings import Member, rings_of

PERCENTS = (1, 10, 50, 100)


def members(count: int, nodes: int = 1) -> list[Member]:
    return [
        Member(f"GG-41113-UP-{number:04d}", f"gate-{number}-{node}")
        for number in range(count)
        for node in range(nodes)
    ]


def sizes(rings: dict[Member, int]) -> list[int]:
    return [list(rings.values()).count(ring) for ring in range(max(rings.values(), default=-1) + 1)]


@pytest.mark.parametrize(
    ("count", "expected"),
    [(0, []), (1, [1]), (2, [1, 1]), (3, [1, 1, 1]), (10, [1, 4, 5]), (200, [2, 18, 80, 100])],
)
def test_percents_cut_the_facilities_and_the_first_ring_is_never_empty(
    count: int, expected: list[int]
) -> None:
    assert sizes(rings_of(7, members(count), PERCENTS)) == expected


def test_canaries_come_before_all_others() -> None:
    chosen = ("GG-41113-UP-0003", "GG-41113-UP-0007", "GG-41113-UP-9999")
    rings = rings_of(7, members(10), (50, 100), chosen)
    assert {member.facility for member, ring in rings.items() if ring == 0} == set(chosen[:2])
    assert sizes(rings) == [2, 4, 4]
    assert sizes(rings_of(7, members(2), (100,), [m.facility for m in members(2)])) == [2]


def test_the_first_to_try_is_not_the_same_for_each_version() -> None:
    firsts = {
        next(m.facility for m, ring in rings_of(version, members(20), PERCENTS).items() if ring == 0)
        for version in range(1, 40)
    }
    assert len(firsts) > 5


@given(st.integers(1, 99), st.randoms(), st.lists(st.floats(0.1, 100), max_size=4), st.integers(1, 3))
def test_the_same_nodes_stand_in_the_same_rings_in_whatever_order_they_are_named(
    version: int, rng: object, percents: list[float], nodes: int
) -> None:
    known = members(30, nodes)
    cuts = sorted({*percents, 100.0})
    rings = rings_of(version, known, cuts)
    rng.shuffle(known)  # type: ignore[attr-defined]
    assert rings_of(version, known, cuts) == rings
    assert all(sizes(rings)), "no ring is empty"
    for facility in {member.facility for member in known}:
        assert len({ring for member, ring in rings.items() if member.facility == facility}) == 1
