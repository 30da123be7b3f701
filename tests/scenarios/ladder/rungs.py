"""The ladder: every fault, how it is made, and what must hold."""

from collections.abc import Iterator

from scenarios.ladder import field, host, province
from scenarios.ladder.play import Rung


def every() -> Iterator[Rung]:
    """Yield all rungs in the order of the table."""
    yield from host.RUNGS
    yield from province.RUNGS
    yield from field.RUNGS
