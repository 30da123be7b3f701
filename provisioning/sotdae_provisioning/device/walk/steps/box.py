"""Which box this is, and whether it stands where its file says."""

import platform
import socket
from importlib.metadata import version
from pathlib import Path

from sotdae_edge.record.key import device_key
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State

_TREE = Path("/proc/device-tree")
"""Where boards without a BIOS tell their model and serial number (devicetree specification 2.3)."""


def identify(kit: Kit) -> Notes:
    """Note facility, serial number, key and program; ask whether the place is right. LinkError: no key."""
    notes, place = Notes(), kit.config.facility
    serial = kit.ask.text("serial", _told("serial-number")).strip()
    notes.measure("facility", str(place.id))
    notes.measure("name", place.name)
    notes.measure("node", place.node)
    notes.measure("serial", serial or None)
    notes.measure("hostname", socket.gethostname())
    notes.measure("model", _told("model") or platform.machine())
    notes.measure("software", f"sotdae {version('sotdae')}, Python {platform.python_version()}")
    notes.measure("device_key", device_key(kit.config.storage.dir / "device.key").public)
    if not serial:
        notes.fault("box.no_serial")
    where = place.disambiguation or f"{place.lat:.5f}, {place.lon:.5f}"
    here = kit.ask.yes("box.here", name=place.name, facility=str(place.id), where=where)
    if here is False:
        notes.fault("box.elsewhere", facility=str(place.id), where=where)
    elif here is None:
        notes.find(State.SKIPPED, "left_open")
    return notes


def _told(name: str) -> str:
    try:
        return (_TREE / name).read_text(encoding="utf-8", errors="replace").strip("\0\n ")[:100]
    except OSError:
        return ""
