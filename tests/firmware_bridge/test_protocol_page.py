"""The page that firmware authors read says what the code does."""

import re
from binascii import crc32
from pathlib import Path

import pytest

from sotdae_firmware_bridge.asks import Refusal
from sotdae_firmware_bridge.frames import MAX_BODY, MAX_STUFFED, VERSION, Deframer, Frame, FrameType, encode
from sotdae_firmware_bridge.sim.board import BEAT_S

PAGE = (Path(__file__).parents[2] / "firmware_bridge" / "protocol.md").read_text(encoding="utf-8")
VECTORS = re.findall(
    r"^\| (.+?) \| `(\w+)` \| (\d+) \| `([0-9a-f]*|-)` \| `([0-9a-f]+)` \|$", PAGE, re.MULTILINE
)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector[0])
def test_a_vector_is_what_is_sent_and_what_is_understood(vector: tuple[str, ...]) -> None:
    _, kind, seq, body, line = vector
    frame = Frame(FrameType[kind], int(seq), bytes.fromhex(body.strip("-")))
    assert encode(frame).hex() == line
    assert list(Deframer().feed(bytes.fromhex(line))) == [frame]


def test_every_type_has_a_vector_and_its_row() -> None:
    assert {vector[1] for vector in VECTORS} == {kind.name for kind in FrameType}
    rows = dict(re.findall(r"^\| `([0-9a-f]{2})` \| ([A-Z]+) \|", PAGE, re.MULTILINE))
    assert rows == {f"{kind:02x}": kind.name for kind in FrameType}


def test_the_numbers_on_the_page_are_the_codes() -> None:
    assert f"Version {VERSION}." in PAGE
    assert f"body, 0 to {MAX_BODY} octets" in PAGE
    assert f"{MAX_STUFFED} octets" in PAGE
    assert f"**{BEAT_S:g} s**" in PAGE
    assert f"{crc32(b'123456789'):08X}" in PAGE
    assert all(f"`{code:02x}` " in PAGE for code in Refusal)
