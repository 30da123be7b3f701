"""The panel's socket: closed to strangers, bounded, and judged by the same gate as the hub."""

import asyncio
import json
import random
import socket
import stat
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from edge.panel.house import BOOT, FACILITY, KEYS, PEOPLE, Gatehouse, gatehouse, until

from sotdae_edge.core.barrier import State
from sotdae_edge.panel import orders, server, wire
from sotdae_edge.panel.client import Connection, Session
from sotdae_edge.panel.door import connect, listen
from sotdae_edge.panel.wire import Hello, Login, Refused, Shown
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import CommandBody
from sotdae_shared.signing import public_of, sign

DRY_S = 1.0
DRILL = {"drill": {"reopen_dry_s": DRY_S}, "times": {"pre_warn": 3.0, "clear": 0.5}}


async def visited(house: Gatehouse, name: str = "kim") -> tuple[Session, asyncio.Task[None]]:
    """Return a session that has seen the gate."""
    session = Session(house.path, KEYS[name], asyncio.get_running_loop().time)
    task = asyncio.create_task(session.run())
    await until(lambda: session.shown is not None or task.done())
    return session, task


async def left(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.wait([task])


def at_gate(session: Session) -> tuple[Any, datetime]:
    assert session.shown is not None
    return session.shown.gate, session.shown.at


@pytest.mark.slow
def test_one_person_closes_two_open_and_one_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path, **DRILL) as house:
            session, task = await visited(house)
            await until(lambda: at_gate(session)[0].state == "open")
            await closes(house, session)
            await opens(house, session)
            await left(task)

    async def closes(house: Gatehouse, session: Session) -> None:
        gate, at = at_gate(session)
        assert gate.place.name == "고색지하차도"
        assert {channel.name for channel in gate.water.channels} == {"radar", "pressure", "float"}
        assert gate.arms[0].proved == "open"
        order = orders.signed(orders.close_order(gate, at, "drill", PEOPLE[0]), (PEOPLE[0], KEYS["kim"]))
        decision = await session.order(order)
        assert (decision.verdict, decision.command) == ("accepted", order.id)
        await until(lambda: house.app.gate.state is State.CLOSED)
        assert await house.site.value("limit_closed") == 1.0
        await until(lambda: at_gate(session)[0].decisions[0].state == "closed")
        gate, _ = at_gate(session)
        assert (gate.state, gate.incident.ordered_by) == ("closed", "panel")
        assert gate.last_seq == {"kim-2026": order.seq}
        assert (await session.order(order)).because[0].startswith("replayed")

    async def opens(house: Gatehouse, session: Session) -> None:
        await until(lambda: at_gate(session)[0].water.dry_s > DRY_S)
        kim, lee = ((person, KEYS[person.name.lower()]) for person in PEOPLE)
        for who in ((kim,), (kim, kim)):
            decision = await session.order(orders.signed(await opening(session), *who))
            assert decision.because[0].startswith("one person"), decision.because
        assert house.app.gate.state is State.CLOSED
        decision = await session.order(orders.signed(await opening(session), kim, lee))
        assert decision.verdict == "accepted", decision.because
        await until(lambda: house.app.gate.state is State.OPEN)
        assert await house.site.value("limit_open") == 1.0

    async def opening(session: Session) -> CommandBody:
        given = (await session.ask_nonce(orders.name_of(at_gate(session)[0]))).data
        return orders.open_order(at_gate(session)[0], given, at_gate(session)[1], "water gone", *PEOPLE)

    asyncio.run(story())


def test_strangers_and_false_signatures_see_nothing(tmp_path: Path) -> None:
    async def story() -> list[str]:
        said = []
        async with gatehouse(tmp_path) as house:
            for name, signer in (("stranger", "stranger"), ("kim", "stranger")):
                connection = await Connection.open(house.path)
                hello = await connection.next()
                assert isinstance(hello, Hello)
                signature = sign(KEYS[signer], wire.login_bytes(hello))
                connection.send(Login(public=public_of(KEYS[name]), signature=signature))
                word = await connection.next()
                assert isinstance(word, Refused)
                said.append(word.because)
                with pytest.raises(LinkError):
                    await connection.next()
                await connection.close()
            said.append(await replayed(house))
        return said

    async def replayed(house: Gatehouse) -> str:
        """Sign one challenge and use the signature on another."""
        first, second = await Connection.open(house.path), await Connection.open(house.path)
        old, new = await first.next(), await second.next()
        assert isinstance(old, Hello)
        assert isinstance(new, Hello)
        assert old != new
        second.send(Login(public=public_of(KEYS["kim"]), signature=sign(KEYS["kim"], wire.login_bytes(old))))
        word = await second.next()
        await first.close()
        await second.close()
        assert isinstance(word, Refused)
        return word.because

    assert asyncio.run(story()) == [
        server.STRANGER, "bad signature of kim-2026", "bad signature of kim-2026",
    ]  # fmt: skip


def test_an_order_before_the_login_is_not_looked_at(tmp_path: Path) -> None:
    order = CommandBody(
        id="c-1", facility=FACILITY, actuator="barrier", target="close", reason="", issuer="panel", seq=1,
        not_after=datetime.now(UTC) + timedelta(seconds=20), expect_state="open",
    )  # fmt: skip
    signed = orders.signed(order, (PEOPLE[0], KEYS["kim"]))

    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            await until(lambda: house.app.gate.state is State.OPEN)
            connection = await Connection.open(house.path)
            await connection.next()
            connection.send(wire.Order(command=signed))
            word = await connection.next()
            assert isinstance(word, Refused)
            assert word.because.startswith("log in first")
            assert (house.server.failed_logins, house.app.gate.last_seq) == (1, {})
            await connection.close()

    asyncio.run(story())


def test_only_owner_and_group_reach_the_socket(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            assert stat.S_IMODE(house.path.stat().st_mode) == 0o660
            assert stat.S_IMODE(house.path.parent.stat().st_mode) & 0o007 == 0
        assert not house.path.exists()

    asyncio.run(story())


def test_a_directory_open_to_everybody_is_refused_and_the_gate_goes_on(tmp_path: Path) -> None:
    place = tmp_path / "public"
    place.mkdir()
    place.chmod(0o755)

    async def story() -> str:
        settings: dict[str, Any] = {"panel": {"socket": place / "panel.sock"}}
        async with gatehouse(tmp_path, **settings) as house:
            return await alarmed(house)

    async def alarmed(house: Gatehouse) -> str:
        await until(lambda: "agent.panel" in house.app.watched.active)
        house.site.simulator.depth(18.0)
        await until(lambda: house.app.gate.state is State.PRE_WARN)
        return house.app.watched.texts["agent.panel"]

    assert "chmod o=" in asyncio.run(story())


def test_what_a_killed_agent_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    async def story() -> None:
        path = tmp_path / "panel" / "panel.sock"
        async with gatehouse(tmp_path):
            with pytest.raises(LinkError, match="another agent"):
                server.listen(path)
        left_behind = server.listen(path)
        left_behind.close()  # its file stays, as a kill leaves it
        assert path.exists()
        async with gatehouse(tmp_path):
            await left((await visited_path(path))[1])
        path.write_text("somebody's notes")
        with pytest.raises(LinkError, match="no socket"):
            server.listen(path)
        assert path.read_text() == "somebody's notes"

    async def visited_path(path: Path) -> tuple[Session, asyncio.Task[None]]:
        session = Session(path, KEYS["kim"], asyncio.get_running_loop().time)
        task = asyncio.create_task(session.run())
        await until(lambda: session.shown is not None)
        return session, task

    asyncio.run(story())


def test_whoever_answers_no_more_at_the_place_holds_nobody_up(tmp_path: Path) -> None:
    path = tmp_path / "box" / "panel.sock"
    path.parent.mkdir(mode=0o750)
    visitors = []
    with socket.socket(socket.AF_UNIX) as frozen:
        frozen.bind(str(path))
        frozen.listen(0)
        waits = 0
        while not waits:
            visitors.append(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK))
            waits = visitors[-1].connect_ex(str(path))
        with ThreadPoolExecutor(1) as worker:
            opening = worker.submit(listen, path)
            _, held_up = wait([opening], timeout=5.0)
            frozen.close()  # lets go whoever waits for it
            assert not held_up
            with pytest.raises(LinkError, match="another agent answers"):
                opening.result()
    for visitor in visitors:
        visitor.close()


def test_a_path_longer_than_a_socket_name_serves(tmp_path: Path) -> None:
    deep = tmp_path / ("d" * 120)

    async def story() -> None:
        async with gatehouse(tmp_path, panel={"socket": deep / "panel.sock"}) as house:
            _, task = await visited(house)
            await left(task)

    asyncio.run(story())


def test_one_panel_too_many_is_told_so(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            tasks = [(await visited(house))[1] for _ in range(server.MAX_PANELS)]
            connection = await Connection.open(house.path)
            with pytest.raises(LinkError, match="panels are open already"):
                await connection.login(KEYS["kim"])
            await connection.close()
            for task in tasks:
                await left(task)
            _, task = await visited(house)
            await left(task)

    asyncio.run(story())


def test_a_panel_that_stops_reading_loses_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server, "SHOW_S", 0.0)
    monkeypatch.setattr(server, "STALLED_S", 0.2)

    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            sock = await connect(house.path)
            reader, writer = await asyncio.open_unix_connection(sock=sock, limit=wire.MAX_SAID)
            hello = wire.read_said(await reader.readline())
            assert isinstance(hello, Hello)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            signature = sign(KEYS["kim"], wire.login_bytes(hello))
            writer.write(wire.line(Login(public=public_of(KEYS["kim"]), signature=signature)))
            await until(lambda: len(house.server._sessions) == 1)
            await until(lambda: not house.server._sessions)
            assert house.app.helpers.conditions() == []
            writer.transport.abort()

    asyncio.run(story())


def test_a_panel_that_leaves_without_reading_keeps_no_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[server.Session] = []

    class Noted(server.Session):
        def __init__(self, *parts: Any) -> None:
            super().__init__(*parts)
            made.append(self)

    monkeypatch.setattr(server, "SHOW_S", 0.0)
    monkeypatch.setattr(server, "STALLED_S", 600.0)
    monkeypatch.setattr(server, "Session", Noted)

    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            sock = await connect(house.path)
            reader, writer = await asyncio.open_unix_connection(sock=sock, limit=wire.MAX_SAID)
            hello = wire.read_said(await reader.readline())
            assert isinstance(hello, Hello)
            writer.transport.pause_reading()  # type: ignore[attr-defined]
            signature = sign(KEYS["kim"], wire.login_bytes(hello))
            writer.write(wire.line(Login(public=public_of(KEYS["kim"]), signature=signature)))
            await until(lambda: made[0]._writer.transport.get_write_buffer_size() > 0)
            writer.write_eof()
            await until(lambda: not house.server._sessions)
            writer.transport.abort()

    asyncio.run(story())


def test_it_says_what_it_does_not_understand_and_goes_on(tmp_path: Path) -> None:
    asked = [
        b"\n", b"close\n", b'{"say":"open"}\n', b'{"say":"order","command":{}}\n', b"[" * 9000 + b"\n",
        b'{"say":"ask","query":{"id":"q","query":"birth"}}\n', b"\xff\xfe\n",
        json.dumps({"say": "login", "public": "00" * 32, "signature": "00" * 64}).encode() + b"\n",
    ]  # fmt: skip

    async def story() -> list[str]:
        said = []
        async with gatehouse(tmp_path) as house:
            connection = await Connection.open(house.path)
            await connection.login(KEYS["kim"])
            for raw in asked:
                connection._writer.write(raw)
                said.append((await refusal(connection)).because)
            connection._writer.write(b"x" * (3 * wire.MAX_ASKED))
            assert (await refusal(connection)).because.startswith("a line is longer")
            with pytest.raises(LinkError):
                await refusal(connection)
            await connection.close()
            assert house.app.helpers.conditions() == []
            assert not house.server.waiting
        return said

    async def refusal(connection: Connection) -> Refused:
        while isinstance(word := await connection.next(), Shown):
            pass
        assert isinstance(word, Refused)
        return word

    said = asyncio.run(story())
    assert len(said) == len(asked)
    assert all(text.startswith(("not understood", "only orders")) for text in said), said


def test_an_agent_that_comes_back_is_found_again(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            session, task = await visited(house)
        await until(lambda: session.problem != "")
        with pytest.raises(LinkError, match="not connected"):
            await session.ask_nonce("q-1")
        heard = session.heard_at
        async with gatehouse(tmp_path):
            await until(lambda: session.heard_at != heard)
            assert (session.problem, at_gate(session)[0].boot) == ("", BOOT)
        await left(task)

    asyncio.run(story())


def test_any_bytes_leave_the_agent_well(tmp_path: Path) -> None:
    dice = random.Random(20261123)
    words = [
        b'{"say":"order","command":{"target":"open"}}\n',
        b'{"say":"ask"}\n',
        b"\n",
        b'"',
        b"[[",
        b"\x00\xff",
    ]

    async def junk(house: Gatehouse, *, known: bool) -> None:
        connection = await Connection.open(house.path)
        if known:
            await connection.login(KEYS["kim"])
        for _ in range(dice.randrange(1, 8)):
            connection._writer.write(
                dice.choice(words) * dice.randrange(1, 4) + dice.randbytes(dice.randrange(64))
            )
        await connection.close()

    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            for visit in range(60):
                await junk(house, known=visit % 2 == 0)
                await until(lambda: not house.server._sessions)
            session, task = await visited(house)
            assert (house.app.helpers.conditions(), house.app.gate.last_seq) == ([], {})
            assert not house.server.waiting
            assert at_gate(session)[0].state in ("start", "open")
            await left(task)

    asyncio.run(story())
