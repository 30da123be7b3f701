"""One real message of every kind, as a gate would send it."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta

from pydantic import BaseModel

from sotdae_edge.ports import Item, Stamp
from sotdae_shared.ids import FacilityId, FacilityType
from sotdae_shared.messages import (
    AckBody,
    Approval,
    Class,
    ClipBody,
    ClockTrust,
    CommandBody,
    DecisionBody,
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
from sotdae_shared.topics import Address
from sotdae_shared.units import Flag, Unit

ADDRESS = Address(FacilityId("GG-41113-UP-0007"), "gate-7")
BOOT = "00112233445566aa"
AT = datetime(2026, 7, 18, 6, 40, 12, 345000, tzinfo=UTC)
STAMP = Stamp(at=AT, clock=ClockTrust.SYNCED, mono_ms=123456)

BODIES: dict[Kind, BaseModel] = {
    Kind.TELEMETRY: TelemetryBody(
        readings=(
            Reading(channel="radar", unit=Unit.CM, value=12.5, flag=Flag.PASS),
            Reading(channel="pressure", unit=Unit.CM, value=None, flag=Flag.MISSING, at=AT),
        )
    ),
    Kind.HEALTH: HealthBody(
        stage="caution", barrier="OPEN", lane="clear", level_cm=12.5, rate_cm_min=4.0, architecture="2oo3",
        estimate=Estimate(
            level_cm=12.4, level_sigma_cm=0.4, rate_cm_min=4.1, rate_sigma_cm_min=0.8,
            eta={"close": Eta(s=38, sigma_s=9)},
        ),
        channels={"radar": Flag.PASS, "pressure": Flag.FAIL},
        outputs={"sign_closed": False, "siren_on": None},
        alarms=("pressure_stuck",), rungs=("one_sensor_lost",), uptime_s=3600.5, policy=6, pending=3,
    ),
    Kind.EVENT: EventBody(
        code="sensor_stuck", priority=3, active=True, text="압력식 수위계 고착", data={"channel": "pressure"}
    ),
    Kind.DECISION: DecisionBody(
        decision="close", state="PRE_WARN", previous="OPEN", because=("radar 15.2 cm >= 15 cm",),
        incident="e1", first_out="radar", level_cm=15.2, rate_cm_min=4.0, architecture="2oo3",
        votes={"radar": "trip", "float_15": "dry", "pressure": "bad"}, lane="clear",
    ),
    Kind.REPORT: ReportBody(report="nonce", re="q-1", data={"nonce": "ab" * 16, "expires_s": 300}),
    Kind.CLIP: ClipBody(
        camera="portal", media="image/jpeg", taken_at=AT, data=b64encode(b"\xff\xd8\xff\xe0 picture \xff\xd9")
    ),
    Kind.GAP: GapBody(to=99, reason="budget"),
    Kind.ACK: AckBody(boot=BOOT, cls=Class.SAFETY, upto=7, ranges=((9, 11), (15, 15))),
    Kind.COMMAND: CommandBody(
        id="c-1", facility=ADDRESS.facility, actuator="barrier", target="open", reason="물 빠짐 확인",
        incident="e1", issuer="city-41113", seq=5, not_after=AT + timedelta(minutes=5), expect_state="CLOSED",
        nonce="cd" * 16, checklist=("cctv", "on_site"),
        approvals=(Approval(key="kim", signature="0f" * 64), Approval(key="lee", signature="f0" * 64)),
    ),
    Kind.RELEASE: ReleaseBody(
        id="r-1", facility=ADDRESS.facility, command="c-1", incident="e1", nonce="ef" * 16, granted=True,
        because="carried for desk-7", key="hub-2026", signature="0e" * 64,
    ),
    Kind.QUERY: QueryBody(id="q-1", query="nonce"),
    Kind.POLICY: PolicyBody(
        version=7, scope=("41113", "GG-41135-UP-0003"), types=(FacilityType.UNDERPASS,), issued_at=AT,
        review_by=AT + timedelta(days=365), reason="장마철 주의 수위 4 cm", values=PolicyValues(caution_cm=4),
        approvals=(Approval(key="kim", signature="0f" * 64), Approval(key="lee", signature="f0" * 64)),
    ),
}  # fmt: skip

STATE = StateBody(status="online", session=f"{BOOT}.1", storage="ffeeddccbbaa9988", boots=(BOOT,))


def event(number: int) -> Item:
    """A safety message that can be told from others."""
    return Item(Kind.EVENT, EventBody(code="test", priority=4, active=True, data={"n": number}), STAMP)


def telemetry(number: int, readings: int = 1) -> Item:
    """A telemetry message, about 75 bytes a reading."""
    one = Reading(channel="radar", unit=Unit.CM, value=float(number), flag=Flag.PASS)
    return Item(Kind.TELEMETRY, TelemetryBody(readings=(one,) * readings), STAMP)


def clip(size: int) -> Item:
    """A picture of so many bytes."""
    data = b64encode(b"\xff" * size)
    return Item(Kind.CLIP, ClipBody(camera="c", media="image/jpeg", taken_at=AT, data=data), STAMP)
