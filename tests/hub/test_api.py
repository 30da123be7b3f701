"""The API of a real hub, fed through a real broker."""

import asyncio
import hashlib
import json
import threading
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiomqtt
import httpx
import pytest
from hub_kit import GATE, HOMES, JPEG, ROOT, HubProcess, Pen, Sender
from need import until

from sotdae_hub.adapters.records import SqlRecords
from sotdae_hub.app import openapi_document
from sotdae_hub.config import load_config, parse_config
from sotdae_provisioning.broker import NatsBroker
from sotdae_shared.errors import ConfigError

SILENT = "GG-41670-UP-0001"
TOKEN = "agency-token-of-the-test"
COMMAND: dict[str, Any] = {
    "id": "c1", "facility": GATE.facility, "actuator": "barrier", "target": "close", "reason": "test",
    "issuer": "op", "seq": 1, "not_after": "2026-07-15T07:00:00Z", "expect_state": "open",
}  # fmt: skip


ESTIMATE = {
    "level_cm": 16.4, "level_sigma_cm": 0.3, "rate_cm_min": 9.8, "rate_sigma_cm_min": 1.1,
    "eta": {"unsafe": {"s": 83.0, "sigma_s": 11.0}},
}  # fmt: skip


class Site:
    """A hub with a story in it."""

    def __init__(self, root: Path) -> None:
        self.broker = NatsBroker(root / "nats")
        self.broker.start()
        asyncio.run(self.broker.wait_ready())
        digest = hashlib.sha256(TOKEN.encode()).hexdigest()
        config = root / "hub.toml"
        config.write_text(f"""
            dir = "{root / "hub"}"
            broker.port = {self.broker.port}
            http.port = 0
            silent_after_s = 600
            [[facilities]]
            id = "{SILENT}"
            name = "여주지하차도"
            lat = 37.3
            lon = 127.6
            [[tokens]]
            name = "t"
            agency = "119"
            sha256 = "{digest}"
            scopes = ["incidents", "picture"]
        """)
        self.hub = HubProcess(root / "hub", self.broker.port)
        self.hub.command[4:] = ["--config", str(config)]
        self.hub.start()
        self.pen = Pen(at=datetime.now(UTC) - timedelta(seconds=60))
        self.send(
            self.pen.birth(
                name="고색지하차도", name_en="Gosaek", lat=37.25, lon=126.98, thresholds={"close_cm": 15}
            ),
            *[self.pen.readings(float(level)) for level in range(1, 6)],
            self.pen.readings(None),
            self.pen.event(code="sensor.radar.silent", text="<b>silent</b>"),
            self.pen.clip(),
            self.pen.decision("pre_warn", "open", "aa-1", first_out="radar", votes={"radar": "trip"}),
            self.pen.health(
                stage="close",
                level_cm=16.5,
                outputs={"siren_on": None},
                alarms=["water.close"],
                estimate=ESTIMATE,
                rungs=["one_sensor_lost"],
            ),
        )
        until(lambda: all(store["lag"] == 0 for store in self.hub.get("/health").json()["stores"]))

    def send(self, *messages: Any) -> None:
        asyncio.run(Sender(self.broker.port).deliver(messages))

    def close(self) -> None:
        self.hub.stop()
        self.broker.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with closing(Site(tmp_path_factory.mktemp("site"))) as site:
        yield site


def test_lists_heard_and_expected_facilities(site: Site) -> None:
    found = {each["id"]: each for each in site.hub.get("/facilities").json()}
    assert set(found) == {str(GATE.facility), SILENT}
    heard, silent = found[str(GATE.facility)], found[SILENT]
    assert (heard["name"], heard["stage"], heard["barrier"]) == ("고색지하차도", "close", "open")
    assert (heard["city"], heard["city_name"], heard["city_name_en"]) == ("41110", "수원시", "Suwon")
    assert heard["link"]["status"] == "online"
    assert (silent["stage"], silent["city_name"]) == ("unknown", "여주시")
    assert silent["link"] == {"status": "unknown", "since": None, "last_heard": None}
    assert site.hub.get(f"/facilities/{SILENT}").json() == silent


def test_shows_all_that_is_known_of_a_facility(site: Site) -> None:
    state = site.hub.get(f"/facilities/{GATE.facility}/state").json()
    assert (state["level_cm"], state["lane"], state["outputs"]) == (16.5, "clear", {"siren_on": None})
    assert state["thresholds"]["close_cm"] == 15
    assert (state["estimate"], state["rungs"]) == (ESTIMATE, ["one_sensor_lost"])
    (sensor,) = state["sensors"]
    assert (sensor["channel"], sensor["value"], sensor["flag"]) == ("radar_level", None, 9)
    assert state["completeness"] == {"stored": 11, "dropped": 0, "missing": 0, "tail_unknown": False}
    assert state["incident"] == site.hub.get("/incidents").json()[0]["id"]
    assert state["picture_at"]


def test_a_silent_facility_has_a_state_that_claims_nothing(site: Site) -> None:
    state = site.hub.get(f"/facilities/{SILENT}/state").json()
    assert (state["at"], state["level_cm"], state["lane"], state["sensors"]) == (None, None, None, [])
    assert (state["estimate"], state["rungs"]) == (None, [])


def test_tells_decisions_events_and_incidents(site: Site) -> None:
    (decision,) = site.hub.get(f"/facilities/{GATE.facility}/decisions").json()
    assert (decision["state"], decision["first_out"], decision["votes"]) == (
        "pre_warn",
        "radar",
        {"radar": "trip"},
    )
    (event,) = site.hub.get(f"/facilities/{GATE.facility}/events?limit=5").json()
    assert (event["code"], event["text"]) == ("sensor.radar.silent", "<b>silent</b>")
    (incident,) = site.hub.get("/incidents").json()
    assert (incident["state"], incident["hazard"], incident["title"]) == (
        "active",
        "flood",
        "고색지하차도: flood",
    )
    assert site.hub.get(f"/incidents/{incident['id']}").json() == incident


def test_a_series_keeps_its_peak_and_its_gaps(site: Site) -> None:
    path = f"/facilities/{GATE.facility}/series?channel=radar_level&seconds=600"
    fine = site.hub.get(f"{path}&points=3000").json()
    assert [point["value"] for point in fine["points"]] == [1.0, 2.0, 3.0, 4.0, 5.0, None]
    coarse = site.hub.get(f"{path}&points=1").json()
    assert [point["value"] for point in coarse["points"]] == [5.0]
    voted = site.hub.get(f"/facilities/{GATE.facility}/series?channel=level&seconds=600").json()
    assert (voted["unit"], [point["value"] for point in voted["points"]]) == ("cm", [16.5])
    nothing = site.hub.get(f"/facilities/{GATE.facility}/series?channel=none").json()
    assert (nothing["unit"], nothing["points"]) == (None, [])


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/facilities/GG-41113-UP-9999/state", 404),
        ("/facilities/nonsense", 404),
        ("/facilities/" + "x" * 3000, 404),
        (f"/facilities/{SILENT}/picture", 404),
        ("/incidents/none", 404),
        (f"/facilities/{GATE.facility}/series", 422),
        (f"/facilities/{GATE.facility}/decisions?limit=0", 422),
    ],
)
def test_says_what_is_wrong(site: Site, path: str, status: int) -> None:
    answer = site.hub.get(path)
    assert answer.status_code == status
    assert answer.json()["detail"]


def test_gives_the_picture(site: Site) -> None:
    answer = site.hub.get(f"/facilities/{GATE.facility}/picture")
    assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")


def test_a_foreign_page_cannot_ask_through_a_browser(site: Site) -> None:
    assert site.hub.get("/facilities", headers={"Host": "evil.example"}).status_code == 400
    for path in (f"/facilities/{SILENT}/nonce", "/policies/7/abort", "/policies/7/resume"):
        answers = [
            httpx.post(f"{site.hub.url}/api/v1{path}", headers={"Origin": origin}).status_code
            for origin in ("http://evil.example", "null", site.hub.url)
        ]
        assert answers[:2] == [403, 403], f"{path} has no body: a browser would send it for any page"
        assert answers[2] in (404, 409), path


def _as_agency(site: Site, path: str, **headers: str) -> httpx.Response:
    return site.hub.get(path, headers={"Authorization": f"Bearer {TOKEN}", **headers})


def test_an_agency_sees_incidents_and_pictures_only_and_its_looks_are_recorded(site: Site) -> None:
    picture = f"/facilities/{GATE.facility}/picture"
    assert _as_agency(site, "/incidents").status_code == 400  # nobody is named
    assert _as_agency(site, "/incidents", **{"X-Officer": "%EA%B9%80%20119"}).status_code == 200
    assert _as_agency(site, picture, **{"X-Officer": "Kim"}).status_code == 400  # no purpose
    seen = _as_agency(site, picture, **{"X-Officer": "Kim", "X-Purpose": "rescue 7"})
    assert seen.content == JPEG
    for kept in ("/facilities", "/policies", "/policies/status"):
        assert _as_agency(site, kept, **{"X-Officer": "Kim"}).status_code == 403
    put = httpx.post(
        f"{site.hub.url}/api/v1/policies", json={}, headers={"Authorization": f"Bearer {TOKEN}"}, timeout=10
    )
    assert put.status_code == 403
    wrong = site.hub.get("/incidents", headers={"Authorization": "Bearer wrong", "X-Officer": "Kim"})
    assert wrong.status_code == 401
    root = site.hub.directory
    with closing(SqlRecords(root / "records.sqlite3", root / "pictures")) as records:
        rows = [(row["agency"], row["officer"], row["purpose"], row["what"]) for row in records.accesses()]
    assert rows == [
        ("119", "김 119", "", "/api/v1/incidents"),
        ("119", "Kim", "rescue 7", f"/api/v1{picture}"),
    ]


def _post(site: Site, path: str, body: object) -> httpx.Response:
    return httpx.post(f"{site.hub.url}/api/v1{path}", json=body, timeout=10)


def test_carries_a_command_once_to_the_node_that_is_heard(site: Site) -> None:
    async def scene() -> tuple[httpx.Response, aiomqtt.Message]:
        async with aiomqtt.Client("127.0.0.1", site.broker.port, timeout=5) as gate:
            await gate.subscribe(f"{GATE.base}/down/command", qos=1)
            answer = await asyncio.to_thread(_post, site, f"/facilities/{GATE.facility}/commands", COMMAND)
            async with asyncio.timeout(5):
                return answer, await anext(aiter(gate.messages))

    answer, message = asyncio.run(scene())
    assert (answer.status_code, answer.json()) == (202, {"id": "c1", "node": GATE.node})
    assert (message.qos, message.retain) == (0, False)
    assert json.loads(bytes(message.payload))["not_after"] == COMMAND["not_after"]  # type: ignore[arg-type]


def test_refuses_what_could_not_arrive_or_is_for_another(site: Site) -> None:
    silent = _post(site, f"/facilities/{SILENT}/commands", {**COMMAND, "facility": SILENT})
    assert (silent.status_code, "nothing is queued" in silent.json()["detail"]) == (409, True)
    assert _post(site, f"/facilities/{SILENT}/commands", COMMAND).status_code == 409
    opening = _post(site, f"/facilities/{GATE.facility}/commands", {**COMMAND, "target": "open"})
    assert (opening.status_code, "sotdae hub release-key" in opening.json()["detail"]) == (409, True)
    extra = _post(site, f"/facilities/{GATE.facility}/commands", {**COMMAND, "force": True})
    assert extra.status_code == 422
    assert _post(site, f"/facilities/{SILENT}/queries", {"id": "q", "query": "nonce"}).status_code == 409


def test_tells_watchers_what_changes(site: Site) -> None:
    wanted = {"state", "decision", "event", "incident"}
    seen: dict[str, Any] = {}
    watching = threading.Event()

    def watch() -> None:
        with httpx.stream("GET", f"{site.hub.url}/api/v1/stream", timeout=15) as answer:
            name = ""
            for line in answer.iter_lines():
                watching.set()
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    seen.setdefault(name, json.loads(line[6:]))
                if wanted <= set(seen):
                    return

    watcher = threading.Thread(target=watch)
    watcher.start()
    assert watching.wait(10)
    site.send(site.pen.event(code="loop.dead"), site.pen.decision("closed", "lowering", "aa-1"))
    watcher.join(15)
    assert wanted <= set(seen)
    assert seen["state"]["facility"]["id"] == GATE.facility
    assert (seen["event"]["code"], seen["decision"]["state"]) == ("loop.dead", "closed")


def test_the_console_is_served(site: Site) -> None:
    page = httpx.get(site.hub.url, timeout=10)
    assert (page.status_code, "<html" in page.text) == (200, True)


def test_silence_becomes_unknown_at_once_when_the_will_speaks(site: Site) -> None:
    pen = Pen(HOMES)
    link = f"/facilities/{HOMES.facility}"

    async def scene() -> None:
        async with aiomqtt.Client("127.0.0.1", site.broker.port, timeout=5) as city:
            await city.publish(HOMES.state, _presence("online"), qos=1, retain=True)
            await Sender(site.broker.port, HOMES).deliver([pen.event()])
            online = await asyncio.to_thread(site.hub.get, link)
            assert online.json()["link"]["status"] == "online"
            await city.publish(HOMES.state, _presence("offline"), qos=1, retain=True)

    asyncio.run(scene())
    until(lambda: site.hub.get(link).json()["link"]["status"] == "unknown")
    shown = site.hub.get(link).json()["link"]
    assert shown["since"] == shown["last_heard"]


def _presence(status: str) -> bytes:
    return json.dumps({"status": status, "session": "s9", "storage": "d", "boots": []}).encode()


def test_the_api_is_described_without_another_servers_script(site: Site) -> None:
    assert httpx.get(f"{site.hub.url}/api/v1/openapi.json").json()["paths"] == openapi_document()["paths"]
    assert [httpx.get(f"{site.hub.url}{path}").status_code for path in ("/docs", "/redoc")] == [404, 404]


def test_the_openapi_document_is_complete() -> None:
    document = openapi_document()
    operations = [each for path in document["paths"].values() for each in path.values()]
    names = [each["operationId"] for each in operations]
    assert len(names) == len(set(names)) >= 13
    assert all(each["tags"] and each["description"] for each in operations)
    assert {"Facility", "FacilityState", "Incident", "Health", "Series", "Problem"} <= set(
        document["components"]["schemas"]
    )


def test_the_example_configuration_is_valid() -> None:
    config = load_config(ROOT / "hub" / "hub.example.toml")
    assert config.http.open
    assert config.facilities[0].id == GATE.facility


def test_a_wrong_configuration_names_every_problem_at_once() -> None:
    text = 'dir = "x"\nsilent_after_s = 0\ncolour = 1\n[http]\nport = 99999\n[[tokens]]\nname = "a"'
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "hub.toml")
    places = " ".join(caught.value.problems)
    assert all(place in places for place in ("silent_after_s", "colour", "http.port", "tokens.0.sha256"))
    with pytest.raises(ConfigError, match="named twice"):
        parse_config(
            'dir = "x"\n' + '[[facilities]]\nid="GG-41113-UP-0001"\nname="a"\nlat=1\nlon=1\n' * 2, "x"
        )


@pytest.mark.parametrize(("host", "is_open"), [("127.0.0.1", True), ("localhost", True), ("0.0.0.0", False)])
def test_only_a_loopback_address_is_open(host: str, is_open: bool) -> None:
    assert parse_config(f'dir = "x"\nhttp.host = "{host}"', "x").http.open is is_open
