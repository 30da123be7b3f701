"""A gate is killed right after a policy came into force; then its state is spoiled: what is left of it."""

import asyncio
import contextlib
import json
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from edge.core.ruling import TRUST, good
from scenarios.guarded import Guarded, guarded, until

from sotdae_provisioning.broker import NatsBroker
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import publish_deny_list, raise_floor, stated_floor
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Kind
from sotdae_shared.topics import Address
from sotdae_shared.wire import encode_down

GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
SIGNERS = "".join(
    f'[[policy.signers]]\nkey = "{each.key}"\npublic = "{each.public}"\nname = "{each.name}"\n'
    f'scope = "{each.scope}"\n'
    for each in TRUST.signers
)


MORE = (
    """
[hub]
port = {port}
[clock]
source = "assume_synced"
[papers]
dir = "{place}"
[policy]
"""
    + SIGNERS
)


def bodies(gate: Guarded, kind: Kind) -> list[dict[str, Any]]:
    """Return what the gate said of a kind, oldest first; nobody acks, so all of it is there."""
    with contextlib.closing(sqlite3.connect(gate.directory / "outbox.db")) as outbox:
        rows = outbox.execute(
            "SELECT raw FROM message WHERE kind = ? ORDER BY rowid", (kind.value,)
        ).fetchall()
    return [json.loads(raw)["body"] for (raw,) in rows]


def verdicts(gate: Guarded) -> list[tuple[str, str]]:
    """Return number and first reason of every verdict on a policy."""
    said = [body for body in bodies(gate, Kind.DECISION) if body["decision"] == "policy"]
    return [(body["command"], body["because"][0]) for body in said]


def papers(directory: Path, floor: int) -> Path:
    """Write the papers of a box whose enrolment office stated a floor and denies nobody."""
    province, place = Province(directory / "ca"), directory / "papers"
    province.init("Gyeonggi", None, datetime.now(UTC))
    raise_floor(province, "41113", {"policy": floor})
    (place / "current").mkdir(parents=True)
    (place / "current/root.pem").write_bytes(province.trust())
    (place / "floor.json").write_bytes(stated_floor(province, GATE.facility, None, datetime.now(UTC)))
    (place / "deny.json").write_bytes(publish_deny_list(province, None, datetime.now(UTC)))
    return place


def spoil(directory: Path) -> None:
    """Put something else where both copies of the gate's state lie."""
    for slot in ("a", "b"):
        (directory / f"gate.state.{slot}").write_bytes(b"spoiled")


async def publish(port: int, raw: bytes) -> None:
    """Let the broker keep a policy for the gate."""
    async with aiomqtt.Client("127.0.0.1", port, timeout=5) as client:
        await client.publish(GATE.down(Kind.POLICY), raw, qos=1, retain=True)


@pytest.mark.slow
def test_a_policy_outlives_a_kill_and_a_spoiled_state_lets_no_older_one_in(tmp_path: Path) -> None:
    broker, place = NatsBroker(tmp_path / "broker"), papers(tmp_path, floor=3)

    async def story() -> None:
        await broker.wait_ready()
        await publish(broker.port, encode_down(good(3, caution_cm=4.0)))
        more = MORE.format(port=broker.port, place=place)
        async with guarded(tmp_path, more=more) as gate:
            await gate.agent.start()
            await gate.is_open()
            await until(lambda: ("policy-3", "in force") in verdicts(gate), "the policy is in force")
            gate.agent.kill()

            broker.stop()
            before = len(bodies(gate, Kind.HEALTH))
            await gate.agent.start()
            await until(lambda: len(bodies(gate, Kind.HEALTH)) > before + 1, "the gate is back")
            assert {body["policy"] for body in bodies(gate, Kind.HEALTH)[before:]} == {3}
            gate.site.simulator.depth(4.5)
            await until(lambda: gate.events("water.caution")[-1:] == [(3, True)], "caution at 4 cm")
            gate.site.simulator.depth(0.0)
            gate.agent.kill()

            spoil(tmp_path)
            broker.start()
            await broker.wait_ready()
            await publish(broker.port, encode_down(good(2, caution_cm=6.0)))
            before = len(verdicts(gate))
            await gate.agent.start()
            older = ("policy-2", "version 2 is not above 2")
            await until(lambda: verdicts(gate)[before:] == [older], "yesterday's policy is refused")
            await publish(broker.port, encode_down(good(3, caution_cm=4.0)))
            await until(lambda: verdicts(gate)[-1] == ("policy-3", "in force"), "the last one comes again")
            assert gate.events("state.corrupt")[-1:] == [(2, True)]

    broker.start()
    try:
        asyncio.run(story())
    finally:
        broker.stop()
