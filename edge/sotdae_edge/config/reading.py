"""A file read once and whole: every problem at once, each with its place and its mend."""

import difflib
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from sotdae_edge.config.city import CityConfig
from sotdae_edge.config.gate import GateConfig
from sotdae_edge.config.sections import Agent
from sotdae_shared.errors import ConfigError

DIGITS = {
    "^[0-9a-fA-F]{64}$": "want 64 hexadecimal digits",
    "^[0-9a-f]{16}$": "want 16 hexadecimal digits, small letters",
}
"""What a pattern asks for, in words."""

Config = TypeVar("Config", bound=Agent)


def load_gate(path: Path) -> GateConfig:
    """Read a gate's file. Raises ConfigError with every problem and its place."""
    return _load(GateConfig, path)


def load_city(path: Path) -> CityConfig:
    """Read a city agent's file. Raises ConfigError with every problem and its place."""
    return _load(CityConfig, path)


def _load(model: type[Config], path: Path) -> Config:
    try:
        return model.model_validate(_read(path))
    except ValidationError as error:
        known = _names(model.model_json_schema())
        raise ConfigError(
            str(path), [line for detail in error.errors() for line in _lines(detail, known)]
        ) from error


def _lines(detail: Any, known: frozenset[str]) -> list[str]:
    place, text = ".".join(str(part) for part in detail["loc"]), detail["msg"].removeprefix("Value error, ")
    if detail["type"] in {"extra_forbidden", "unexpected_keyword_argument"}:
        said = str(detail["loc"][-1])
        near = difflib.get_close_matches(said, known - {said}, 1, 0.7)
        text = "there is no such setting here" + (f"; did you mean {near[0]}?" if near else "")
    elif detail["type"] == "string_pattern_mismatch":
        text = DIGITS.get(detail["ctx"]["pattern"], text)
    return [f"{place}: {text}"] if place else text.splitlines()


def _names(schema: dict[str, Any]) -> frozenset[str]:
    """Every name of a setting in a model's schema."""
    parts = [schema, *schema.get("$defs", {}).values()]
    return frozenset(name for part in parts for name in part.get("properties", {}))


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error
    except (ValueError, RecursionError) as error:  # tomllib lets int's and its own limits through
        raise ConfigError(str(path), [f"is not TOML: {error}"]) from error
