"""A person's key is made void at the office: at a real gate it counts for nothing but a close."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from scenarios.test_panel import post, until
from typer.testing import CliRunner

from sotdae_edge.panel import orders
from sotdae_edge.panel.client import Session
from sotdae_edge.panel.keys import load_key
from sotdae_provisioning.pki.cli import ca_app
from sotdae_provisioning.pki.province import Province
from sotdae_shared.signing import public_of

SECRET = "three in the morning"


@pytest.mark.slow
def test_a_denied_key_tests_nothing_and_still_closes(tmp_path: Path) -> None:
    province, papers = Province(tmp_path / "ca"), tmp_path / "papers"
    province.init("Gyeonggi", None, datetime.now(UTC) - timedelta(days=30))
    (papers / "current").mkdir(parents=True)
    (papers / "current/root.pem").write_bytes(province.trust())

    async def story() -> None:
        async with post(tmp_path, f'[papers]\ndir = "{papers}"') as here:
            await here.agent.stop()
            public = public_of(load_key(here.file("kim"), SECRET))
            words = ["--dir", str(province.path), "--key", public, "--reason", "phone lost"]
            done = CliRunner().invoke(ca_app, ["deny", *words, "--out", str(papers / "deny.json")])
            assert done.exit_code == 0, done.output
            await here.agent.start()
            await until(lambda: any("deny list 1: 1 of our keys" in line for line in here.lines), "it hears")
            await until(lambda: sum("-> open" in line for line in here.lines) == 2, "it works again")
            clock = asyncio.get_running_loop().time
            sessions = {name: Session(here.socket, here.keys[name], clock) for name in ("kim", "lee")}
            tasks = [asyncio.create_task(each.run()) for each in sessions.values()]

            async def verdict(name: str, target: str) -> tuple[str | None, str]:
                session = sessions[name]
                await until(lambda: session.heard() and session.welcome and session.shown, f"{name} is heard")
                assert session.shown is not None
                assert session.welcome is not None
                me, seen = session.welcome.person, session.shown
                if target == "close":
                    order = orders.close_order(seen.gate, seen.at, "test", me)
                else:
                    order = orders.test_order(seen.gate, "lamps", seen.at, "test", me)
                decision = await session.order(orders.signed(order, (me, here.keys[name])))
                return decision.verdict, decision.because[0]

            assert await verdict("kim", "test") == ("refused", "denied key kim-2026")
            assert (await verdict("lee", "test"))[0] == "accepted"
            said = await verdict("kim", "close")
            assert said == ("accepted", "close by Kim at panel; on the deny list: kim-2026")
            await until(lambda: here.site.simulator.scene.warnings.sign_closed, "it closes")
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    asyncio.run(story())
