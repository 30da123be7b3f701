"""Tables of the records. The migrations build them; a test compares the two."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware time, kept as microseconds since 1970, so that every database orders it alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """To the database."""
        return None if value is None else round(value.timestamp() * 1_000_000)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """From the database."""
        return None if value is None else datetime.fromtimestamp(value / 1_000_000, UTC)


metadata = MetaData()
_FACILITY = String(24)
_NAME = String(64)

progress = Table(
    "progress",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("journal_offset", BigInteger, nullable=False),
)
# No unique constraint: a message that was projected twice must be seen, not swallowed.
message = Table(
    "message",
    metadata,
    Column("journal_offset", BigInteger, nullable=False),
    Column("node", _NAME, nullable=False),
    Column("boot", String(16), nullable=False),
    Column("class", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("gap_to", BigInteger, nullable=False),
)


def _recorded(name: str) -> Table:
    return Table(
        name,
        metadata,
        Column("journal_offset", Integer, primary_key=True),
        Column("facility", _FACILITY, nullable=False),
        Column("at", Moment, nullable=False),
        Column("body", JSON, nullable=False),
        Index(f"ix_{name}_facility_at", "facility", "at"),
    )


decision = _recorded("decision")
event = _recorded("event")
report = _recorded("report")
incident = Table(
    "incident",
    metadata,
    Column("id", String(16), primary_key=True),
    Column("facility", _FACILITY, nullable=False),
    Column("hazard", String(16), nullable=False),
    Column("area", _NAME),
    Column("opened_at", Moment, nullable=False),
    Column("latest_at", Moment, nullable=False),
    Column("active", Boolean, nullable=False),
    Column("first_out", _NAME),
    Column("first_out_at", Moment),
    Column("events", Integer, nullable=False),
)
twin = Table(
    "twin",
    metadata,
    Column("facility", _FACILITY, primary_key=True),
    Column("node", _NAME, primary_key=True),
    Column("boot", String(16), nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("clock", String(16), nullable=False),
    Column("heard_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
    Column("journal_offset", BigInteger, nullable=False, server_default="0"),
)
birth = Table(
    "birth",
    metadata,
    Column("facility", _FACILITY, primary_key=True),
    Column("node", _NAME, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("data", JSON, nullable=False),
)
clip = Table(
    "clip",
    metadata,
    Column("journal_offset", Integer, primary_key=True),
    Column("facility", _FACILITY, nullable=False),
    Column("camera", _NAME, nullable=False),
    Column("taken_at", Moment, nullable=False),
    Column("file", Text, nullable=False),
    Index("ix_clip_facility_taken_at", "facility", "taken_at"),
)
access = Table(
    "access",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("at", Moment, nullable=False),
    Column("agency", _NAME, nullable=False),
    Column("officer", _NAME, nullable=False),
    Column("purpose", String(500), nullable=False),
    Column("what", String(200), nullable=False),
)
policy = Table(
    "policy",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("published_at", Moment, nullable=False),
    Column("body", JSON, nullable=False),
)
policy_rollout = Table(
    "policy_rollout",
    metadata,
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("rings", JSON, nullable=False),
    Column("abort_percent", Float, nullable=False),
    Column("soak_s", Float, nullable=False),
    Column("left_out", JSON, nullable=False, server_default="[]"),
    Column("ring", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("why", Text, nullable=False),
    Column("since", Moment, nullable=False),
)
policy_verdict = Table(
    "policy_verdict",
    metadata,
    Column("facility", _FACILITY, primary_key=True),
    Column("node", _NAME, primary_key=True),
    Column("version", BigInteger, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("refused", Text),
)
policy_forgotten = Table(
    "policy_forgotten",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("facility", _FACILITY, nullable=False),
    Column("node", _NAME, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", _NAME, nullable=False),
    Column("reason", String(500), nullable=False),
    Column("journal_offset", BigInteger, nullable=False, server_default="0"),
)
