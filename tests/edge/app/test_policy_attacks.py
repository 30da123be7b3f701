"""Attacks by policy, as bytes on the way down: where each stops, and what is on record of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

import pytest
from edge.core.plant import Story
from edge.core.ruling import KEYS, RULED, by, drafted, good
from pydantic import ValidationError

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.app.ears import POLICIES_AT_ONCE, Ears
from sotdae_edge.core import policies
from sotdae_edge.core.effects import Decided
from sotdae_edge.core.events import Event, HubHeard, LinkLost
from sotdae_edge.core.site import Geometry, Levels
from sotdae_edge.ports import Inbound
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import Kind, PolicyBody
from sotdae_shared.policy import approve
from sotdae_shared.signing import public_of
from sotdae_shared.trust import Signer, Trust
from sotdae_shared.wire import MAX_POLICY_BYTES, encode_down


class Line:
    """A connection over which anybody may send."""

    session, acks = 1, 0

    def __init__(self, *raw: bytes, retained: bool = False) -> None:
        self.waiting = [Inbound(Kind.POLICY, each, retained, 1) for each in raw]

    def wake(self) -> None:
        """Nothing goes up here."""

    async def inbound(self) -> AsyncIterator[Inbound]:
        for each in self.waiting:
            yield each


def heard(line: Line) -> tuple[list[Event], Ears]:
    """Return what the ears put before a gate of all that comes over a line."""

    async def listen() -> tuple[list[Event], Ears]:
        queue: asyncio.Queue[tuple[Event, float]] = asyncio.Queue()
        ears = Ears(queue, SystemClock(assume_synced=True), lambda _: None)
        await ears.listen(line)
        return [queue.get_nowait()[0] for _ in range(queue.qsize())], ears

    return asyncio.run(listen())


def ruled() -> Story:
    """Return an open gate under version 4."""
    story = Story(RULED)
    story.run(1.0)
    assert give(story, encode_down(good(4, caution_cm=4.0))) == [("accepted", "in force")]
    return story


def give(story: Story, *raw: bytes, retained: bool = False) -> list[tuple[str | None, str]]:
    """Send bytes down; return what is on record of them."""
    events, _ = heard(Line(*raw, retained=retained))
    effects = [effect for event in events for effect in story.give(event)]
    return [(each.verdict, each.because[0]) for each in effects if isinstance(each, Decided)]


def changed(policy: PolicyBody, old: str, new: str) -> bytes:
    """Return a signed policy with one piece of its text put in another's place."""
    text = encode_down(policy).decode()
    assert old in text
    return text.replace(old, new, 1).encode()


def stripped() -> bytes:
    signed = good(5, caution_cm=3.0)
    return encode_down(signed.model_copy(update={"approvals": signed.approvals[:1]}))


def resigned() -> bytes:
    """A stranger signs in the names of two people."""
    draft = drafted(5, caution_cm=3.0)
    return encode_down(approve(approve(draft, "jung", KEYS["mallory"]), "oh", KEYS["mallory"]))


def of_types(*types: FacilityType) -> bytes:
    draft = drafted(5, caution_cm=3.0).model_copy(update={"types": types})
    return encode_down(by(draft, "jung", "oh"))


ATTACKS: dict[str, tuple[Callable[[], bytes], str]] = {
    "unsigned": (lambda: encode_down(drafted(5, caution_cm=3.0)), "unsigned"),
    "under-signed": (lambda: encode_down(by(drafted(5), "jung")), "signed by 1 of 2 people"),
    "one signature twice": (lambda: encode_down(by(drafted(5), "jung", "jung")), "signed by 1 of 2 people"),
    "the hub's key alone": (lambda: encode_down(by(drafted(5), "mallory")), "unknown key mallory"),
    "a stranger beside two people": (
        lambda: encode_down(by(drafted(5), "jung", "oh", "mallory")), "unknown key mallory",
    ),
    "re-signed by a stranger": (resigned, "bad signature of jung"),
    "stripped signature": (stripped, "signed by 1 of 2 people"),
    "value changed after signing": (
        lambda: changed(good(5, close_cm=12.0), '"close_cm":12.0', '"close_cm":14.0'),
        "bad signature of jung",
    ),
    "number raised after signing": (
        lambda: changed(good(5), '"version":5', '"version":500'), "bad signature of jung",
    ),
    "yesterday's valid policy": (lambda: encode_down(good(3, caution_cm=6.0)), "version 3 is not above 4"),
    "same number, other content": (
        lambda: encode_down(good(4, caution_cm=6.0)), "version 4 is not above 4",
    ),
    "another city's": (
        lambda: encode_down(by(drafted(5, ("41135",)), "jung", "oh")), "other scope: it does not speak to",
    ),
    "signed by another city": (
        lambda: encode_down(by(drafted(5), "jung", "shin")), "Shin may sign for 41135 only",
    ),
    "other type": (lambda: of_types(FacilityType.RIVERSIDE_GATE), "other scope: it does not speak to"),
    "close at 200 cm": (
        lambda: encode_down(good(5, close_cm=200.0)), "weaker than interlock: close_cm 200 is above 15",
    ),
    "reopen after a minute": (
        lambda: encode_down(good(5, reopen_dry_s=60.0)),
        "weaker than interlock: reopen_dry_s 60 is below 1800",
    ),
    "caution above close": (
        lambda: encode_down(good(5, caution_cm=9.0, close_cm=8.0)),
        "levels: want caution_off_cm < caution_cm",
    ),
    "warnings longer than the tunnel was measured with": (
        lambda: encode_down(good(5, pre_warn_s=30.0)), "geometry.warning_s: not below times.pre_warn",
    ),
    "truncated": (lambda: encode_down(good(5))[:-40], "malformed: "),
    "unknown field": (
        lambda: changed(good(5), '"values":{', '"values":{"unsafe_cm":60.0,'), "malformed: values.unsafe_cm",
    ),
    "not a number": (lambda: changed(good(5, caution_cm=3.0), "3.0", "NaN"), "malformed: "),
    "oversized": (
        lambda: encode_down(good(5)) + b" " * MAX_POLICY_BYTES, "malformed: 66",
    ),
    "not JSON": (lambda: b"\xff\x00", "malformed: "),
}  # fmt: skip
"""What somebody tries, with the reason on record. The gate is under version 4."""


@pytest.mark.parametrize("attempt", ATTACKS)
def test_an_attack_stops_at_the_gate_with_a_reason_on_record(attempt: str) -> None:
    make, reason = ATTACKS[attempt]
    story = ruled()
    before = story.gate.site
    for retained in (False, True):
        said = give(story, make(), retained=retained)
        if not retained:
            assert [verdict for verdict, _ in said] == ["refused"]
            assert said[0][1].startswith(reason)
        else:
            assert said == [], "the same again is no news"
    assert story.gate.site == before
    assert (policies.version(story.gate), policies.waits(story.gate)) == (4, None)
    story.restart()
    story.run(1.0)
    assert policies.version(story.gate) == 4
    assert give(story, encode_down(good(5, caution_cm=3.0))) == [("accepted", "in force")]


def test_a_policy_that_keeps_the_latest_safe_start_below_caution_is_refused() -> None:
    long = replace(RULED, levels=Levels(), geometry=Geometry(length_m=450.0))
    story = Story(long)
    story.run(1.0)
    (said,) = give(story, encode_down(good(1, caution_cm=9.0)))
    assert said[0] == "refused"
    assert "latest safe start" in said[1]
    assert give(story, encode_down(good(1, caution_cm=4.0))) == [("accepted", "in force")]


@pytest.mark.parametrize("what", ["key", "public", "name"])
def test_one_person_cannot_stand_for_two(what: str) -> None:
    one = {"key": "a", "public": public_of(KEYS["jung"]), "name": "A", "scope": "GG"}
    two = {"key": "b", "public": public_of(KEYS["oh"]), "name": "B", "scope": "GG"}
    with pytest.raises(ValidationError, match=f"two have the same {what}"):
        Trust(signers=(Signer(**one), Signer(**(two | {what: one[what]}))))


def test_a_flood_of_garbage_leaves_few_records_and_shuts_out_no_order() -> None:
    junk = [json.dumps({"version": number}).encode() for number in range(500)]
    line = Line(*junk, retained=True)
    line.waiting.append(Inbound(Kind.QUERY, b'{"id":"q","query":"nonce"}', False, 1))
    events, ears = heard(line)
    kinds = [type(event).__name__ for event in events if not isinstance(event, LinkLost)]
    assert kinds == ["BadPolicy"] * POLICIES_AT_ONCE + ["HubHeard", "NonceAsked"]
    assert ears.policies.refused == 500 - POLICIES_AT_ONCE


def test_a_kept_policy_is_no_sign_of_life_and_a_live_one_is() -> None:
    raw = encode_down(good(5))
    assert not any(isinstance(event, HubHeard) for event in heard(Line(raw, retained=True))[0])
    assert any(isinstance(event, HubHeard) for event in heard(Line(raw))[0])
    assert not any(isinstance(event, HubHeard) for event in heard(Line(b"{}"))[0])
