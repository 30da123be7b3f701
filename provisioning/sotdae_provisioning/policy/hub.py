"""The hub's policies as this command line asks for them."""

from pathlib import Path
from typing import Any

import httpx
from pydantic import ValidationError

from sotdae_shared.errors import ConfigError, LinkError, SotdaeError
from sotdae_shared.messages import PolicyBody

TIMEOUT_S = 10.0


class RefusedError(SotdaeError):
    """The hub was reached and says no."""


class Hub:
    """One hub's API; `token_file` holds an operator's token where the hub wants one."""

    def __init__(self, url: str, token_file: Path | None = None) -> None:
        """Take address and token. ConfigError if it is no address, or the token cannot be read."""
        if not url.startswith(("http://", "https://")):
            raise ConfigError("--hub", [f"{url!r}: want http://host:port or https://host:port"])
        self.url = url.rstrip("/")
        self._headers = {} if token_file is None else {"Authorization": f"Bearer {_token(token_file)}"}

    def publish(self, policy: PolicyBody, how: dict[str, Any]) -> dict[str, Any]:
        """Begin a roll-out and return it. Raises RefusedError, LinkError."""
        told = {"policy": policy.model_dump(mode="json", exclude_none=True), **how}
        return self._taken("", told)

    def abort(self, version: int) -> dict[str, Any]:
        """Stop a roll-out and return it. Raises RefusedError, LinkError."""
        return self._taken(f"/{version}/abort")

    def resume(self, version: int) -> dict[str, Any]:
        """Let a stopped roll-out go on and return it. Raises RefusedError, LinkError."""
        return self._taken(f"/{version}/resume")

    def forget(self, facility: str, node: str, reason: str) -> dict[str, Any]:
        """Have a node counted on no more, and return who said so. Raises RefusedError, LinkError."""
        told = {"facility": facility, "node": node, "reason": reason}
        return self._taken("/forgotten", told)

    def status(self) -> dict[str, Any]:
        """Return each roll-out, the newest first, and each node. Raises RefusedError, LinkError."""
        found = self._ask("GET", "/status")
        if not isinstance(found, dict) or not {"rollouts", "nodes"} <= found.keys():
            raise LinkError(f"{self.url}: is no hub that takes policies")
        return found

    def published(self) -> list[PolicyBody]:
        """Return each policy that was published, the newest first. Raises RefusedError, LinkError."""
        try:
            return [PolicyBody.model_validate(each["policy"]) for each in self._ask("GET", "")]
        except (ValidationError, TypeError, KeyError) as error:
            raise LinkError(f"{self.url}: is no hub that takes policies") from error

    def _taken(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        found = self._ask("POST", path, body)
        if not isinstance(found, dict):
            raise LinkError(f"{self.url}: is no hub that takes policies")
        return found

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        where = f"{self.url}/api/v1/policies{path}"
        try:
            answer = httpx.request(method, where, json=body, headers=self._headers, timeout=TIMEOUT_S)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise LinkError(f"{self.url}: does not answer: {error}. Is --hub right?") from error
        if answer.is_success:
            try:
                return answer.json()
            except ValueError as error:
                raise LinkError(f"{self.url}: does not speak as a hub does") from error
        said = _reason(answer)
        if answer.status_code >= 500:
            raise LinkError(f"{self.url}: {said}")
        hint = "; --token-file names an operator's token" if answer.status_code in (401, 403) else ""
        raise RefusedError(f"the hub refuses: {said}{hint}")


def _reason(answer: httpx.Response) -> str:
    """Return why, in the hub's words where it has some."""
    try:
        detail = answer.json()["detail"]
    except (ValueError, TypeError, KeyError):
        return f"status {answer.status_code}"
    if isinstance(detail, list):
        return "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in detail)
    return str(detail)


def _token(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error
