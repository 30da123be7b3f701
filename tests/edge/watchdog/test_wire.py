"""The two datagrams: what is written is understood, and anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_edge.watchdog.wire import (
    MAX_BYTES,
    Answer,
    Feed,
    Notes,
    decode_answer,
    decode_feed,
    encode_answer,
    encode_feed,
)
from sotdae_shared.errors import WireError

COUNTS = st.integers(0, 2**32 - 1)


@given(st.binary(min_size=8, max_size=8), COUNTS, st.integers(0, 10**10))
def test_a_feed_comes_back_as_it_was(boot: bytes, count: int, at_ms: int) -> None:
    feed = Feed(boot, count, at_ms / 1000)
    back = decode_feed(encode_feed(feed))
    assert (back.boot, back.count) == (boot, count)
    assert back.at == pytest.approx(feed.at, abs=1e-6)


@given(COUNTS, st.integers(0, 7))
def test_an_answer_comes_back_as_it_was(count: int, notes: int) -> None:
    answer = Answer(count, Notes(notes))
    assert decode_answer(encode_answer(answer)) == answer


@given(st.binary(max_size=MAX_BYTES) | st.binary(min_size=20, max_size=20).map(lambda tail: b"SDF1" + tail))
def test_any_bytes_are_a_feed_or_refused(raw: bytes) -> None:
    try:
        feed = decode_feed(raw)
    except WireError:
        return
    assert raw[:4] == b"SDF1"
    assert feed.at >= 0


@given(st.binary(max_size=MAX_BYTES) | st.binary(min_size=5, max_size=5).map(lambda tail: b"SDA1" + tail))
def test_any_bytes_are_an_answer_or_refused(raw: bytes) -> None:
    try:
        answer = decode_answer(raw)
    except WireError:
        return
    assert encode_answer(answer) == raw


@pytest.mark.parametrize("raw", [b"", b"SDA1\0\0\0\1\x08", b"SDA1\0\0\0\1", b"SDF1\0\0\0\1\0"])
def test_a_wrong_answer_says_what_is_wrong(raw: bytes) -> None:
    with pytest.raises(WireError, match="answer"):
        decode_answer(raw)
