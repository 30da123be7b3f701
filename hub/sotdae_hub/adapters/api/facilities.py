"""Facilities: where they are, what they say, what they are told."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from fastapi.responses import FileResponse

from sotdae_hub.adapters.api.access import Gatekeeper, problems
from sotdae_hub.desk import Desk
from sotdae_hub.orders import Orders, Sent
from sotdae_hub.views import Decision, Event, Facility, FacilityState, Nonce, Report, Series
from sotdae_shared.messages import CommandBody, QueryBody

Limit = Annotated[int, Query(ge=1, le=500, description="At most this many, newest first.")]


def routes(desk: Desk, orders: Orders, gate: Gatekeeper, wall: Callable[[], datetime]) -> APIRouter:
    """Return the routes under /facilities."""

    def exists(facility: Annotated[str, Path(description="Such as GG-41113-UP-0007.")]) -> str:
        if not desk.known(facility):
            raise HTTPException(404, f"no facility {facility[:40]!r} is known here")
        return facility

    Id = Annotated[str, Depends(exists)]  # noqa: N806
    operator = [Depends(gate.operator())]
    router = APIRouter(prefix="/facilities", tags=["facilities"], responses=problems(401, 403))
    one: dict[str, Any] = {"dependencies": operator, "responses": problems(404)}

    @router.get("", operation_id="list_facilities", dependencies=operator)
    def list_facilities() -> list[Facility]:
        """Every facility that is expected or was ever heard."""
        return desk.facilities()

    @router.get("/{facility}", operation_id="get_facility", **one)
    def get_facility(facility: Id) -> Facility:
        """One facility."""
        return desk.facility(facility)

    @router.get("/{facility}/state", operation_id="get_state", **one)
    def get_state(facility: Id) -> FacilityState:
        """All that is known of a facility, however old."""
        return desk.state(facility)

    @router.get("/{facility}/decisions", operation_id="list_decisions", **one)
    def list_decisions(facility: Id, limit: Limit = 50) -> list[Decision]:
        """The newest decisions of the edge."""
        return desk.decisions(facility, limit)

    @router.get("/{facility}/events", operation_id="list_events", **one)
    def list_events(facility: Id, limit: Limit = 50) -> list[Event]:
        """The newest events and alarm changes."""
        return desk.events(facility, limit)

    @router.get("/{facility}/reports", operation_id="list_reports", **one)
    def list_reports(facility: Id, limit: Limit = 50) -> list[Report]:
        """The newest answers and self-descriptions of the edge."""
        return desk.reports(facility, limit)

    @router.get("/{facility}/series", operation_id="get_series", **one)
    def get_series(
        facility: Id,
        channel: Annotated[str, Query(max_length=64, description="`level` is the voted level.")],
        seconds: Annotated[int, Query(ge=1, le=31_536_000)] = 600,
        points: Annotated[int, Query(ge=1, le=5_000)] = 300,
    ) -> Series:
        """One channel's last `seconds`; each point is the highest value of its span."""
        return desk.series(facility, channel, wall(), seconds, points)

    _add_orders(router, orders, gate, Id, one)
    _add_picture(router, desk, gate, Id)
    return router


def _add_orders(
    router: APIRouter, orders: Orders, gate: Gatekeeper, facility_id: Any, one: dict[str, Any]
) -> None:
    Who = Annotated[str, Depends(gate.operator())]  # noqa: N806
    more = {**one, "responses": problems(404, 409, 503), "status_code": 202}

    @router.post("/{facility}/commands", operation_id="send_command", **more)
    async def send_command(facility: facility_id, command: CommandBody, who: Who) -> Sent:
        """Carry a signed command to the edge, once; the edge decides and answers with a decision."""
        if command.facility != facility:
            raise HTTPException(409, f"the command is for {command.facility}, not {facility}")
        return await orders.command(facility, command, who)

    @router.post("/{facility}/queries", operation_id="send_query", **more)
    async def send_query(facility: facility_id, query: QueryBody) -> Sent:
        """Ask the edge something; it answers with a report."""
        return await orders.query(facility, query)

    @router.post(
        "/{facility}/nonce",
        operation_id="ask_nonce",
        **{**one, "responses": problems(404, 409, 502, 503, 504)},
    )
    async def ask_nonce(facility: facility_id) -> Nonce:
        """Ask the gate what two people must sign to reopen it, and wait for its answer."""
        return await orders.nonce(facility)


def _add_picture(router: APIRouter, desk: Desk, gate: Gatekeeper, facility_id: Any) -> None:
    @router.get(
        "/{facility}/picture",
        operation_id="get_picture",
        response_class=FileResponse,
        dependencies=[Depends(gate.reader("picture", purpose_needed=True))],
        responses={**problems(400, 404), 200: {"content": {"image/jpeg": {}}, "description": "JPEG."}},
    )
    def get_picture(facility: facility_id) -> FileResponse:
        """The newest picture. Agencies need the scope `picture`; their look is recorded."""
        picture = desk.picture(facility)
        if picture is None or not picture.path.exists():
            raise HTTPException(404, f"no picture of {facility} is stored")
        headers = {
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
            "X-Taken-At": picture.taken_at.isoformat(),
        }
        return FileResponse(picture.path, media_type="image/jpeg", headers=headers)
