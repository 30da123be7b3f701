"""The simulated site over real Modbus, TCP and RTU, as an agent meets it."""

import asyncio
import random
from collections.abc import Awaitable, Callable

import pytest
from simulated_site import Site, running_site, wired_site

from sotdae_shared.errors import LinkError

over_both = pytest.mark.parametrize("over", ["tcp", "rtu"])


def on_site(story: Callable[[Site], Awaitable[None]], over: str = "tcp") -> None:
    async def run() -> None:
        if over == "tcp":
            async with running_site() as site:
                await story(site)
        else:
            async with wired_site() as (site, _cable):
                await story(site)

    asyncio.run(run())


async def lower(site: Site, while_true: Callable[[], bool], timeout_s: float = 20.0) -> float:
    """Renew the permit while a condition holds; return when the last renewal was acknowledged."""
    permit, at = int(await site.value("permit") or 0), 0.0
    async with asyncio.timeout(timeout_s):
        while while_true():
            permit += 1
            await site.gate.write({"drive": 1, "permit": permit})
            at = asyncio.get_running_loop().time()
            await asyncio.sleep(0.1)
    return at


@over_both
def test_every_point_of_both_units_is_served(over: str) -> None:
    async def story(site: Site) -> None:
        await site.until("radar_scan", bool)
        gate, homes = await site.gate.read(), await site.homes.read()
        assert gate.keys() == site.gate.profile.points.keys()
        assert homes.keys() == site.homes.profile.points.keys()
        assert None not in {sample.value for sample in (*gate.values(), *homes.values())}
        radar = gate["radar_level"]
        assert (radar.quality, radar.count) == (87.0, gate["radar_scan"].value)

    on_site(story, over)


@over_both
def test_a_flood_closes_the_warnings_without_any_agent(over: str) -> None:
    async def story(site: Site) -> None:
        await site.gate.write({"feed": 1})
        assert await site.value("sign_closed") == 0
        site.simulator.depth(15.2)
        await site.until("float_15", bool)
        for point in ("sign_closed", "flasher_on", "siren_on"):
            await site.until(point, bool)
        assert await site.value("warn_closed") == 0

    on_site(story, over)


def test_renewed_permits_lower_the_arm_to_its_limit() -> None:
    async def story(site: Site) -> None:
        await lower(site, lambda: not site.simulator.scene.arm.limit_closed)
        assert await site.value("limit_closed") == 1
        assert await site.value("limit_open") == 0
        assert (await site.value("arm_angle") or 0) <= 0.5

    on_site(story)


@over_both
def test_the_arm_stands_within_500_ms_when_renewals_stop(over: str) -> None:
    async def story(site: Site) -> None:
        scene = site.simulator.scene
        await lower(site, lambda: scene.arm.angle_deg > 75)
        permitted_s = scene.orders.permit_s
        moved_s = scene.now_s
        async with asyncio.timeout(10):
            while scene.now_s < permitted_s + 1.0:
                moved_s = scene.now_s if scene.arm.motion else moved_s
                await asyncio.sleep(0.002)
        assert moved_s - permitted_s <= 0.5
        assert scene.arm.angle_deg > 60
        assert await site.value("motor_current") == 0

    on_site(story, over)


def test_a_car_that_parks_under_the_arm_stops_it() -> None:
    async def story(site: Site) -> None:
        site.simulator.vehicle("park")
        await site.until("loop_occupied", bool)
        await lower(site, lambda: not site.simulator.scene.instruments.lane.curtain)
        await site.until("curtain_blocked", bool)
        before = await site.value("arm_angle")
        renewals = iter(range(8))
        await lower(site, lambda: next(renewals, None) is not None)
        assert await site.value("arm_angle") == before
        assert (await site.gate.read())["loop_occupied"].quality == 1
        assert site.simulator.scene.traffic.contacts == 0

    on_site(story)


@over_both
def test_faults_show_on_the_wire(over: str) -> None:
    async def story(site: Site) -> None:
        site.simulator.fault("radar", "dead")
        await site.until("radar_level", lambda level: level is None)
        assert ((await site.gate.read())["radar_level"].quality or 0) < 20
        site.simulator.fault("pressure", "stuck_dry")
        site.simulator.depth(12.0)
        await site.until("float_5", bool)
        await site.until("pressure_level", lambda level: level == 0)
        site.simulator.fault("mains", "off")
        await site.until("mains_ok", lambda ok: not ok)
        site.simulator.restore()
        await site.until("radar_level", lambda level: level is not None and level > 10)
        await site.until("mains_ok", bool)

    on_site(story, over)


@over_both
def test_without_power_the_controller_is_gone_and_comes_back_in_the_same_place(over: str) -> None:
    async def story(site: Site) -> None:
        await site.gate.write({"warn_caution": 1, "feed": 3})
        site.simulator.fault("controller", "power")
        await until_answers(site, False)
        site.simulator.restore()
        await until_answers(site, True)
        assert await site.value("warn_caution") == 0

    on_site(story, over)


async def until_answers(site: Site, wanted: bool) -> None:
    async with asyncio.timeout(20):
        answers = not wanted
        while answers != wanted:
            await asyncio.sleep(0.02)
            try:
                await site.gate.read()
                answers = True
            except LinkError:
                answers = False


@over_both
def test_a_drive_that_does_not_exist_is_refused_and_nothing_of_it_is_taken(over: str) -> None:
    async def story(site: Site) -> None:
        with pytest.raises(LinkError, match="exception 3: it does not take this value"):
            await site.gate.write({"drive": 7, "permit": 99})
        assert await site.value("permit") == 0

    on_site(story, over)


def test_a_port_in_use_is_said_plainly() -> None:
    async def story(site: Site) -> None:
        from sotdae_firmware_bridge.sim.server import SimServer

        with pytest.raises(LinkError, match=str(site.server.port)):
            await SimServer(site.simulator, port=site.server.port).start()

    on_site(story)


def test_garbage_on_the_port_costs_nobody_else_anything() -> None:
    async def story(site: Site) -> None:
        dice = random.Random(11)
        for size in (1, 7, 8, 12, 260, 4000):
            _, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
            writer.write(dice.randbytes(size))
            await writer.drain()
            assert await site.value("arm_angle") == 90
            writer.close()
        header = bytes([0, 1, 0, 0, 0, 6, 1])
        for request in (bytes([16, 0, 0, 0, 2, 4]), bytes([3, 255, 255, 0, 9]), bytes([99, 0, 0, 0, 1])):
            _, writer = await asyncio.open_connection("127.0.0.1", site.server.port)
            writer.write(header + request)
            await writer.drain()
            assert await site.value("drive") == 0
            writer.close()

    on_site(story)
