"""The gate dies, freezes or loses its controller while the arm comes down and a car arrives."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from scenarios.province import Province, arm_never_rises, running, stopped_after_s

from sotdae_provisioning.demo.truth import Truth

STOP_S = 0.5
"""Hold-to-run: an arm whose agent has gone stands within this."""
EVENT_BELOW_DEG = 78.0
"""High enough for the car to pass where the arm stops, low enough for the arm to be at full speed."""
CLEAR_S = 0.9
"""A little less than the second that the lane must be CLEAR: truth is written ten times a second."""


async def arrive(province: Province) -> None:
    await province.stack.sim("vehicle", action="arrive", ignore=True)


async def strike_while_lowering(province: Province, strike: Callable[[], None]) -> float:
    """Do it with the arm in mid-travel and a car that ignores the sign on its way; return when."""
    await province.lowering(below_deg=EVENT_BELOW_DEG)
    await arrive(province)
    at = time.monotonic()
    strike()
    return at


async def car_under_the_arm(province: Province) -> None:
    await province.scene(lambda t: t["loop"] and t["curtain"], "the car is under the arm")


async def car_gone(province: Province) -> None:
    await car_under_the_arm(province)
    await province.scene(lambda t: not t["loop"] and not t["curtain"], "the car has passed")


async def closed(province: Province) -> None:
    await province.scene(lambda t: t["limit_closed"] and t["moving"] == 0, "the arm is down", 90.0)
    await province.decided("closed")


def proved(truth: Truth, struck: float, back: float) -> float:
    """Check by truth what must hold of every such case; return how long the arm went on (s)."""
    lines = [line for line in truth.lines if line["t"] >= struck]
    assert lines[0]["moving"] < 0
    went_on_s = stopped_after_s(lines, struck, back)
    assert went_on_s <= STOP_S
    assert lines[-1]["contacts"] == 0
    assert all(line["sign_closed"] for line in lines)
    assert arm_never_rises(lines)
    again = truth.first(lambda line: line["moving"] < 0, after=max(back, struck + STOP_S))
    assert again is not None
    proof = [line for line in lines if again["t"] - CLEAR_S <= line["t"] <= again["t"]]
    assert proof
    assert not any(line["loop"] or line["curtain"] for line in proof)
    assert any(line["loop"] and line["curtain"] for line in lines)
    return went_on_s


def test_killed_while_lowering(tmp_path: Path, measured: Callable[[str], None]) -> None:
    async def scene() -> tuple[Truth, float, float, list[str]]:
        async with running(tmp_path) as province:
            gate = province.stack.gate
            struck = await strike_while_lowering(province, gate.kill)
            await car_gone(province)
            back = time.monotonic()
            await gate.start()
            await closed(province)
            return province.truth(), struck, back, await province.steps()

    truth, struck, back, states = asyncio.run(scene())
    # A new boot: the incident is remembered, so it warns anew and proves the lane anew.
    assert states == [
        "open", "pre_warn", "clearing", "lowering", "pre_warn", "clearing", "lowering", "closed",
    ]  # fmt: skip
    measured(f"kill -9 while lowering: the arm stood after {proved(truth, struck, back) * 1000:.0f} ms")


def test_frozen_while_lowering_and_thawed_with_the_car_under_the_arm(
    tmp_path: Path, measured: Callable[[str], None]
) -> None:
    async def scene() -> tuple[Truth, float, float, list[str]]:
        async with running(tmp_path) as province:
            gate = province.stack.gate
            struck = await strike_while_lowering(province, gate.freeze)
            await car_under_the_arm(province)
            back = time.monotonic()
            gate.thaw()
            await closed(province)
            return province.truth(), struck, back, await province.steps()

    truth, struck, back, states = asyncio.run(scene())
    assert states == ["open", "pre_warn", "clearing", "lowering", "clearing", "lowering", "closed"]
    measured(f"SIGSTOP while lowering: the arm stood after {proved(truth, struck, back) * 1000:.0f} ms")


@pytest.mark.slow
@pytest.mark.parametrize("mended", [car_under_the_arm, car_gone])
def test_controller_lost_while_lowering(
    tmp_path: Path,
    measured: Callable[[str], None],
    mended: Callable[[Province], Awaitable[None]],
) -> None:
    async def scene() -> tuple[Truth, float, float, list[str]]:
        async with running(tmp_path, lines=("device",)) as province:
            line = province.lines["device"]
            struck = await strike_while_lowering(province, line.cut)
            await mended(province)
            back = time.monotonic()
            line.mend()
            await closed(province)
            return province.truth(), struck, back, await province.steps()

    truth, struck, back, states = asyncio.run(scene())
    assert states == ["open", "pre_warn", "clearing", "lowering", "clearing", "lowering", "closed"]
    measured(f"Modbus cut while lowering: the arm stood after {proved(truth, struck, back) * 1000:.0f} ms")
