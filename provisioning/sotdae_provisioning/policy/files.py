"""A policy as a file: the TOML that people write, and the canonical JSON that they sign and publish."""

import difflib
import tomllib
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sotdae_shared.errors import ConfigError
from sotdae_shared.messages import PolicyBody, PolicyValues
from sotdae_shared.signing import canonical
from sotdae_shared.trust import Trust
from sotdae_shared.units import KST

MAX_BYTES = 64 * 1024
"""A gate reads no larger one."""
_NAMES = (*PolicyBody.model_fields, *PolicyValues.model_fields)


def read_policy(path: Path) -> PolicyBody:
    """Return the policy of a draft (.toml) or of a bundle (.json).

    Raises:
        ConfigError: with every problem and its place.
    """
    text = _text(path, MAX_BYTES)
    return _bundle(path, text) if path.suffix == ".json" else _draft(path, text)


def read_trust(path: Path) -> Trust:
    """Return who may sign, by the ``[policy]`` section of a gate's or hub's file. ConfigError without one."""
    section = _toml(path, _text(path, 1024 * 1024)).get("policy")
    if not isinstance(section, dict):
        raise ConfigError(str(path), ["policy: there is no such section; it says who may sign"])
    try:
        return Trust.model_validate({name: section[name] for name in Trust.model_fields if name in section})
    except ValidationError as error:
        raise ConfigError(str(path), [f"policy.{line}" for line in _lines(error)]) from error


def bundle_bytes(policy: PolicyBody) -> bytes:
    """Return a bundle's file: canonical JSON, without what the policy does not set."""
    return canonical(policy.model_dump(mode="json", exclude_none=True)) + b"\n"


def understood(source: str, found: dict[str, Any]) -> PolicyBody:
    """Return the policy of some values. ConfigError under the source's name."""
    try:
        return PolicyBody.model_validate(found)
    except ValidationError as error:
        raise ConfigError(source, _lines(error)) from error


def _bundle(path: Path, text: str) -> PolicyBody:
    """Read a bundle as a gate reads it from the wire."""
    try:
        return PolicyBody.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(str(path), _lines(error)) from error


def _draft(path: Path, text: str) -> PolicyBody:
    found = _toml(path, text)
    for name in ("issued_at", "review_by"):
        day = found.get(name)
        if isinstance(day, date) and not isinstance(day, datetime):
            found[name] = datetime(day.year, day.month, day.day, tzinfo=KST)
    if "approvals" in found:
        raise ConfigError(str(path), ["approvals: stand in the bundle; `sotdae policy sign` writes it"])
    return understood(str(path), found)


def _toml(path: Path, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigError(str(path), [f"is not TOML: {error}"]) from error


def _text(path: Path, most: int) -> str:
    try:
        with path.open("rb") as file:
            raw = file.read(most + 1)
        if len(raw) > most:
            raise ConfigError(str(path), [f"more than {most} bytes"])
        return raw.decode()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(path, error) from error


def _lines(error: ValidationError) -> list[str]:
    lines = []
    for detail in error.errors(include_url=False, include_input=False):
        place, text = ".".join(map(str, detail["loc"])), detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "extra_forbidden":
            near = difflib.get_close_matches(str(detail["loc"][-1]), _NAMES, 1, 0.6)
            text = "there is no such setting" + (f"; did you mean {near[0]}?" if near else "")
        lines.append(f"{place}: {text}" if place else text)
    return lines
