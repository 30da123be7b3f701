"""Who asks: the operator on this machine, or the holder of a token; agencies' looks are recorded."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import unquote

from fastapi import Header, HTTPException, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from sotdae_hub.config import Scope, TokenConfig
from sotdae_hub.ports import Records

_BEARER = HTTPBearer(auto_error=False, description="An agency's or operator's token.")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_BEARER)]
Officer = Annotated[str | None, Header(alias="X-Officer", max_length=200, description="Who looks.")]
Purpose = Annotated[str | None, Header(alias="X-Purpose", max_length=500, description="Why.")]


LOOPBACK = "loopback"
"""Who asks without a token, from the hub's own machine."""


class Problem(BaseModel):
    """Why a request was not served."""

    detail: str


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe error answers for the OpenAPI document."""
    return {status: {"model": Problem} for status in statuses}


@dataclass(frozen=True, slots=True)
class Gatekeeper:
    """Lets in whom the configuration names."""

    tokens: tuple[TokenConfig, ...]
    open_loopback: bool
    records: Records
    wall: Callable[[], datetime]

    def operator(self) -> Callable[..., str]:
        """Return a dependency that only lets operators pass, and names the token."""

        def check(request: Request, credentials: Credentials) -> str:
            token = self._identify(credentials, "operator")
            if token is None and _foreign(request):
                raise HTTPException(403, "a page of another site must not ask for the operator")
            return LOOPBACK if token is None else token.name

        return check

    def reader(self, scope: Scope, *, purpose_needed: bool = False) -> Callable[..., None]:
        """Return a dependency that lets operators pass, and agencies with `scope` after recording them."""

        def check(
            request: Request, credentials: Credentials, officer: Officer = None, purpose: Purpose = None
        ) -> None:
            token = self._identify(credentials, scope)
            if token is None or "operator" in token.scopes:
                return
            if not officer or (purpose_needed and not purpose):
                wanted = "X-Officer and X-Purpose" if purpose_needed else "X-Officer"
                raise HTTPException(400, f"an agency names who looks and why: header {wanted} is missing")
            # Header text is Latin-1; names in other scripts come percent-encoded.
            who, why = unquote(officer)[:64], unquote(purpose or "")[:500]
            self.records.note_access(self.wall(), token.agency, who, why, request.url.path[:200])

        return check

    def _identify(self, credentials: HTTPAuthorizationCredentials | None, scope: Scope) -> TokenConfig | None:
        if credentials is None:
            if self.open_loopback:
                return None
            raise HTTPException(401, "a bearer token is needed", {"WWW-Authenticate": "Bearer"})
        digest = hashlib.sha256(credentials.credentials.encode()).hexdigest()
        token = next((each for each in self.tokens if hmac.compare_digest(each.sha256, digest)), None)
        if token is None:
            raise HTTPException(401, "this token is not known", {"WWW-Authenticate": "Bearer"})
        if scope not in token.scopes and "operator" not in token.scopes:
            raise HTTPException(403, f"this token does not carry the scope {scope!r}")
        return token


def _foreign(request: Request) -> bool:
    """Whether a browser asks for another site's page: it sends what has no body without asking leave."""
    origin = request.headers.get("origin")
    return origin is not None and origin.partition("://")[2] != request.headers.get("host")
