"""The agent as it is shipped, killed while it records: the next start goes on with the same chain."""

import asyncio
from pathlib import Path

import pytest
from edge.record.runner import FACILITY, recorded, until
from edge.record.tape import replayed
from simulated_site import running_site

from sotdae_provisioning.child import Child

CONFIG = """
[facility]
id = "{facility}"
node = "gate-1"
name = "Test"
lat = 37.2
lon = 127.0
[storage]
dir = "{directory}"
[device]
port = {port}
timeout_s = 0.5
"""


def written(tmp_path: Path) -> bytes:
    """Return what is in the open segment already."""
    return b"".join(path.read_bytes() for path in (tmp_path / "record").glob("*.jsonl"))


def decisions(tmp_path: Path) -> int:
    """Count the decisions in the open segment."""
    return written(tmp_path).count(b'"Decided"')


@pytest.mark.slow
def test_a_killed_agent_leaves_a_record_that_the_next_one_continues(tmp_path: Path) -> None:
    async def story() -> None:
        async with running_site() as site:
            text = CONFIG.format(facility=FACILITY, directory=tmp_path, port=site.server.port)
            (tmp_path / "gate.toml").write_text(text)
            agent = Child(
                "agent", ["sotdae_edge", "gate", "run", "-c", str(tmp_path / "gate.toml")], tmp_path
            )
            try:
                await agent.start()
                await until(lambda: decisions(tmp_path) >= 1)
                site.simulator.depth(18.0)
                await until(lambda: decisions(tmp_path) >= 2)
                agent.kill()
                await agent.start()
                await until(lambda: not (tmp_path / "record" / "00000001.jsonl").exists())
                await site.until("limit_closed", lambda value: value == 1.0, timeout_s=60.0)
                await until(lambda: b'"state":"closed"' in written(tmp_path))
            finally:
                await agent.stop()

    asyncio.run(story())
    first, second = recorded(tmp_path)
    assert (first.ended, first.recovered) == (True, True)
    assert (second.ended, second.recovered) == (True, False)
    # The incident of the first start is what the second began with.
    assert second.header["memento"]["incident"] is not None
    run, differences = replayed([first, second])
    assert differences == []
    assert run.decisions >= 4
