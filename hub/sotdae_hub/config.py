"""The hub's configuration: one TOML file, read once, whole, then immutable. All errors at once."""

import ipaddress
import tomllib
from collections import Counter
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityText
from sotdae_shared.trust import Trust

LEDGER = "metrics-ledger.sqlite3"
"""File that lists what was written to a metrics server."""

Port = Annotated[int, Field(ge=0, le=65535)]
Scope = Literal["operator", "incidents", "picture"]


def _a_host(text: str) -> str:
    try:
        if text.encode("idna") and "\0" not in text:  # what is no name, no socket takes
            return text
    except UnicodeError:
        pass
    raise ValueError("want the name or the address of a host")


Host = Annotated[str, AfterValidator(_a_host)]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TlsConfig(_Section):
    """Papers for a broker with TLS, as `sotdae ca issue` writes them. Without them the line is plain."""

    trust: Path
    """The province's root."""
    chain: Path
    """This side's certificate, then the authorities above it."""
    key: Path


class BrokerConfig(_Section):
    """The MQTT broker."""

    host: Host = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 1883
    tls: TlsConfig | None = None


class HttpConfig(_Section):
    """API and console."""

    host: Host = "127.0.0.1"
    port: Port = 8080
    """0 takes a free one."""
    open_loopback: bool = True
    """Whether somebody on this machine is an operator without a token; counts on a loopback address only."""

    @property
    def open(self) -> bool:
        """Whether requests without a token are an operator's."""
        return self.open_loopback and _is_loopback(self.host)


class MetricsConfig(_Section):
    """Where readings go: a file of the hub's own, or a server that takes InfluxDB line protocol."""

    kind: Literal["duckdb", "influx"] = "duckdb"
    url: str = "http://127.0.0.1:8428"
    org: str = "sotdae"
    bucket: str = "sotdae"
    token_file: Path | None = None

    def token(self) -> str:
        """Read the server's token; empty where none is needed. Raises ConfigError."""
        if self.token_file is None:
            return ""
        try:
            return self.token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(str(self.token_file), [f"metrics.token_file: {error}"]) from error


class ReleaseConfig(_Section):
    """This hub's release key; gates name its public half under ``[[release]]``."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    key: Path
    """Made by `sotdae hub release-key`; 0600."""


class FacilityPlace(_Section):
    """A facility that is expected, so that one never heard shows as unknown instead of not at all."""

    id: FacilityText
    name: Annotated[str, Field(min_length=1, max_length=80)]
    name_en: str = ""
    disambiguation: str = ""
    lat: Annotated[float, Field(ge=-90, le=90)]
    lon: Annotated[float, Field(ge=-180, le=180)]


class TokenConfig(_Section):
    """A bearer token, kept only as its SHA-256."""

    name: Annotated[str, Field(min_length=1, max_length=64)]
    agency: Annotated[str, Field(min_length=1, max_length=64)]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    scopes: Annotated[tuple[Scope, ...], Field(min_length=1)]


class HubConfig(_Section):
    """Everything the hub is told."""

    dir: Path
    broker: BrokerConfig = BrokerConfig()
    http: HttpConfig = HttpConfig()
    metrics: MetricsConfig = MetricsConfig()
    silent_after_s: Annotated[float, Field(ge=1, le=600)] = 10.0
    """A node not heard for this long is `unknown`; nodes report every few seconds."""
    facilities: tuple[FacilityPlace, ...] = ()
    tokens: tuple[TokenConfig, ...] = ()
    release: ReleaseConfig | None = None
    """Without it this hub carries no order to open."""
    policy: Trust | None = None
    """Whose signatures under a policy count; without them none is published."""

    @model_validator(mode="after")
    def _unique(self) -> Self:
        for what, names in (
            ("facility", [place.id for place in self.facilities]),
            ("token", [token.name for token in self.tokens]),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise ValueError(f"{what} named twice: {', '.join(twice)}")
        return self


def parse_config(text: str, source: str) -> HubConfig:
    """Understand a configuration.

    Raises:
        ConfigError: with every problem and its place.
    """
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # tomllib lets int's and its own limits through
        raise ConfigError(source, [f"is not TOML: {error}"]) from error
    try:
        return HubConfig.model_validate(tree)
    except ValidationError as error:
        raise ConfigError(source, [_problem(dict(detail)) for detail in error.errors()]) from error


def load_config(path: Path) -> HubConfig:
    """Read a configuration file. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error
    return parse_config(text, str(path))


def _problem(detail: dict[str, Any]) -> str:
    place = ".".join(str(part) for part in detail["loc"]) or "file"
    return f"{place}: {detail['msg']}"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
