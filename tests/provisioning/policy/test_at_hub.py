"""`sotdae policy publish|status|rollback` against a real hub and broker; nodes speak real MQTT."""

import asyncio
import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from rollout_kit import Node, Province, address, policy
from typer.testing import CliRunner

from sotdae_provisioning.policy.cli import policy_app
from sotdae_provisioning.policy.files import bundle_bytes, read_policy
from sotdae_shared.messages import MAX_COUNT, PolicyBody, PolicyValues


def run(*words: object) -> Result:
    env = {"LANG": "C", "LC_ALL": "", "LC_MESSAGES": "", "COLUMNS": "200"}
    return CliRunner().invoke(policy_app, [str(word) for word in words], env=env)


def bundle(directory: Path, made: PolicyBody) -> Path:
    path = directory / f"policy-{made.version}.json"
    path.write_bytes(bundle_bytes(made))
    return path


def story(province: Province, nodes: list[Node], tell: Callable[[str], Any]) -> None:
    """Run nodes while somebody at a command line does something."""

    async def told() -> None:
        async with province.running(*nodes):
            await asyncio.to_thread(tell, province.hub.url)

    asyncio.run(told())


def test_a_policy_is_published_watched_and_shown_as_in_force(province: Province, tmp_path: Path) -> None:
    def tell(url: str) -> None:
        empty = run("status", "--hub", url)
        assert "no policy was published here" in empty.stdout
        token = tmp_path / "token"
        token.write_text("wrong\n", encoding="utf-8")
        stranger = run("status", "--hub", url, "--token-file", token)
        assert stranger.exit_code == 1
        assert "this token is not known; --token-file names" in stranger.stderr
        assert "wrong" not in stranger.output
        nothing = run("rollback", 0, "--hub", url, "--out", tmp_path / "own.toml")
        assert (nothing.exit_code, "no policy was published" in nothing.stderr) == (2, True)
        file = bundle(tmp_path, policy(7))
        done = run("publish", file, "--hub", url, "--rings", "50,100", "--soak", "0.1", "--watch")
        assert done.exit_code == 0, done.output
        assert done.stdout.splitlines()[-1].startswith("policy 7 done, ring 2 of 2, in force at 2 of 2")
        shown = run("status", "--hub", url)
        assert shown.exit_code == 0
        rows = [line.split() for line in shown.stdout.splitlines() if line.startswith("GG-")]
        assert [row[1:4] for row in rows] == [["online", "7", "7"]] * 2
        korean = run("status", "--hub", url, "--lang", "ko")
        assert "목표" in korean.stdout
        assert "완료" in korean.stdout
        told = json.loads(run("status", "--hub", url, "--json").stdout)
        assert [node["applied"] for node in told["nodes"]] == [7, 7]

    story(province, [Node(address(1)), Node(address(2))], tell)


@pytest.mark.slow
def test_a_stopped_roll_out_ends_the_watch_with_its_reason(province: Province, tmp_path: Path) -> None:
    def tell(url: str) -> None:
        file = bundle(tmp_path, policy(7))
        done = run("publish", file, "--hub", url, "--rings", "100", "--soak", "0", "--watch")
        assert done.exit_code == 1
        assert "policy 7 aborted" in done.stdout
        shown = run("status", "--hub", url).stdout
        assert "weaker than interlock" in shown
        assert "own file" in shown

    story(province, [Node(address(1), refuses="weaker than interlock: close_cm 200 is above 15")], tell)


def test_what_the_hub_refuses_is_said_in_its_words(province: Province, tmp_path: Path) -> None:
    def tell(url: str) -> None:
        for made, said in (
            (policy(7, by=("kim",)), "signed by 1 of 2 people"),
            (policy(7, by=()), "unsigned"),
            (policy(6), "version 6 is not above 6, which"),
        ):
            done = run("publish", bundle(tmp_path, made), "--hub", url)
            assert done.exit_code == 1
            assert f"the hub refuses: {said}" in done.stderr
        done = run("publish", bundle(tmp_path, policy(7)), "--hub", url, "--rings", "50,10")
        assert done.exit_code == 1
        assert "want rising percents" in done.stderr
        assert run("publish", bundle(tmp_path, policy(7)), "--hub", url, "--rings", "x").exit_code == 2

    story(province, [Node(address(1), applied=6)], tell)


def test_a_gate_with_a_number_that_cannot_be_is_left_out(province: Province, tmp_path: Path) -> None:
    odd, back = Node(address(2), applied=MAX_COUNT), tmp_path / "back.toml"
    apart = ("--leave-out", odd.address.facility)

    def tell(url: str) -> None:
        file = bundle(tmp_path, policy(7))
        refused = run("publish", file, "--hub", url)
        assert (refused.exit_code, " ".join(apart) in refused.stderr) == (1, True)
        how = ("--rings", "100", "--soak", "0", "--watch")
        done = run("publish", file, "--hub", url, *how, *apart)
        assert done.exit_code == 0, done.output
        shown = run("status", "--hub", url)
        assert f"left out: {odd.address.facility}" in shown.stdout
        stuck = run("rollback", 7, "--hub", url, "--out", back)
        assert (stuck.exit_code, "--leave-out" in stuck.stderr) == (2, True)
        assert run("rollback", 7, "--hub", url, "--out", back, *apart).exit_code == 0
        assert read_policy(back).version == 8

    story(province, [Node(address(1)), odd], tell)
    assert odd.heard == []


@pytest.mark.slow
def test_the_way_back_is_a_new_version_above_all_that_anybody_has(province: Province, tmp_path: Path) -> None:
    def tell(url: str) -> None:
        for version in (7, 8):
            file = bundle(tmp_path, policy(version, ("41113",)))
            done = run("publish", file, "--hub", url, "--rings", "100", "--soak", "0", "--watch")
            assert done.exit_code == 0, done.output
        out = tmp_path / "back.toml"
        assert run("rollback", 7, "--hub", url, "--out", out).exit_code == 0
        made = read_policy(out)
        assert (made.version, made.values, made.approvals) == (12, policy(7).values, ())
        assert made.reason == "back to 7: rainy season"
        assert run("rollback", 7, "--hub", url, "--out", out).exit_code == 2
        assert run("rollback", 0, "--hub", url, "--out", tmp_path / "own.toml").exit_code == 0
        assert read_policy(tmp_path / "own.toml").values == PolicyValues()
        missing = run("rollback", 3, "--hub", url, "--out", tmp_path / "no.toml")
        assert missing.exit_code == 2
        assert "version 3 was not published at this hub; there are: 8, 7" in missing.stderr

    # The second gate has been under another hub: its number counts as well.
    story(province, [Node(address(1)), Node(address(2, "41135"), applied=3, waits=11)], tell)


def test_a_hub_that_is_none_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    for url, code in ((f"http://127.0.0.1:{port}", 1), ("nonsense", 2), ("http://[::1", 1)):
        done = run("status", "--hub", url)
        assert done.exit_code == code
        assert url in done.stderr
    done = run("status", "--hub", "http://127.0.0.1:1", "--token-file", tmp_path / "nosuch")
    assert done.exit_code == 2
