"""Every parser takes its seeds and hundreds of damaged ones without a crash; `make fuzz` goes on."""

from contextlib import ExitStack
from dataclasses import dataclass, field

import pytest
from fuzz.targets import TARGETS
from hypothesis import given, settings
from hypothesis import strategies as st

INPUTS = 200
"""Damaged inputs of each parser."""
HOSTILE = (
    b"", b"\0", b"\xff\xff\xff\xff", b'"', b"[", b"[" * 3000, b'{"a":' * 1000, b"NaN", b"1e999", b"-0.0",
    b"9" * 400, b"9" * 5000, b"\xed\xa0\x80", b'"\\ud800"', b"\r\n", b"\\u0000", b"null", b"true", b"-1",
)  # fmt: skip
"""What parsers stumble over: depth, numbers beyond measure, halves of characters, ends."""


@dataclass(frozen=True)
class Input:
    """An input of the corpus, and what was put in the place of what: a short word for a long file."""

    seed: int | None
    put: tuple[tuple[int, int, bytes], ...]
    data: bytes = field(repr=False)


@st.composite
def damaged(draw: st.DrawFn, corpus: list[bytes]) -> Input:
    """Return an input of the corpus with pieces overwritten, or cut out and others put in."""
    seed = draw(st.integers(0, len(corpus) - 1))
    data, put = corpus[seed], []
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        piece = draw(st.binary(max_size=8) | st.sampled_from(HOSTILE))
        end = start + (len(piece) if draw(st.booleans()) else draw(st.integers(0, 12)))
        data = data[:start] + piece + data[end:]
        put.append((start, end, piece))
    return Input(seed, tuple(put), data)


def anything() -> st.SearchStrategy[Input]:
    return (st.binary(max_size=200) | st.sampled_from(HOSTILE)).map(
        lambda data: Input(None, ((0, 0, data),), data)
    )


@pytest.mark.parametrize("name", TARGETS)
def test_a_seed_is_accepted(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())
    assert seeds
    with ExitStack() as stack:
        feed = target.make(stack)
        for seed in seeds:
            feed(seed)


@pytest.mark.parametrize("name", TARGETS)
def test_no_damaged_input_is_a_crash(name: str) -> None:
    target = TARGETS[name]
    corpus = target.corpus()
    with ExitStack() as stack:
        feed = target.guarded(stack)
        for kept in corpus:
            feed(kept)

        @settings(max_examples=INPUTS, deadline=None)
        @given(given=damaged(corpus) | anything())
        def fuzz(given: Input) -> None:
            feed(given.data)

        fuzz()
