"""Every field of the gate is in the exploration's key, or is left out for a reason that is written down."""

import typing
from collections.abc import Iterator
from dataclasses import fields

from edge.core.canonical import REDUCED, named, reachable
from edge.core.judged import JudgedOne, JudgedPair, JudgedTrail
from edge.core.judged_ruled import JudgedRuled
from edge.core.judged_tested import JudgedTested
from edge.core.reasons import LEFT_OUT, PLAIN, RELATIVE, SNAPPED

from sotdae_edge.core.gate import Gate

NUMBERS = {int, float, str}


def _numbers(hint: object) -> bool:
    if hint in NUMBERS:
        return True
    return any(_numbers(each) for each in typing.get_args(hint))


def _fields() -> Iterator[tuple[str, object]]:
    seen: set[type] = set()
    for judge in (JudgedOne, JudgedTrail, JudgedPair, JudgedTested, JudgedRuled):
        for kind in reachable(judge, seen):
            hints = typing.get_type_hints(kind)
            for each in fields(kind):  # type: ignore[arg-type]
                yield named(kind, each.name), hints[each.name]


def test_every_number_and_name_is_decided_upon() -> None:
    """Flags, states and parts are in the key by themselves; of times, counters and names somebody decides."""
    decided = {*LEFT_OUT, *PLAIN, *RELATIVE, *SNAPPED, *REDUCED}
    open_questions = sorted(name for name, hint in _fields() if _numbers(hint) and name not in decided)
    assert open_questions == []


def test_nothing_is_decided_upon_that_is_not_there_or_twice() -> None:
    there = {name for name, _ in _fields()}
    assert sorted({*LEFT_OUT, *PLAIN, *RELATIVE, *REDUCED, *SNAPPED} - there - {"Sample"}) == []
    tables = [LEFT_OUT, PLAIN, RELATIVE, REDUCED, SNAPPED]
    assert sum(map(len, tables)) == len({name for table in tables for name in table})


def test_the_gate_is_reached_whole() -> None:
    names = {kind.__name__ for kind in reachable(Gate)}
    assert {"Gate", "Sensing", "ChannelState", "ApproachState", "LaneState", "Witness", "Attempt"} <= names
