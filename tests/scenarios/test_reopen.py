"""Only a fresh order of two people over the gate's own nonce, released by the hub, opens it, once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from scenarios.desk import ROSTER, Desk, release_key, signed
from scenarios.province import ADDRESS, HIGH_RIVER, Province, arm_never_rises, listening, running

from sotdae_edge.adapters.clock import kernel_synchronised
from sotdae_provisioning.demo.scenarios import CALM_RIVER
from sotdae_provisioning.demo.truth import Truth
from sotdae_shared.messages import CommandBody, Kind
from sotdae_shared.wire import encode_down

DRY_S = 3.0
"""Instead of thirty minutes, which the core's own tests let pass on injected time."""
SITE = ROSTER + f"\n[drill]\nreopen_dry_s = {DRY_S}\n"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@asynccontextmanager
async def dry_again(directory: Path, *, clock: str = "assume_synced") -> AsyncIterator[tuple[Province, Desk]]:
    """Close a gate by its river, and let the river fall."""
    for_gate, for_hub = release_key(directory)
    async with (
        running(
            directory, gate_extra=SITE + for_gate, hub_extra=for_hub, clock=clock, lines=("hub",)
        ) as province,
        listening(province.stack.broker.port) as (ear, client),
    ):
        await province.stack.do(HIGH_RIVER)
        await province.decided("closed")
        await province.stack.do(CALM_RIVER)
        yield province, Desk(province, ear, client)


async def opened(province: Province) -> None:
    await province.scene(lambda t: t["limit_open"] and t["moving"] == 0, "the arm is up")
    await province.decided("open")


def rises(truth: Truth) -> int:
    """Count how often the arm began to rise."""
    motions = [line["moving"] for line in truth.lines]
    return sum(1 for before, now in zip([0, *motions], motions, strict=False) if now > 0 >= before)


def tampered(command: CommandBody, **changes: Any) -> CommandBody:
    """Return a signed command that somebody changed afterwards."""
    return command.model_copy(update=changes)


def wrong_orders(desk: Desk, nonce: dict[str, Any]) -> list[tuple[str, CommandBody]]:
    """Return orders that are wrong in one thing each, and how the gate's reason begins."""
    past = datetime.now(UTC) - timedelta(seconds=1)

    def order(**changes: Any) -> CommandBody:
        return desk.order(nonce, **changes)

    def good() -> CommandBody:
        return signed(order(), "kim", "lee")

    later = datetime.now(UTC) + timedelta(seconds=40)
    return [
        ("unsigned", order()),
        ("one person", signed(order(), "kim")),
        ("one person", signed(order(), "kim", "kim")),
        ("unknown key", signed(order(), "kim", "stranger")),
        ("expired", signed(order(not_after=past), "kim", "lee")),
        ("lives too long", signed(order(not_after=later + timedelta(seconds=60)), "kim", "lee")),
        ("stale", signed(order(expect_state="held_open"), "kim", "lee")),
        ("unknown nonce", signed(order(nonce="0" * 32), "kim", "lee")),
        ("unknown nonce", signed(order(nonce=None), "kim", "lee")),
        ("other incident", signed(order(incident="flood-00000000-9"), "kim", "lee")),
        ("unknown actuator", signed(order(actuator="siren"), "kim", "lee")),
        ("bad signature", tampered(good(), id="c-forged")),
        ("bad signature", tampered(good(), target="close")),
        ("bad signature", tampered(good(), reason="somebody else's")),
        ("bad signature", tampered(good(), incident=None)),
        ("bad signature", tampered(good(), issuer="desk-8")),
        ("bad signature", tampered(good(), seq=2**40)),
        ("bad signature", tampered(good(), not_after=later)),
        ("bad signature", tampered(good(), expect_state="open")),
        ("bad signature", tampered(good(), nonce="f" * 32)),
        ("unknown actuator", tampered(good(), actuator="arm")),
    ]


async def refuses_what_is_wrong(desk: Desk) -> None:
    nonce = await desk.nonce(DRY_S)
    for reason, command in wrong_orders(desk, nonce):
        verdict = await desk.send(command)
        assert verdict.verdict == "refused"
        assert verdict.because[0].startswith(reason), (reason, verdict.because)


async def refuses_what_is_not_for_it(desk: Desk) -> None:
    nonce = await desk.nonce(DRY_S)
    other = signed(desk.order(nonce, facility="GG-41271-UP-0003"), "kim", "lee")
    assert await desk.post("commands", other.model_dump(mode="json")) == 409
    await desk.shout(encode_down(other))
    assert (await desk.answer(other.id)).because[0].startswith("wrong gate")


async def refuses_what_it_cannot_read(desk: Desk) -> None:
    good = encode_down(signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee"))
    for raw in (b"", b"\xff\x00", good[:-1], good.replace(b'"open"', b'"up"'), good[:-1] + b',"more":1}'):
        before = len(desk.answers(None))
        await desk.shout(raw)
        verdict = await desk.answer(None, before)
        assert (verdict.verdict, verdict.because[0].split(":")[0]) == ("refused", "malformed")


async def never_gets_what_was_sent_while_it_was_cut_off(province: Province, desk: Desk) -> None:
    nonce = await desk.nonce(DRY_S)
    queued, kept = (signed(desk.order(nonce), "kim", "lee") for _ in range(2))
    line = province.lines["hub"]
    line.cut()
    await desk.post("commands", queued.model_dump(mode="json"))  # whether the hub still believes in the link
    await desk.shout(encode_down(queued))
    await desk.shout(encode_down(kept), retain=True)
    line.mend()
    assert (await desk.answer(kept.id)).because[0].startswith("retained")
    await desk.client.publish(ADDRESS.down(Kind.COMMAND), b"", qos=1, retain=True)
    stale = await desk.send(signed(desk.order(nonce), "kim", "lee"))
    assert stale.because[0].startswith("unknown nonce")  # it was given over a connection that has ended
    assert desk.answers(queued.id) == []


async def opens_once(province: Province, desk: Desk) -> None:
    command = signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee")
    assert (await desk.send(command)).verdict == "accepted"
    await opened(province)
    again = await desk.send(command)
    assert (again.verdict, again.because[0].split(":")[0]) == ("refused", "replayed")


def test_an_order_of_two_people_opens_once_and_every_other_moves_nothing(tmp_path: Path) -> None:
    async def scene() -> tuple[Truth, Truth]:
        async with dry_again(tmp_path) as (province, desk):
            early = signed(desk.order(await desk.nonce()), "kim", "lee")
            dry = await desk.send(early)
            assert dry.because[0].startswith("not dry"), dry.because
            await refuses_what_is_wrong(desk)
            await refuses_what_is_not_for_it(desk)
            await refuses_what_it_cannot_read(desk)
            await never_gets_what_was_sent_while_it_was_cut_off(province, desk)
            before = province.truth()
            await opens_once(province, desk)
            return before, province.truth()

    before, after = asyncio.run(scene())
    assert arm_never_rises(before.lines)
    assert before.lines[-1]["limit_closed"]
    assert rises(after) == 1
    assert after.lines[-1]["limit_open"]
    assert after.lines[-1]["contacts"] == 0


def test_present_hazard_refuses_two_people(tmp_path: Path) -> None:
    async def scene() -> Truth:
        async with dry_again(tmp_path) as (province, desk):
            await desk.nonce(DRY_S)
            await province.stack.do(HIGH_RIVER)
            nonce = await desk.nonce(tripping=True)
            verdict = await desk.send(signed(desk.order(nonce), "kim", "lee"))
            assert verdict.because == ("hazard present",)
            return province.truth()

    assert arm_never_rises(asyncio.run(scene()).lines)


def test_a_clock_that_nobody_disciplines_refuses_to_open(tmp_path: Path) -> None:
    """Where the machine's own clock is disciplined, the same order must be accepted."""

    async def scene() -> tuple[bool, Truth]:
        async with dry_again(tmp_path, clock="system") as (province, desk):
            verdict = await desk.send(signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee"))
            if verdict.verdict == "accepted":
                await opened(province)
            else:
                assert verdict.because == ("clock untrusted: cannot judge an order to open",)
            return verdict.verdict == "accepted", province.truth()

    accepted, truth = asyncio.run(scene())
    assert accepted is kernel_synchronised()
    assert rises(truth) == int(accepted)
