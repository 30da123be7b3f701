"""Policies: publish, watch, stop, resume. Only operators; the signatures are other people's."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from sotdae_hub.adapters.api.access import Gatekeeper, problems
from sotdae_hub.forgetting import Forgetting, forget, forgotten
from sotdae_hub.policies import Policies, Publication
from sotdae_hub.views import ForgottenView, PolicyStatus, PolicyView, RolloutView
from sotdae_shared.messages import MAX_COUNT

Version = Annotated[int, Path(ge=1, le=MAX_COUNT)]


def routes(policies: Policies, gate: Gatekeeper) -> APIRouter:
    """Return the routes under /policies."""
    operator = [Depends(gate.operator())]
    router = APIRouter(
        prefix="/policies", tags=["policies"], dependencies=operator, responses=problems(401, 403)
    )

    @router.get("", operation_id="list_policies")
    def list_policies() -> list[PolicyView]:
        """Every policy that was published here, the newest first."""
        return policies.policies()

    @router.get("/status", operation_id="get_policy_status")
    def get_policy_status() -> PolicyStatus:
        """How far each policy is, and what each node is to have and has."""
        return policies.status()

    @router.post("", operation_id="publish_policy", status_code=202, responses=problems(409, 422, 503))
    async def publish_policy(asked: Publication) -> RolloutView:
        """Publish a signed policy: it goes out ring by ring, and every node checks it itself."""
        return await policies.publish(asked)

    @router.post("/{version}/abort", operation_id="abort_policy", responses=problems(404, 409, 503))
    async def abort_policy(version: Version) -> RolloutView:
        """Stop a roll-out: nobody else is told."""
        return await policies.abort(version)

    @router.post("/{version}/resume", operation_id="resume_policy", responses=problems(404, 409, 503))
    async def resume_policy(version: Version) -> RolloutView:
        """Go on at the ring where it stopped."""
        return await policies.resume(version)

    _add_forgotten(router, policies, gate)
    return router


def _add_forgotten(router: APIRouter, policies: Policies, gate: Gatekeeper) -> None:
    Who = Annotated[str, Depends(gate.operator())]  # noqa: N806

    @router.post("/forgotten", operation_id="forget_node", responses=problems(404, 409, 503))
    async def forget_node(asked: Forgetting, who: Who) -> ForgottenView:
        """Count on a node no more, until it is heard again; all that it said stays."""
        return await forget(policies.spreader, asked, who)

    @router.get("/forgotten", operation_id="list_forgotten")
    def list_forgotten() -> list[ForgottenView]:
        """Who said of which node that it is gone, the newest first."""
        return forgotten(policies.spreader)
