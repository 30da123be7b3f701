"""What every agent's file says: place, device, hub, storage, clock."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sotdae_shared.ids import FacilityText, NodeText

Host = Annotated[str, Field(min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]


class Section(BaseModel):
    """A part of a file: what it does not know is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class FacilityConfig(Section):
    """Which place this is, unmistakably."""

    id: FacilityText
    node: NodeText
    name: Annotated[str, Field(min_length=1, max_length=80)]
    name_en: str = ""
    disambiguation: str = ""
    """A line that tells it from others of a like name: road, direction, distance."""
    emergency: Annotated[str, Field(max_length=40)] = ""
    """Whom a person at the gate calls after 119: a telephone number, printed on the box's label."""
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]


class DeviceConfig(Section):
    """Where the field device answers."""

    profile: str = "underpass"
    host: Host = "127.0.0.1"
    port: Port = 502
    speaks: Literal["modbus", "frames", "gpio"] = "modbus"
    """`frames` is a board on a serial line, `gpio` this computer's own pins."""
    serial: str | None = None
    """A serial line instead of host and port."""
    baud: Annotated[int, Field(ge=50)] = 19_200
    parity: Literal["N", "E", "O"] = "E"
    timeout_s: Annotated[float, Field(gt=0, le=1)] = 0.25
    poll_s: Annotated[float, Field(ge=0.02, le=0.2)] = 0.1
    """Lane devices count as fresh for 0.5 s: poll at least five times in that."""


class TlsConfig(Section):
    """Papers for a broker with TLS, as `sotdae ca issue` writes them. Without them the line is plain."""

    trust: Path
    """The province's root."""
    chain: Path
    """This side's certificate, then the authorities above it."""
    key: Path


class HubConfig(Section):
    """The broker; without this section the agent works alone."""

    host: Host = "127.0.0.1"
    port: Port = 1883
    tls: TlsConfig | None = None


class StorageConfig(Section):
    """Where outbox and state lie."""

    dir: Path
    telemetry_budget_mb: Annotated[float, Field(gt=0)] = 64.0
    ledger: bool = False
    """Keep an independent list of every committed message, for audits."""


class ClockConfig(Section):
    """How the wall clock's trust is judged."""

    source: Literal["system", "assume_synced"] = "system"


class Agent(Section):
    """What gate and city agent have in common."""

    facility: FacilityConfig
    storage: StorageConfig
    hub: HubConfig | None = None
    clock: ClockConfig = ClockConfig()
