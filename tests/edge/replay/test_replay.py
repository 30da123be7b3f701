"""Series through the shipped gate: when it cautions, closes and may reopen, and what was false."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from edge.replay.kit import constant, pond, rise, series
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import rc_context

from sotdae_edge.core.site import Geometry, Levels
from sotdae_edge.replay.layout import BUILT_IN, lay_out
from sotdae_edge.replay.plot import plot
from sotdae_edge.replay.report import Report, replay
from sotdae_edge.replay.series import Series
from sotdae_shared.errors import ConfigError

KST = timezone(timedelta(hours=9))
LONG = replace(BUILT_IN, geometry=Geometry(length_m=300.0, margin_s=15.0))
RIVER = replace(BUILT_IN, levels=Levels(river_caution_cm=2880.0, river_trigger_cm=2902.0))


def states(report: Report) -> list[str]:
    return [step.state for step in report.steps]


def test_one_column_is_one_channel_and_closes_at_the_level() -> None:
    report = replay(series(5.0, 300.0, level_cm=rise(20.0, 60.0)), BUILT_IN)
    assert states(report) == ["caution", "pre_warn", "clearing", "lowering", "closed"]
    trip, closed = report.first("pre_warn"), report.first("closed")
    assert trip is not None
    assert closed is not None
    assert trip.because == ("1oo1: level >= 15 cm",)
    assert report.naive_close_s == 105.0
    assert trip.at_s == pytest.approx(105.5)
    assert closed.at_s == pytest.approx(119.5, abs=0.3), "5 s of warning, 1 s clear, 8 s of arm"
    assert report.false() == 0


def test_three_columns_vote_two_of_three() -> None:
    curve = rise(20.0, 60.0)
    report = replay(series(1.0, 200.0, radar=curve, pressure=curve, float=curve), BUILT_IN)
    assert report.steps[1].because == ("2oo3: radar, pressure, float >= 15 cm",)
    dry = constant(0.0)
    report = replay(series(1.0, 200.0, radar=curve, pressure=dry, float=dry), BUILT_IN)
    assert report.closings == (), "one of three does not close"
    assert report.naive_close_s == 105.0, "the bare threshold does"


def test_a_lost_column_makes_the_rest_easier_to_trip() -> None:
    curve, dead, dry = rise(20.0, 60.0), constant(None), constant(0.0)
    report = replay(series(1.0, 200.0, radar=curve, pressure=dead, float=dry), BUILT_IN)
    assert report.steps[-4].because[0].startswith("1oo2: radar")


def test_reopening_is_assumed_after_thirty_dry_minutes_and_marked() -> None:
    report = replay(series(60.0, 9000.0, level_cm=pond(5.0, 40.0, 600.0)), BUILT_IN)
    opening, opened = report.first("opening"), report.first("open")
    assert opening is not None
    assert opened is not None
    assert opening.because[0].startswith("assumed")
    dry_at = next(
        at
        for at, level in zip(report.series.times_s, report.levels_cm, strict=True)
        if level is not None and level <= 3.0 and at > 600.0
    )
    assert opening.at_s == pytest.approx(dry_at + 1800.0)
    assert opened.at_s > opening.at_s
    assert states(report)[-2:] == ["open", "normal"]


def test_a_second_flood_closes_again() -> None:
    first, second = pond(5.0, 40.0, 600.0), pond(5.0, 40.0, 600.0, dry_s=9000.0)
    report = replay(series(60.0, 12000.0, level_cm=lambda at: max(first(at) or 0, second(at) or 0)), BUILT_IN)
    assert len(report.closings) == 2


def test_a_spike_closes_the_naive_rule_only() -> None:
    report = replay(series(300.0, 86400.0, level_cm=lambda at: 80.0 if at == 43200.0 else 0.0), BUILT_IN)
    assert report.steps == ()
    assert report.naive_close_s == 43200.0


def test_a_prediction_that_does_not_come_true_is_false_and_counted_apart() -> None:
    curve = rise(20.0, 14.0)
    report = replay(series(0.5, 2400.0, radar=curve, pressure=curve, float=curve), LONG)
    assert [closing.cause for closing in report.closings] == ["predicted"]
    assert (report.false(), report.false("predicted"), report.false("level")) == (1, 1, 0)
    assert report.naive_close_s is None
    came_true = replay(series(0.5, 600.0, radar=rise(20.0, 60.0), pressure=rise(20.0, 60.0)), LONG)
    assert came_true.closings[0].cause == "predicted"
    assert came_true.false() == 0


def test_what_nobody_saw_is_not_borne_out() -> None:
    report = replay(series(10.0, 3600.0, level_cm=constant(None), rain=constant(50.0)), BUILT_IN)
    assert [closing.cause for closing in report.closings] == ["context"]
    assert report.false("context") == 1


def test_the_river_closes_a_dry_road_where_the_site_says_so() -> None:
    columns = {"level_cm": constant(0.0), "river": rise(10.0, 2950.0, dry_s=-17000.0)}
    report = replay(series(10.0, 1200.0, **columns), RIVER)
    assert [closing.cause for closing in report.closings] == ["river"]
    assert report.false() == 0
    unknown = replay(series(10.0, 1200.0, level_cm=constant(0.0)), RIVER)
    assert unknown.steps == (), "a river that was not recorded is not a river that is silent"


def test_a_gap_is_unknown_and_no_flood() -> None:
    made = series(60.0, 7200.0, level_cm=constant(1.0))
    keep = [row for row, at in enumerate(made.times_s) if not 1800.0 < at < 5400.0]
    column = made.columns["level_cm"]
    gap = Series("gap", [made.times_s[row] for row in keep], {"level_cm": [column[row] for row in keep]})
    report = replay(gap, BUILT_IN)
    assert report.closings == ()
    assert report.steps[0].state == "caution"
    assert report.steps[0].because == ("no valid level channel",)
    assert 1800.0 + 150.0 <= report.steps[0].at_s <= 1800.0 + 150.0 + 61.0


def test_a_flood_that_breaks_off_is_closed_all_the_same() -> None:
    report = replay(series(5.0, 105.0, level_cm=rise(20.0, 60.0)), BUILT_IN)
    assert states(report)[-1] == "closed"


@pytest.mark.parametrize(
    ("columns", "channels", "ignored"),
    [
        (["level_cm"], {"level": 1}, []),
        (["radar", "pressure_cm"], {"radar": 1, "pressure": 1}, []),
        (["radar_level", "float_15"], {"radar": 1, "float": 1}, []),
        (["float"], {"float": 2}, []),
        (["north_cm", "south_cm", "river_cm", "rain_mm_h"], {"north": 1, "south": 1}, []),
        (["radar", "discharge", "note"], {"radar": 1}, ["discharge", "note"]),
    ],
)
def test_columns_find_their_channels(
    columns: list[str], channels: dict[str, int], ignored: list[str]
) -> None:
    layout = lay_out(series(1.0, 2.0, **dict.fromkeys(columns, constant(0.0))), BUILT_IN)
    assert {channel.name: len(channel.points) for channel in layout.site.channels} == channels
    assert list(layout.ignored) == ignored


def test_without_a_level_there_is_nothing_to_replay() -> None:
    with pytest.raises(ConfigError, match="no level column among  river; want one of level_cm, radar"):
        lay_out(series(1.0, 2.0, river=constant(0.0)), BUILT_IN)


def test_flags_of_a_float_are_steps() -> None:
    wet = rise(20.0, 60.0)
    five, fifteen = (lambda at, cm=cm: float((wet(at) or 0.0) >= cm) for cm in (5.0, 15.0))
    report = replay(series(1.0, 200.0, float_5=five, float_15=fifteen), BUILT_IN)
    assert report.naive_close_s == 105.0
    assert report.steps[1].because == ("1oo1: float >= 15 cm",)


levels = st.lists(st.none() | st.floats(-5.0, 120.0), min_size=2, max_size=60)


@settings(max_examples=60, deadline=None)
@given(levels, st.sampled_from([1.0, 60.0, 300.0]), st.integers(1, 10**6))
def test_when_the_record_began_changes_nothing(
    levels: list[float | None], period_s: float, later: int
) -> None:
    made = [
        Series("made", [start + number * period_s for number in range(len(levels))], {"level_cm": levels})
        for start in (0.0, float(later))
    ]
    plain, moved = (replay(each, BUILT_IN) for each in made)
    shifted = [(step.state, round(step.at_s - later, 3)) for step in moved.steps]
    assert shifted == [(step.state, round(step.at_s, 3)) for step in plain.steps]
    assert len(plain.levels_cm) == len(levels)


def test_a_contact_says_0_or_1() -> None:
    wet = series(5.0, 60.0, float_5=constant(2.0), float_15=constant(0.0))
    with pytest.raises(ConfigError, match="2 is neither 0 nor 1") as caught:
        replay(wet, BUILT_IN)
    assert caught.value.problems == ["float_5 at 2020-07-23T12:20:00+00:00: 2 is neither 0 nor 1"]


def test_a_picture_keeps_the_clock_of_its_record(tmp_path: Path) -> None:
    seoul = replace(
        series(60.0, 1800.0, level_cm=rise(5.0, 60.0)), origin=datetime(2023, 7, 15, 6, tzinfo=KST)
    )
    with rc_context({"svg.fonttype": "none"}):
        plot(replay(seoul, BUILT_IN), tmp_path / "x.svg")
    drawn = (tmp_path / "x.svg").read_text()
    assert ">06:10<" in drawn
    assert ">2023-Jul-15 06:" in drawn or ">2023-Jul-15<" in drawn
