"""Which body a kind has, and what stands around what goes up."""

from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sotdae_shared.ids import BootText, FacilityText, NodeText
from sotdae_shared.messages.down import AckBody, CommandBody, QueryBody, ReleaseBody
from sotdae_shared.messages.policy import PolicyBody
from sotdae_shared.messages.up import (
    ClipBody,
    DecisionBody,
    EventBody,
    GapBody,
    HealthBody,
    ReportBody,
    TelemetryBody,
)
from sotdae_shared.messages.words import Class, ClockTrust, Count, Kind, Seq

Body = (
    TelemetryBody | HealthBody | EventBody | DecisionBody | ReportBody | ClipBody | GapBody
    | AckBody | CommandBody | ReleaseBody | QueryBody | PolicyBody
)  # fmt: skip

BODY_OF: dict[Kind, type[BaseModel]] = {
    Kind.TELEMETRY: TelemetryBody,
    Kind.HEALTH: HealthBody,
    Kind.EVENT: EventBody,
    Kind.DECISION: DecisionBody,
    Kind.REPORT: ReportBody,
    Kind.CLIP: ClipBody,
    Kind.GAP: GapBody,
    Kind.ACK: AckBody,
    Kind.COMMAND: CommandBody,
    Kind.RELEASE: ReleaseBody,
    Kind.QUERY: QueryBody,
    Kind.POLICY: PolicyBody,
}

CLASS_OF: dict[Kind, Class] = {
    Kind.TELEMETRY: Class.TELEMETRY,
    Kind.HEALTH: Class.TELEMETRY,
    Kind.EVENT: Class.SAFETY,
    Kind.DECISION: Class.SAFETY,
    Kind.REPORT: Class.SAFETY,
    Kind.CLIP: Class.BULK,
}
"""Class of each kind that a node originates. A gap has the class of what it replaces."""

UP_KINDS = frozenset({*CLASS_OF, Kind.GAP})
DOWN_KINDS = frozenset({Kind.ACK, Kind.COMMAND, Kind.RELEASE, Kind.QUERY, Kind.POLICY})


class Header(BaseModel):
    """The part of an upward message that every version shares: enough to account for it and ack it."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    v: Annotated[int, Field(ge=1, le=1_000)]
    facility: FacilityText
    node: NodeText
    boot: BootText
    cls: Annotated[Class, Field(alias="class")]
    seq: Seq

    @property
    def key(self) -> tuple[str, str, str, int]:
        """What makes a message unique: node, boot, class, seq."""
        return (self.node, self.boot, self.cls.value, self.seq)


class Envelope(Header):
    """An upward message, understood."""

    at: AwareDatetime
    clock: ClockTrust
    mono_ms: Count
    kind: Kind
    body: Any
    """The model that `kind` names in BODY_OF."""
