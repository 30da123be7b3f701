"""Messages on disk until the hub holds them."""

from sotdae_edge.adapters.outbox.file import InUseError, LedgerCount, holder_of
from sotdae_edge.adapters.outbox.spare import SparedOutbox
from sotdae_edge.adapters.outbox.store import (
    BULK_BUDGET_BYTES,
    READ_BYTES,
    TELEMETRY_BUDGET_BYTES,
    SqliteOutbox,
)

__all__ = [
    "BULK_BUDGET_BYTES",
    "READ_BYTES",
    "TELEMETRY_BUDGET_BYTES",
    "InUseError",
    "LedgerCount",
    "SparedOutbox",
    "SqliteOutbox",
    "holder_of",
]
