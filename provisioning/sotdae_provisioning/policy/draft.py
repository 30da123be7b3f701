"""The TOML of a policy, with every value that it may set and why its limits are where they are."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sotdae_edge.core.limits import LEVELS, TIMES
from sotdae_edge.core.site import Levels, Times
from sotdae_provisioning.policy.files import understood
from sotdae_provisioning.policy.words import NAMES
from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues

HEAD = """\
# A policy. It replaces the one before it whole: a value that is not set here is the site's own again.
# Check it:  sotdae policy lint THIS --site gate.toml
# Try it:    sotdae policy dry-run THIS --site gate.toml FLOOD.csv
# Sign it:   sotdae policy sign THIS --key kim.pem --as kim
"""
YEAR = timedelta(days=365)
"""Until people must look at it again."""


def begin(
    before: PolicyBody | None, news: dict[str, Any], values: dict[str, Any], now: datetime
) -> PolicyBody:
    """Return a first draft: the next version after another, with its values; else version 1 without any.

    Args:
        before: the policy that it replaces.
        news: what differs of its scope, its types and its reason.
        values: what differs of its values.
        now: when it is written.

    Raises:
        ConfigError: if any of it cannot be.
    """
    found: dict[str, Any] = {"version": 1, "scope": ["GG"], "types": [FacilityType.UNDERPASS], "values": {}}
    if before is not None:
        found = before.model_dump(exclude={"approvals"}) | {"version": before.version + 1}
    found |= {"issued_at": now, "review_by": now + YEAR, **news, "values": found["values"] | values}
    return understood("policy new", found)


def back_to(version: int, published: Sequence[PolicyBody], highest: int, now: datetime) -> PolicyBody:
    """Return a new version with the values of an older one; of none at all for 0.

    Raises:
        ConfigError: if that version was never published.
    """
    found = next((each for each in published if each.version == version), None)
    if version == 0 and published:
        found = published[0].model_copy(update={"values": PolicyValues()})
    if found is None:
        there = ", ".join(str(each.version) for each in published)
        said = f"version {version} was not published at this hub; there are: {there}"
        raise ConfigError("rollback", [said if there else "no policy was published at this hub yet"])
    news = {"version": highest + 1, "issued_at": now, "review_by": now + YEAR}
    reason = f"back to {version}: {found.reason}"[:500] if version else "back to each site's own file"
    return found.model_copy(update={**news, "reason": reason, "approvals": ()})


def write_draft(path: Path, policy: PolicyBody) -> None:
    """Write a policy as TOML. ConfigError if a file is there."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(draft(policy))
    except FileExistsError as error:
        raise ConfigError(str(path), ["is there already; a draft is never overwritten"]) from error
    except OSError as error:
        raise ConfigError(str(path), [f"cannot be written: {error.strerror}"]) from error


def draft(policy: PolicyBody) -> str:
    """Return a policy as TOML for people to edit; what it does not set stands there as a comment."""
    return "\n".join([HEAD, *_around(policy), "", "[values]", *_values(policy.values), ""])


def _around(policy: PolicyBody) -> Iterator[str]:
    yield f"version = {policy.version}    # above every version that its facilities have had"
    yield f"scope = {_list(policy.scope)}    # a province (GG), cities (41113), or single facilities"
    yield f"types = {_list(policy.types)}    # which facilities of these: UP underpass, RG riverside gate"
    yield f"issued_at = {_moment(policy.issued_at)}"
    yield f"review_by = {_moment(policy.review_by)}    # warns from then on; the policy stays in force"
    yield f"reason = {_text(policy.reason)}"


def _values(values: PolicyValues) -> Iterator[str]:
    for name, (english, korean) in NAMES.items():
        value, field = getattr(values, name), name.removesuffix("_s")
        limit = LEVELS[name] if name in LEVELS else TIMES[field]
        usual = getattr(Levels(), name) if name in LEVELS else getattr(Times(), field)
        line = f"# {name} = {'' if usual is None else f'{usual:g}'}"
        if value is not None:
            line = f"{name} = {json.dumps(value)}"
        yield f"{line}    # {english} / {korean}: {limit.least:g} to {limit.most:g}: {limit.why}"


def _list(words: tuple[str, ...]) -> str:
    return json.dumps(list(words))


def _text(words: str) -> str:
    """Return a TOML string; JSON's are, but for DEL, which TOML wants escaped."""
    return json.dumps(words, ensure_ascii=False).replace("\x7f", "\\u007f")


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
