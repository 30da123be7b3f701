"""Policies through a real hub process and a real broker, to nodes that speak real MQTT."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from rollout_kit import Node, Province, address, policy

from sotdae_hub.core.rings import Member, rings_of
from sotdae_provisioning.broker import NatsBroker
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyValues


@pytest.fixture
def province(tmp_path: Path, broker: NatsBroker) -> Iterator[Province]:
    province = Province(tmp_path, broker.port, silent_after_s=2)
    province.hub.start()
    yield province
    province.hub.stop()


def gates(count: int = 4) -> list[Node]:
    return [Node(address(number)) for number in range(1, count + 1)]


def in_rings(nodes: list[Node], version: int, percents: tuple[float, ...]) -> list[set[str]]:
    """Return the facilities of each ring."""
    members = [Member(node.address.facility, node.address.node) for node in nodes]
    rings = rings_of(version, members, percents)
    return [{m.facility for m in members if rings[m] == ring} for ring in range(max(rings.values()) + 1)]


def test_a_policy_goes_out_ring_by_ring_until_every_node_has_it(province: Province) -> None:
    async def story() -> None:
        nodes = gates()
        async with province.running(*nodes):
            begun = await province.publish(policy(7), rings=[25, 50, 100], soak_s=0.1)
            assert (begun["state"], begun["ring"], begun["rings"]) == ("running", 1, [1, 1, 2])
            await province.rollout(7, lambda each: each["state"] == "done")
            rows = await province.reports(lambda rows: all(row["applied"] == 7 for row in rows.values()))
        told = [facility for facility, version in province.told if version == 7]
        rings = in_rings(nodes, 7, (25, 50, 100))
        assert [{told[0]}, {told[1]}, set(told[2:])] == rings
        assert len(told) == 4, "each is told once"
        for row in rows.values():
            assert (row["desired"], row["waits"], row["refused"]) == (7, None, None)
            assert row["since"] is not None
            assert row["facility"] in rings[row["ring"] - 1]

    asyncio.run(story())


def test_water_anywhere_in_the_scope_freezes_it_before_anybody_is_told(province: Province) -> None:
    async def story() -> None:
        dry, wet, far = Node(address(1)), Node(address(2), stage="caution"), Node(address(1, "41135"))
        far.stage = "close"
        async with province.running(dry, wet, far):
            await province.publish(policy(7, ("41113",)), rings=[100], soak_s=0)
            frozen = await province.rollout(7, lambda each: each["state"] == "frozen")
            assert frozen["why"] == f"{wet.address.facility} is at caution or above"
            assert frozen["frozen_by"] == wet.address.facility
            assert province.told == []
            wet.stage = "normal"
            await province.rollout(7, lambda each: each["state"] == "done")
        assert {facility for facility, _ in province.told} == {dry.address.facility, wet.address.facility}

    asyncio.run(story())


def test_it_stops_when_a_ring_refuses_and_goes_on_when_people_say_so(province: Province) -> None:
    async def story() -> None:
        nodes = gates()
        first = in_rings(nodes, 7, (25, 100))[0]
        canary = next(node for node in nodes if node.address.facility in first)
        canary.refuses = "weaker than interlock: close_cm 200 is above 15"
        async with province.running(*nodes):
            await province.publish(policy(7), rings=[25, 100], soak_s=0)
            stopped = await province.rollout(7, lambda each: each["state"] == "aborted")
            assert "1 of 1 refuse" in stopped["why"]
            assert canary.refuses in stopped["why"]
            rows = await province.reports(lambda rows: rows[canary.address.node]["refused"])
            assert rows[canary.address.node]["desired"] is None
            await province.rollout(7, lambda _: canary.heard == [7, 0])  # it is taken down again
            assert {facility for facility, _ in province.told} == first, "nobody else was told"
            canary.refuses = None
            assert (await province.post("/7/resume")).status_code == 200
            await province.rollout(7, lambda each: each["state"] == "done")
        assert {facility for facility, version in province.told if version == 7} == {
            node.address.facility for node in nodes
        }

    asyncio.run(story())


@pytest.mark.slow
def test_killed_in_the_middle_it_goes_on_at_the_same_ring(province: Province) -> None:
    async def story() -> None:
        nodes = gates()
        rings = in_rings(nodes, 7, (25, 50, 100))
        slow = next(node for node in nodes if node.address.facility in rings[1])
        slow.deaf = True
        async with province.running(*nodes):
            await province.publish(policy(7), rings=[25, 50, 100], soak_s=0)
            before = await province.rollout(7, lambda each: each["ring"] == 2 and slow.heard)
            province.hub.kill()
            province.hub.start()
            after = await province.rollout(7, lambda each: each["why"].endswith(str(slow.address.node)))
            assert (after["state"], after["ring"], after["since"]) == ("running", 2, before["since"])
            assert {facility for facility, _ in province.told} == rings[0] | rings[1]
            slow.deaf = False
            await province.rollout(7, lambda each: each["state"] == "done")
        last = [facility for facility, _ in province.told][-len(rings[2]) :]
        assert set(last) == rings[2]

    asyncio.run(story())


@pytest.mark.slow
def test_a_replaced_box_and_a_new_gate_get_what_was_finished(province: Province) -> None:
    async def story() -> None:
        old = Node(address(1))
        async with province.running(old):
            await province.publish(policy(7), soak_s=0)
            await province.rollout(7, lambda each: each["state"] == "done")
        replaced, new = Node(address(1)), Node(address(9))
        province.hub.stop()
        province.hub.start()
        async with province.running(replaced, new):
            await province.reports(lambda rows: all(row["applied"] == 7 for row in rows.values()))
        assert replaced.heard
        assert new.heard == [7]

    asyncio.run(story())


def test_what_is_refused_at_the_door(province: Province) -> None:
    async def refused(status: int, says: str, bundle: object, **terms: object) -> None:
        answer = await province.post("", {"policy": bundle.model_dump(mode="json"), **terms})  # type: ignore[attr-defined]
        assert (answer.status_code, says in answer.text) == (status, True), answer.text

    async def story() -> None:
        ahead = Node(address(1), applied=9, waits=11)
        async with province.running(ahead, Node(address(1, "41135"))):
            await refused(422, "unsigned", policy(12, by=()))
            await refused(422, "signed by 1 of 2 people", policy(12, by=("kim",)))
            await refused(422, "Suwon may sign for 41113 only", policy(12, by=("kim", "suwon")))
            changed = policy(12).model_copy(update={"values": PolicyValues(close_cm=200)})
            await refused(422, "bad signature of kim", changed)
            await refused(409, "version 11 is not above 11, which GG-41113-UP-0001", policy(11))
            await refused(409, "no node there takes this policy", policy(12), canary=["GG-41135-UP-0002"])
            await refused(422, "rings", policy(12), rings=[50, 10, 100])
            await refused(422, "rings", policy(12), rings=[50])
            await refused(422, "abort_percent", policy(12), abort_percent=101)
            await refused(422, "extra", policy(12), at_once=True)
            await province.publish(policy(5, ("41135",)), soak_s=600)
            await refused(409, "version 5 was published already", policy(5, ("41113",)))
            await refused(409, "version 4 is not above 5", policy(4, ("GG",), types=tuple(FacilityType)))
            assert (await province.post("/6/abort")).status_code == 404
            assert (await province.post("/5/resume")).status_code == 409
            assert (await province.post("/5/abort")).json()["why"] == "stopped by an operator"
        policies = (await asyncio.to_thread(province.hub.get, "/policies")).json()
        assert [each["policy"]["version"] for each in policies] == [5]

    asyncio.run(story())
