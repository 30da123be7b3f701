"""What stands under the arm is never come down upon; what cannot be seen is not taken for empty."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from scenarios.province import HIGH_RIVER, Province, arm_never_rises, running, until

from sotdae_provisioning.demo.truth import Truth

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

STROKE_S = 9.0
"""Longer than the arm needs to come down."""
TO_THE_LOOP_S = 5.2
"""A car needs this long from where it appears."""
PRE_WARN_S, CLEAR_S = 5.0, 1.0
CASES = {
    "car": ("park", lambda t: t["loop"] and t["curtain"]),
    "person": ("person", lambda t: t["curtain"] and not t["loop"]),
}
"""A person is seen by the light curtain alone."""


def warned_throughout(truth: Truth, since: float) -> bool:
    """Tell whether sign and flashers never let up after a moment."""
    return all(line["sign_closed"] and line["flasher_on"] for line in truth.lines if line["t"] >= since)


async def event(province: Province, code: str, active: bool) -> dict[str, Any]:
    """Wait until the hub's newest word on an alarm is this."""

    async def look() -> dict[str, Any] | None:
        found = [each for each in await province.events() if each["code"] == code]
        return found[-1] if found and found[-1]["active"] is active else None

    return await until(look, f"{code} is {'on' if active else 'off'}")  # type: ignore[no-any-return]


@pytest.mark.parametrize("case", CASES)
def test_who_stands_under_the_arm_keeps_it_up_until_gone(tmp_path: Path, case: str) -> None:
    action, seen = CASES[case]

    async def scene() -> tuple[Truth, float, float]:
        async with running(tmp_path) as province:
            await province.stack.sim("vehicle", action=action)
            await province.scene(seen, f"the {case} stands under the arm")
            await province.stack.do(HIGH_RIVER)
            await province.said("-> clearing")
            warned = await province.state("t")
            await province.decided("clearing")
            await province.scene(lambda t: t["t"] > warned + STROKE_S, "time enough for a whole closing")
            left = await province.state("t")
            await province.stack.sim("vehicle", action="leave")
            await province.decided("closed")
            return province.truth(), warned, left

    truth, warned, left = asyncio.run(scene())
    before = [line for line in truth.lines if line["t"] <= left]
    assert all(line["arm_deg"] == 90.0 for line in before)
    assert warned_throughout(truth, warned)
    assert truth.lines[-1]["contacts"] == 0
    assert arm_never_rises(truth.lines)
    down = truth.first(lambda line: line["moving"] < 0)
    assert down is not None
    assert not down["loop"]
    assert not down["curtain"]


def test_loop_and_curtain_dead_hold_the_arm_up_with_every_warning_closed(tmp_path: Path) -> None:
    async def scene() -> tuple[Truth, float, dict[str, Any], dict[str, Any]]:
        async with running(tmp_path) as province:
            for device in ("loop", "curtain"):
                await province.stack.sim("fault", device=device, kind="dead")
            await province.stack.do(HIGH_RIVER)
            await province.said("-> clearing")
            warned = await province.state("t")
            await province.decided("held_open")
            raised = await event(province, "gate.held_open", active=True)
            held = await province.state("arm_deg")
            assert held == 90.0
            await province.stack.sim("restore")
            await province.decided("closed")
            return province.truth(), warned, raised, await event(province, "gate.held_open", active=False)

    truth, warned, raised, cleared = asyncio.run(scene())
    assert (raised["priority"], raised["active"], cleared["active"]) == (1, True, False)
    assert warned_throughout(truth, warned)
    blind = [line for line in truth.lines if line["faults"]]
    assert all(line["arm_deg"] == 90.0 for line in blind)
    assert any(line["siren_on"] for line in blind)


def test_a_car_that_slips_under_the_moving_arm_is_backed_off_from(tmp_path: Path) -> None:
    async def scene() -> tuple[Truth, list[str]]:
        async with running(tmp_path) as province:
            await province.stack.do(HIGH_RIVER)
            warned = (await province.scene(lambda t: t["sign_closed"], "the sign is closed"))["t"]
            comes = warned + PRE_WARN_S + CLEAR_S + 1.2 - TO_THE_LOOP_S
            await province.scene(lambda t: t["t"] >= comes, "the car is due")
            await province.stack.sim("vehicle", action="arrive", ignore=True)
            await province.decided("closed")
            return province.truth(), await province.steps()

    truth, states = asyncio.run(scene())
    assert "backing_off" in states
    assert states[-3:] == ["clearing", "lowering", "closed"]
    assert truth.lines[-1]["contacts"] == 0
    assert any(line["loop"] and line["arm_deg"] < 90.0 for line in truth.lines)
