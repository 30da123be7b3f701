"""What devices, networks and device profiles say."""

import math
from binascii import crc32
from contextlib import ExitStack, suppress

from fuzz.target import Feed, Target, plain

from sotdae_firmware_bridge import asks, frames, lorawan, payload, profile, raw
from sotdae_firmware_bridge.asks import Alive, Ask, Refusal
from sotdae_firmware_bridge.frames import Deframer, Frame, FrameType
from sotdae_firmware_bridge.sim import rtsp_wire
from sotdae_firmware_bridge.sim.board import Board
from sotdae_firmware_bridge.sim.control import answer
from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_shared.errors import ConfigError, WireError

QUESTIONS = (
    Frame(FrameType.BEAT, 1),
    Frame(FrameType.READ, 2, Ask("input", 0, 4).pack()),
    Frame(FrameType.WRITE, 3, Ask("holding", 0, 1, [1]).pack()),
    Frame(FrameType.ALIVE, 4, Alive(7, 1200, held=False).pack()),
    Frame(FrameType.REFUSED, 5, bytes([Refusal.ADDRESS])),
    Frame(FrameType.VALUES, 6, bytes(range(250))),
)
HOME = payload.load("home-alarm")
UNDERPASS = profile.load("underpass")


def _frame(data: bytes) -> None:
    frame = frames.decode(data)
    assert frames.decode(frames.encode(frame)[1:-1]) == frame


def _packet(data: bytes) -> None:
    """Any packet under the right checksum."""
    _frame(frames.stuff(data + crc32(data).to_bytes(4)))


def _deframed(data: bytes) -> None:
    """A stream gives the same frames however it is cut."""
    whole, cut = Deframer(), Deframer()
    found = list(whole.feed(data))
    assert found == [frame for octet in data for frame in cut.feed(bytes([octet]))]
    assert whole.refused == cut.refused


def _body(data: bytes) -> None:
    """The bodies of frames; the first octet chooses."""
    choice, body = (data[0] % 4, data[1:]) if data else (0, b"")
    if choice < 2:
        ask = asks.parse_ask(body, writes=choice == 1)
        assert ask.pack() == body
    elif choice == 2:
        assert asks.parse_alive(body).pack() == body
    else:
        asks.parse_refusal(body)


def _board(_stack: ExitStack) -> Feed:
    """The board's side answers frames only, and in frames."""
    simulator = Simulator()

    def feed(data: bytes) -> None:
        answers = Deframer()
        list(answers.feed(Board(simulator).receive(data, 0.05)))
        assert answers.refused == 0

    return feed


def _registers(data: bytes) -> None:
    """Any words where a point lies; a value is finite or not known."""
    words = [int.from_bytes(data[at : at + 2]) for at in range(0, len(data), 2)]
    for point in UNDERPASS.points.values():
        for given in (words, words[: point.width], bool(data)):
            value = raw.decode(point, given)
            assert value is None or math.isfinite(value)


def _profile(data: bytes) -> None:
    """An accepted profile can be planned, and decodes whatever comes to a finite value or None."""
    found = profile.parse(data.decode(errors="replace"))
    raw.blocks(found)
    for point in found.points.values():
        for word in (0, 0x7F7F, 0xFFFF):
            value = raw.decode(point, bool(word) if point.is_bit else [word] * point.width)
            assert value is None or math.isfinite(value)


def _payload(data: bytes) -> None:
    found = payload.parse(data.decode(errors="replace"))
    for octet in (0, 0x7F, 0xFF):
        values = found.values(bytes([octet]) * found.device.octets)
        assert all(value is None or math.isfinite(value) for value in values.values())


def _uplink(data: bytes) -> None:
    uplink = lorawan.parse_uplink(data)
    latest = lorawan.Latest()
    assert latest.take(uplink)
    assert not latest.take(uplink)
    assert uplink.best_rssi is None or uplink.rx_info
    for sample in lorawan.samples(uplink, HOME).values():
        assert sample.value is None or math.isfinite(sample.value)


def _rtsp(data: bytes) -> None:
    request = rtsp_wire.parse_request(data)
    channel = rtsp_wire.channel_of(request.headers.get("transport", ""))
    assert channel is None or 0 <= channel <= 254
    with suppress(WireError):
        assert 0 <= request.body_bytes <= rtsp_wire.MAX_BODY_BYTES


def _control(_stack: ExitStack) -> Feed:
    simulator = Simulator()
    return lambda data: answer(simulator, data)


UPLINK = (
    b'{"deviceInfo":{"devEui":"70B3D57ED0000A17"},"devAddr":"00189440","time":"2026-07-15T20:41:03.5+00:00",'
    b'"fCnt":41,"fPort":2,"data":"B7QA1wAD","rxInfo":[{"gatewayId":"0016c001f153a14c","rssi":-97,"snr":6.8}]}'
)
CONTROL = (
    b'{"op":"state"}', b'{"op":"rain","mm_h":80}', b'{"op":"series","points":[[0,1.0],[60,2.0]]}',
    b'{"op":"vehicle","action":"arrive","ignore":true}', b'{"op":"fault","device":"radar","kind":"stuck"}',
    b'{"op":"home","n":1,"depth_cm":3}', b'{"op":"key","on":true}', b'{"op":"river","cm":2600,"cm_min":2}',
)  # fmt: skip
RTSP = (
    b"OPTIONS rtsp://127.0.0.1:554/scene RTSP/1.0\r\nCSeq: 1\r\nUser-Agent: player\r\n\r\n",
    b"SETUP rtsp://127.0.0.1/track0 RTSP/1.0\r\nCSeq: 3\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n",
)

TARGETS = (
    Target("frame", plain(_frame), WireError, lambda: [frames.encode(each)[1:-1] for each in QUESTIONS]),
    Target(
        "packet",
        plain(_packet),
        WireError,
        lambda: [frames.unstuff(frames.encode(each)[1:-1])[:-4] for each in QUESTIONS],
    ),
    Target("deframer", plain(_deframed), None, lambda: [b"".join(map(frames.encode, QUESTIONS))]),
    Target(
        "frame_body",
        plain(_body),
        WireError,
        lambda: [b"\0" + QUESTIONS[1].body, b"\1" + QUESTIONS[2].body, b"\2" + QUESTIONS[3].body, b"\3\2"],
    ),
    Target("board", _board, None, lambda: [frames.encode(each) for each in QUESTIONS]),
    Target("registers", plain(_registers), None, lambda: [b"\x7f\xc0\0\0", b"\xff\xff" * 2]),
    Target(
        "profile",
        plain(_profile),
        ConfigError,
        lambda: [path.read_bytes() for path in sorted(profile.BUILT_IN.glob("*.toml"))],
    ),
    Target(
        "payload_profile",
        plain(_payload),
        ConfigError,
        lambda: [path.read_bytes() for path in sorted(payload.BUILT_IN.glob("*.toml"))],
    ),
    Target("lorawan_uplink", plain(_uplink), WireError, lambda: [UPLINK]),
    Target("sim_control", _control, None, lambda: CONTROL),
    Target("rtsp_request", plain(_rtsp), WireError, lambda: RTSP),
)
