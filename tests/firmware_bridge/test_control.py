"""The control door: every operation, every refusal, any bytes."""

import asyncio
import json
import socket
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_firmware_bridge.sim.control import MAX_LINE, ControlServer, SimControl, answer
from sotdae_firmware_bridge.sim.simulator import Simulator
from sotdae_shared.errors import LinkError, WireError


def ask(simulator: Simulator, **request: Any) -> dict[str, Any]:
    reply: dict[str, Any] = json.loads(answer(simulator, json.dumps(request).encode()))
    return reply


def test_every_operation_reaches_the_scene() -> None:
    simulator = Simulator()
    scene = simulator.scene
    for request in (
        {"op": "rain", "mm_h": 60},
        {"op": "inflow", "cm_min": 20.0},
        {"op": "river", "cm": 700.0, "cm_min": 3},
        {"op": "home", "n": 3, "depth_cm": 4},
        {"op": "key", "on": True},
        {"op": "fault", "device": "radar", "kind": "stuck", "on": True},
        {"op": "vehicle", "action": "arrive", "ignore": True},
        {"op": "vehicle", "action": "person"},
    ):
        assert ask(simulator, **request) == {"ok": True}
    assert scene.water.rain_mm_h == 60
    assert scene.water.rate_cm_min == 20
    assert (scene.water.river_cm, scene.water.river_rate_cm_min) == (700, 3)
    assert scene.water.homes_cm == [0, 0, 4]
    assert scene.local_key
    assert scene.faults.listing() == ["radar/stuck"]
    assert [each.plan for each in scene.traffic.vehicles] == ["ignore", "park"]
    assert ask(simulator, op="restore") == {"ok": True}
    assert scene.faults.listing() == []


def test_depth_and_series_move_the_water() -> None:
    simulator = Simulator()
    assert ask(simulator, op="depth", cm=7.5)["ok"]
    assert simulator.scene.water.depth_cm == 7.5
    assert ask(simulator, op="series", points=[[0, 1.0], [10, 11.0]])["ok"]
    simulator.advance(5.0)
    assert simulator.scene.water.depth_cm == pytest.approx(6.0)


def test_state_is_the_truth_and_view_is_the_cameras() -> None:
    simulator = Simulator()
    simulator.depth(3.0)
    simulator.vehicle("arrive")
    state, view = ask(simulator, op="state"), ask(simulator, op="view")
    assert state["depth_cm"] == view["depth_cm"] == 3.0
    assert state["limit_open"] is True
    assert state["registers"].keys() == {
        "radar_level",
        "pressure_level",
        "float_5",
        "float_15",
        "river_stage",
    }
    assert view["vehicles"][0]["x_m"] == -30
    assert view["sign"] == "off"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"", "JSON"),
        (b"{", "JSON"),
        (b"[]", "object"),
        (b"\xff\xfe", "JSON"),
        (b"{}", "op"),
        (b'{"op":"explode"}', "explode"),
        (b'{"op":"__class__"}', "__class__"),
        (b'{"op":"advance","now_s":5}', "advance"),
        (b'{"op":"rain"}', "mm_h"),
        (b'{"op":"rain","mm_h":-1}', "mm_h"),
        (b'{"op":"rain","mm_h":NaN}', "finite"),
        (b'{"op":"rain","mm_h":1,"x":1}', "x"),
        (b'{"op":"series","points":[[5,1],[1,1]]}', "rising"),
        (b'{"op":"fault","device":"moon","kind":"dead"}', "no fault"),
        (b'{"op":"home","n":4,"depth_cm":1}', "n"),
        (b'{"op":"vehicle","action":"fly"}', "arrive"),
    ],
)
def test_what_cannot_be_done_is_refused_with_its_reason(line: bytes, words: str) -> None:
    reply = json.loads(answer(Simulator(), line))
    assert reply["ok"] is False
    assert words in reply["error"]


REQUEST_LIKE = st.fixed_dictionaries(
    {"op": st.sampled_from(["state", "rain", "inflow", "series", "vehicle", "fault", "home", "key"])},
    optional={
        "mm_h": st.floats(), "cm": st.floats() | st.none(), "cm_min": st.integers(),
        "on": st.booleans() | st.text(), "kind": st.text(), "n": st.integers(), "depth_cm": st.floats(),
        "points": st.lists(st.lists(st.floats(), max_size=3), max_size=4),
        "device": st.sampled_from(["radar", "arm", ""]), "action": st.text(max_size=8),
    },
)  # fmt: skip


@given(st.binary(max_size=200) | REQUEST_LIKE.map(lambda request: json.dumps(request).encode()))
def test_any_line_has_one_answer(line: bytes) -> None:
    reply = answer(Simulator(), line)
    assert reply.count(b"\n") == 1
    assert json.loads(reply)["ok"] in (True, False)


def test_who_asks_and_never_reads_does_not_hold_up_the_end() -> None:
    async def run() -> None:
        server = ControlServer(Simulator())
        await server.start()
        with socket.create_connection(("127.0.0.1", server.port)) as rude:
            rude.setblocking(False)
            full = 0
            async with asyncio.timeout(30):
                while full < 20:  # nothing more is taken, and goes on so: the server waits for its reader
                    try:
                        rude.send(b'{"op": "view"}\n' * 100)
                        full = 0
                    except BlockingIOError:
                        full += 1
                        await asyncio.sleep(0.01)
            async with asyncio.timeout(10):
                await server.stop()

    asyncio.run(run())


def test_over_tcp_bad_lines_are_counted_and_the_door_stays_open() -> None:
    async def run() -> None:
        server = ControlServer(Simulator())
        await server.start()
        control = SimControl("127.0.0.1", server.port)
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(b"nonsense\n" + b'{"op":"rain","mm_h":9}\n')
        assert json.loads(await reader.readline())["ok"] is False
        assert json.loads(await reader.readline())["ok"] is True
        writer.write(b"x" * (MAX_LINE + 2))
        assert await reader.read() == b"", "a line without end costs its own connection only"
        writer.close()
        assert server.bad_lines == 2
        assert (await control.call("state"))["depth_cm"] == 0
        with pytest.raises(WireError, match="no fault"):
            await control.call("fault", device="moon", kind="dead", on=True)
        await asyncio.gather(*(control.call("rain", mm_h=number) for number in range(20)))
        await server.stop()
        with pytest.raises(LinkError):
            await control.call("state")
        await control.close()

    asyncio.run(run())
