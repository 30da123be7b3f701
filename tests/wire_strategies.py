"""Hypothesis strategies for every message body, by kind."""

from base64 import b64encode
from datetime import UTC, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from pydantic import BaseModel
from wire_samples import ADDRESS

from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import (
    CLASS_OF,
    AckBody,
    Approval,
    Class,
    ClipBody,
    ClockTrust,
    CommandBody,
    DecisionBody,
    Envelope,
    Estimate,
    Eta,
    EventBody,
    GapBody,
    HealthBody,
    Kind,
    PolicyBody,
    PolicyValues,
    QueryBody,
    Reading,
    ReleaseBody,
    ReportBody,
    StateBody,
    TelemetryBody,
)
from sotdae_shared.units import Flag, Unit

CHARACTERS = st.characters(exclude_categories=["Cs"])
names = st.text(CHARACTERS, min_size=1, max_size=64)
texts = st.text(CHARACTERS, max_size=80)
seqs = st.integers(1, 2**53 - 1)
boots = st.text("0123456789abcdef", min_size=16, max_size=16)
zones = st.sampled_from([UTC, timezone(timedelta(hours=9)), timezone(-timedelta(hours=3, minutes=30))])
times = st.datetimes(timezones=zones)
floats = st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | floats | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)
data = st.dictionaries(names, json_values, max_size=3)
lanes = st.sampled_from(["clear", "occupied", "unknown"])


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.none() | strategy


readings = st.builds(
    Reading,
    channel=names,
    unit=st.sampled_from(Unit),
    value=maybe(floats),
    flag=st.sampled_from(Flag),
    at=maybe(times),
)
approvals = st.builds(Approval, key=names, signature=st.text("0123456789abcdef", min_size=128, max_size=128))
commands = st.builds(
    CommandBody,
    id=names,
    facility=st.just(str(ADDRESS.facility)),
    actuator=names,
    target=st.sampled_from(["close", "open", "bypass", "restore", "test"]),
    reason=texts,
    incident=maybe(names),
    issuer=names,
    seq=seqs,
    not_after=times,
    expect_state=names,
    nonce=maybe(st.text("0123456789abcdef", min_size=32, max_size=32)),
    lasts_s=maybe(st.floats(0, 1e9, exclude_min=True)),
    checklist=st.lists(names, max_size=3).map(tuple),
    approvals=st.lists(approvals, max_size=3).map(tuple),
)
sigmas = st.floats(0, 1e9)
estimates = st.builds(
    Estimate,
    level_cm=floats,
    level_sigma_cm=sigmas,
    rate_cm_min=floats,
    rate_sigma_cm_min=sigmas,
    eta=st.dictionaries(names, st.builds(Eta, s=sigmas, sigma_s=sigmas), max_size=3),
)
states = st.builds(
    StateBody,
    status=st.sampled_from(["online", "offline"]),
    session=names,
    storage=names,
    boots=st.lists(boots, max_size=3).map(tuple),
)

BODIES: dict[Kind, st.SearchStrategy[BaseModel]] = {
    Kind.TELEMETRY: st.builds(TelemetryBody, readings=st.lists(readings, min_size=1, max_size=4).map(tuple)),
    Kind.HEALTH: st.builds(
        HealthBody,
        stage=st.sampled_from(["unknown", "normal", "caution", "close"]),
        barrier=maybe(names),
        lane=maybe(lanes),
        level_cm=maybe(floats),
        rate_cm_min=maybe(floats),
        estimate=maybe(estimates),
        architecture=maybe(names),
        channels=st.dictionaries(names, st.sampled_from(Flag), max_size=3),
        outputs=st.dictionaries(names, maybe(st.booleans()), max_size=3),
        alarms=st.lists(names, max_size=3).map(tuple),
        rungs=st.lists(names, max_size=3).map(tuple),
        uptime_s=st.floats(0, 1e9),
        pending=st.integers(0, 10**9),
        dropped=st.integers(0, 10**9),
    ),
    Kind.EVENT: st.builds(
        EventBody, code=names, priority=st.integers(1, 4), active=st.booleans(), text=texts, data=data
    ),
    Kind.DECISION: st.builds(
        DecisionBody,
        decision=names,
        state=names,
        previous=names,
        because=st.lists(texts, max_size=3).map(tuple),
        incident=maybe(names),
        first_out=maybe(names),
        level_cm=maybe(floats),
        rate_cm_min=maybe(floats),
        architecture=maybe(names),
        votes=st.dictionaries(names, st.sampled_from(["trip", "dry", "abstain", "bad"]), max_size=3),
        lane=maybe(lanes),
        command=maybe(names),
        verdict=maybe(st.sampled_from(["accepted", "refused"])),
    ),
    Kind.REPORT: st.builds(ReportBody, report=names, re=maybe(names), data=data),
    Kind.CLIP: st.builds(
        ClipBody,
        camera=names,
        media=st.just("image/jpeg"),
        taken_at=times,
        data=st.binary(max_size=300).map(b64encode),
    ),
    Kind.GAP: st.builds(GapBody, to=seqs, reason=names),
    Kind.ACK: st.builds(
        AckBody,
        boot=boots,
        cls=st.sampled_from(Class),
        upto=st.integers(0, 2**53 - 1),
        ranges=st.lists(st.tuples(seqs, seqs), max_size=4).map(tuple),
    ),
    Kind.COMMAND: commands,
    Kind.RELEASE: st.builds(
        ReleaseBody,
        id=names,
        facility=st.just(str(ADDRESS.facility)),
        command=names,
        incident=names,
        nonce=st.text("0123456789abcdef", min_size=32, max_size=32),
        granted=st.booleans(),
        because=texts,
        key=names,
        signature=st.text("0123456789abcdef", min_size=128, max_size=128),
    ),
    Kind.QUERY: st.builds(QueryBody, id=names, query=st.sampled_from(["birth", "nonce"])),
    Kind.POLICY: st.builds(
        PolicyBody,
        version=seqs,
        scope=st.lists(st.sampled_from(["GG", "41113", "GG-41113-UP-0007"]), min_size=1, max_size=3).map(
            tuple
        ),
        types=st.lists(st.sampled_from(FacilityType), min_size=1, max_size=3).map(tuple),
        issued_at=times,
        review_by=times,
        reason=st.text(CHARACTERS, min_size=1, max_size=80),
        values=st.builds(
            PolicyValues, caution_cm=maybe(st.floats(-1e3, 2e5)), blind_s=maybe(st.floats(0, 6e5))
        ),
        approvals=st.lists(approvals, max_size=3).map(tuple),
    ),
}


@st.composite
def envelopes(draw: st.DrawFn, kind: Kind) -> Envelope:
    """Draw an upward message of one kind."""
    cls = CLASS_OF.get(kind) or draw(st.sampled_from(Class))
    return Envelope(
        v=1,
        facility=ADDRESS.facility,
        node=ADDRESS.node,
        boot=draw(boots),
        cls=cls,
        seq=draw(seqs),
        at=draw(times),
        clock=draw(st.sampled_from(ClockTrust)),
        mono_ms=draw(st.integers(0, 2**53 - 1)),
        kind=kind,
        body=draw(BODIES[kind]),
    )
