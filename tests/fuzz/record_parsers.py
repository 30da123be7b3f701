"""What lies on disk: records of decisions, waiting messages, the hub's journal."""

import sqlite3
from contextlib import ExitStack, closing
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from edge.core.plant import SITE
from edge.record.tape import closing as closing_story
from edge.record.tape import written
from fuzz.shared_parsers import envelope
from fuzz.target import Feed, Target, directory, plain
from wire_samples import ADDRESS, BOOT, event, telemetry

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.core.gate import Gate
from sotdae_edge.record.again import Replay
from sotdae_edge.record.chain import Chain
from sotdae_edge.record.coding import parse, text
from sotdae_edge.record.key import DeviceKey
from sotdae_edge.record.packing import pack, unpack
from sotdae_edge.record.recovery import tail_of
from sotdae_edge.record.snapshot import site_sha256, snapshot
from sotdae_edge.record.verify import check
from sotdae_shared import wire
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.messages import AckBody, Class, Kind

KEY = DeviceKey.of(bytes(32))


@cache
def _header() -> str:
    gate = Gate.start(SITE, BOOT, 0.0)
    header = {"record": 1, "device": KEY.public, "site_sha256": site_sha256(SITE), "memento": None}
    return text({**header, "gate": snapshot(gate)})


@cache
def _segment() -> bytes:
    with TemporaryDirectory() as place:
        (path,) = written(list(closing_story()), Path(place))
        return path.read_bytes()


def _check(stack: ExitStack) -> Feed:
    """Any bytes as a segment, packed or not, and as one that a power cut left behind."""
    path = directory(stack) / "00000001.jsonl"

    def feed(data: bytes) -> None:
        for raw in (data, pack(data)):
            check("a", raw)
            path.write_bytes(raw)
            assert tail_of(path).good_bytes <= len(unpack(raw).lines)

    return feed


def _lines(data: bytes) -> None:
    """Any JSON in lines that are sealed as they should be, after a good beginning: checked, and replayed."""
    chain = Chain()
    lines = [chain.seal(_header())]
    lines += [chain.seal(line.decode("ascii", "backslashreplace")) for line in data.splitlines() if line]
    segment = check("a", b"".join(lines))
    list(Replay().play(segment))


def _beginning(data: bytes) -> None:
    """Any JSON as the beginning of a segment."""
    segment = check("a", Chain().seal(data.decode("ascii", "backslashreplace").replace("\n", " ")))
    if segment.header:
        list(Replay().play(segment))


def _line_seeds() -> list[bytes]:
    lines = [line.partition(b" ")[2] for line in unpack(_segment()).lines.splitlines()[1:]]
    return [b"\n".join(lines[at : at + 3]) for at in (0, len(lines) // 2, len(lines) - 3)] + [
        b'{"t":1.0,"tick":null}\n{"t":1.5,"hub":{}}',
        b'{"t":2.0,"nonce":{"query":"q","nonce":"00"}}\n{"t":2.0,"bad":{"reason":"x"}}',
    ]


def _outbox(stack: ExitStack) -> Feed:
    """Bytes where the outbox's file lies: it opens, or is set aside, and works."""
    root = directory(stack)

    def feed(data: bytes) -> None:
        for left in root.iterdir():
            left.unlink()
        (root / "outbox").write_bytes(data)
        with closing(SqliteOutbox(root / "outbox", ADDRESS, BOOT)) as box:
            box.put([event(1)])
            assert box.unsent(1000)
            box.ack(AckBody(boot=BOOT, cls=Class.SAFETY, upto=2**53 - 1, ranges=()))

    return feed


def _row(stack: ExitStack) -> Feed:
    """Any bytes as a gap marker that waits in a good file: the rows beside it still go."""
    path = directory(stack) / "outbox"
    box = stack.enter_context(closing(SqliteOutbox(path, ADDRESS, BOOT)))
    side = stack.enter_context(closing(sqlite3.connect(path, isolation_level=None, timeout=10)))

    def feed(data: bytes) -> None:
        side.execute("DELETE FROM message")
        first, second = (header.seq for header in box.put([telemetry(1), telemetry(2)]))
        side.execute("UPDATE message SET raw = ?, kind = 'gap', upto = seq + 5 WHERE seq = ?", (data, second))
        box.unsent(1000)
        assert box.ack(AckBody(boot=BOOT, cls=Class.TELEMETRY, upto=second + 2, ranges=())) == 1
        assert first not in {row.header.seq for row in box.unsent(1000)}

    return feed


def _outbox_seeds() -> list[bytes]:
    with ExitStack() as stack:
        path = directory(stack) / "outbox"
        with closing(SqliteOutbox(path, ADDRESS, BOOT)) as box:
            box.put([event(1), telemetry(2)])
        return [path.read_bytes()]


TARGETS = (
    Target("record_segment", _check, None, lambda: [_segment()[:4096], unpack(_segment()).lines[-4096:]]),
    Target("record_lines", plain(_lines), None, _line_seeds),
    Target("record_beginning", plain(_beginning), None, lambda: [_header().encode()]),
    Target("record_json", plain(parse), WireError, lambda: [b'{"t":1.0,"tick":null}']),
    Target("outbox_file", _outbox, LinkError, _outbox_seeds),
    Target("outbox_row", _row, None, lambda: [wire.encode(envelope(Kind.GAP))]),
)
