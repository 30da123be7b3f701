"""One channel's word to the letter: intervals, bypasses, what a person must see to, when it ends."""

from dataclasses import replace

import pytest
from edge.core.plant import SITE

from sotdae_edge.core.validity import MAX_HISTORY, Bypass, ChannelState, Level, judge_stuck
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag

RADAR, _, FLOAT = SITE.channels


@pytest.mark.parametrize(
    ("one", "other", "gap_cm"),
    [
        (Level(5.0, 10.0), Level(7.0, 8.0), 0.0),
        (Level(5.0, 10.0), Level(10.0, 20.0), 0.0),
        (Level(5.0, 10.0), Level(10.5, 20.0), 0.5),
        (Level(30.0, 30.0), Level(5.0, 10.0), 20.0),
        (Level(-3.0, -3.0), Level(4.0, 4.0), 7.0),
    ],
)
def test_the_gap_between_two_intervals(one: Level, other: Level, gap_cm: float) -> None:
    assert one.distance(other) == other.distance(one) == gap_cm


@pytest.mark.parametrize(
    ("level", "ceiling_cm"),
    [
        (Level(0.0, 5.0), 5.0),
        (Level(0.5, 5.0), 5.0),
        (Level(-5.0, 5.0), 0.0),
        (Level(-5.0, 0.5), 0.0),
        (Level(-0.1, -0.1), -0.1),
    ],
)
def test_what_the_water_is_surely_not_above(level: Level, ceiling_cm: float) -> None:
    assert level.ceiling == ceiling_cm


def heard(at: float = 10.0, value: float = 3.0) -> ChannelState:
    """Return a radar channel that spoke at a moment."""
    channel = ChannelState(RADAR)
    channel.take({"radar_level": Sample(value, 1, 87.0)}, SITE, at)
    return channel


def test_a_bypassed_channel_is_heard_but_does_not_vote_until_its_time_is_up() -> None:
    channel = heard()
    channel.bypass = Bypass("lee", "cable cut", 9.0, 11.0)
    assert channel.bypass.text == "bypassed by lee for 0 min: cable cut"
    assert Bypass("lee", "cable cut", 600.0, 4200.0).text == "bypassed by lee for 60 min: cable cut"
    assert channel.bypassed(10.9)
    assert channel.valid(10.9) is None
    assert channel.seen(10.9) == Level(3.0, 3.0)
    assert not channel.bypassed(11.0)
    assert channel.valid(11.0) == Level(3.0, 3.0)


def test_what_a_person_must_see_to() -> None:
    channel = heard()
    assert channel.trouble(SITE, 11.0) is None
    assert channel.trouble(SITE, 11.5) == "missing"
    channel.disagree_since = 1.0
    assert channel.trouble(SITE, 10.99) is None
    assert channel.trouble(SITE, 11.0) == "disagrees with the others"
    channel.stuck = True
    assert channel.trouble(SITE, 11.0) == "fail"
    channel.stuck, channel.disagree_since, channel.flag = False, None, Flag.SUSPECT
    assert channel.trouble(SITE, 11.0) is None


def test_a_word_that_is_none_ends_what_was_known_at_once() -> None:
    for sample in (None, Sample(None, 2, 87.0), Sample(3.0, None, 87.0), Sample(3.0, 2, 19.0)):
        channel = heard()
        channel.jump_since = 9.5
        assert channel.take({} if sample is None else {"radar_level": sample}, SITE, 10.1)
        assert channel.valid(10.1) is None
        assert channel.fresh_until == float("-inf")
        assert channel.jump_since is None


def test_a_counter_that_stands_still_makes_nothing_fresh() -> None:
    channel = heard()
    assert not channel.take({"radar_level": Sample(9.0, 1, 87.0)}, SITE, 11.0)
    assert channel.seen(11.0) == Level(3.0, 3.0)
    assert channel.flag_at(11.5) is Flag.MISSING


def test_a_switch_is_judged_by_all_its_steps() -> None:
    channel = ChannelState(FLOAT)
    points = {name: Sample(0.0, 1, 1.0) for name, _ in FLOAT.points}
    channel.take(points, SITE, 10.0)
    assert channel.flag_at(11.49) is Flag.PASS
    assert channel.flag_at(11.5) is Flag.MISSING
    for name, good in points.items():
        for bad, flag in ((Sample(None, 2), Flag.MISSING), (Sample(0.0, 2, 0.9), Flag.FAIL)):
            channel.take({**points, name: bad}, SITE, 11.0)
            assert channel.flag_at(11.0) is flag
        channel.take({**points, name: replace(good, count=None)}, SITE, 11.0)
        assert channel.flag is Flag.MISSING


@pytest.mark.parametrize(("value", "sound"), [(-5.0, True), (-5.1, False), (400.0, True), (400.1, False)])
def test_the_range_includes_its_ends(value: float, sound: bool) -> None:
    assert (heard(value=value).valid(10.0) is not None) is sound


def test_after_silence_there_is_nothing_to_jump_from() -> None:
    channel = heard()
    channel.take({"radar_level": Sample(90.0, 2, 87.0)}, SITE, 11.4)
    assert channel.flag is Flag.SUSPECT, "fresh until 11.5"
    channel = heard()
    channel.take({"radar_level": Sample(90.0, 2, 87.0)}, SITE, 11.5)
    assert channel.valid(11.5) == Level(90.0, 90.0)
    assert channel.flag is Flag.PASS


def readings(*values: float) -> ChannelState:
    """Return a radar channel after a reading each second, the last at 20 s."""
    channel = ChannelState(RADAR)
    for number, value in enumerate(values):
        at = 20.0 - len(values) + 1 + number
        channel.take({"radar_level": Sample(value, number, 87.0)}, SITE, at)
    return channel


def test_flat_is_five_readings_within_the_noise() -> None:
    assert readings(3.0, 3.0, 3.0, 3.0, 3.0).flat(SITE, 20.0)
    assert not readings(3.0, 3.0, 3.0, 3.0).flat(SITE, 20.0)
    noise = SITE.noise_cm
    assert readings(0.0, noise, 0.0, noise, 0.0).flat(SITE, 20.0)
    assert not readings(0.0, noise + 0.01, 0.0, 0.0, 0.0).flat(SITE, 20.0)
    assert not readings(9.0, 3.0, 3.0, 3.0, 3.0, 3.0).flat(SITE, 20.0)
    assert readings(9.0, 3.0, 3.0, 3.0, 3.0, 3.0).flat(SITE, 15.0 + SITE.times.disagree + 0.5)
    assert readings(3.0, 3.0, 3.0, 3.0, 3.0).flat(SITE, 16.0 + SITE.times.disagree)


def test_what_is_remembered_spans_the_rate_window_and_no_more() -> None:
    window_s = SITE.times.rate_window
    gap_s = window_s / MAX_HISTORY
    channel = heard(0.0)
    for count, at in enumerate((0.9 * gap_s, gap_s, window_s, 1.1 * window_s), start=2):
        channel.take({"radar_level": Sample(3.0, count, 87.0)}, SITE, at)
        if at == window_s:
            assert [at for at, _ in channel.history] == [0.0, gap_s, window_s]
    assert [at for at, _ in channel.history] == [window_s, 1.1 * window_s]


def test_a_switch_is_never_flat() -> None:
    channel = ChannelState(FLOAT)
    channel.history.extend((float(at), 3.0) for at in range(11, 21))
    assert not channel.flat(SITE, 20.0)


def panel(*levels_cm: float, seconds: int = 11) -> list[ChannelState]:
    """Return channels that have each said the same for so long, judged at every second."""
    channels = [ChannelState(replace(RADAR, name=f"c{number}")) for number in range(len(levels_cm))]
    for at in range(seconds):
        for channel, cm in zip(channels, levels_cm, strict=True):
            channel.take({"radar_level": Sample(cm, at, 87.0)}, SITE, float(at))
        judge_stuck(channels, SITE, float(at))
    return channels


def stuck(*levels_cm: float, seconds: int = 11) -> list[bool]:
    return [channel.stuck for channel in panel(*levels_cm, seconds=seconds)]


def test_who_is_flat_and_off_most_of_the_others_for_long_is_stuck() -> None:
    assert stuck(0.0, 0.0, 0.0) == [False, False, False]
    assert stuck(9.0, 0.0, 0.0) == [True, False, False]
    assert stuck(0.0, 0.0, 9.0) == [False, False, True]
    assert stuck(9.0, 0.0, 0.0, seconds=10) == [False, False, False]
    assert stuck(5.0, 0.0, 0.0) == [True, False, False], "5 cm apart is apart"
    assert stuck(4.9, 0.0, 0.0) == [False, False, False]
    assert stuck(9.0) == [False]


def test_half_of_the_others_are_not_most_of_them() -> None:
    channels = panel(9.0, 9.0, 0.0)
    assert [channel.stuck for channel in channels] == [False, False, True]
    assert [channel.disagree_since for channel in channels] == [None, None, 0.0]


def test_the_word_of_a_channel_that_is_stuck_or_bypassed_is_not_asked_for() -> None:
    channels = panel(9.0, 0.0, 0.0)
    channels[1].bypass = Bypass("lee", "cable cut", 0.0, 100.0)
    channels[2].stuck = True
    judge_stuck(channels, SITE, 10.0)
    assert channels[0].disagree_since is None, "nobody is left to be off"


def test_a_jump_of_the_limit_is_none_and_one_that_lasts_is_water() -> None:
    channel = heard(value=0.0)
    channel.take({"radar_level": Sample(SITE.spike_cm, 2, 87.0)}, SITE, 10.1)
    assert channel.level == Level(15.0, 15.0)
    channel.take({"radar_level": Sample(40.0, 3, 87.0)}, SITE, 10.2)
    assert channel.flag is Flag.SUSPECT
    channel.take({"radar_level": Sample(40.0, 4, 87.0)}, SITE, 10.2 + SITE.times.spike)
    assert channel.level == Level(40.0, 40.0)
    channel.take({"radar_level": Sample(90.0, 5, 87.0)}, SITE, 10.9)
    assert channel.flag is Flag.SUSPECT, "the next jump is judged anew"


def test_a_silent_channel_neither_hides_the_others_nor_is_judged() -> None:
    silent = ChannelState(replace(RADAR, name="silent"))
    channels = panel(9.0, 0.0, 0.0, seconds=10)
    for channel in channels:
        channel.take({"radar_level": Sample(channel.history[-1][1], 10, 87.0)}, SITE, 10.0)
    judge_stuck([silent, *channels], SITE, 10.0)
    assert [channel.stuck for channel in channels] == [True, False, False]
    assert silent.disagree_since is None


def test_what_goes_stale_just_now_is_not_asked_for() -> None:
    fresh, apart, stale = panel(0.0, 20.0, 20.0, seconds=1)
    stale.fresh_until = 0.5
    judge_stuck([fresh, apart, stale], SITE, 0.5)
    assert [each.disagree_since for each in (fresh, apart, stale)] == [0.0, 0.5, None]


def test_levels_on_both_sides_of_zero_are_apart_too() -> None:
    assert stuck(-4.0, 2.0, 2.0) == [True, False, False]
