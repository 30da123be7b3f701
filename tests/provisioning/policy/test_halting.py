"""`sotdae policy abort|resume` against a real hub and broker: what stops, and what nobody calls back."""

import asyncio
import json

from rollout_kit import Node, Province, address, policy
from typer.testing import CliRunner

from sotdae_provisioning.policy.cli import policy_app


def run(*words: object) -> tuple[int, str]:
    done = CliRunner().invoke(policy_app, [str(word) for word in words], env={"COLUMNS": "200"})
    return done.exit_code, done.output


async def story(province: Province) -> None:
    takes, waits, later = Node(address(1)), Node(address(2)), Node(address(3))
    async with province.running(takes, waits, later):
        canary = (takes.address.facility, waits.address.facility)
        await province.publish(policy(7), rings=[50, 100], canary=list(canary), soak_s=600)
        await province.reports(lambda rows: rows[takes.address.node]["applied"] == 7)
        waits.applied, waits.waits = 0, 7  # as a gate that holds it until the water is gone
        await province.reports(lambda rows: rows[waits.address.node]["waits"] == 7)
        await asyncio.to_thread(commands, province.hub.url, canary)
    assert later.heard == [], "its ring had not begun"


def commands(url: str, canary: tuple[str, ...]) -> None:
    hub = ("--hub", url)
    assert run("resume", 7, *hub) == (1, "the hub refuses: version 7 is running, not aborted\n")
    code, said = run("abort", 7, *hub)
    assert (code, said.splitlines()[0]) == (0, "policy 7: aborted; nobody else is told")
    assert said.splitlines()[1].startswith(f"kept at {', '.join(canary)}; the way back is a newer version")
    told = json.loads(run("abort", 7, *hub, "--json")[1])
    assert (told["state"], told["why"]) == ("aborted", "stopped by an operator")
    assert told["kept_at"] == list(canary), "to stop twice is to stop"
    assert run("resume", 7, *hub) == (0, "policy 7: running, ring 1 of 2\n")
    assert run("abort", 7, *hub)[0] == 0
    assert json.loads(run("resume", 7, *hub, "--json")[1])["version"] == 7
    for command in ("abort", "resume"):
        assert run(command, 9, *hub) == (1, "the hub refuses: no policy of version 9 was published here\n")
        assert run(command, 0, *hub)[0] == 2


def test_a_roll_out_is_stopped_and_goes_on_and_nobody_calls_back_what_is_held(province: Province) -> None:
    asyncio.run(asyncio.wait_for(story(province), 60))


def test_each_shows_how_it_is_used() -> None:
    for command in ("abort", "resume"):
        code, said = run(command, "--help")
        assert (code, f"sotdae policy {command} 7 --hub" in said) == (0, True)
