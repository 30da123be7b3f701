"""What reaches the hub: messages under topics, its file, self-descriptions, requests of its API."""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import h11
from fuzz.shared_parsers import UP, envelope
from fuzz.target import Feed, Target, directory, in_file, plain
from rollout_kit import TRUST, policy
from wire_samples import ADDRESS

from sotdae_hub.adapters.journal import SqliteJournal
from sotdae_hub.adapters.last_values import SqliteLastValues
from sotdae_hub.app import Hub, Stores, open_stores
from sotdae_hub.config import HubConfig, parse_config
from sotdae_hub.core.ingest import Verdict, judge
from sotdae_hub.core.place import locate, portrait
from sotdae_hub.desk import Desk
from sotdae_hub.ports import Arrival
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.messages import Kind
from sotdae_shared.wire import encode, encode_down

REPO = Path(__file__).parents[2]
AT = datetime(2026, 7, 18, 6, 40, tzinfo=UTC)
SAMPLES = [f"{ADDRESS.up(kind)}\n".encode() + encode(envelope(kind)) for kind in UP]


def _judged(data: bytes) -> tuple[Arrival, Verdict]:
    """A first line is the topic, the rest the message."""
    topic, _, raw = data.partition(b"\n")
    arrival = Arrival(topic.decode(errors="surrogateescape"), raw, False, AT)
    return arrival, judge(arrival.topic, raw)


def _open(stack: ExitStack) -> tuple[Hub, Stores]:
    config = HubConfig(dir=directory(stack), policy=TRUST)
    stores = stack.enter_context(closing(open_stores(config)))
    return Hub(config, stores, random.Random(1)), stores


def _follow(stores: Stores, batch: list[tuple[Arrival, Verdict]]) -> None:
    stores.journal.append(batch)
    for store in stores.followers():
        entries, upto = stores.journal.read(store.offset, 100, store.kinds)
        store.project(entries, upto)


def _ingest(stack: ExitStack) -> Feed:
    """Whatever is judged goes into the journal, from there into every store, and is shown."""
    hub, stores = _open(stack)

    def feed(data: bytes) -> None:
        batch = [_judged(data)]
        hub.links.take(batch)
        _follow(stores, batch)
        for name in hub.links.facilities():
            _show(hub.desk, name)

    return feed


def _journal(path: Path) -> None:
    """Bytes where the hub's journal lies: it opens, takes, gives, and counts."""
    with closing(SqliteJournal(path)) as journal:
        journal.append([_judged(SAMPLES[0])])
        journal.read(0, 100, frozenset(Kind))
        journal.tally(ADDRESS.facility)
        journal.counts()


def _last_values(path: Path) -> None:
    """Bytes where the last values lie."""
    with closing(SqliteLastValues(path)) as last:
        last.of(ADDRESS.facility)
        last.project([], last.offset + last.rows)


def _file_of(stored: Callable[[Path], None]) -> Callable[[], list[bytes]]:
    """Return seeds: the file that is left where something was stored."""

    def seeds() -> list[bytes]:
        with ExitStack() as stack:
            path = directory(stack) / "file"
            stored(path)
            return [path.read_bytes()]

    return seeds


def _show(desk: Desk, name: str) -> None:
    desk.state(name).model_dump_json()
    desk.series(name, "radar", AT, 600, 10).model_dump_json()
    for each in (*desk.decisions(name, 5), *desk.events(name, 5), *desk.incidents(5)):
        each.model_dump_json()


def _portrait(data: bytes) -> None:
    with suppress(ValueError, RecursionError):
        found = json.loads(data)
        if isinstance(found, dict):
            place = locate(ADDRESS.facility, [portrait(found)])
            assert -90 <= place.lat <= 90


def _config(data: bytes) -> None:
    parse_config(data.decode(errors="replace"), "hub.toml")


def _api(stack: ExitStack) -> Feed:
    """A request: head, an empty line, body, with lines that end as text does. A crash is an answer of 500."""
    hub, stores = _open(stack)
    batch = [_judged(sample) for sample in SAMPLES]
    hub.links.take(batch)
    _follow(stores, batch)
    runner = stack.enter_context(asyncio.Runner())
    app = hub.app()

    def feed(data: bytes) -> None:
        head, _, body = data.partition(b"\n\n")
        scope = _scope(head.replace(b"\n", b"\r\n") + b"\r\n\r\n")
        if scope is not None and "stream" not in scope["path"]:  # that ends with its watcher only
            status = runner.run(_asked(app, scope, body))
            assert status < 500 or status == 503

    return feed


def _scope(head: bytes) -> dict[str, Any] | None:
    """Return what the server makes of a request's head; None if the server itself refuses it."""
    server = h11.Connection(h11.SERVER)
    server.receive_data(head)
    try:
        request = server.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(request, h11.Request):
        return None
    path, _, query = request.target.partition(b"?")
    return {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http", "root_path": "",
        "method": request.method.decode(), "path": unquote(path.decode()), "raw_path": path,
        "query_string": query, "headers": [(name.lower(), value) for name, value in request.headers],
        "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8080),
    }  # fmt: skip


async def _asked(app: Callable[..., Any], scope: dict[str, Any], body: bytes) -> int:
    statuses: list[int] = []
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        return parts.pop() if parts else await asyncio.Future()  # who asks waits for the answer

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await app(scope, receive, send)
    return statuses[0]


COMMAND = (
    b'{"id":"c1","facility":"GG-41113-UP-0007","actuator":"barrier","target":"close","reason":"test",'
    b'"issuer":"op","seq":1,"not_after":"2026-07-15T07:00:00Z","expect_state":"open"}'
)
PLACE = b"/api/v1/facilities/GG-41113-UP-0007"
POLICIES = b"/api/v1/policies"
PUBLICATION = b'{"policy":' + encode_down(policy(7)) + b',"rings":[1,100],"soak_s":0,"abort_percent":5}'
HOST = b" HTTP/1.1\nhost: 127.0.0.1\ncontent-type: application/json"
REQUESTS = (
    b"GET /api/v1/facilities" + HOST + b"\nx-officer: kim\n\n",
    b"GET " + PLACE + b"/state" + HOST + b"\n\n",
    b"GET " + PLACE + b"/decisions?limit=5" + HOST + b"\n\n",
    b"GET " + PLACE + b"/series?channel=radar&seconds=600&points=10" + HOST + b"\n\n",
    b"GET " + PLACE + b"/picture" + HOST + b"\nx-officer: kim\nx-purpose: look\n\n",
    b"GET /api/v1/incidents" + HOST + b"\nauthorization: Bearer abc\n\n",
    b"GET /api/v1/incidents/abc" + HOST + b"\n\n",
    b"GET /index.html" + HOST + b"\n\n",
    b"POST " + PLACE + b"/commands" + HOST + b"\n\n" + COMMAND,
    b"GET " + POLICIES + HOST + b"\n\n",
    b"GET " + POLICIES + b"/status" + HOST + b"\n\n",
    b"POST " + POLICIES + HOST + b"\n\n" + PUBLICATION,
    b"POST " + POLICIES + b"/7/abort" + HOST + b"\n\n",
    b"POST " + POLICIES + b"/7/resume" + HOST + b"\n\n",
    b"POST " + PLACE + b"/queries" + HOST + b'\n\n{"id":"q-1","query":"nonce"}',
)
BIRTH = b'{"name":"a","name_en":"b","lat":37.2,"lon":127.0,"thresholds":{"close_cm":15}}'

TARGETS = (
    Target("hub_judge", plain(_judged), None, lambda: SAMPLES),
    Target("hub_ingest", _ingest, None, lambda: SAMPLES),
    Target("hub_portrait", plain(_portrait), None, lambda: [BIRTH]),
    Target("hub_file", plain(_config), ConfigError, lambda: [(REPO / "hub/hub.example.toml").read_bytes()]),
    Target("hub_request", _api, None, lambda: REQUESTS),
    Target("hub_journal", in_file(_journal), LinkError, _file_of(_journal)),
    Target("hub_last_values", in_file(_last_values), LinkError, _file_of(_last_values)),
)
