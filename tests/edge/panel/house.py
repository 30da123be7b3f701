"""A gate with its panel socket at a simulated site, and the people of its roster."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from running_gate import BOOT, CLOCK, running_gate, until
from simulated_site import Site, running_site

from sotdae_edge.app.gate import GateApp
from sotdae_edge.config import GateConfig
from sotdae_edge.core.site import Person
from sotdae_edge.panel.server import PanelServer
from sotdae_shared.signing import PrivateKey, private_of, public_of

__all__ = ["BOOT", "FACILITY", "KEYS", "PEOPLE", "Gatehouse", "gatehouse", "until"]

FACILITY = "GG-41113-UP-0007"
KEYS: dict[str, PrivateKey] = {
    name: private_of(bytes([number]) * 32) for number, name in enumerate(("kim", "lee", "stranger"))
}
PEOPLE = tuple(
    Person(f"{name}-2026", public_of(KEYS[name]), name.title(), "panel") for name in ("kim", "lee")
)
"""Two people of the roster; the stranger has a key but no place in it."""


@dataclass
class Gatehouse:
    """The running agent and its site."""

    app: GateApp
    server: PanelServer
    site: Site
    path: Path


@asynccontextmanager
async def gatehouse(directory: Path, **settings: Any) -> AsyncIterator[Gatehouse]:
    """Run the agent in this process until the end."""
    config = GateConfig.model_validate(
        {
            "facility": {"id": FACILITY, "node": "gate-1", "name": "고색지하차도", "lat": 37.2, "lon": 127.0},
            "storage": {"dir": directory},
            "roster": PEOPLE,
            **settings,
        }
    )
    server = PanelServer(
        config.panel_socket, FACILITY, "gate-1", config.roster,
        now=CLOCK.monotonic, token=lambda: secrets.token_hex(16),
    )  # fmt: skip
    async with (
        running_site() as site,
        running_gate(directory, site, config, parts=lambda _: {"panel": server}) as app,
    ):
        await until(lambda: config.panel_socket.exists() or app.helpers.conditions())
        yield Gatehouse(app, server, site, config.panel_socket)
