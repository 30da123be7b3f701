"""The disk under outbox, state and record: writable, durable, quick enough, large enough."""

import os
import shutil
from pathlib import Path

from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes, percentile

WRITES = 60
PAGE = b"\0" * 4096
SLOW_MS = 200.0
"""A gate waits so long for its disk, then acts without it (DESIGN 3.6)."""
VOLATILE = ("tmpfs", "ramfs")
MB = 1024 * 1024


def check(kit: Kit) -> Notes:
    """Write and sync some pages; compare the room with what the gate's file may fill."""
    notes, directory = Notes(), kit.config.storage.dir
    _time(kit, directory, notes)
    room = shutil.disk_usage(directory)
    need = int((kit.config.record.budget_mb + kit.config.storage.telemetry_budget_mb) * MB)
    notes.measure("place", str(directory.resolve()))
    notes.measure("file_system", kind := _file_system(directory))
    notes.measure("free", room.free / MB, "MB", digits=0)
    notes.measure("need", need / MB, "MB", digits=0)
    if kind in VOLATILE:
        notes.fault("storage.volatile", kind=kind)
    if room.free < need:
        notes.fault("storage.small", free_mb=room.free // MB, need_mb=need // MB)
    return notes


def _time(kit: Kit, directory: Path, notes: Notes) -> None:
    took_ms, trial = [], directory / ".commissioning-trial"
    try:
        with trial.open("wb", buffering=0) as file:
            for _ in range(WRITES):
                began = kit.clock.monotonic()
                file.write(PAGE)
                os.fsync(file.fileno())
                took_ms.append((kit.clock.monotonic() - began) * 1000.0)
    except OSError as error:
        notes.fault("storage.refuses", because=error.strerror or str(error))
        return
    finally:
        trial.unlink(missing_ok=True)
    slow_ms = percentile(took_ms, 99)
    notes.measure("sync_p50", percentile(took_ms, 50), "ms")
    notes.measure("sync_p99", slow_ms, "ms")
    notes.plot("sync", "ms", [float(number) for number in range(WRITES)], list(took_ms), SLOW_MS)
    if slow_ms > SLOW_MS:
        notes.fault("storage.slow", p99_ms=round(slow_ms), limit_ms=SLOW_MS)


def _file_system(directory: Path) -> str:
    """Return the type of the file system, by the longest mount point above the directory."""
    place, found, best = str(directory.resolve()), "unknown", -1
    for line in Path("/proc/mounts").read_text(encoding="utf-8", errors="replace").splitlines():
        _, mount, kind, *_ = line.split(" ")
        if len(mount) > best and (place + "/").startswith(mount.rstrip("/") + "/"):
            found, best = kind, len(mount)
    return found
