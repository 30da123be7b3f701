"""A Grafana server, through its HTTP API. Proved on a double that keeps to the API, not on a real server."""

from typing import Any
from urllib.parse import urlsplit

from grafana_client.api import GrafanaApi
from grafana_client.client import GrafanaClientError, GrafanaException

from sotdae_shared.errors import ConfigError, LinkError

TIMEOUT_S = 10.0


class GrafanaServer:
    """Takes dashboards. `token` is that of a service account that may write them."""

    def __init__(self, url: str, token: str) -> None:
        """Prepare; nothing is sent yet. Raises ConfigError if `url` is not an address of the web."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError("grafana", [f"url {url[:80]!r}: want http(s)://HOST[:PORT][/PATH]"])
        open_api: Any = GrafanaApi.from_url
        self._api: Any = open_api(url=url.rstrip("/") + "/", credential=token, timeout=TIMEOUT_S)
        self._url = url

    def push(self, dashboard: dict[str, Any], folder: str | None = None) -> str:
        """Create or replace a dashboard, in a folder of this uid; return its path on the server.

        Raises:
            ConfigError: if the server refuses token, folder or dashboard.
            LinkError: if it does not answer, or fails.
        """
        order = {"dashboard": {**dashboard, "id": None}, "overwrite": True, "message": "pushed by Sotdae"}
        if folder is not None:
            order["folderUid"] = folder
        try:
            answer = self._api.dashboard.update_dashboard(order)
        except GrafanaClientError as error:
            raise ConfigError("grafana", [f"{self._url} refuses: {error.message}"]) from error
        except (GrafanaException, OSError, ValueError) as error:
            raise LinkError(f"grafana at {self._url}: {error}") from error
        if not isinstance(answer, dict) or answer.get("status") != "success":
            raise LinkError(f"grafana at {self._url}: answered {str(answer)[:200]}")
        return str(answer.get("url", ""))

    def close(self) -> None:
        """Let go of the connection."""
        self._api.client.s.close()
