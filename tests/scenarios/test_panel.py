"""The panel as people use it: a real agent, a real terminal, and what happens when either is lost."""

import asyncio
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from need import require_module
from screen_kit import at_screen
from simulated_site import Site, running_site
from textual import events
from textual.pilot import Pilot
from textual.widgets import Static

from sotdae_edge.panel import orders
from sotdae_edge.panel.client import Session
from sotdae_edge.panel.keys import make_key, roster_block
from sotdae_edge.panel.screen.app import PanelApp
from sotdae_provisioning.child import Child
from sotdae_shared.errors import LinkError
from sotdae_shared.signing import PrivateKey, public_of

require_module("textual", "pip install '.[panel]'")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SECRET = "three in the morning"
DRY_S = 3.0
VT220 = {"TERM": "vt220", "COLUMNS": "80", "LINES": "24"}
CONFIG = """
[facility]
id = "GG-41113-UP-0007"
node = "gate-1"
name = "고색지하차도"
name_en = "Gosaek underpass"
disambiguation = "Seobu-ro towards Suwon station"
lat = 37.2
lon = 127.0
[storage]
dir = "{dir}"
[device]
port = {port}
[clock]
source = "assume_synced"
[drill]
reopen_dry_s = {dry_s}
{roster}
"""


async def until(holds: Any, what: str, timeout_s: float = 60.0) -> None:
    try:
        async with asyncio.timeout(timeout_s):
            while not holds():
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not within {timeout_s} s: {what}") from None


@dataclass
class Post:
    """A gate's agent as a process at a simulated site, and the key files of its people."""

    site: Site
    agent: Child
    directory: Path
    keys: dict[str, PrivateKey]

    @property
    def socket(self) -> Path:
        return self.directory / "store" / "panel" / "panel.sock"

    @property
    def fed(self) -> int:
        """Grows while the agent decides and sees its controller."""
        return self.site.simulator.scene.orders.feed

    @property
    def lines(self) -> list[str]:
        """The agent's log."""
        return self.agent._log.read_text(errors="replace").splitlines()

    def file(self, name: str) -> Path:
        return self.directory / f"{name}.pem"

    def screen(self, name: str = "kim") -> PanelApp:
        return PanelApp(self.socket, self.keys[name], self.file(name), "en")


@contextlib.asynccontextmanager
async def post(directory: Path, more: str = "") -> AsyncIterator[Post]:
    keys = {name: make_key(directory / f"{name}.pem", SECRET) for name in ("kim", "lee", "stranger")}
    blocks = (
        roster_block(name.title(), f"{name}-2026", "panel", public_of(keys[name])) for name in ("kim", "lee")
    )
    config = directory / "gate.toml"
    async with running_site() as site:
        text = CONFIG.format(
            dir=directory / "store", port=site.server.port, dry_s=DRY_S, roster="\n".join([*blocks, more])
        )
        config.write_text(text, encoding="utf-8")
        agent = Child("agent", ["sotdae_provisioning", "gate", "run", "--config", str(config)], directory)
        here = Post(site, agent, directory, keys)
        await agent.start()
        try:
            await until(
                lambda: any("-> open" in line for line in here.lines), f"the gate opens: {agent.tail()}"
            )
            yield here
        finally:
            if agent.alive:
                agent.thaw()
            await agent.stop()


def shown(app: PanelApp, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).content)


async def typed(pilot: Pilot[None], app: PanelApp, question: str, text: str) -> None:
    """Answer one question; names and passphrases are pasted, words are typed."""
    await until(lambda: app.prompt.asking and question in shown(app, "prompt"), f"asked {question!r}")
    if text in ("yes", "open", "close", "test"):
        await pilot.press(*text)
    else:
        await pilot.press("ctrl+u")
        app.prompt.post_message(events.Paste(text))
    await pilot.press("enter")


async def said(app: PanelApp, text: str) -> None:
    await until(lambda: text in shown(app, "said"), f"{text!r} is said, not {shown(app, 'said')!r}")


async def two_unlock(pilot: Pilot[None], app: PanelApp, here: Post, second: str) -> None:
    """Go as far as both keys are unlocked."""
    await pilot.press("o")
    await typed(pilot, app, "First person", "kim.pem")
    await typed(pilot, app, "passphrase of kim.pem", SECRET)
    await typed(pilot, app, "Second person", f"{second}.pem")
    await typed(pilot, app, f"passphrase of {second}.pem", SECRET)


async def attest(pilot: Pilot[None], app: PanelApp) -> None:
    """Go through the checklist."""
    for item in ("by camera", "on site", "pumps run"):
        await typed(pilot, app, item, "yes")


async def tries_the_lamps(pilot: Pilot[None], app: PanelApp, here: Post) -> None:
    await pilot.press("t")
    await typed(pilot, app, "Test what", "lamps")
    await typed(pilot, app, "Every sign and flasher", "test")
    await said(app, "test accepted: test of lamps by Kim")
    await here.site.until("sign_closed", lambda value: value == 1.0)
    await until(lambda: "lamps passed" in shown(app, "rows"), f"it is told: {shown(app, 'rows')}")
    await here.site.until("sign_closed", lambda value: value == 0.0)


async def closes(pilot: Pilot[None], app: PanelApp, here: Post) -> None:
    await pilot.press("c")
    await typed(pilot, app, "CLOSE Gosaek underpass?", "close")
    await said(app, "close accepted: close by Kim at panel")
    await here.site.until("limit_closed", lambda value: value == 1.0, 40.0)
    await until(lambda: "C L O S E D" in shown(app, "band"), "the screen shows it closed")


async def is_refused_what_is_wrong(pilot: Pilot[None], app: PanelApp, here: Post) -> None:
    await pilot.press("o")
    await typed(pilot, app, "First person", "kim.pem")
    await typed(pilot, app, "passphrase of kim.pem", "three in the evening")
    await said(app, "wrong passphrase")
    await pilot.press("o")
    await typed(pilot, app, "First person", "stranger.pem")
    await typed(pilot, app, "passphrase of stranger.pem", SECRET)
    await said(app, "nobody's on this gate's roster")
    await pilot.press("o")
    await typed(pilot, app, "First person", "lost.pem")
    await said(app, "lost.pem: cannot be read")
    await two_unlock(pilot, app, here, "lee")
    await typed(pilot, app, "by camera", "no")
    await said(app, "nothing was sent")
    await two_unlock(pilot, app, here, "kim")
    await attest(pilot, app)
    for _ in range(2):
        await typed(pilot, app, "Kim: type", "open")
        await pilot.pause()
    await said(app, "open REFUSED: one person")
    assert await here.site.value("limit_closed") == 1.0


async def two_open(pilot: Pilot[None], app: PanelApp, here: Post) -> None:
    await two_unlock(pilot, app, here, "lee")
    await attest(pilot, app)
    await typed(pilot, app, "Kim: type", "open")
    await typed(pilot, app, "Lee: type", "open")
    await said(app, "open accepted: two people")
    await here.site.until("limit_open", lambda value: value == 1.0, 40.0)
    await until(lambda: "O P E N" in shown(app, "band"), "the screen shows it open")


def test_lamps_are_tried_one_person_closes_nobody_alone_opens_and_two_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # people type short names

    async def story() -> None:
        async with post(tmp_path) as here:
            app = here.screen()
            async with at_screen(app) as pilot:
                await until(lambda: "O P E N" in shown(app, "band"), "the screen shows it open")
                await tries_the_lamps(pilot, app, here)
                await closes(pilot, app, here)
                await pilot.press("t")
                await typed(pilot, app, "Test what", "siren")
                await typed(pilot, app, "THE SIREN SOUNDS", "test")
                await said(app, "test REFUSED: test: only while the gate is open and calm")
                await until(lambda: "0:03 of 0:03" in shown(app, "rows"), "dry for long enough")
                await is_refused_what_is_wrong(pilot, app, here)
                await two_open(pilot, app, here)
            assert here.agent.alive

    asyncio.run(story())


@dataclass
class Terminal:
    """A panel in a pseudo-terminal, and what it wrote there."""

    process: subprocess.Popen[bytes]
    master: int
    written: bytearray = field(default_factory=bytearray)

    def read(self) -> bytes:
        """Return everything written so far."""
        with contextlib.suppress(BlockingIOError, OSError):
            while data := os.read(self.master, 65536):
                self.written += data
        return bytes(self.written)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())


@contextlib.contextmanager
def terminal(here: Post, *, controlling: bool = True) -> Any:
    """Run the panel with kim's key; without a controlling terminal the kernel sends it no SIGHUP."""
    (here.directory / "secret").write_text(SECRET)
    master, slave = pty.openpty()
    os.set_blocking(master, False)
    setsid = ["setsid", "--ctty"] if controlling else ["setsid"]
    process = subprocess.Popen(
        [*setsid, sys.executable, "-m", "sotdae_provisioning", "gate", "panel", "--lang", "en",
         "--config", str(here.directory / "gate.toml"), "--key", str(here.file("kim")),
         "--passphrase-file", str(here.directory / "secret")],
        stdin=slave, stdout=slave, stderr=slave, env=os.environ | VT220,
    )  # fmt: skip
    os.close(slave)
    here_is = Terminal(process, master)
    try:
        yield here_is
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        with contextlib.suppress(OSError):
            os.close(master)


async def goes_on(here: Post) -> None:
    """Check that agent and arm are as they were."""
    fed = here.fed
    await until(lambda: here.fed != fed, "the agent goes on deciding")
    assert here.agent.alive
    assert await here.site.value("limit_open") == 1.0
    assert not any("agent.panel" in line or "panel failed" in line for line in here.lines)


def left(here: Post) -> int:
    """Return how many panels the agent has seen leave."""
    return sum("left" in line and "panel: Kim" in line for line in here.lines)


def once(here: Post, *words: str) -> subprocess.CompletedProcess[str]:
    (here.directory / "secret").write_text(SECRET)
    return subprocess.run(
        [sys.executable, "-m", "sotdae_provisioning", "gate", "panel", "--once", "--lang", "en", *words,
         "--config", str(here.directory / "gate.toml"), "--passphrase-file", str(here.directory / "secret")],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_a_script_sees_the_gate_once_and_a_stranger_does_not(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path) as here:
            told = await asyncio.to_thread(once, here, "--json", "--key", str(here.file("lee")))
            gate = json.loads(told.stdout)["gate"]
            assert (told.returncode, gate["state"], gate["arms"][0]["proved"]) == (0, "open", "open")
            said = await asyncio.to_thread(once, here, "--key", str(here.file("kim")))
            assert "GG-41113-UP-0007: OPEN" in said.stdout
            refused = await asyncio.to_thread(once, here, "--key", str(here.file("stranger")))
            assert (refused.returncode, "not on this gate's roster" in refused.stderr) == (1, True)

    asyncio.run(story())


def test_a_lost_terminal_ends_the_panel_and_nothing_else(tmp_path: Path) -> None:
    async def lost(here: Post, *, controlling: bool) -> None:
        before = left(here)
        with terminal(here, controlling=controlling) as screen:
            await until(lambda: b"O P E N" in screen.read(), f"the panel shows: {screen.written[-400:]!r}")
            screen.type("c")
            await until(lambda: b"CLOSE Gosaek" in screen.read(), "it asks")
            screen.type("clos")
            os.close(screen.master)
            await until(lambda: screen.process.poll() is not None, "the panel ends with its terminal")
        # Under load a session may have ended before, and the panel have come again.
        await until(lambda: left(here) > before, "the agent notices")
        await goes_on(here)

    async def story() -> None:
        async with post(tmp_path) as here:
            await lost(here, controlling=True)
            await lost(here, controlling=False)

    asyncio.run(story())


def test_a_killed_panel_and_a_frozen_agent_move_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path) as here:
            with terminal(here) as screen:
                await until(lambda: b"O P E N" in screen.read(), "the panel shows")
                screen.process.send_signal(signal.SIGKILL)
                await until(lambda: left(here) == 1, "the agent notices")
            await goes_on(here)
            with terminal(here) as screen:
                await until(lambda: b"O P E N" in screen.read(), "the panel shows")
                here.agent.freeze()
                await until(lambda: b"NO WORD FROM THE AGENT since" in screen.read(), "the panel says so")
                here.agent.thaw()
                seen = len(screen.read())
                await until(lambda: b"since" in screen.read()[seen:], "the panel shows the gate again")
                here.agent.kill()
                seen = len(screen.read())
                await until(lambda: b"NO WORD" in screen.read()[seen:], "the panel says so")
                await here.agent.start()
                await until(lambda: sum("-> open" in line for line in here.lines) == 2, "the agent is back")
                seen = len(screen.read())
                await until(lambda: b"O P E N" in screen.read()[seen:], "the panel finds it")
                screen.type("q")
                await until(lambda: screen.process.poll() == 0, "it quits")
            await goes_on(here)

    asyncio.run(story())


def test_an_order_that_waited_in_a_frozen_agent_is_void(tmp_path: Path) -> None:
    async def story() -> None:
        async with post(tmp_path) as here:
            session = Session(here.socket, here.keys["kim"], asyncio.get_running_loop().time)
            task = asyncio.create_task(session.run())
            await until(lambda: session.heard() and session.welcome, f"the agent is heard: {session.problem}")
            assert session.shown is not None
            assert session.welcome is not None
            me = session.welcome.person
            here.agent.freeze()
            order = orders.close_order(session.shown.gate, session.shown.at, "too late", me)
            waiting = asyncio.create_task(session.order(orders.signed(order, (me, here.keys["kim"]))))
            await until(lambda: datetime.now(UTC) > order.not_after, "its time is over")
            with pytest.raises(LinkError, match="look at the gate"):
                await waiting
            here.agent.thaw()
            await until(
                lambda: "expired" in str(session.shown and session.shown.gate.decisions), "it is refused"
            )
            await goes_on(here)
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(story())
