"""Panels over the series that the hub keeps on a metrics server: `reading_value` and `reading_flag`."""

from collections.abc import Mapping, Sequence

from grafana_foundation_sdk.builders import common as styles
from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import prometheus, stat, statetimeline, timeseries
from grafana_foundation_sdk.models import common, dashboard

SOURCE = dashboard.DataSourceRef(type_val="prometheus", uid="${source}")
"""Whatever Prometheus-compatible source the viewer picks."""
HEIGHT = 8
HALF, FULL = 12, 24
Limit = tuple[float, str]
"""From this value on, this colour."""
Word = tuple[str, str]
"""What a number means, and its colour."""


def value_of(*channels: str) -> str:
    """Return the query for some channels' values at the chosen facility."""
    return f'reading_value{{facility="$facility",channel=~"{"|".join(channels)}"}}'


def flag_of(*channels: str) -> str:
    """Return the query for some channels' quality flags at the chosen facility."""
    return f'reading_flag{{facility="$facility",channel=~"{"|".join(channels)}"}}'


def chart(title: str, about: str, unit: str, expr: str, limits: Sequence[Limit] = ()) -> timeseries.Panel:
    """Return values over time. Limits are drawn as lines; a gap stays a gap."""
    lines = styles.GraphThresholdsStyleConfig().mode(
        common.GraphThresholdsStyleMode.LINE if limits else common.GraphThresholdsStyleMode.OFF
    )
    panel = timeseries.Panel().title(title).description(about).unit(unit).datasource(SOURCE)
    panel = panel.with_target(_query(expr)).thresholds(_steps(limits)).thresholds_style(lines)
    return panel.span_nulls(span_nulls=False).height(HEIGHT).span(HALF)


def timeline(title: str, about: str, expr: str, words: Mapping[int, Word]) -> statetimeline.Panel:
    """Return states over time, each number shown as its word."""
    panel = statetimeline.Panel().title(title).description(about).datasource(SOURCE)
    panel = panel.with_target(_query(expr)).mappings([_meaning(words)]).merge_values(merge_values=True)
    return panel.height(HEIGHT).span(HALF)


def number(title: str, about: str, unit: str, expr: str, limits: Sequence[Limit]) -> stat.Panel:
    """Return one number as of now, coloured by its limits."""
    panel = stat.Panel().title(title).description(about).unit(unit).datasource(SOURCE)
    panel = panel.with_target(_query(expr).instant()).thresholds(_steps(limits)).no_value("never heard")
    return panel.height(HEIGHT // 2).span(FULL)


def _query(expr: str) -> prometheus.Dataquery:
    return prometheus.Dataquery().expr(expr).legend_format("{{channel}}").datasource(SOURCE).ref_id("A")


def _steps(limits: Sequence[Limit]) -> builders.ThresholdsConfig:
    steps = [dashboard.Threshold(value, colour) for value, colour in limits]
    return (
        builders.ThresholdsConfig()
        .mode(dashboard.ThresholdsMode.ABSOLUTE)
        .steps([dashboard.Threshold(None, "green"), *steps])
    )


def _meaning(words: Mapping[int, Word]) -> dashboard.ValueMapping:
    options = {
        str(number): dashboard.ValueMappingResult(text, colour, index=index)
        for index, (number, (text, colour)) in enumerate(words.items())
    }
    return dashboard.ValueMap(options)
