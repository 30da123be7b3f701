"""One wet test of a channel to the letter: dry, wet, dry again, within ten minutes."""

import pytest
from edge.core.plant import SITE

from sotdae_edge.core.bucket import Bucket
from sotdae_edge.core.validity import ChannelState, Level

RADAR, LEVELS = SITE.channels[0], SITE.levels
NONE = "never seen dry"
DRY_ONLY = "never saw the water"
WET_LEFT = "not seen dry again"


def watched(*levels_cm: float | None) -> tuple[Bucket, list[bool]]:
    """Return a wet test and what it said to each reading."""
    bucket, said = Bucket("kim", "c-1", until=600.0), []
    for at, cm in enumerate(levels_cm):
        level = None if cm is None else Level(cm, cm)
        said.append(bucket.watch(ChannelState(RADAR, level, fresh_until=at + 1.0), LEVELS, float(at)))
    return bucket, said


@pytest.mark.parametrize(
    ("levels_cm", "problem", "peak_cm"),
    [
        ((), NONE, 0.0),
        ((3.1,), NONE, 0.0),
        ((3.1, 9.0, 3.1), NONE, 0.0),
        ((9.0, 3.0), DRY_ONLY, 0.0),
        ((3.0, 4.9, 3.0), DRY_ONLY, 0.0),
        ((3.0, 5.0), WET_LEFT, 5.0),
        ((0.0, 7.0, 12.0, 6.0, 4.0), WET_LEFT, 12.0),
        ((0.0, 7.0, 3.0), None, 7.0),
        ((0.0, 7.0, None, 3.0), None, 7.0),
        ((None, None), NONE, 0.0),
    ],
)
def test_a_channel_must_be_seen_dry_then_wet_then_dry(
    levels_cm: tuple[float | None, ...], problem: str | None, peak_cm: float
) -> None:
    bucket, said = watched(*levels_cm)
    assert (bucket.problem(), bucket.peak_cm) == (problem, peak_cm)
    assert said == [False] * (len(said) - (problem is None)) + [True] * (problem is None)


def test_a_stale_word_proves_nothing() -> None:
    bucket = Bucket("kim", "c-1", until=600.0)
    stale = ChannelState(RADAR, Level(0.0, 0.0), fresh_until=5.0)
    assert not bucket.watch(stale, LEVELS, 5.0)
    assert bucket.seen == 0
    assert not bucket.watch(stale, LEVELS, 4.9)
    assert bucket.seen == 1


def test_it_is_over_when_its_time_is_up() -> None:
    bucket, channel = Bucket("kim", "c-1", until=600.0), ChannelState(RADAR)
    assert not bucket.watch(channel, LEVELS, 599.9)
    assert bucket.watch(channel, LEVELS, 600.0)
