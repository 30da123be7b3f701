"""Results as tables for a person to read."""

from rich.table import Table

from sotdae_provisioning.bench.figures import Figure, Result
from sotdae_provisioning.bench.side_by_side import SideBySide

SPANS = {"served": "read to written", "changed": "rise to written"}


def of(result: Result | SideBySide) -> Table:
    """Return the table of either kind of result."""
    return _side_by_side(result) if isinstance(result, SideBySide) else _figures(result)


def _figures(result: Result) -> Table:
    table = Table(title=f"{result.name} ({result.samples} samples)", title_justify="left")
    table.add_column("figure")
    for name in ("measured", "target", "x target", "bare", "x bare"):
        table.add_column(name, justify="right")
    for figure in result.figures:
        target, bare = _quantity(figure.target, figure), _quantity(figure.bare, figure)
        table.add_row(
            figure.what, _quantity(figure.value, figure), target, _times(figure.of_target), bare,
            _times(figure.of_bare),
        )  # fmt: skip
    return table


def _side_by_side(result: SideBySide) -> Table:
    told = result.as_json()
    table = Table(title=f"{told['name']} ({result.trips} trips each)", title_justify="left", show_lines=True)
    table.add_column("x: times the first")
    table.add_column("polls", justify="right")
    for span in SPANS.values():
        table.add_column(f"{span}, ms\np50 / p99 / max", justify="right", no_wrap=True)
    table.add_column("memory", justify="right", no_wrap=True)
    for row in told["rows"]:
        figures, ratios = row["figures"], row["of_first"]
        cells = [f"{_trio(figures, span)}\nx {_trio(ratios, span)}" for span in SPANS]
        memory = f"{figures['rss_mib']:.0f} MiB\nx {_times(ratios['rss_mib'])}"
        table.add_row(row["name"], f"{row['poll_s']:g} s", *cells, memory)
    return table


def _trio(found: dict[str, float], span: str) -> str:
    """Write p50, p99 and maximum, as shortly as it can be compared."""
    values = [found[f"{span}_{share}_ms"] for share in ("p50", "p99", "max")]
    return " / ".join(f"{value:.0f}" if value >= 100 else f"{value:.2g}" for value in values)


def _quantity(value: float | None, figure: Figure) -> str:
    if value is None:
        return ""
    return f"{value:,.0f} {figure.unit}" if value >= 1000 else f"{value:.3g} {figure.unit}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:.2g}"
