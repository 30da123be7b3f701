"""The helper that tells a gate of the deny list: from real signed files, only what is about its roster."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from edge.core.people import ROSTER

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.state import FileState
from sotdae_edge.adapters.statements import Statements
from sotdae_edge.app.denying import Denying
from sotdae_edge.core.events import DenyTold, Event
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.pki.statements import deny_keys, publish_deny_list, raise_floor, stated_floor
from sotdae_shared.ids import FacilityId

AT = datetime(2026, 11, 1, tzinfo=UTC)
LEE, STRANGER = ROSTER[2].public, "ab" * 32


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    province, papers = Province(tmp_path / "ca"), tmp_path / "papers"
    province.init("Gyeonggi", None, AT - timedelta(days=30))
    (papers / "current").mkdir(parents=True)
    (papers / "current/root.pem").write_bytes(province.trust())
    deny_keys(province, [LEE, STRANGER], "lost", AT)
    (papers / "deny.json").write_bytes(publish_deny_list(province, None, AT))
    return papers


def helper(papers: Path) -> Denying:
    stores = (FileState(papers.parent / f"{name}.state") for name in ("floor", "deny"))
    return Denying(
        Statements(papers, "GG-41113-UP-0007", *stores), frozenset(person.public for person in ROSTER)
    )


def first(denying: Denying) -> Event:
    """Run the helper until it has told something."""

    async def story() -> Event:
        queue: asyncio.Queue[tuple[Event, float]] = asyncio.Queue()
        task = asyncio.create_task(denying.run(queue, SystemClock()))
        async with asyncio.timeout(10):
            event, _ = await queue.get()
        task.cancel()
        await asyncio.wait([task])
        return event

    return asyncio.run(story())


def test_the_gate_hears_of_its_own_people_only(papers: Path) -> None:
    assert first(helper(papers)) == DenyTold(1, AT.timestamp(), (LEE,))


def test_a_floor_that_is_raised_is_told_beside_the_list(papers: Path) -> None:
    facility, province = FacilityId("GG-41113-UP-0007"), Province(papers.parent / "ca")
    raise_floor(province, facility, {"policy": 12})
    (papers / "floor.json").write_bytes(stated_floor(province, facility, None, AT))
    assert first(helper(papers)) == DenyTold(1, AT.timestamp(), (LEE,), 12)


def test_an_old_list_is_alarmed_and_one_of_six_days_is_not(papers: Path) -> None:
    denying = helper(papers)
    first(denying)
    assert list(denying.conditions(AT.timestamp() + 6 * 86_400)) == []
    (condition,) = denying.conditions(AT.timestamp() + 9 * 86_400)
    assert (condition.code, condition.priority) == ("deny.old", 3)
    assert "9 days old" in condition.text


def test_what_is_missing_or_refused_is_alarmed_once_it_was_looked_for(papers: Path) -> None:
    (papers / "deny.json").write_bytes(b"{}")
    denying = helper(papers)
    assert list(denying.conditions(AT.timestamp())) == []

    async def story() -> None:
        queue: asyncio.Queue[tuple[Event, float]] = asyncio.Queue()
        task = asyncio.create_task(denying.run(queue, SystemClock()))
        async with asyncio.timeout(10):
            while not denying.looked:
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        assert queue.empty()

    asyncio.run(story())
    assert [each.code for each in denying.conditions(AT.timestamp())] == ["deny.old", "papers.refused"]
