"""Gate, broker and hub with TLS as real processes; a gate whose papers have run out closes all the same."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import httpx
import pytest
from scenarios.guarded import Guarded, guarded, until

from sotdae_provisioning.child import Child
from sotdae_provisioning.pki.certificates import Names, new_key
from sotdae_provisioning.pki.folder import write, write_key
from sotdae_provisioning.pki.province import Certified, Province
from sotdae_provisioning.secure import SecureNats, Shown
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
TLS = 'trust = "{0}/root.pem"\nchain = "{0}/chain.pem"\nkey = "{0}/key.pem"\n'


def kept(made: Certified, key: object, folder: Path) -> Path:
    folder.mkdir(exist_ok=True)
    write(folder / "root.pem", made.root)
    write(folder / "chain.pem", made.full_chain)
    write_key(folder / "key.pem", key, None)  # type: ignore[arg-type]
    return folder


def certified(province: Province, folder: Path, at: datetime) -> Path:
    """Give the gate papers made at a time, in the place of those it has."""
    key = new_key()
    return kept(province.certify_device(GATE, key.public_key(), None, at), key, folder)


def served(province: Province, name: str, folder: Path, at: datetime) -> Path:
    key = new_key()
    more = Names(("localhost",), (ip_address("127.0.0.1"),))
    return kept(province.certify_service(name, more, key.public_key(), None, at), key, folder)


@asynccontextmanager
async def ground(directory: Path, now: datetime) -> AsyncIterator[tuple[Province, SecureNats, Guarded, str]]:
    province = Province(directory / "ca")
    province.init("Gyeonggi", None, now)
    province.add_city("41113", None, now)
    broker_papers = served(province, "broker", directory / "broker", now)
    hub_papers = served(province, "hub", directory / "hub-papers", now)
    gate_papers = certified(province, directory / "gate-papers", now)
    broker = SecureNats(
        directory / "nats", province, Shown(broker_papers / "chain.pem", broker_papers / "key.pem")
    )
    broker.admit((GATE,))
    broker.start()
    file = directory / "hub.toml"
    text = f'dir = "{directory}/hub"\n[broker]\nport = {broker.port}\n[broker.tls]\n' + TLS.format(hub_papers)
    file.write_text(text + "[http]\nport = 0\n", encoding="utf-8")
    hub = Child("hub", ["sotdae_hub", "run", "--config", str(file)], directory, ready=True)
    more = f"[hub]\nport = {broker.port}\n[hub.tls]\n" + TLS.format(gate_papers)
    try:
        await broker.wait_ready()
        url = str((await hub.start())["url"])
        async with guarded(directory, more=more) as gate:
            await gate.agent.start()
            yield province, broker, gate, url
    finally:
        hub.kill()
        broker.stop()


async def health(url: str) -> str | None:
    """Return what the hub says of the gate's barrier, while it hears it."""
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{url}/api/v1/facilities/{GATE.facility}")
    return json.loads(answer.text).get("barrier") if answer.status_code == 200 else None


async def eventually(url: str, wanted: str) -> None:
    async with asyncio.timeout(40):
        while await health(url) != wanted:
            await asyncio.sleep(0.1)


@pytest.mark.slow
def test_over_tls_and_on_without_it_and_back_with_new_papers(tmp_path: Path) -> None:
    now = datetime.now(UTC).replace(microsecond=0)

    async def story() -> None:
        async with ground(tmp_path, now) as (province, broker, gate, url):
            await gate.is_open()
            await eventually(url, "open")
            certified(province, tmp_path / "gate-papers", now - timedelta(days=200))
            broker.stop()
            broker.start()
            await broker.wait_ready()
            await asyncio.sleep(2.0)
            gate.site.simulator.depth(20.0)
            await until(lambda: gate.site.simulator.scene.arm.limit_closed, "it closes with papers run out")
            assert gate.site.simulator.scene.traffic.contacts == 0
            assert await health(url) != "closed"
            certified(province, tmp_path / "gate-papers", now)
            await eventually(url, "closed")
            shutil.rmtree(tmp_path / "gate-papers")
            broker.stop()
            broker.start()
            await asyncio.sleep(1.0)
            assert gate.agent.alive, gate.agent.tail()

    asyncio.run(story())
