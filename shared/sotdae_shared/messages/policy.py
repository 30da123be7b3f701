"""A policy as it is signed and told."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, FiniteFloat

from sotdae_shared.ids import FacilityType
from sotdae_shared.messages.down import Approval, Down
from sotdae_shared.messages.words import Seq

Cm = Annotated[FiniteFloat, Field(ge=-1_000, le=200_000)]
Seconds = Annotated[FiniteFloat, Field(ge=0, le=604_800)]


class PolicyValues(Down):
    """The thresholds and durations that a policy may set; what is None is left to the site's own file."""

    caution_cm: Cm | None = None
    caution_off_cm: Cm | None = None
    close_cm: Cm | None = None
    predict_from_cm: Cm | None = None
    reopen_cm: Cm | None = None
    river_caution_cm: Cm | None = None
    river_trigger_cm: Cm | None = None
    rain_warning_mm_h: Annotated[FiniteFloat, Field(ge=0, le=1_000)] | None = None
    caution_off_s: Seconds | None = None
    pre_warn_s: Seconds | None = None
    held_open_s: Seconds | None = None
    camera_hold_s: Seconds | None = None
    blind_s: Seconds | None = None
    hub_silent_s: Seconds | None = None
    reopen_dry_s: Seconds | None = None
    caution_after_open_s: Seconds | None = None
    manual_alarm_s: Seconds | None = None
    repair_s: Seconds | None = None


Scope = Annotated[str, Field(pattern=r"^([A-Z]{2}|[0-9]{5}|[A-Z]{2}-[0-9]{5}-[A-Z]{2}-[0-9]{4})$")]
"""A province (``GG``), a city by its code, or one facility."""


class PolicyBody(Down):
    """A signed policy: what it sets, for whom, and who says so. It replaces the one before it whole."""

    v: Literal[1] = 1
    version: Seq
    """Above every version that its facilities have had: there is no way back but a new version."""
    scope: Annotated[tuple[Scope, ...], Field(min_length=1, max_length=2_000)]
    types: Annotated[tuple[FacilityType, ...], Field(min_length=1, max_length=8)]
    """Which facilities of the scope, such as underpasses only."""
    issued_at: AwareDatetime
    review_by: AwareDatetime
    """When people must look at it again. It warns; the policy stays in force."""
    reason: Annotated[str, Field(min_length=1, max_length=500)]
    values: PolicyValues
    approvals: Annotated[tuple[Approval, ...], Field(max_length=8)] = ()
