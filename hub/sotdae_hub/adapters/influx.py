"""Readings on a server that takes InfluxDB line protocol; proved on VictoriaMetrics.

Such a server has no transactions: points are written first and may be written again after a crash, which
changes nothing, since series and time name a point. What was written is listed in a small SQLite ledger.
"""

import json
import re
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from sotdae_hub.adapters.damage import REFUSALS, TORN
from sotdae_hub.adapters.journal import close, connect
from sotdae_hub.core.points import PointRow, Sample, ms, point_rows, thin
from sotdae_hub.ports import Entry, Point
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Class, Kind
from sotdae_shared.units import Flag

TIMEOUT_MS = 10_000
LINES = 5_000
"""Lines in one request."""
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    journal_offset INTEGER, node TEXT, boot TEXT, class TEXT, seq INTEGER, gap_to INTEGER
);
CREATE TABLE IF NOT EXISTS progress (id INTEGER PRIMARY KEY CHECK (id = 1), journal_offset INTEGER NOT NULL);
INSERT OR IGNORE INTO progress VALUES (1, 0);
"""
_UNWRITABLE = re.compile(r"[\x00-\x1f\x7f\\\"]")
_SPECIAL = re.compile(r"([,= ])")


class InfluxMetrics:
    """See ports.MetricsStore."""

    name = "metrics"
    kinds = frozenset({Kind.TELEMETRY, Kind.HEALTH, Kind.GAP})

    def __init__(self, url: str, org: str, bucket: str, token: str, ledger: Path) -> None:
        """Prepare; the server is first asked when something is written."""
        self._bucket = bucket
        self._client: Any = InfluxDBClient(url=url, token=token, org=org, timeout=TIMEOUT_MS)
        self._write: Any = self._client.write_api(write_options=SYNCHRONOUS)
        try:
            with ExitStack() as undo:
                self._ledger = undo.enter_context(closing(connect(ledger)))
                self._ledger.executescript(_SCHEMA)
                self.offset = int(self._ledger.execute("SELECT journal_offset FROM progress").fetchone()[0])
                self.rows = int(self._ledger.execute("SELECT count(*) FROM message").fetchone()[0])
                undo.pop_all()
        except (*REFUSALS, *TORN) as error:
            raise LinkError(f"metrics ledger {ledger}: {error}") from error
        self._lock = threading.Lock()

    def project(self, entries: Sequence[Entry], upto: int) -> None:
        """See ports.Projection."""
        own = [entry for entry in entries if entry.envelope.cls is Class.TELEMETRY]
        lines = [line_of(row) for entry in own for row in point_rows(entry.envelope)]
        messages = [(entry.offset, *entry.envelope.key, entry.gap_to) for entry in own]
        with self._lock:
            try:
                for first in range(0, len(lines), LINES):
                    chunk = lines[first : first + LINES]
                    self._write.write(bucket=self._bucket, record=chunk, write_precision="ms")
                with self._ledger:
                    self._ledger.execute("BEGIN IMMEDIATE")
                    self._ledger.executemany("INSERT INTO message VALUES (?, ?, ?, ?, ?, ?)", messages)
                    self._ledger.execute("UPDATE progress SET journal_offset = ?", (upto,))
            except (ApiException, HTTPError, OSError, *REFUSALS) as error:
                raise LinkError(f"metrics: {error}") from error
        self.offset = upto
        self.rows += len(messages)

    def series(
        self, facility: str, channel: str, start: datetime, end: datetime, points: int
    ) -> tuple[str | None, list[Point]]:
        """See ports.MetricsStore. Asks by VictoriaMetrics' export, which InfluxDB itself does not have."""
        start_ms, end_ms = ms(start), ms(end)
        labels = f"facility={json.dumps(facility)},channel={json.dumps(_writable(channel))}"
        query = [
            ("match[]", f'{{__name__=~"reading_(value|flag)",{labels}}}'),
            ("start", f"{start_ms / 1000:.3f}"),
            ("end", f"{(end_ms - 1) / 1000:.3f}"),
        ]
        unit, samples = _join(self._export(query))
        thinned = thin(samples, start_ms, end_ms, points)
        return unit, [
            Point(datetime.fromtimestamp(s.at_ms / 1000, UTC), s.value, Flag(s.flag)) for s in thinned
        ]

    def _export(self, query: list[tuple[str, str]]) -> list[dict[str, Any]]:
        try:
            answer = self._client.api_client.call_api(
                "/api/v1/export", "GET", query_params=query, response_type="str", _return_http_data_only=True,
                urlopen_kw={},
            )  # fmt: skip
        except (ApiException, HTTPError, OSError) as error:
            raise LinkError(f"metrics: the server does not answer /api/v1/export: {error}") from error
        return [json.loads(line) for line in str(answer).splitlines() if line]

    def close(self) -> None:
        """See ports.Projection."""
        with self._lock, suppress(ApiException, HTTPError, OSError):
            self._write.close()
            self._client.close()
        close(self._ledger)


def line_of(row: PointRow) -> str:
    """Return a point in line protocol. A server may drop a malformed line silently, so none is made."""
    tags = f"facility={row.facility},channel={_tag(row.channel)},unit={_tag(row.unit)}"
    value = "" if row.value is None else f"value={float(row.value)!r},"
    return f"reading,{tags} {value}flag={row.flag}i {row.at_ms}"


def _writable(text: str) -> str:
    """Replace what line protocol cannot carry in a tag."""
    return _UNWRITABLE.sub("_", text)


def _tag(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _writable(text))


def _join(exported: Iterable[dict[str, Any]]) -> tuple[str | None, list[Sample]]:
    values: dict[int, float] = {}
    flags: dict[int, int] = {}
    unit = None
    for each in exported:
        unit = each["metric"].get("unit", unit)
        pairs = zip(each["timestamps"], each["values"], strict=True)
        if each["metric"]["__name__"] == "reading_value":
            values.update(pairs)
        else:
            flags.update((at_ms, int(flag)) for at_ms, flag in pairs)
    return unit, [Sample(at_ms, values.get(at_ms), flag) for at_ms, flag in sorted(flags.items())]
