"""`sotdae policy forget` against a real hub and broker."""

import asyncio
import json
import time

from rollout_kit import Node, Province, address
from typer.testing import CliRunner

from sotdae_provisioning.policy.cli import policy_app

HERE, GONE = address(1), address(2)


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(policy_app, words, env={"COLUMNS": "200", "LANG": "C"})
    return done.exit_code, done.output


async def story(province: Province) -> None:
    async with province.running(Node(HERE)):
        async with province.running(Node(GONE)):
            said = await asyncio.to_thread(forget, province.hub.url)
            assert said == (
                1,
                f"the hub refuses: {GONE.facility}/{GONE.node} is heard: switch it off first\n",
            )
        await province.reports(lambda rows: set(rows) == {HERE.node})
        await asyncio.to_thread(after, province.hub.url)
        found = await asyncio.to_thread(province.hub.get, "/policies/forgotten")
        (word,) = found.json()
        assert (word["node"], word["by"], word["reason"]) == (GONE.node, "loopback", "torn down")


def forget(url: str, *more: str) -> tuple[int, str]:
    named = (GONE.facility, GONE.node, "--reason", "torn down")
    return run("forget", *named, "--hub", url, *more)


def settled(url: str) -> tuple[int, str]:
    """Forget once the hub has listened for long enough."""
    while "just began to listen" in (answer := forget(url, "--json"))[1]:
        assert (answer[0], "shows in" in answer[1]) == (1, True)
        time.sleep(0.2)
    return answer


def after(url: str) -> None:
    code, said = settled(url)
    assert (code, json.loads(said)["by"]) == (0, "loopback")
    rows = {
        row["node"]: row["forgotten"] for row in json.loads(run("status", "--hub", url, "--json")[1])["nodes"]
    }
    assert rows == {HERE.node: None, GONE.node: "loopback: torn down"}
    assert "not counted on any more, loopback: torn down" in run("status", "--hub", url)[1]
    strange = run("forget", GONE.facility, "gate-9", "--reason", "x", "--hub", url)
    assert strange == (1, f"the hub refuses: no node {GONE.facility}/gate-9 was ever heard\n")
    code, said = run("forget", "nowhere", "gate-9", "--reason", "x", "--hub", url)
    assert (code, "facility" in said) == (1, True)


def test_a_node_that_was_taken_down_is_forgotten_by_name_with_a_reason(province: Province) -> None:
    asyncio.run(asyncio.wait_for(story(province), 60))


def test_it_shows_how_it_is_used() -> None:
    code, said = run("forget", "--help")
    assert (code, "sotdae policy forget GG-41113-UP-0007 gate-7 --hub" in said) == (0, True)
