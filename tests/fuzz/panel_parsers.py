"""What a gate's panel reads: the lines of its socket, and people's keys."""

from fuzz.target import Target, plain

from sotdae_edge.core.site import Person
from sotdae_edge.panel import wire
from sotdae_shared.errors import WireError
from sotdae_shared.messages import QueryBody
from sotdae_shared.signing import from_pem, private_of, public_of, sign, to_pem

PRIVATE = private_of(bytes(range(32)))
HELLO = wire.Hello(facility="GG-41113-UP-0007", node="gate-1", challenge="ab" * 16)
PERSON = Person("kim-2026", public_of(PRIVATE), "Kim", "panel")
ASKED = (
    wire.Login(public=PERSON.public, signature=sign(PRIVATE, wire.login_bytes(HELLO))),
    wire.Ask(query=QueryBody(id="q-1", query="nonce")),
)
SAID = (HELLO, wire.Welcome(person=PERSON, people=(PERSON,)), wire.Refused(because="no", re="c-1"))


def _asked(data: bytes) -> None:
    word = wire.read_asked(data)
    assert wire.read_asked(wire.line(word)) == word


def _said(data: bytes) -> None:
    word = wire.read_said(data)
    assert wire.read_said(wire.line(word)) == word


TARGETS = (
    Target("panel_asked", plain(_asked), WireError, lambda: [wire.line(word) for word in ASKED]),
    Target("panel_said", plain(_said), WireError, lambda: [wire.line(word) for word in SAID]),
    Target("key_pem", plain(lambda data: from_pem(data, None)), WireError, lambda: [to_pem(PRIVATE, None)]),
)
