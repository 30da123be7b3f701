"""What people and their keys say: the panel's lines, key files, signing requests, lists of boxes."""

import atexit
import json
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from shutil import copytree, rmtree
from tempfile import TemporaryDirectory, mkdtemp

from cryptography.hazmat.primitives.serialization import Encoding
from edge.panel.house import KEYS, PEOPLE
from fuzz.target import Target, in_file, plain
from wire_samples import ADDRESS, BODIES

from sotdae_edge.panel import wire
from sotdae_edge.panel.approve import read_request, words
from sotdae_edge.panel.keys import is_encrypted, load_key
from sotdae_edge.panel.wire import Ask, Hello, Login, Order, Refused, Verdict, Welcome
from sotdae_provisioning.device import rows as rows_of
from sotdae_provisioning.device.bulk import Certifying
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.parcels import Answered, Asked, accept, ask
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.pki.certificates import Names, new_key, request, requested
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import ConfigError, SotdaeError, WireError
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


def _box_list(data: bytes) -> None:
    rows, bad = rows_of.read_rows(data, "boxes.csv")
    assert len({row.address.node for row in rows}) == len({row.serial for row in rows}) == len(rows)
    again = rows_of.written(bad).encode()
    assert sum(map(len, rows_of.read_rows(again, "errors.csv"))) == len(bad), "a bad row was lost"


def _asked_by_file(data: bytes) -> None:
    asked = Asked.read(data)
    assert Asked.read(asked.raw()) == asked


@cache
def _enrolled() -> tuple[Path, bytes]:
    """A box that waits for its answer, and that answer."""
    base = Path(mkdtemp(prefix="sotdae-fuzz-"))
    atexit.register(rmtree, base)
    province, now = Province(base / "ca"), datetime.now(UTC)
    province.init("Gyeonggi", None, now)
    province.add_city(ADDRESS.facility.city, None, now)
    asked = ask(Papers(base / "box"), ADDRESS, "SN-7")
    row = rows_of.Row(2, ADDRESS, "SN-7", "", asked.key_sha256)
    (base / "asked").write_bytes(asked.raw())
    answering = Certifying(province, base / "out", None)
    list(answering.answer([row], {row: base / "asked"}, now))
    return base / "box", answering.file(row).read_bytes()


def _answered_by_file(data: bytes) -> None:
    with TemporaryDirectory() as folder:
        copytree(_enrolled()[0], Path(folder) / "box")
        accept(Papers(Path(folder) / "box"), Answered.read(data), None)


def _asked_seeds() -> list[bytes]:
    pem = _requests()[0].decode()
    return [Asked(facility=str(ADDRESS.facility), node=ADDRESS.node, serial="SN-7", request=pem).raw()]


BOXES = b"facility,node,serial,name,key\nGG-41113-UP-0007,gate-7,SN-7,x,00\nGG-41113-UP-0008,'=1,SN-8,,\n"
TARGETS = (
    Target("panel_asked", plain(_asked), WireError, lambda: map(wire.line, ASKED)),
    Target("panel_said", plain(_said), WireError, lambda: map(wire.line, SAID)),
    Target("person_key", in_file(_key), ConfigError, lambda: [to_pem(KEYS["kim"], None)]),
    Target("open_request", plain(_open_request), WireError, lambda: [REQUEST]),
    Target("ticket", plain(_ticket), WireError, lambda: [TICKET.text().encode()]),
    Target("box_list", plain(_box_list), ConfigError, lambda: [BOXES]),
    Target("box_request", plain(_asked_by_file), WireError, _asked_seeds),
    Target("box_answer", plain(_answered_by_file), SotdaeError, lambda: [_enrolled()[1]]),
    Target("signing_request", plain(requested), WireError, _requests),
)
