"""Judges every scan that a gate at rest would not have judged: it must change nothing, and have no effect."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from edge.core.judged import clone

from sotdae_edge.core.gate import Gate
from sotdae_edge.core.rest import Rest


@dataclass
class Doubts:
    """How many scans were judged that need not have been."""

    spared: int = 0


@contextmanager
def doubted() -> Iterator[Doubts]:
    """Compare each short cut with the long way. AssertionError where they do not end alike."""
    found, lasts = Doubts(), Rest.lasts

    def both(rest: Rest, gate: Gate, now: float) -> bool:
        if not lasts(rest, gate, now):
            return False
        found.spared += 1
        short, long = clone(gate), clone(gate)
        assert short._rest(now) == long.tick(now), "a rest has the effects of a judgement"
        assert long.resting is not None, "a rest goes on as long as nothing ends it"
        long.resting = short.resting
        assert short == long, "a rest changes what a judgement changes"
        return True

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rest, "lasts", both)
        yield found
