"""Every message that crosses a process, once.

The header (`v` to `seq`) stays stable across versions, so that a hub can account for a message whose
body it cannot read.
"""

from sotdae_shared.messages.down import AckBody, Approval, CommandBody, QueryBody, ReleaseBody
from sotdae_shared.messages.envelope import BODY_OF, CLASS_OF, DOWN_KINDS, UP_KINDS, Envelope, Header
from sotdae_shared.messages.policy import PolicyBody, PolicyValues
from sotdae_shared.messages.up import (
    MAX_READINGS,
    ClipBody,
    DecisionBody,
    Estimate,
    Eta,
    EventBody,
    GapBody,
    HealthBody,
    Reading,
    ReportBody,
    StateBody,
    TelemetryBody,
)
from sotdae_shared.messages.words import MAX_COUNT, SCHEMA_VERSION, Class, ClockTrust, Count, Kind, Name, Text

__all__ = [
    "BODY_OF",
    "CLASS_OF",
    "DOWN_KINDS",
    "MAX_COUNT",
    "MAX_READINGS",
    "SCHEMA_VERSION",
    "UP_KINDS",
    "AckBody",
    "Approval",
    "Class",
    "ClipBody",
    "ClockTrust",
    "CommandBody",
    "Count",
    "DecisionBody",
    "Envelope",
    "Estimate",
    "Eta",
    "EventBody",
    "GapBody",
    "Header",
    "HealthBody",
    "Kind",
    "Name",
    "PolicyBody",
    "PolicyValues",
    "QueryBody",
    "Reading",
    "ReleaseBody",
    "ReportBody",
    "StateBody",
    "TelemetryBody",
    "Text",
]
