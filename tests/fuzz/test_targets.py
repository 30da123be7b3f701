"""Every parser takes its seeds and hundreds of damaged ones without a crash; `make fuzz` goes on."""

from contextlib import ExitStack

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


Put = tuple[int, int, bytes]


class Input(bytes):
    """Bytes told as what was put where in which input of the corpus: a short word for a long file."""

    told: tuple[int | None, list[Put]]

    def __repr__(self) -> str:
        return "Input of seed {}, put {}".format(*self.told)


def of(seed: int | None, put: list[Put], data: bytes) -> Input:
    made = Input(data)
    made.told = (seed, put)
    return made


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
    return of(seed, put, data)


def anything() -> st.SearchStrategy[Input]:
    alone = st.binary(max_size=200) | st.sampled_from(HOSTILE)
    return alone.map(lambda data: of(None, [(0, 0, data)], data))


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
            feed(bytes(given))

        fuzz()
