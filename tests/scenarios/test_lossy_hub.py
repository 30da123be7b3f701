"""A hub that acks and forgets is found out by the report."""

import asyncio
from pathlib import Path

import pytest
from scenarios import schema

from sotdae_provisioning.demo.cli import ended_well
from sotdae_provisioning.demo.scenarios import SCENARIOS
from sotdae_provisioning.demo.stack import Stack
from sotdae_provisioning.demo.story import Story


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_hub_that_loses_messages_after_its_ack_fails_the_report(tmp_path: Path) -> None:
    stack = Stack(tmp_path, SCENARIOS["osong"], camera=False, hub_args=("--fault", "drop-after-ack=0.3"))
    report = asyncio.run(Story(stack, lambda _moment: None).run())
    assert report.lost > 0
    assert report.messages_stored + report.lost == report.messages_sent
    assert schema.problems(report.as_json()) == []
    assert not schema.ended_well(report.as_json())
    assert not ended_well(report)
