"""Whether a report holds: its signatures, its keys, and its page against its data."""

from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from sotdae_edge.core.site import Person
from sotdae_edge.panel.terms import Lang
from sotdae_provisioning.device.walk.kept import MAX_BYTES, Kept, Seal, read
from sotdae_provisioning.device.walk.page import data_of, page
from sotdae_provisioning.device.walk.seal import DEVICE, TECHNICIAN, judged
from sotdae_shared.errors import ConfigError


@dataclass(slots=True)
class Checked:
    """What was checked, and whether it holds."""

    verdict: str
    lines: dict[str, bool] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """Whether all of it does."""
        return all(self.lines.values())


def check(file: Path, device_key: str | None, roster: tuple[Person, ...] | None) -> Checked:
    """Check a report. ConfigError if it is none."""
    text = _text(file)
    kept, lang = _understood(text, file)
    found = Checked(kept.walk.verdict.value)
    for each in judged(kept):
        seal = each.seal
        found.lines[f"signed by {seal.role} {seal.name}, key {seal.public}"] = each.holds
        if seal.role == DEVICE and device_key is not None:
            found.lines["the box's key is the one kept elsewhere"] = seal.public == device_key.lower().strip()
        if seal.role == TECHNICIAN and roster is not None:
            found.lines[f"{seal.name} is on the roster with this key"] = _listed(seal, roster)
    for role in (DEVICE, TECHNICIAN):
        if all(seal.role != role for seal in kept.seals):
            found.lines[f"signed by a {role}"] = False
    if lang is not None:
        found.lines[_page_line(kept)] = page(kept, lang) == text
    return found


def load_any(file: Path) -> tuple[Kept, Lang | None]:
    """Read a report, page or data; the language is a page's. ConfigError if it is none."""
    return _understood(_text(file), file)


def _understood(text: str, file: Path) -> tuple[Kept, Lang | None]:
    if text.lstrip().startswith("{"):
        return read(text.encode(), str(file)), None
    return data_of(text, str(file))


def _text(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            raw = stream.read(3 * MAX_BYTES)
        return raw.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError.unreadable(file, error) from error


def _listed(seal: Seal, roster: tuple[Person, ...]) -> bool:
    return any(each.public.lower() == seal.public.lower() and each.name == seal.name for each in roster)


def _page_line(kept: Kept) -> str:
    """Only the version that drew a page can draw it again to the letter."""
    ours = f"sotdae {version('sotdae')}"
    other = "" if kept.walk.software == ours else f" (drawn by {kept.walk.software}, this is {ours})"
    return f"the page shows what was signed{other}"
