"""A real broker and a real hub for each test that asks."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from hub_kit import HubProcess

from sotdae_provisioning.broker import NatsBroker


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[NatsBroker]:
    broker = NatsBroker(tmp_path / "nats")
    broker.start()
    asyncio.run(broker.wait_ready())
    yield broker
    broker.stop()


@pytest.fixture
def hub(tmp_path: Path, broker: NatsBroker) -> Iterator[HubProcess]:
    hub = HubProcess(tmp_path / "hub", broker.port)
    hub.start()
    yield hub
    hub.stop()
