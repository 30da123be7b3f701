"""What a hub wants to know before it releases: the order, the incident, nothing else open there."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from sotdae_hub.core.incidents import IncidentRecord, incident_id
from sotdae_hub.core.release import Asked, Carried, Wanted, objection
from sotdae_shared.messages import CommandBody

PLACE, NODE = "GG-41113-UP-0007", "gate-7"
AT = datetime(2026, 7, 15, 9, 0, tzinfo=UTC)
WANTED = Wanted(command="c-1", incident="flood-1", nonce="ab" * 16, valid_s=30.0)
ASKED = Asked(PLACE, NODE, WANTED, age_s=0.4)
ORDER = CommandBody(
    id="c-1", facility=PLACE, actuator="barrier", target="open", reason="dry", incident="flood-1",
    issuer="console", seq=1, not_after=AT, expect_state="closed", nonce="cd" * 16,
)  # fmt: skip
CARRIED = Carried(ORDER, NODE, "desk-7", 0.0)


def incident(
    episode: str, hazard: str = "flood", *, active: bool = True, later_s: float = 0.0
) -> IncidentRecord:
    """Return what the hub's records hold of an incident."""
    at = AT + timedelta(seconds=later_s)
    name = incident_id(PLACE, hazard, episode)
    return IncidentRecord(name, PLACE, hazard, None, at, at, active, None, None, 1)


THIS = incident("flood-1")


def test_what_is_known_and_alone_is_released() -> None:
    older = incident("flood-0", later_s=-60.0)
    cleared = incident("slide-1", "landslide", active=False)
    assert objection(ASKED, CARRIED, [THIS, older, cleared]) is None


OBJECTIONS: dict[str, tuple[Asked, Carried | None, list[IncidentRecord]]] = {
    "asked 30 s ago: too late": (replace(ASKED, age_s=30.0), CARRIED, [THIS]),
    "this hub did not carry the order": (ASKED, None, [THIS]),
    "carried to gate-8": (ASKED, replace(CARRIED, node="gate-8"), [THIS]),
    "the order names incident flood-2": (
        ASKED,
        replace(CARRIED, command=ORDER.model_copy(update={"incident": "flood-2"})),
        [THIS],
    ),
    "this hub knows no such incident": (ASKED, CARRIED, []),
    "this hub knows no such incident to be open": (ASKED, CARRIED, [incident("flood-1", active=False)]),
    "another incident is open here: landslide": (ASKED, CARRIED, [THIS, incident("slide-1", "landslide")]),
    "another incident is open here: flood": (ASKED, CARRIED, [THIS, incident("flood-2", later_s=60.0)]),
}


@pytest.mark.parametrize("reason", OBJECTIONS)
def test_each_objection_has_its_reason(reason: str) -> None:
    found = objection(*OBJECTIONS[reason])
    assert found is not None
    assert found.startswith(reason)


@pytest.mark.parametrize(
    "wrong",
    [{"nonce": "xyz"}, {"valid_s": 0}, {"valid_s": float("nan")}, {"command": ""}, {"incident": None}],
)
def test_a_question_that_makes_no_sense_is_not_answered(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Wanted.model_validate({**WANTED.model_dump(), **wrong})
