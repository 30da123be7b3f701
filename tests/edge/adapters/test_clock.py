import ctypes
from datetime import UTC, datetime, timedelta

import pytest

from sotdae_edge.adapters import clock
from sotdae_edge.adapters.clock import SystemClock, kernel_synchronised
from sotdae_shared.messages import ClockTrust


def test_wall_time_is_aware_utc_and_monotonic_time_does_not_go_back() -> None:
    system = SystemClock()
    assert system.wall().utcoffset() == timedelta(0)
    readings = [system.monotonic() for _ in range(100)]
    assert readings == sorted(readings)


def test_the_kernels_answer_agrees_with_ntptime_fields() -> None:
    raw = (ctypes.c_byte * 512)()
    state = ctypes.CDLL(None).ntp_adjtime(raw)
    status_at = 40 if ctypes.sizeof(ctypes.c_long) == 8 else 20
    status = ctypes.c_int.from_buffer(raw, status_at).value
    assert kernel_synchronised() is (state not in {-1, 5} and not status & 0x40)


@pytest.mark.parametrize(
    ("year", "synchronised", "assumed", "trust"),
    [
        (2026, True, False, ClockTrust.SYNCED),
        (2026, False, False, ClockTrust.UNTRUSTED),
        (2026, False, True, ClockTrust.SYNCED),
        (1970, True, False, ClockTrust.UNTRUSTED),
        (2024, True, True, ClockTrust.UNTRUSTED),
    ],
)
def test_trust_needs_a_disciplined_and_plausible_clock(
    year: int, synchronised: bool, assumed: bool, trust: ClockTrust
) -> None:
    system = SystemClock(
        assume_synced=assumed,
        synchronised=lambda: synchronised,
        wall=lambda: datetime(year, 6, 1, tzinfo=UTC),
    )
    assert system.trust() is trust


def test_a_system_without_the_call_is_not_synchronised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock.ctypes, "CDLL", lambda *_, **__: object())
    assert kernel_synchronised() is False
