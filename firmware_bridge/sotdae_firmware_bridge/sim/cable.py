"""A serial cable between two pseudo-terminals, which can be unplugged."""

import asyncio
import os
import tty
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self


@dataclass(slots=True)
class _End:
    """One end: the master side that the cable moves octets through, and the open terminal itself."""

    master: int
    slave: int
    path: str

    @classmethod
    def new(cls) -> Self:
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        # The slave stays open here, so that the line is there before and after its user.
        return cls(master, slave, os.ttyname(slave))

    def close(self) -> None:
        os.close(self.master)
        os.close(self.slave)


class Cable:
    """Joins `near` (the board's end, a path) and `far` (the agent's, a link of a name that stays).

    Use inside a running event loop. An unplugged cable takes its far end's terminal with it, as a USB
    adapter does; plugged in again it comes back under the same link.
    """

    def __init__(self, link: Path) -> None:
        """Prepare; `plug` makes the ends. `link` must not exist."""
        self.link = link
        self._near = _End.new()
        self._far: _End | None = None
        self.carried = 0
        """Octets carried, both ways."""
        self.cut_after: int | None = None
        """Unplug by itself once so many more octets were carried."""

    @property
    def near(self) -> str:
        """Path of the board's end."""
        return self._near.path

    @property
    def plugged(self) -> bool:
        """Whether the far end is there."""
        return self._far is not None

    def plug(self) -> None:
        """Make the far end and carry octets. Raises OSError if the link cannot be made."""
        if self._far is not None:
            return
        far = _End.new()
        try:
            self.link.symlink_to(far.path)
        except OSError:
            far.close()
            raise
        self._far = far
        loop = asyncio.get_running_loop()
        loop.add_reader(self._near.master, self._carry, self._near.master, far.master)
        loop.add_reader(far.master, self._carry, far.master, self._near.master)

    def unplug(self) -> None:
        """Take the far end away, in the middle of whatever it carries."""
        if self._far is None:
            return
        loop = asyncio.get_running_loop()
        loop.remove_reader(self._near.master)
        loop.remove_reader(self._far.master)
        self.link.unlink(missing_ok=True)
        self._far.close()
        self._far = None

    def close(self) -> None:
        """Take both ends away."""
        self.unplug()
        self._near.close()

    def noise(self, octets: bytes) -> None:
        """Put octets on the line towards the agent, as a disturbance does."""
        if self._far is not None:
            os.write(self._far.master, octets)

    def _carry(self, source: int, target: int) -> None:
        with suppress(BlockingIOError):
            octets = os.read(source, 4096)
            if self.cut_after is not None:
                octets = octets[: self.cut_after]
                self.cut_after -= len(octets)
            self.carried += len(octets)
            os.write(target, octets)  # what finds no room is lost, as on a real line
        if self.cut_after == 0:
            self.cut_after = None
            self.unplug()
