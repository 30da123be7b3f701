"""When a fault strikes, and acts that several rungs share."""

import asyncio

from scenarios.ladder.play import Act
from scenarios.ladder.site import Site

STRIKE_CM = 14.2
"""Just below the closing level: with 20 cm/min the water is there 2.4 s later."""
HALF_WAY_DEG = 60.0


async def rising(site: Site) -> None:
    """The gate is open and the water rises towards 15 cm."""
    await site.scene(lambda t: t["depth_cm"] >= STRIKE_CM, "the water rises")


async def warning(site: Site) -> None:
    """The closing has begun: warnings, the arm still up."""
    await site.said("-> pre_warn")


async def lowering(site: Site) -> None:
    """The arm is on its way down."""
    await site.scene(lambda t: t["moving"] < 0 and t["arm_deg"] < HALF_WAY_DEG, "the arm comes down")


async def flooded(site: Site) -> None:
    """The water has stood at the closing level for some seconds."""
    await site.scene(lambda t: t["depth_cm"] >= 16.0, "the water stands at 16 cm")


async def alone(site: Site) -> None:
    """Neither broker nor hub."""
    site.stack.cut()


async def together_again(site: Site) -> None:
    """Broker and hub are back."""
    await site.stack.restore()


def after(*acts: Act) -> Act:
    """Do one thing after another."""

    async def do(site: Site) -> None:
        for act in acts:
            await act(site)

    return do


def broken(*faults: tuple[str, str], on: bool = True) -> Act:
    """Switch faults of the simulated site."""

    async def do(site: Site) -> None:
        await asyncio.gather(*(site.fault(device, kind, on) for device, kind in faults))

    return do
