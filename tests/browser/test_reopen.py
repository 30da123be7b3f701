"""Two people reopen from the console: what they get to sign, what is sent, and the gate's own verdict."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from browser.fixture_hub import FixtureHub
from browser.fixture_world import FLOODED, QUIET, SILENT, dried_up
from playwright.sync_api import Page, expect

from sotdae_edge.panel.approve import Request, read_request
from sotdae_hub.views import Decision
from sotdae_shared.messages import CommandBody
from sotdae_shared.signing import PrivateKey, command_bytes, private_of, public_of, sign_command, verify

pytestmark = pytest.mark.slow

KEYS = {"kim-2026": private_of(bytes(32)), "lee-2026": private_of(bytes([1]) * 32)}
ROSTER = {name: public_of(private) for name, private in KEYS.items()}


def begin(page: Page, hub: FixtureHub, **given: object) -> None:
    """Open the flooded place and its dialog."""
    hub.world.nonces[FLOODED] = dried_up(FLOODED, roster=ROSTER, **given)
    page.goto(f"{hub.url}/#/f/{FLOODED}")
    page.get_by_role("button", name="Reopen…").click()
    expect(page.locator("dialog.reopen h2")).to_have_text("Reopen Gwonseon underpass")


def prepare(page: Page) -> None:
    make = page.get_by_role("button", name="Make the request")
    expect(make).to_be_disabled()
    for box in page.locator(".ask input[type=checkbox]").all():
        box.check()
    expect(make).to_be_disabled()
    page.locator(".reason").fill("water gone, <b>road</b> inspected")
    make.click()


def downloaded(page: Page, tmp_path: Path) -> Request:
    with page.expect_download() as waiting:
        page.locator("a.file").click()
    assert waiting.value.suggested_filename == f"open-{FLOODED}.json"
    waiting.value.save_as(tmp_path / "open.json")
    return read_request((tmp_path / "open.json").read_bytes())


def line(command: CommandBody, name: str, private: PrivateKey) -> str:
    """Return what `sotdae gate approve` prints."""
    return json.dumps(sign_command(command, name, private).model_dump())


def decision(hub: FixtureHub, command: CommandBody, later_s: float, **fields: object) -> Decision:
    first = hub.world.decisions[FLOODED][0]
    at = hub.world.now + timedelta(seconds=later_s)
    return first.model_copy(
        update={"at": at, "command": command.id, "state": "closed", "previous": "closed", **fields}
    )


def test_what_both_sign_is_what_is_sent_and_the_verdict_is_the_gates(
    page: Page, hub: FixtureHub, tmp_path: Path
) -> None:
    begin(page, hub)
    expect(page.locator(".signed")).to_contain_text("flood-0a1b2c3d-1")
    expect(page.locator(".signed")).to_contain_text("37.0 min")
    prepare(page)
    request = downloaded(page, tmp_path)
    command = request.command
    assert (command.facility, command.nonce, command.seq) == (FLOODED, "5e" * 16, 8)
    assert (command.checklist, command.reason) == (
        ("cctv", "on_site", "pumps"),
        "water gone, <b>road</b> inspected",
    )
    assert request.keys == ROSTER
    expect(page.locator(".command")).to_contain_text(f"sotdae gate approve open-{FLOODED}.json --key")
    first, second = page.locator("textarea").all()
    first.fill(line(command, "kim-2026", KEYS["kim-2026"]))
    second.fill(line(command, "lee-2026", KEYS["lee-2026"]))
    send = page.get_by_role("button", name="Send the order to open")
    expect(page.locator(".when")).to_contain_text("It can be sent from")
    expect(send).to_be_disabled()
    page.clock.set_fixed_time(command.not_after - timedelta(seconds=50))
    expect(send).to_be_enabled()
    with page.expect_response("**/commands"):
        send.click()
    expect(page.locator("dialog .gate-word")).to_have_text("Sent. The gate decides.")
    (sent,) = hub.world.commands
    assert sent.model_copy(update={"approvals": ()}) == command
    assert all(verify(ROSTER[each.key], command_bytes(sent), each.signature) for each in sent.approvals)
    wanted = decision(hub, command, 1.0, decision="release_wanted", because=("two people, dry, nonce fresh",))
    hub.publish("decision", wanted)
    expect(page.locator("dialog .gate-word")).to_contain_text("waits for this hub's release")
    refused = ("refused by the hub: another incident is open here",)
    hub.publish("decision", decision(hub, command, 2.0, decision="open", verdict="refused", because=refused))
    expect(page.locator("dialog .gate-word")).to_have_text("The gate: refused")
    expect(page.locator("dialog .because")).to_have_text(refused[0])


def test_what_is_no_approval_of_two_people_is_not_sent(page: Page, hub: FixtureHub, tmp_path: Path) -> None:
    begin(page, hub)
    prepare(page)
    command = downloaded(page, tmp_path).command
    page.clock.set_fixed_time(command.not_after - timedelta(seconds=50))
    first, second = page.locator("textarea").all()
    said = page.locator(".said")
    kim = line(command, "kim-2026", KEYS["kim-2026"])
    first.fill(kim)
    expect(said.first).to_have_text("kim-2026")
    for words, problem in (
        ("kim", "no approval"),
        (kim[:-3], "no approval"),
        (kim.replace("kim-2026", "mallory"), "mallory is not one of this gate's people"),
        (kim, "the same key twice"),
    ):
        second.fill(words)
        expect(said.last).to_contain_text(problem)
        expect(page.get_by_role("button", name="Send the order to open")).to_be_disabled()
    page.clock.set_fixed_time(command.not_after + timedelta(seconds=1))
    expect(page.locator(".when")).to_contain_text("The time is over")
    assert hub.world.commands == []


def test_what_stands_in_the_way_is_said(page: Page, hub: FixtureHub) -> None:
    begin(page, hub, release=False, tripping=True, channels_valid=False)
    ways = page.locator("dialog .obstacles li")
    expect(ways).to_have_count(3)
    expect(ways.first).to_contain_text("names no release key")
    for box in page.locator(".ask input[type=checkbox]").all():
        box.check()
    page.locator(".reason").fill("dry")
    expect(page.get_by_role("button", name="Make the request")).to_be_disabled()
    page.keyboard.press("Escape")
    expect(page.locator("dialog.reopen")).to_be_hidden()
    assert page.url.endswith(f"#/f/{FLOODED}"), "leaving the dialog does not leave the place"


@pytest.mark.parametrize("ident", [QUIET, SILENT])
def test_nothing_to_reopen_has_no_button(page: Page, hub: FixtureHub, ident: str) -> None:
    page.goto(f"{hub.url}/#/f/{ident}")
    page.wait_for_selector(".stage-word:not(:empty)")
    expect(page.get_by_role("button", name="Reopen…")).to_be_hidden()
