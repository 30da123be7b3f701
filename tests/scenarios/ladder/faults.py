"""How faults are made: disks, clocks, names, a cable, a processor. Each of the system, none of the agent."""

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

from sotdae_firmware_bridge.sim.cable import Cable
from sotdae_provisioning.child import Child

BROKER_NAME = "broker.sotdae.test"
SILENT_RESOLVER = "192.0.2.1"
"""TEST-NET-1 (RFC 5737): nobody answers."""


class NotPermittedError(Exception):
    """This system does not let us make the fault; the text says what is missing."""


def _as_root(*command: str) -> None:
    sudo = [] if os.geteuid() == 0 else ["sudo", "-n"]
    try:
        subprocess.run([*sudo, *command], check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise NotPermittedError(f"{' '.join(command)}: {getattr(error, 'stderr', '') or error}") from error


@dataclass(slots=True)
class Disk:
    """A small disk of its own, mounted on a directory."""

    place: Path
    image: Path | None = None

    @contextlib.contextmanager
    def mounted(self) -> Iterator["Disk"]:
        """Mount it; with an image it is ext4, else memory. NotPermittedError without root."""
        self.place.mkdir(parents=True)
        try:
            self.mount()
            yield self
        finally:
            self.unmount()

    def mount(self) -> None:
        if self.image is None:
            _as_root("mount", "-t", "tmpfs", "-o", "size=4m,mode=0777", "sotdae", str(self.place))
            return
        if not self.image.exists():
            with self.image.open("wb") as file:
                file.truncate(24 * 1024 * 1024)
            _as_root(
                "mkfs.ext4", "-q", "-F", "-E", f"root_owner={os.getuid()}:{os.getgid()}", str(self.image)
            )
        _as_root("mount", "-o", "loop", str(self.image), str(self.place))

    def unmount(self) -> None:
        if self.place.is_mount():
            _as_root("umount", str(self.place))

    def abort(self) -> None:
        """Let ext4 find an error: it turns read-only under whoever has files open."""
        _as_root("mount", "-o", "remount,abort", str(self.place))

    async def fill(self) -> None:
        """Take every free octet, until cancelled; then give them back."""
        filler = self.place / "filler"
        try:
            with filler.open("ab", buffering=0) as file:
                while True:
                    with contextlib.suppress(OSError):
                        while file.write(bytes(4096)):
                            continue
                    await asyncio.sleep(0.01)
        finally:
            filler.unlink()


def limit_files(pid: int, octets: int | None) -> None:
    """Let no file of a process grow beyond this: what a full disk does, without any right."""
    _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (hard if octets is None else octets, hard))


@contextlib.contextmanager
def slow_sync(pid: int, seconds: float) -> Iterator[None]:
    """Delay every fsync of a process (strace's injection)."""
    if shutil.which("strace") is None:
        raise NotPermittedError("program strace is not installed (apt install strace)")
    what = f"inject=fsync,fdatasync:delay_enter={int(seconds * 1e6)}"
    words = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-e", what, "-o", "/dev/null", "-p"]
    tracer = subprocess.Popen([*words, str(pid)], stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        tracer.terminate()
        tracer.wait()


class Wall:
    """The wall clock that one process sees (libfaketime); its monotonic clock stays the kernel's."""

    def __init__(self, file: Path) -> None:
        """Start with the right time."""
        found = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
        if not found:
            raise NotPermittedError("libfaketime is not installed (apt install faketime)")
        self._file = file
        self.environ = {
            "LD_PRELOAD": str(found[0]), "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_CACHE_DURATION": "1",
        }  # fmt: skip
        self.set("+0")

    def set(self, text: str) -> None:
        """Jump: `+3653d` from the right time, or `@1970-01-01 00:00:03`."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(f"{text}\n")
        fresh.replace(self._file)


class Names:
    """A private /etc/hosts and /etc/resolv.conf for one process (mount namespace)."""

    def __init__(self, directory: Path) -> None:
        """Write both files; the broker has a name."""
        self._hosts, resolver = directory / "hosts", directory / "resolv.conf"
        resolver.write_text(f"nameserver {SILENT_RESOLVER}\n")
        self._hosts.write_text(f"127.0.0.1 localhost {BROKER_NAME}\n")
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--mount", "--map-root-user"]
        script = 'mount --bind "$0" /etc/hosts && mount --bind "$1" /etc/resolv.conf && shift && exec "$@"'
        self.under = [*apart, "sh", "-c", script, str(self._hosts), str(resolver)]
        try:
            tried = subprocess.run([*self.under, "true"], capture_output=True, text=True, check=False)
        except OSError as error:
            raise NotPermittedError(f"unshare: {error}") from error
        if tried.returncode:
            raise NotPermittedError(f"unshare: {tried.stderr.strip()}")

    def forget(self) -> None:
        """The name no longer resolves, and the resolver does not answer."""
        self._hosts.write_text("127.0.0.1 localhost\n")

    def recall(self) -> None:
        """It resolves again."""
        self._hosts.write_text(f"127.0.0.1 localhost {BROKER_NAME}\n")


@contextlib.asynccontextmanager
async def cable_to(line: Path, link: Path) -> AsyncIterator[Cable]:
    """Lay a cable from a simulator's serial line to `link`, where the agent finds it."""
    cable = Cable(link)
    ends = [os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK) for path in (str(line), cable.near)]
    loop = asyncio.get_running_loop()

    def carry(source: int, target: int) -> None:
        with contextlib.suppress(BlockingIOError):
            os.write(target, os.read(source, 4096))

    for source, target in (ends, reversed(ends)):
        loop.add_reader(source, carry, source, target)
    cable.plug()
    try:
        yield cable
    finally:
        for end in ends:
            loop.remove_reader(end)
            os.close(end)
        cable.close()


async def starve(child: Child) -> None:
    """Let a process run for a fifth of the time only, until cancelled: a processor that others use up."""
    try:
        while child.alive:
            child.freeze()
            await asyncio.sleep(0.4)
            if child.alive:
                child.thaw()
            await asyncio.sleep(0.1)
    finally:
        if child.alive:
            child.thaw()
