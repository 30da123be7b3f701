"""Radio signal of the box, where it has a radio that the kernel tells of."""

from pathlib import Path

from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State

WIRELESS = Path("/proc/net/wireless")
INTERFACES = Path("/sys/class/net")
WEAK_DBM = -75.0
"""Below this a wireless LAN loses its rate and then its link."""


def check(_: Kit) -> Notes:
    """Read the level of each wireless interface; a modem that does not tell is not known, never zero."""
    return judged(_read(WIRELESS), sorted(each.name for each in INTERFACES.glob("ww*")))


def judged(wireless: str, modems: list[str]) -> Notes:
    """Judge what the kernel lists (proc(5), net/wireless), and the modems of which it lists no level."""
    notes, levels = Notes(), _levels(wireless)
    for name, level_dbm in levels.items():
        notes.measure(f"signal.{name}", level_dbm, "dBm", digits=0)
        if level_dbm is not None and level_dbm < WEAK_DBM:
            notes.fault("radio.weak", interface=name, level_dbm=level_dbm, limit_dbm=WEAK_DBM)
    for name in modems:
        notes.measure(f"signal.{name}", None, "dBm")
        notes.find(State.NOT_DONE, "radio.untold", interface=name)
    if not levels and not modems:
        notes.find(State.NOT_FITTED, "radio.none")
    return notes


def _levels(text: str) -> dict[str, float | None]:
    """Return the level of each interface in dBm; None where the driver tells none."""
    found: dict[str, float | None] = {}
    for line in text.splitlines()[2:]:
        name, colon, rest = line.partition(":")
        fields = rest.split()
        if colon and len(fields) >= 3:
            level = fields[2].rstrip(".")
            found[name.strip().lower()[:20]] = float(level) if level.lstrip("-").isdecimal() else None
    return found


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
