"""The policy on the overview: how far it has got, why it stands still, who differs."""

import pytest
from browser.fixture_hub import FixtureHub
from browser.fixture_world import CAUTIOUS, FLOODED
from playwright.sync_api import Locator, Page, expect

from sotdae_hub.views import PolicyStatus

pytestmark = pytest.mark.slow


def opened(page: Page, hub: FixtureHub) -> Locator:
    page.goto(f"{hub.url}/")
    page.wait_for_selector(".rows li")
    return page.locator(".panel.policy")


def change(hub: FixtureHub, rollout: dict[str, object], node: dict[str, object]) -> None:
    """Change the newest roll-out and what the first gate says."""
    now = hub.world.policies
    first = now.rollouts[0].model_copy(update=rollout)
    hub.world.policies = PolicyStatus(
        rollouts=(first,), nodes=(now.nodes[0].model_copy(update=node), *now.nodes[1:])
    )


def test_it_says_what_is_frozen_by_whom_and_who_waits(page: Page, hub: FixtureHub) -> None:
    panel = opened(page, hub)
    expect(panel.locator(".rollout")).to_contain_text("Version 12frozenring 2 of 3")
    expect(panel.locator(".why")).to_have_text("Gwonseon underpass is at caution or above: nothing goes out")
    expect(panel.locator(".count")).to_have_text("In force at 1 of 7 nodes")
    expect(panel.locator(".nodes li")).to_have_text(["Haengju underpass12 waits until all is calm"])
    page.get_by_role("button", name="한국어").click()
    expect(panel.locator(".title")).to_have_text("정책")
    expect(panel.locator(".why")).to_have_text("권선 지하차도 주의 이상: 배포 동결")


def test_what_was_stopped_says_why_and_a_refusal_from_outside_stays_text(page: Page, hub: FixtureHub) -> None:
    hostile = '<img src="x" onerror="document.title=1"> close_cm 200 is above 15'
    panel = opened(page, hub)
    change(
        hub,
        {"state": "aborted", "why": f"ring 1: 1 of 1 refuse: {hostile}", "frozen_by": None},
        {"desired": 11, "applied": 11, "refused": hostile},
    )
    expect(panel).to_have_attribute("data-state", "aborted", timeout=15_000)
    expect(panel.locator(".why")).to_have_text(f"ring 1: 1 of 1 refuse: {hostile}")
    first = panel.locator(".nodes li").first
    expect(first).to_have_text(f"Gwonseon underpassrefused: {hostile}")
    assert page.locator("main img").count() == 0
    first.locator("a").click()
    page.wait_for_selector(".stage-word:not(:empty)")
    assert page.url.endswith(f"#/f/{FLOODED}")


def test_desired_stands_beside_what_a_node_has(page: Page, hub: FixtureHub) -> None:
    change(hub, {"state": "running", "frozen_by": None, "why": "ring 2 of 3"}, {"applied": 0})
    panel = opened(page, hub)
    expect(panel.locator(".nodes li").first).to_have_text("Gwonseon underpassis to have 12, has its own file")
    assert CAUTIOUS not in panel.inner_html()


def test_a_node_that_was_taken_down_says_who_said_so(page: Page, hub: FixtureHub) -> None:
    change(hub, {}, {"applied": 11, "forgotten": "desk-7: torn down"})
    panel = opened(page, hub)
    first = panel.locator(".nodes li").first
    expect(first).to_have_text("Gwonseon underpassnot counted on any more, desk-7: torn down")
    page.get_by_role("button", name="한국어").click()
    expect(first).to_contain_text("집계에서 뺌, desk-7: torn down")


def test_without_policies_there_is_no_panel(page: Page, hub: FixtureHub) -> None:
    hub.world.policies = PolicyStatus(rollouts=(), nodes=())
    panel = opened(page, hub)
    expect(page.locator(".incidents li").first).to_be_visible()
    expect(panel).to_be_hidden()
