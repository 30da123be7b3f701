"""The hub's release on real processes: what it denies, what it is late for; both sides hold one verdict."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from scenarios.desk import ROSTER, Desk, release_key, signed
from scenarios.province import HIGH_RIVER, Province, arm_never_rises, listening, running, until

from sotdae_edge.record.files import files_of
from sotdae_edge.record.verify import check_all
from sotdae_provisioning.demo.scenarios import CALM_RIVER
from sotdae_provisioning.demo.truth import Truth
from sotdae_shared.wire import encode_down

DRY_S = 3.0
WAIT_S = 5.0
SITE = ROSTER + f"\n[drill]\nreopen_dry_s = {DRY_S}\n\n[times]\nrelease = {WAIT_S}\n"
Told = tuple[str, str, tuple[str, ...]]
"""An order's id, the verdict on it, its reasons."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


@asynccontextmanager
async def dry_again(directory: Path, for_gate: str, for_hub: str) -> AsyncIterator[tuple[Province, Desk]]:
    """Close a gate by its river, and let the river fall."""
    async with (
        running(directory, gate_extra=SITE + for_gate, hub_extra=for_hub) as province,
        listening(province.stack.broker.port) as (ear, client),
    ):
        await province.stack.do(HIGH_RIVER)
        await province.decided("closed")
        await province.stack.do(CALM_RIVER)
        yield province, Desk(province, ear, client)


async def denies_what_it_did_not_carry(desk: Desk) -> None:
    order = signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee")
    await desk.shout(encode_down(order))
    verdict = await desk.answer(order.id)
    assert (verdict.verdict, verdict.because) == (
        "refused",
        ("refused by the hub: this hub did not carry the order",),
    )


async def opens_nothing_while_the_hub_is_frozen(province: Province, desk: Desk) -> None:
    order = signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee")
    province.stack.hub.freeze()
    try:
        await desk.shout(encode_down(order))
        verdict = await desk.answer(order.id)
    finally:
        province.stack.hub.thaw()
    assert (verdict.verdict, verdict.because) == ("refused", (f"no release by the hub within {WAIT_S:g} s",))


async def opens(province: Province, desk: Desk) -> None:
    verdict = await desk.send(signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee"))
    assert (verdict.verdict, verdict.because) == (
        "accepted",
        (
            "two people, dry, nonce fresh",
            "released by hub-1: carried for loopback; nothing else is open here",
        ),
    )
    await province.scene(lambda t: t["limit_open"] and t["moving"] == 0, "the arm is up")
    await province.decided("open")


async def told_to_the_hub(province: Province) -> list[Told]:
    """Return what the hub holds of verdicts, oldest first, once its records have caught up."""

    async def settled() -> bool:
        health: Any = await province.stack.api("/health")
        return health is not None and all(store["lag"] == 0 for store in health["stores"])

    await until(settled, "the hub's stores follow")
    found = [each for each in await province.decisions() if each["verdict"] and each["command"]]
    return [(each["command"], each["verdict"], tuple(each["because"])) for each in found]


def on_record(directory: Path) -> list[Told]:
    """Return what the gate's own record holds of verdicts, oldest first."""
    found: list[Told] = []
    for segment in check_all(list(files_of(directory / "gate" / "record"))):
        assert segment.ok, segment.problems
        for value in segment.values:
            said = [effect for name, effect in value.get("do", []) if name == "Decided"]
            found += [
                (e["command"], e["verdict"], tuple(e["because"]))
                for e in said
                if e["verdict"] and e["command"]
            ]
    return found


def test_edge_and_hub_hold_the_same_verdicts_with_the_same_reasons(tmp_path: Path) -> None:
    async def scene() -> tuple[list[Told], Truth, Truth]:
        async with dry_again(tmp_path, *release_key(tmp_path)) as (province, desk):
            assert (await desk.send(signed(desk.order(await desk.nonce()), "kim"))).verdict == "refused"
            await denies_what_it_did_not_carry(desk)
            await opens_nothing_while_the_hub_is_frozen(province, desk)
            before = province.truth()
            await opens(province, desk)
            await province.stack.gate.stop()
            return await told_to_the_hub(province), before, province.truth()

    told, before, after = asyncio.run(scene())
    own = on_record(tmp_path)
    assert arm_never_rises(before.lines)
    assert after.lines[-1]["limit_open"]
    assert own == told
    assert [verdict for _, verdict, _ in told if verdict == "accepted"] == ["accepted"]
    assert len({name for name, _, _ in told}) >= 4


def test_a_hub_or_a_gate_without_a_release_key_says_what_is_missing(tmp_path: Path) -> None:
    async def scene() -> Truth:
        async with dry_again(tmp_path, "", "") as (province, desk):
            order = signed(desk.order(await desk.nonce(DRY_S)), "kim", "lee")
            assert await desk.post("commands", order.model_dump(mode="json")) == 409
            await desk.shout(encode_down(order))
            verdict = await desk.answer(order.id)
            assert verdict.because[0].startswith(
                "no release key in the gate's file: name the hub's under [[release]]"
            )
            return province.truth()

    assert arm_never_rises(asyncio.run(scene()).lines)
