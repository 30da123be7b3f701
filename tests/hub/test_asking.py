"""A gate is asked through the hub's API and answers through a real broker; what it says can be read again."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import aiomqtt
import httpx
import pytest
from hub.test_api import SILENT, Site
from hub_kit import GATE
from need import until

from sotdae_shared.messages import Kind

GIVEN: dict[str, Any] = {
    "nonce": "ab" * 16, "boot": "0" * 16, "facility": GATE.facility, "actuator": "barrier",
    "incident": "flood-1", "state": "closed", "tripping": False, "channels_valid": True, "dry_s": 1900.5,
    "valid_s": 300.0, "checklist": ["cctv", "on_site"], "last_seq": {"kim": 7}, "bypassed": [],
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with closing(Site(tmp_path_factory.mktemp("asking"))) as site:
        yield site


def ask(site: Site, facility: str = GATE.facility) -> httpx.Response:
    return httpx.post(f"{site.hub.url}/api/v1/facilities/{facility}/nonce", timeout=15)


def answered(site: Site, *answers: dict[str, Any]) -> httpx.Response:
    """Ask, and let the gate answer the question with each of these reports."""

    async def scene() -> httpx.Response:
        async with aiomqtt.Client("127.0.0.1", site.broker.port, timeout=5) as gate:
            await gate.subscribe(f"{GATE.base}/down/query", qos=1)
            asking = asyncio.create_task(asyncio.to_thread(ask, site))
            async with asyncio.timeout(5):
                query = json.loads(bytes((await anext(aiter(gate.messages))).payload))  # type: ignore[arg-type]
            assert query["query"] == "nonce"
            for answer in answers:
                topic, raw, _ = site.pen.write(Kind.REPORT, {"re": query["id"], **answer})
                await gate.publish(topic, raw, qos=1)
            return await asking

    return asyncio.run(scene())


def test_the_answer_of_the_gate_comes_back_and_can_be_read_again(site: Site) -> None:
    found = answered(site, {"report": "nonce", "data": GIVEN}).json()
    assert found["node"] == GATE.node
    assert {key: found[key] for key in GIVEN if key != "boot"} == {
        k: v for k, v in GIVEN.items() if k != "boot"
    }
    reports = f"/facilities/{GATE.facility}/reports"
    until(lambda: site.hub.get(reports).json()[0]["re"] == found["id"])
    newest = site.hub.get(f"{reports}?limit=1").json()
    assert [(each["report"], each["data"]["nonce"]) for each in newest] == [("nonce", GIVEN["nonce"])]


def test_an_answer_that_cannot_be_read_is_an_error_of_its_own(site: Site) -> None:
    answer = answered(site, {"report": "nonce", "data": {**GIVEN, "dry_s": "long"}})
    assert (answer.status_code, answer.json()["detail"]) == (
        502,
        f"{GATE.facility}: 1 wrong fields in its answer",
    )


def test_the_answer_to_another_question_is_no_answer(site: Site) -> None:
    answer = answered(site, {"re": "nonce-of-another", "report": "nonce", "data": GIVEN})
    assert (answer.status_code, "ask again" in answer.json()["detail"]) == (504, True)


def test_a_gate_that_is_not_heard_is_not_asked(site: Site) -> None:
    answer = ask(site, SILENT)
    assert (answer.status_code, "nothing is queued" in answer.json()["detail"]) == (409, True)


def test_a_decision_names_the_order_it_answers(site: Site) -> None:
    more = {"command": "c-9", "verdict": "refused", "because": ["expired"]}
    site.send(site.pen.decision("closed", "closed", "aa-1", **more))
    decisions = f"/facilities/{GATE.facility}/decisions"
    until(lambda: site.hub.get(decisions).json()[0]["command"] == "c-9")
    newest = site.hub.get(decisions).json()[0]
    assert (newest["verdict"], newest["because"]) == ("refused", ["expired"])
