"""A hub that publishes policies, beside a real broker."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from rollout_kit import Province

from sotdae_provisioning.broker import NatsBroker


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Province]:
    broker = NatsBroker(tmp_path / "nats")
    broker.start()
    asyncio.run(broker.wait_ready())
    province = Province(tmp_path, broker.port, silent_after_s=5)
    province.hub.start()
    yield province
    province.hub.stop()
    broker.stop()
