"""Validity, vote and hazard: tables of what channels say and what follows."""

from dataclasses import replace

import pytest
from edge.core.plant import SITE, Plant, Story

from sotdae_edge.core.hazard import Sensing, Stage
from sotdae_edge.core.outlook import look
from sotdae_edge.core.site import Channel, Site
from sotdae_edge.core.validity import Bypass, ChannelState, Level
from sotdae_edge.core.vote import Vote, vote
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag

RADAR, _, FLOAT = SITE.channels
DRY, WET, BAD = Level(0.0, 0.0), Level(20.0, 20.0), None
LOW, MIDDLE, HIGH = Level(-5.0, 5.0), Level(5.0, 15.0), Level(15.0, 400.0)
NAN, INF = float("nan"), float("inf")


def radar(*readings: tuple[float, Sample | None]) -> ChannelState:
    """Return a radar channel after (time, sample)."""
    channel = ChannelState(RADAR)
    for now, sample in readings:
        channel.take({} if sample is None else {"radar_level": sample}, SITE, now)
    return channel


@pytest.mark.parametrize(
    ("sample", "flag"),
    [
        (Sample(3.0, 1, 87.0), Flag.PASS),
        (Sample(3.0, 1, None), Flag.PASS),
        (Sample(3.0, 1, 20.0), Flag.PASS),
        (Sample(3.0, 1, 19.9), Flag.FAIL),
        (Sample(3.0, 1, NAN), Flag.FAIL),
        (Sample(-5.1, 1, 87.0), Flag.FAIL),
        (Sample(400.1, 1, 87.0), Flag.FAIL),
        (Sample(None, 1, 87.0), Flag.MISSING),
        (Sample(3.0, None, 87.0), Flag.MISSING),
        (None, Flag.MISSING),
    ],
)
def test_an_analogue_reading_is_judged(sample: Sample | None, flag: Flag) -> None:
    channel = radar((0.0, sample))
    assert channel.flag_at(0.1) is flag
    assert (channel.valid(0.1) is not None) == (flag is Flag.PASS)


@pytest.mark.parametrize(
    ("five", "fifteen", "level", "flag"),
    [
        (0.0, 0.0, LOW, Flag.PASS),
        (1.0, 0.0, MIDDLE, Flag.PASS),
        (1.0, 1.0, HIGH, Flag.PASS),
        (0.0, 1.0, HIGH, Flag.SUSPECT),
    ],
)
def test_a_switch_knows_bounds(five: float, fifteen: float, level: Level, flag: Flag) -> None:
    channel = ChannelState(FLOAT)
    channel.take({"float_5": Sample(five, 1, 1.0), "float_15": Sample(fifteen, 1, 1.0)}, SITE, 0.0)
    assert (channel.valid(0.1), channel.flag_at(0.1)) == (level, flag)


def test_a_switch_whose_loop_is_not_ok_has_no_level() -> None:
    channel = ChannelState(FLOAT)
    channel.take({"float_5": Sample(0.0, 1, 1.0), "float_15": Sample(0.0, 1, 0.0)}, SITE, 0.0)
    assert channel.valid(0.0) is None


def test_a_channel_goes_stale_without_new_scans() -> None:
    channel = radar(*[(0.1 * n, Sample(3.0, 7, 87.0)) for n in range(20)])
    assert channel.valid(1.4) is not None
    assert channel.valid(1.5) is None
    assert channel.flag_at(1.5) is Flag.MISSING


def test_one_spike_is_held_back_and_a_lasting_jump_is_water() -> None:
    channel = radar((0.0, Sample(2.0, 1, 87.0)), (0.2, Sample(80.0, 2, 87.0)))
    assert channel.valid(0.3) == Level(2.0, 2.0)
    assert channel.flag_at(0.3) is Flag.SUSPECT
    channel.take({"radar_level": Sample(2.1, 3, 87.0)}, SITE, 0.4)
    assert channel.flag_at(0.4) is Flag.PASS
    for step in range(4):
        channel.take({"radar_level": Sample(40.0, 10 + step, 87.0)}, SITE, 0.6 + 0.2 * step)
    assert channel.valid(1.2) == Level(40.0, 40.0)


def test_history_spans_the_rate_window_however_fast_the_instrument() -> None:
    channel = radar(*[(n * 0.01, Sample(5.0 + n * 0.003, n, 87.0)) for n in range(3000)])
    assert channel.history[-1][0] - channel.history[0][0] > SITE.times.rate_window * 0.99


def _stuck_story(**stuck: float) -> Story:
    story = Story()
    for step in range(100):
        story.plant.water(12.0 + 0.2 * (step % 2))
        story.plant.floats = 12.0
        for name, value in stuck.items():
            setattr(story.plant, name, value)
        story.run(0.2)
    return story


def test_a_flat_channel_against_the_others_is_stuck() -> None:
    story = _stuck_story(radar=0.0)
    flags = story.gate.sensing.flags(story.now)
    assert flags == {"radar": Flag.FAIL, "pressure": Flag.PASS, "float": Flag.PASS}
    assert story.gate.sensing.close_vote(story.now).architecture == "1oo2"
    for step in range(60):
        story.plant.radar = 12.0 + 0.2 * (step % 2)
        story.run(0.2)
    assert story.gate.sensing.flags(story.now)["radar"] is Flag.PASS, "agreement heals it"


def test_a_flat_channel_in_agreement_is_not_stuck() -> None:
    story = Story()
    story.run(60.0)
    assert set(story.gate.sensing.flags(story.now).values()) == {Flag.PASS}


@pytest.mark.parametrize(
    ("levels", "trip", "architecture"),
    [
        ([DRY, DRY, LOW], False, "2oo3"),
        ([WET, DRY, LOW], False, "2oo3"),
        ([DRY, DRY, HIGH], False, "2oo3"),
        ([WET, WET, LOW], True, "2oo3"),
        ([WET, DRY, HIGH], True, "2oo3"),
        ([WET, WET, HIGH], True, "2oo3"),
        ([DRY, BAD, LOW], False, "1oo2"),
        ([WET, BAD, LOW], True, "1oo2"),
        ([DRY, BAD, HIGH], True, "1oo2"),
        ([BAD, BAD, MIDDLE], False, "1oo1"),
        ([BAD, BAD, HIGH], True, "1oo1"),
        ([WET, BAD, BAD], True, "1oo1"),
        ([BAD, BAD, BAD], False, "0oo0"),
    ],
)
def test_votes_degrade_towards_tripping(levels: list[Level | None], trip: bool, architecture: str) -> None:
    ballot = vote(dict(zip("abc", levels, strict=True)), 15.0)
    assert (ballot.trip, ballot.architecture) == (trip, architecture)


@pytest.mark.parametrize(
    ("level", "threshold", "word"),
    [
        (Level(15.0, 15.0), 15.0, "trip"),
        (Level(14.99, 14.99), 15.0, "dry"),
        (MIDDLE, 15.0, "dry"),
        (HIGH, 15.0, "trip"),
        (MIDDLE, 12.0, "abstain"),
        (HIGH, 20.0, "abstain"),
        (LOW, 5.0, "dry"),
        (MIDDLE, 5.0, "trip"),
        (BAD, 5.0, "bad"),
    ],
)
def test_ballots(level: Level | None, threshold: float, word: str) -> None:
    assert vote({"a": level}, threshold).ballots == {"a": word}


@pytest.mark.parametrize(
    ("declared", "architecture"),
    [
        ({}, "2oo3"),
        ({"bus": ("a", "b", "c"), "power": ("ups", "", "battery")}, "2oo3"),
        ({"bus": ("a", "a", "b")}, "1oo3"),
        ({"power": ("ups", "", "ups")}, "1oo3"),
        ({"model": ("m-1", "m-1", "m-1")}, "1oo3"),
    ],
)
def test_channels_that_share_a_path_are_not_outvoted(
    declared: dict[str, tuple[str, ...]], architecture: str
) -> None:
    channels = tuple(
        replace(channel, **{what: names[index] for what, names in declared.items()})
        for index, channel in enumerate(SITE.channels)
    )
    story = Story(replace(SITE, channels=channels))
    story.plant.pressure = 20.0
    story.run(2.0)
    assert story.gate.sensing.close_vote(story.now).architecture == architecture
    assert (story.gate.incident is not None) == (architecture == "1oo3")


def test_a_switch_that_cannot_tell_leaves_the_vote_to_the_others() -> None:
    assert vote({"a": DRY, "b": DRY, "c": MIDDLE}, 12.0) == Vote(
        False, {"a": "dry", "b": "dry", "c": "abstain"}, 1, 2
    )
    assert vote({"a": WET, "b": DRY, "c": MIDDLE}, 12.0).trip


@pytest.mark.parametrize(
    ("levels", "dry"),
    [
        ([DRY, DRY, LOW], True),
        ([Level(3.0, 3.0), DRY, LOW], True),
        ([Level(3.1, 3.1), DRY, LOW], False),
        ([DRY, DRY, MIDDLE], False),
        ([DRY, DRY, BAD], False),
        ([], False),
    ],
)
def test_dry_needs_every_channel(levels: list[Level | None], dry: bool) -> None:
    channels = [
        ChannelState(replace(SITE.channels[0], name=name), level, fresh_until=1.0)
        for name, level in zip("abc", levels, strict=False)
    ]
    assert (look(channels, 0.0).ceiling_cm <= 3.0) is dry


def test_a_bypassed_channel_is_not_asked_for_dry_and_an_outlook_ends_with_the_bypass() -> None:
    wet, dry = (ChannelState(channel, fresh_until=9.0) for channel in SITE.channels[:2])
    wet.level, dry.level, wet.bypass = Level(20.0, 20.0), Level(0.0, 0.0), Bypass("kim", "repair", 0.0, 5.0)
    seen = look([wet, dry], 1.0)
    assert (seen.ceiling_cm, seen.highest_cm, seen.until, seen.out) == (0.0, 0.0, 5.0, {wet.spec.name})
    assert (seen.lost, seen.sound) == (1, False)
    again = look([wet, dry], seen.until)
    assert (again.ceiling_cm, again.highest_cm, again.until, again.out) == (20.0, 20.0, 9.0, frozenset())
    assert look([wet, dry], again.until).highest_cm == float("-inf")


def test_an_outlook_counts_who_does_not_vote_and_tells_whether_all_is_sound() -> None:
    def three() -> list[ChannelState]:
        return [ChannelState(spec, Level(1.0, 1.0), fresh_until=9.0) for spec in SITE.channels]

    seen = look(three(), 1.0)
    assert (seen.lost, seen.sound, seen.seeing) == (0, True, True)
    one_off, two_out, two_silent = three(), three(), three()
    one_off[0].disagree_since = 0.5
    assert (look(one_off, 1.0).lost, look(one_off, 1.0).sound) == (0, False)
    for out, silent in zip(two_out[:2], two_silent[:2], strict=True):
        out.bypass, silent.level = Bypass("kim", "repair", 0.0, 5.0), None
    for each in (two_out, two_silent):
        assert (look(each, 1.0).lost, look(each, 1.0).sound, look(each, 1.0).seeing) == (2, False, True)
    assert look(two_out, 1.0).out == {each.spec.name for each in two_out[:2]}
    assert not look([], 1.0).seeing


@pytest.mark.parametrize(
    ("levels", "apart_cm"),
    [
        ([Level(3.0, 3.0), Level(-4.0, -4.0), Level(1.0, 1.0)], 7.0),
        ([Level(3.0, 3.0), LOW, MIDDLE], 2.0),
        ([Level(3.0, 3.0), LOW, BAD], 0.0),
        ([LOW, BAD, BAD], -10.0),
        ([BAD, BAD, BAD], -INF),
    ],
)
def test_an_outlook_tells_how_far_the_voters_are_apart(levels: list[Level | None], apart_cm: float) -> None:
    channels = [ChannelState(RADAR, level, fresh_until=9.0) for level in levels]
    for number, each in enumerate(channels):
        each.spec = replace(RADAR, name=f"c{number}")
    assert look(channels, 1.0).apart_cm == apart_cm


def test_unknown_is_never_zero() -> None:
    story = Story()
    assert story.gate.sensing.level_cm(story.now) is None
    assert story.gate.stage is Stage.UNKNOWN
    story.plant.radar = story.plant.pressure = None
    story.run(1.0)
    assert story.gate.sensing.level_cm(story.now) is None, "a dry float knows no level"
    story.plant.floats = 7.0
    story.run(1.0)
    assert story.gate.sensing.level_cm(story.now) == 5.0


@pytest.mark.parametrize("bad", [NAN, INF, -INF])
@pytest.mark.parametrize("point", ["radar_level", "float_15", "river_stage", "rain_rate", "local_key"])
def test_no_number_is_unknown_not_dry_and_not_a_trip(point: str, bad: float) -> None:
    story = Story()
    story.run(5.0, **{point: Sample(bad, None, 1.0)})
    for _ in range(20):
        story.plant.count += 1
        story.run(0.2, **{point: Sample(bad, story.plant.count, 87.0)})
    assert story.gate.state == "open"
    flags = story.gate.sensing.flags(story.now)
    channel = {"radar_level": "radar", "float_15": "float"}.get(point)
    assert all((flag is Flag.MISSING) == (name == channel) for name, flag in flags.items())
    if point == "river_stage":
        assert story.gate.sensing.river.value == 120.0 or story.gate.sensing.river.value is None


def test_river_above_its_trigger_closes_a_dry_gate() -> None:
    story = Story()
    story.run(2.0)
    story.plant.river = 2902.0
    story.run(2.0)
    assert story.gate.state == "pre_warn"
    assert story.gate.incident is not None
    assert story.gate.incident.first_out == "river"


def test_one_high_river_reading_is_not_enough() -> None:
    story = Story()
    story.run(2.0)
    story.plant.river = 3500.0
    story.run(0.6)
    story.plant.river = 120.0
    story.run(5.0)
    assert story.gate.state == "open"


@pytest.mark.parametrize("spoke", [True, False])
def test_a_silent_river_gauge_ages_into_caution(spoke: bool) -> None:
    story = Story()
    if spoke:
        story.run(2.0)
    story.plant.river = None
    story.run(60.0, every=1.0)
    assert story.gate.stage is Stage.NORMAL
    assert story.gate.sensing.river.at(story.now) is None
    story.run(40.0, every=1.0)
    assert story.gate.stage is Stage.CAUTION
    assert story.alarms["river.lost"] == 2
    assert not story.gate.sensing.dry(story.now), "no reopening without the river's word"
    assert story.gate.state == "open"


def test_river_at_caution_forbids_reopening_even_without_a_trigger() -> None:
    site = replace(SITE, levels=replace(SITE.levels, river_trigger_cm=None))
    story = Story(site)
    story.run(2.0)
    assert story.gate.sensing.dry(story.now)
    story.plant.river = 2600.0
    story.run(2.0)
    assert not story.gate.sensing.dry(story.now)


def _blind(story: Story) -> None:
    story.plant.radar = story.plant.pressure = story.plant.floats = None


CONTEXTS = {
    "rain 30 mm/h": {"rain": 30.0},
    "river 2500 cm at caution": {"river": 2500.0},
    "mains lost": {"mains": False},
}


@pytest.mark.parametrize("reason", [*CONTEXTS, None])
def test_without_any_level_channel_context_decides(reason: str | None) -> None:
    story = Story()
    story.run(2.0)
    _blind(story)
    for name, value in CONTEXTS.get(reason or "", {}).items():
        setattr(story.plant, name, value)
    story.run(58.0, every=1.0)
    assert story.gate.state == "open"
    story.run(5.0, every=1.0)
    assert story.alarms["level.blind"] == 1
    if reason is None:
        assert story.gate.state == "open"
        assert story.warned is not None
        assert story.warned.caution, "flashing caution and dispatch"
    else:
        assert story.gate.incident is not None
        assert story.gate.incident.because == ("no valid level channel", reason)


def test_a_blind_gate_closes_when_the_hub_is_silent_too() -> None:
    story = Story()
    _blind(story)
    story.run(599.0, every=1.0)
    assert story.gate.incident is None
    story.run(3.0, every=1.0)
    assert story.gate.incident is not None
    assert story.gate.incident.because == ("no valid level channel", "hub silent")


def test_caution_has_its_own_hysteresis_and_time() -> None:
    story = Story()
    story.run(2.0)
    story.plant.water(6.0)
    story.run(2.0)
    assert story.gate.stage is Stage.CAUTION
    story.plant.water(3.0)
    story.run(700.0, every=1.0)
    assert story.gate.stage is Stage.CAUTION, "3 cm is not below 2 cm"
    story.plant.water(1.0)
    story.run(595.0, every=1.0)
    assert story.gate.stage is Stage.CAUTION
    story.run(10.0, every=1.0)
    assert story.gate.stage is Stage.NORMAL


def test_an_hour_around_the_threshold_is_one_closing() -> None:
    story = Story()
    story.run(1.0)
    for step in range(3600):
        story.plant.water(14.0 if step % 7 < 3 else 16.0)
        story.run(1.0, every=0.25)
        if story.gate.state == "lowering":
            story.plant.arm = "closed"
    assert story.states == ["open", "pre_warn", "clearing", "lowering", "closed"]
    assert story.gate.episode == 1


def test_a_site_of_switches_only_is_voted_too() -> None:
    site = Site("GG-41113-UP-0007", (Channel("float", "switch", FLOAT.points),))
    sensing = Sensing.of(site, 0.0)
    plant = Plant()
    plant.floats = 16.0
    sensing.take(plant.scan().points, 0.0)
    assert sensing.trips(0.0, 0.0) == []
    assert [trip.cause for trip in sensing.trips(0.5, 0.0)] == ["level"]
