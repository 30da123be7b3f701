"""A bypass ordered through the hub: it stands, is told, goes into the record, and dies with the agent."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from scenarios.desk import ROSTER, Desk, signed
from scenarios.province import Province, listening, running, until

from sotdae_shared.messages import Kind

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
RADAR = {"actuator": "channel:radar", "checklist": (), "nonce": None}


async def told(province: Province, active: bool, text: str) -> None:
    """Wait until the hub holds this word on the bypass's alarm."""

    async def look() -> bool:
        found = [each for each in await province.events() if each["code"] == "bypass.radar"]
        return any(each["active"] is active and text in each["text"] for each in found)

    await until(look, f"bypass.radar {active}: {text}")


async def bypassed(province: Province, desk: Desk) -> None:
    """Take the radar out; one person does while all is dry and three channels vote."""
    given = await desk.ask()
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("unknown actuator", {**RADAR, "actuator": "channel:sonar"}),
        ("bypass: no end", RADAR),
        ("bypass: no reason", {**RADAR, "lasts_s": 60.0, "reason": " "}),
        ("bypass: longer", {**RADAR, "lasts_s": 90_000.0}),
    ]
    for reason, fields in wrong:
        verdict = await desk.send(signed(desk.order(given, target="bypass", **fields), "kim"))
        assert verdict.because[0].startswith(reason), verdict.because
    good = signed(desk.order(given, target="bypass", lasts_s=3600.0, reason="antenna off", **RADAR), "kim")
    verdict = await desk.send(good)
    assert (verdict.verdict, verdict.architecture) == ("accepted", "1oo2")
    await told(province, True, "bypassed by kim for 60 min: antenna off")
    assert (await desk.ask())["bypassed"] == ["radar"]


def test_a_bypass_stands_until_the_agent_is_killed(tmp_path: Path) -> None:
    async def scene() -> None:
        async with (
            running(tmp_path, gate_extra=ROSTER) as province,
            listening(province.stack.broker.port) as (ear, client),
        ):
            desk = Desk(province, ear, client)
            await bypassed(province, desk)
            province.stack.gate.kill()
            await province.stack.gate.start()
            ended = await ear.find(Kind.DECISION, lambda body: body.decision == "bypass_ended", "its end")
            assert ended.because == ("radar: the bypass by kim was ended by a restart; it votes again",)
            await told(province, False, "ended by a restart")
            assert (await desk.ask())["bypassed"] == []

    asyncio.run(scene())
