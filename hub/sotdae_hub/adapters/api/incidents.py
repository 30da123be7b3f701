"""Incidents."""

from fastapi import APIRouter, Depends, HTTPException

from sotdae_hub.adapters.api.access import Gatekeeper, problems
from sotdae_hub.desk import Desk
from sotdae_hub.views import Incident


def routes(desk: Desk, gate: Gatekeeper) -> APIRouter:
    """Return the routes under /incidents. An agency's look is recorded."""
    reader = [Depends(gate.reader("incidents"))]
    router = APIRouter(prefix="/incidents", tags=["incidents"], responses=problems(400, 401, 403))

    @router.get("", operation_id="list_incidents", dependencies=reader)
    def list_incidents() -> list[Incident]:
        """Incidents, active ones first, then the newest."""
        return desk.incidents()

    @router.get("/{incident}", operation_id="get_incident", dependencies=reader, responses=problems(404))
    def get_incident(incident: str) -> Incident:
        """One incident."""
        found = desk.incident(incident)
        if found is None:
            raise HTTPException(404, f"no incident {incident[:40]!r}")
        return found

    return router
