"""An outbox that goes on in memory while its disk refuses: the province goes on hearing the gate."""

from collections.abc import Callable, Sequence
from contextlib import suppress

from sotdae_edge.adapters.outbox.store import SqliteOutbox
from sotdae_edge.ports import Item, OutboxStats, Row
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import AckBody, Header


class SparedOutbox:
    """Implements `ports.Outbox`. What the disk refuses is numbered under a boot of the spare's own.

    The spare is a file in memory: it survives the process, not a power cut. What it still holds is sent by
    the next start, whatever the disk does then.
    """

    def __init__(self, disk: SqliteOutbox, open_spare: Callable[[], SqliteOutbox], *, begun: bool) -> None:
        """Take the disk's; `begun` says that an earlier start has left a spare."""
        self._disk = disk
        self._open_spare = open_spare
        self._spare: SqliteOutbox | None = None
        self._boots = disk.boots()
        if begun:
            with suppress(LinkError):  # memory that refuses does not keep an agent from starting
                self._in_memory()

    @property
    def storage(self) -> str:
        """Incarnation of the disk."""
        return self._disk.storage

    @property
    def recovered_from_corruption(self) -> bool:
        """Whether the disk's file was corrupt and set aside."""
        return self._disk.recovered_from_corruption

    def put(self, items: Sequence[Item]) -> list[Header]:
        """Commit on disk, else in memory. LinkError if both refuse, WireError as the disk's."""
        try:
            return self._disk.put(items)
        except LinkError:
            return self._in_memory().put(items)

    def _in_memory(self) -> SqliteOutbox:
        if self._spare is None:
            try:
                self._spare = self._open_spare()
            except OSError as error:
                raise LinkError(f"no place in memory: {error}") from error
        return self._spare

    def unsent(self, limit: int, after: tuple[str, str, int] | None = None) -> list[Row]:
        """Return waiting rows, those in memory first: a disk that is full cannot take the acks of its own."""
        rows = self._spare.unsent(limit) if self._spare is not None and after is None else []
        if len(rows) >= limit:
            return rows
        try:
            return rows + self._disk.unsent(limit - len(rows), after)
        except LinkError:
            if rows:
                return rows
            raise

    def ack(self, ack: AckBody) -> int:
        """Delete what the hub holds; return how many rows went. LinkError if the disk refuses."""
        if self._spare is not None and ack.boot in self._spare.boots():
            return self._spare.ack(ack)
        return self._disk.ack(ack)

    def boots(self) -> tuple[str, ...]:
        """This boot, then others with waiting rows; as last known of a disk that no longer answers."""
        try:
            self._boots = self._disk.boots()
        except LinkError:
            if self._spare is None or not self._boots:
                raise
        spare = () if self._spare is None else self._spare.boots()
        return tuple(dict.fromkeys([*self._boots, *spare]))

    def stats(self) -> OutboxStats:
        """Return counts over both."""
        disk = self._disk.stats()
        if self._spare is None:
            return disk
        spare = self._spare.stats()
        safety = None if disk.safety is None or spare.safety is None else disk.safety + spare.safety
        return OutboxStats(
            disk.pending + spare.pending, disk.pending_bytes + spare.pending_bytes,
            disk.dropped + spare.dropped, safety,
        )  # fmt: skip

    def close(self) -> None:
        """Close both."""
        self._disk.close()
        if self._spare is not None:
            self._spare.close()
