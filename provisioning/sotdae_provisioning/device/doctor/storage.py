"""The agent's folder: there, writable, with room; and whether what waits in it is old."""

import errno
import os
import pwd
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sotdae_edge.adapters.outbox.file import oldest_waiting
from sotdae_provisioning.device.doctor.finding import Finding, found
from sotdae_shared.errors import LinkError, WireError
from sotdae_shared.wire import decode

OLD = timedelta(minutes=15)
"""A hub that is heard acknowledges within seconds; a link may well be away for some minutes."""
LOW_MB = 200
"""About a week of a gate's record."""
PROBE = ".doctor"
_CODES = {errno.EROFS: "storage.readonly", errno.ENOSPC: "storage.full", errno.EDQUOT: "storage.full"}
_ABSENT = (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ELOOP)


@dataclass(frozen=True, slots=True)
class Storage:
    """What the folder answered."""

    path: Path
    user: str
    """Who tried; for root, whose the folder is."""
    tried: bool = True
    """False where root looked at another's folder: a file of root's must not come to lie there."""
    refusal: int | None = None
    """The errno of a write that failed."""
    free_mb: int | None = None
    waiting: int = 0
    oldest: bytes | None = None
    outbox: str | None = None
    """Why the outbox cannot be read."""


def gather(path: Path) -> Storage:
    """Try the folder as the user that we are: write through to the disk, and take it away again."""
    user, owner = _user(os.geteuid()), _owner(path)
    if os.geteuid() == 0 and owner not in (None, 0):
        return Storage(path, _user(owner), tried=False, free_mb=_free_mb(path))
    refusal = _try(path)
    waiting, oldest, why = 0, None, None
    if refusal is None and (path / "outbox.db").exists():
        try:
            waiting, oldest = oldest_waiting(path / "outbox.db")
        except LinkError as error:
            why = str(error)
    return Storage(path, user, True, refusal, _free_mb(path), waiting, oldest, why)


def _try(path: Path) -> int | None:
    """Return the errno with which the folder refuses a write; None if it takes one, or can be made."""
    try:
        if not path.exists():
            return _makeable(path)
        descriptor = os.open(path / PROBE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            os.write(descriptor, b"." * 4096)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
            (path / PROBE).unlink()
    except OSError as error:
        return error.errno
    return None


def _makeable(path: Path) -> int | None:
    """Whether the agent could make its folder at its start: nothing is made for it here."""
    above = next(each for each in path.absolute().parents if each.exists())
    if not above.is_dir():
        return errno.ENOTDIR
    return None if os.access(above, os.W_OK | os.X_OK) else errno.ENOENT


def _free_mb(path: Path) -> int | None:
    try:
        return shutil.disk_usage(path).free // 1_000_000
    except OSError:
        return None


def _owner(path: Path) -> int | None:
    try:
        return path.stat().st_uid
    except OSError:
        return None


def _user(uid: int | None) -> str:
    try:
        return pwd.getpwuid(uid or 0).pw_name
    except KeyError:
        return str(uid)


def judge(storage: Storage, now: datetime) -> Iterator[Finding]:
    """Say what is wrong with the folder."""
    path, why = storage.path, storage.refusal
    if not storage.tried:
        yield found("user.root", user=storage.user)
    if why is not None:
        code = "storage.absent" if why in _ABSENT else _CODES.get(why, "storage.refused")
        yield found(code, dir=path, why=os.strerror(why), user=storage.user)
    elif storage.free_mb is not None and storage.free_mb < LOW_MB:
        yield found("storage.low", dir=path, free_mb=storage.free_mb)
    if storage.outbox is not None:
        yield found("outbox.broken", path=path / "outbox.db", why=storage.outbox)
    if storage.oldest is not None:
        yield from _waiting(storage, storage.oldest, now)


def _waiting(storage: Storage, oldest: bytes, now: datetime) -> Iterator[Finding]:
    """Judge the backlog by the wall clocks of then and now."""
    try:
        waits = now - decode(oldest).at
    except WireError as error:
        yield found("outbox.broken", path=storage.path / "outbox.db", why=error)
        return
    if waits > OLD:
        yield found("outbox.old", count=storage.waiting, minutes=int(waits.total_seconds() // 60))
