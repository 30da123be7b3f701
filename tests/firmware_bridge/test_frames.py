"""Frames: what is written is read, whatever lies around it, and nothing else is."""

from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sotdae_firmware_bridge.asks import (
    Alive,
    Ask,
    octets,
    pack_values,
    parse_alive,
    parse_ask,
    parse_refusal,
    parse_values,
)
from sotdae_firmware_bridge.frames import (
    MAX_BODY,
    MAX_STUFFED,
    Deframer,
    Frame,
    FrameType,
    decode,
    encode,
    stuff,
    unstuff,
)
from sotdae_shared.errors import WireError

FUZZED = 2_000
"""Inputs that each law below is tried on."""

frames = st.builds(
    Frame, st.sampled_from(FrameType), st.integers(0, 0xFFFF), st.binary(max_size=MAX_BODY)
) | st.builds(Frame, st.just(FrameType.WRITE), st.just(0), st.integers(0, MAX_BODY).map(bytes))
bits_table = st.sampled_from(["coil", "discrete"])
words_table = st.sampled_from(["holding", "input"])


@given(st.binary(max_size=600))
@settings(max_examples=FUZZED)
def test_stuffing_leaves_no_zero_and_comes_undone(plain: bytes) -> None:
    stuffed = stuff(plain)
    assert 0 not in stuffed
    assert len(stuffed) <= len(plain) + len(plain) // 254 + 1
    assert unstuff(stuffed) == plain


@pytest.mark.parametrize("length", [0, 1, 253, 254, 255, 507, 508, 509])
@pytest.mark.parametrize("end", [b"", b"\x00", b"\x00\x00", b"\x01"])
def test_stuffing_at_the_edges_of_its_groups(length: int, end: bytes) -> None:
    plain = b"\x55" * length + end
    assert unstuff(stuff(plain)) == plain


@given(st.lists(frames, max_size=5), st.data())
@settings(max_examples=FUZZED)
def test_frames_survive_any_cutting_of_the_stream(sent: list[Frame], data: st.DataObject) -> None:
    stream = b"".join(encode(frame) for frame in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    deframer = Deframer()
    pieces = [stream[a:b] for a, b in pairwise([0, *cuts, len(stream)])]
    assert [frame for piece in pieces for frame in deframer.feed(piece)] == sent
    assert deframer.refused == 0


@given(st.binary(max_size=1200), frames, frames)
@settings(max_examples=FUZZED)
def test_a_frame_after_garbage_is_found_and_garbage_is_none(garbage: bytes, lost: Frame, good: Frame) -> None:
    deframer = Deframer()
    assert list(deframer.feed(garbage + encode(good))) == [good]
    torn = encode(lost)[: len(encode(lost)) // 2]
    assert list(deframer.feed(torn + encode(good))) == [good]


@given(frames, st.data())
@settings(max_examples=FUZZED)
def test_no_flipped_bit_goes_unnoticed(frame: Frame, data: st.DataObject) -> None:
    damaged = bytearray(encode(frame))
    at = data.draw(st.integers(1, len(damaged) - 2))
    damaged[at] ^= 1 << data.draw(st.integers(0, 7))
    deframer = Deframer()
    assert list(deframer.feed(bytes(damaged))) == []
    assert deframer.refused >= 1
    assert deframer.last is not None


def test_a_stream_without_an_end_is_counted_once_and_not_kept() -> None:
    deframer = Deframer()
    for _ in range(1000):
        assert list(deframer.feed(b"\x11" * MAX_STUFFED)) == []
    assert deframer.refused == 1
    assert len(deframer._held) == 0
    good = Frame(FrameType.BEAT, 7)
    assert list(deframer.feed(encode(good))) == [good]


@given(st.binary(max_size=300))
@settings(max_examples=FUZZED)
def test_any_octets_are_refused_or_understood(noise: bytes) -> None:
    for parse in (
        decode, unstuff, parse_alive, parse_refusal,
        lambda body: parse_ask(body, writes=True),
        lambda body: parse_ask(body, writes=False),
        lambda body: parse_values("coil", 9, body),
    ):  # fmt: skip
        with suppress(WireError):  # anything else would be a crash
            parse(noise)


@given(bits_table, st.integers(0, 0xFFFF), st.lists(st.booleans(), min_size=1, max_size=2000))
@settings(max_examples=300)
def test_bits_come_back(table, start: int, bits: list[bool]) -> None:
    assert parse_values(table, len(bits), pack_values(table, bits)) == bits
    if start + len(bits) <= 0x10000:
        ask = Ask(table, start, len(bits), bits)
        assert parse_ask(ask.pack(), writes=True) == ask


@given(words_table, st.integers(0, 0xFFFF), st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=125))
@settings(max_examples=300)
def test_registers_come_back(table, start: int, words: list[int]) -> None:
    assert parse_values(table, len(words), pack_values(table, words)) == words
    assert octets(table, len(words)) == 2 * len(words)
    if start + len(words) <= 0x10000:
        assert parse_ask(Ask(table, start, len(words)).pack(), writes=False) == Ask(table, start, len(words))


def test_stray_bits_a_wrong_length_and_a_place_beyond_the_end_are_refused() -> None:
    for table, count, body in (("coil", 3, b"\x08"), ("coil", 9, b"\x01"), ("input", 2, b"\x00\x01\x02")):
        with pytest.raises(WireError):
            parse_values(table, count, body)
    for body in (
        b"\x04\x00\x00\x00\x01",
        b"\x03\xff\xff\x00\x02",
        b"\x03\x00\x00\x00\x00",
        b"\x03\x00\x00\x01\x00",
    ):
        with pytest.raises(WireError):
            parse_ask(body, writes=False)


def test_what_does_not_fit_a_frame_is_not_made() -> None:
    for frame in (Frame(FrameType.BEAT, 0x10000), Frame(FrameType.BEAT, 0, bytes(MAX_BODY + 1))):
        with pytest.raises(ValueError, match="want 16 bits"):
            encode(frame)


def test_a_sign_of_life_comes_back() -> None:
    alive = Alive(3, 120_000, held=True)
    assert parse_alive(alive.pack()) == alive
