"""`sotdae slope forecast`: what thresholds and trend say about a recorded series."""

import json
from math import inf
from pathlib import Path
from typing import Annotated

import typer

from sotdae_edge.core.forecast import Refusal
from sotdae_edge.core.slope import Limits
from sotdae_edge.core.slopes import trend_text
from sotdae_edge.ending import end, plotting
from sotdae_edge.slope.plot import plot as draw
from sotdae_edge.slope.series import Series, read_series
from sotdae_edge.slope.study import Study, as_json, study
from sotdae_shared.errors import ConfigError

slope_app = typer.Typer(no_args_is_help=True, help="Study a recorded displacement series.")


@slope_app.callback()
def _slope() -> None:
    """Thresholds and trends of slopes."""


@slope_app.command("forecast")
def forecast_series(  # noqa: PLR0917 - options, given by name
    series: Annotated[Path, typer.Argument(help="CSV with the columns time,displacement_mm.")],
    as_json_: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    plot: Annotated[Path | None, typer.Option(help="Draw into this file (needs matplotlib).")] = None,
    full_scale_mm: Annotated[float, typer.Option(help="Where the wire ends.")] = inf,
    attention_mm_h: Annotated[float, typer.Option(help="The site's attention limit.")] = 2.0,
    prepare_mm_h: Annotated[float, typer.Option(help="The site's limit to prepare.")] = 4.0,
    evacuate_mm_h: Annotated[float, typer.Option(help="The site's limit to evacuate.")] = 10.0,
) -> None:
    """Print stages, thresholds, and the forecast with its interval or the reason why there is none."""
    try:
        read = read_series(series)
    except ConfigError as error:
        end(error, as_json=as_json_)
    found = study(read, full_scale_mm, Limits(attention_mm_h, prepare_mm_h, evacuate_mm_h))
    if plot is not None:
        _draw(read, found, series.stem, plot)
    typer.echo(json.dumps(as_json(found, read), ensure_ascii=False) if as_json_ else _words(found, read))


def _draw(read: Series, found: Study, title: str, target: Path) -> None:
    with plotting(target):
        draw(read, found, title, target)


def _words(found: Study, read: Series) -> str:
    end_s = read.readings[-1][0]
    speed = "unknown" if found.v_mm_h is None else f"{found.v_mm_h:.3g} mm/h"
    limits = found.limits
    each = (limits.attention_per_h, limits.prepare_per_h, limits.evacuate_per_h)
    lines = [
        f"{len(read.readings)} readings to {read.at(end_s):%Y-%m-%d %H:%M}: {speed}, stage {found.stage}",
        "limits: attention {:g}, prepare {:g}, evacuate {:g} mm/h".format(*each),
    ]
    lines += [
        f"{read.at(each.at_s):%Y-%m-%d %H:%M}  {each.stage}: {each.because[0]}" for each in found.changes
    ]
    lines.append(trend_text(found.outlook, end_s))
    if not isinstance(found.outlook, Refusal):
        two = (read.at(at_h * 3600.0) for at_h in (found.outlook.inverse_velocity_h, found.outlook.slo_h))
        lines.append("alpha 2: inverse velocity {:%Y-%m-%d %H:%M}, SLO {:%Y-%m-%d %H:%M}".format(*two))
    return "\n".join(lines)
