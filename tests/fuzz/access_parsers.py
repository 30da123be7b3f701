"""What people and their keys say: the panel's lines, key files, signing requests."""

import json
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding
from edge.panel.house import KEYS, PEOPLE
from fuzz.target import Target, in_file, plain
from wire_samples import ADDRESS, BODIES

from sotdae_edge.panel import wire
from sotdae_edge.panel.approve import read_request, words
from sotdae_edge.panel.keys import is_encrypted, load_key
from sotdae_edge.panel.wire import Ask, Hello, Login, Order, Refused, Verdict, Welcome
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.pki.certificates import Names, new_key, request, requested
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.messages import Kind, QueryBody
from sotdae_shared.signing import public_of, sign, sign_command, to_pem

HELLO = Hello(facility="GG-41113-UP-0007", node="gate-1", challenge="ab" * 16)
TICKET = Ticket("https://office.example:8443", ADDRESS, "7K3M-9QWD", "ab" * 32)
ASKED = (
    Login(public=public_of(KEYS["kim"]), signature=sign(KEYS["kim"], wire.login_bytes(HELLO))),
    Ask(query=QueryBody(id="q-1", query="nonce")),
    Order(command=BODIES[Kind.COMMAND]),
)
REQUEST = json.dumps({
    "command": BODIES[Kind.COMMAND].model_dump(mode="json") | {"approvals": []},
    "place": {"name": "고색지하차도", "name_en": "Gosaek", "disambiguation": "수원역 방향"},
    "keys": {"kim-2026": public_of(KEYS["kim"])},
}).encode()  # fmt: skip
SAID = (
    HELLO,
    Refused(because="no"),
    Welcome(person=PEOPLE[0], people=PEOPLE),
    Verdict(decision=BODIES[Kind.DECISION]),
)


def _asked(data: bytes) -> None:
    word = wire.read_asked(data)
    assert wire.read_asked(wire.line(word)) == word


def _said(data: bytes) -> None:
    word = wire.read_said(data)
    assert wire.read_said(wire.line(word)) == word


def _key(path: Path) -> None:
    path.chmod(0o600)
    is_encrypted(path)
    load_key(path, None)


def _open_request(data: bytes) -> None:
    """What is read can be said in words, and signed."""
    found = read_request(data)
    assert all(line.isprintable() for line in words(found, "kim", "ko"))
    sign_command(found.command, "kim", KEYS["kim"])


def _ticket(data: bytes) -> None:
    ticket = Ticket.read(data.decode(errors="surrogateescape"))
    assert Ticket.read(ticket.text()) == ticket


def _requests() -> list[bytes]:
    """Make requests, in both forms."""
    made = request("gate-1", Names(("gate-1.up-0007.41113.sotdae.internal",)), new_key())
    return [made.public_bytes(Encoding.PEM), made.public_bytes(Encoding.DER)]


TARGETS = (
    Target("panel_asked", plain(_asked), WireError, lambda: map(wire.line, ASKED)),
    Target("panel_said", plain(_said), WireError, lambda: map(wire.line, SAID)),
    Target("person_key", in_file(_key), ConfigError, lambda: [to_pem(KEYS["kim"], None)]),
    Target("open_request", plain(_open_request), WireError, lambda: [REQUEST]),
    Target("ticket", plain(_ticket), WireError, lambda: [TICKET.text().encode()]),
    Target("signing_request", plain(requested), WireError, _requests),
)
