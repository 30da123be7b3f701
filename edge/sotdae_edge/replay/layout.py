"""Which column is which instrument, and the site as this record can drive it."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import inf
from typing import Literal

from sotdae_edge.core.site import UNDERPASS_CHANNELS, Channel, Geometry, Site, Times
from sotdae_edge.replay.people import ROSTER
from sotdae_edge.replay.series import Series
from sotdae_shared.errors import ConfigError

BUILT_IN = Site("GG-41113-UP-0007", UNDERPASS_CHANNELS, geometry=Geometry(length_m=175.0))
"""Choryang's length, the national thresholds (DOMAIN 0.1, 1.2)."""
LEVEL = Channel("level", "analog", (("level_cm", 0.0),))
CONTEXT = {"rain": "rain_rate", "rain_mm_h": "rain_rate", "river": "river_stage", "river_cm": "river_stage"}
"""Columns of rain in mm/h and river in cm, and the points they feed."""
FLAG = (0.0, 1.0, None)
PERIODS_FRESH = 2.5
"""A channel may miss two samples in a row, as a live one may."""
PERIODS_RATE = 12.0
PERIODS_RATE_MIN = 9.0
"""A rate needs ten samples."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A column that feeds a point."""

    column: str
    point: str
    kind: Literal["cm", "step", "flag", "context"] = "cm"
    """`step`: a switch written in cm, wet from `at_cm` on; `flag`: one written as 0 and 1."""
    at_cm: float = 0.0

    def value(self, number: float | None) -> float | None:
        """Return what the point reads when the column says `number`."""
        return float(number >= self.at_cm) if number is not None and self.kind == "step" else number

    def level_cm(self, number: float | None) -> float | None:
        """Return the level that the column tells, taken at its word; None if it tells none."""
        if self.kind == "flag":
            return self.at_cm if number else None
        return None if self.kind == "context" else number


@dataclass(frozen=True, slots=True)
class Layout:
    """How a series drives a site."""

    site: Site
    feeds: tuple[Feed, ...]
    ignored: tuple[str, ...]
    """Columns that mean nothing here."""


def lay_out(series: Series, site: Site) -> Layout:
    """Match columns with the site's channels; a channel without a column is not there, nor is a river.

    Raises:
        ConfigError: if no column is a level, or a contact says anything but 0 and 1.
    """
    channels: list[Channel] = []
    feeds: list[Feed] = []
    for channel in site.channels:
        points, found = _matched(channel, series)
        if found:
            channels.append(replace(channel, points=points))
            feeds += found
    taken = {feed.column for feed in feeds} | CONTEXT.keys()
    for channel, feed in _others(series, taken):
        channels.append(channel)
        feeds.append(feed)
    if not channels:
        names = ", ".join(["level_cm", *(channel.name for channel in site.channels)])
        told = ", ".join(series.columns)
        problem = f"no level column among  {told}; want one of {names} or <sensor>_cm"
        raise ConfigError(series.name, [f"line 1: {problem}"])
    _check_flags(feeds, series)
    context = [Feed(name, point, "context") for name, point in CONTEXT.items() if name in series.columns]
    used = {feed.column for feed in (*feeds, *context)}
    fitted = _fitted(replace(site, channels=tuple(channels)), series.period_s, context)
    ignored = tuple(name for name in series.columns if name not in used)
    return Layout(fitted, (*feeds, *context), ignored)


def _check_flags(feeds: list[Feed], series: Series) -> None:
    """Refuse a contact that says anything but 0 and 1: a level in cm would count as wet."""
    problems = []
    for feed in (each for each in feeds if each.kind == "flag"):
        odd = next((row for row, value in enumerate(series.columns[feed.column]) if value not in FLAG), None)
        if odd is not None:
            value, at = series.columns[feed.column][odd], series.at(series.times_s[odd])
            problems.append(f"{feed.column} at {at}: {value:g} is neither 0 nor 1")
    if problems:
        raise ConfigError(series.name, problems)


def _matched(channel: Channel, series: Series) -> tuple[tuple[tuple[str, float], ...], list[Feed]]:
    """Return the points of a channel that the series has, and what feeds them."""
    whole = next((name for name in (channel.name, f"{channel.name}_cm") if name in series.columns), None)
    if whole is not None:
        kind: Literal["cm", "step"] = "step" if channel.kind == "switch" else "cm"
        return channel.points, [Feed(whole, point, kind, level) for point, level in channel.points]
    points = tuple((point, level) for point, level in channel.points if point in series.columns)
    each: Literal["cm", "flag"] = "flag" if channel.kind == "switch" else "cm"
    return points, [Feed(point, point, each, level) for point, level in points]


def _others(series: Series, taken: set[str]) -> Iterator[tuple[Channel, Feed]]:
    for column in series.columns:
        if column == "level_cm" or (column.endswith("_cm") and column not in taken):
            name = column.removesuffix("_cm")
            yield replace(LEVEL, name=name, points=((column, 0.0),)), Feed(column, column)


def _fitted(site: Site, period_s: float, context: list[Feed]) -> Site:
    """Let everything that counts samples count them at this record's pace."""
    river = any(feed.point == "river_stage" for feed in context)
    levels = site.levels if river else replace(site.levels, river_caution_cm=None, river_trigger_cm=None)
    return replace(site, levels=levels, times=_times(site.times, period_s), roster=ROSTER, selftest=None)


def _times(times: Times, period_s: float) -> Times:
    fresh_s = PERIODS_FRESH * period_s
    return replace(
        times,
        channel_age=max(times.channel_age, fresh_s),
        river_age=max(times.river_age, fresh_s),
        lane_age=max(times.lane_age, fresh_s),
        device_silent=max(times.device_silent, fresh_s),
        rate_window=max(times.rate_window, PERIODS_RATE * period_s),
        rate_min=max(times.rate_min, PERIODS_RATE_MIN * period_s),
        disagree=max(times.disagree, 6.0 * period_s),
        hub_silent=inf,
    )
