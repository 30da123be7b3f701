from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st
from wire_samples import ADDRESS, BOOT

from sotdae_edge.core.sending import SendWindow, TokenBucket
from sotdae_shared.messages import Class, Header

OLD = "aaaaaaaaaaaaaaaa"


@dataclass(frozen=True)
class Waiting:
    header: Header
    raw: bytes = b"x" * 100


def row(seq: int, boot: str = BOOT, size: int = 100) -> Waiting:
    header = Header(v=1, facility=ADDRESS.facility, node=ADDRESS.node, boot=boot, cls=Class.SAFETY, seq=seq)
    return Waiting(header, b"x" * size)


def window(rate_per_s: float = 10.0, burst: float = 2.0) -> SendWindow:
    return SendWindow(BOOT, 5.0, TokenBucket(rate_per_s, burst))


@given(
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=200),
    rate=st.floats(0.5, 500),
    burst=st.floats(1, 50),
)
def test_a_bucket_never_gives_more_than_rate_and_burst_allow(
    steps: list[float], rate: float, burst: float
) -> None:
    bucket = TokenBucket(rate, burst)
    now_s, given_out = 0.0, 0
    for step in steps:
        now_s += step
        given_out += sum(bucket.take(now_s) for _ in range(5))
    assert given_out <= rate * (now_s - steps[0]) + 1e-6


def test_a_bucket_says_when_a_batch_is_ready() -> None:
    bucket = TokenBucket(10, burst=5)
    assert not bucket.take(100.0)
    assert bucket.wait_s == 0.5
    assert [bucket.take(100.5) for _ in range(6)] == [True] * 5 + [False]


def test_live_rows_go_at_once_and_again_only_after_the_resend_time() -> None:
    sent, rows = window(), [row(1), row(2)]
    assert sent.due(rows, 0.0, 10_000) == rows
    assert sent.due(rows, 4.9, 10_000) == []
    assert sent.wait_s(rows, 4.0) == 1.0
    assert sent.due(rows, 5.0, 10_000) == rows


def test_nothing_that_waits_means_no_wait() -> None:
    assert window().wait_s([], 0.0) is None


def test_a_batch_is_bounded_in_bytes_but_never_empty() -> None:
    sent, rows = window(), [row(1, size=900), row(2, size=90), row(3, size=90), row(4, size=90)]
    assert sent.due(rows, 0.0, 500) == rows[:1]
    assert sent.wait_s(rows, 0.0) == 0.0
    assert sent.due(rows, 0.0, 200) == rows[1:3]
    assert sent.due(rows, 0.0, 200) == rows[3:]


def test_older_boots_wait_for_tokens_and_never_hold_up_live_rows() -> None:
    sent = window(rate_per_s=10, burst=2)
    old = [row(n, OLD) for n in range(1, 6)]
    assert sent.due([row(1), *old], 0.0, 10_000) == [row(1)]
    assert sent.wait_s([row(1), *old], 0.0) == 0.2
    assert sent.due([row(1), row(2), *old], 0.2, 10_000) == [row(2), *old[:2]]
    assert sent.due([row(1), row(2), *old], 0.4, 10_000) == old[2:4]


def test_a_bucket_that_still_holds_tokens_is_full_the_sooner() -> None:
    bucket = TokenBucket(10, burst=5)
    for now_s in (100.0, 100.5):
        bucket.take(now_s)
    assert bucket.wait_s == 0.1


def test_rows_that_fill_a_batch_exactly_go_with_it_and_one_byte_more_waits() -> None:
    rows = [row(1, size=100), row(2, size=100)]
    assert window().due(rows, 0.0, 200) == rows
    assert window().due(rows, 0.0, 199) == rows[:1]


def test_a_row_that_was_just_sent_late_in_a_connection_is_not_sent_again() -> None:
    sent, rows = window(), [row(1)]
    assert sent.due(rows, 1000.0, 10_000) == rows
    assert sent.due(rows, 1004.9, 10_000) == []
    assert sent.wait_s(rows, 1004.5) == 0.5
    assert sent.wait_s(rows, 1009.0) == 0.0
