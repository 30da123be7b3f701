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


@st.composite
def damaged(draw: st.DrawFn, corpus: list[bytes]) -> bytes:
    """Return an input of the corpus with pieces cut out and others put in."""
    data = draw(st.sampled_from(corpus))
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = draw(st.integers(start, min(len(data), start + 12)))
        data = data[:start] + draw(st.binary(max_size=8) | st.sampled_from(HOSTILE)) + data[end:]
    return data


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
        @given(data=damaged(corpus) | st.binary(max_size=200) | st.sampled_from(HOSTILE))
        def fuzz(data: bytes) -> None:
            feed(data)

        fuzz()
