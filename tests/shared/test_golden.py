"""The wire format, pinned: a changed golden file is a changed protocol and needs a new schema version."""

from pathlib import Path

import pytest
from wire_samples import BODIES, STATE

from sotdae_shared import wire
from sotdae_shared.messages import DOWN_KINDS, Kind, StateBody

GOLDEN = Path(__file__).with_name("golden")


def raw(name: str) -> bytes:
    return (GOLDEN / f"{name}.json").read_bytes().removesuffix(b"\n")


@pytest.mark.parametrize("kind", Kind)
def test_the_bytes_of_each_kind_are_read_and_written_as_pinned(kind: Kind) -> None:
    if kind in DOWN_KINDS:
        assert wire.decode_down(kind, raw(kind)) == BODIES[kind]
        assert wire.encode_down(BODIES[kind]) == raw(kind)
    else:
        message = wire.decode(raw(kind))
        assert (message.kind, message.body, message.seq) == (kind, BODIES[kind], 7)
        assert wire.encode(message) == raw(kind)


def test_the_bytes_of_presence_are_read_and_written_as_pinned() -> None:
    assert wire.decode_as(StateBody, raw("state")) == STATE
    assert wire.encode_down(STATE) == raw("state")


def test_there_is_one_golden_file_for_each() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {*(kind.value for kind in Kind), "state"}
