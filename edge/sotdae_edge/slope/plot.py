"""One picture of a displacement series: movement with its stages, and inverse velocity with its trend."""

from pathlib import Path

from sotdae_edge.core import daily
from sotdae_edge.core.fit import noise
from sotdae_edge.core.forecast import NOISE_STEP, SHARES, Forecast, Refusal, steps
from sotdae_edge.core.movement import HOUR_S
from sotdae_edge.slope.series import Series
from sotdae_edge.slope.study import Study

COLOURS = {"attention": "#f9a825", "restrict": "#ef6c00", "prepare": "#d84315", "evacuate": "#b71c1c"}
LINE, TREND = "#1f6fb4", "#7b1fa2"


def plot(series: Series, found: Study, title: str, target: Path) -> None:
    """Draw into an image file; the suffix chooses the format. Needs matplotlib."""
    from matplotlib import pyplot as plt  # noqa: PLC0415 - only a picture needs it

    plt.switch_backend("Agg")
    known = [(at_s / HOUR_S, mm) for at_s, mm in series.readings if mm is not None]
    figure, (upper, lower) = plt.subplots(2, 1, sharex=True, figsize=(9, 6), layout="constrained")
    upper.plot(*zip(*known, strict=True), color=LINE, lw=1.2)
    upper.set_ylabel("displacement (mm)")
    upper.set_title(f"{title}\n{_verdict(found)}", loc="left", fontsize=10)
    for change in found.changes:
        colour = COLOURS.get(change.stage, "#2e7d32")
        upper.axvline(change.at_s / HOUR_S, color=colour, lw=1.2)
        upper.annotate(
            f" {change.stage}", (change.at_s / HOUR_S, 0.98), xycoords=("data", "axes fraction"),
            rotation=90, va="top", ha="right", fontsize=8, color=colour,
        )  # fmt: skip
    _inverse(lower, known, found.outlook)
    lower.set_ylabel("1 / velocity (h/mm)")
    lower.set_xlabel(f"hours since {series.start:%Y-%m-%d %H:%M}")
    for axes in (upper, lower):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, dpi=110)
    plt.close(figure)


def _inverse(axes: object, known: list[tuple[float, float]], outlook: Forecast | Refusal) -> None:
    clean = daily.without(known, daily.learn(known))
    sigma = noise(clean)
    travel = max(mm for _, mm in clean) - min(mm for _, mm in clean)
    cut = [
        step for step in steps(clean, max(NOISE_STEP * sigma, travel * SHARES[0]), sigma) if step.v_mm_h > 0
    ]
    points = [(step.t_h, 1.0 / step.v_mm_h) for step in cut]
    if points and travel > 0.0:
        axes.plot(*zip(*points, strict=True), "o", ms=3.5, color=LINE)  # type: ignore[attr-defined]
    axes.set_ylim(bottom=0.0)  # type: ignore[attr-defined]
    if isinstance(outlook, Forecast):
        axes.axvspan(outlook.early_h, outlook.late_h, color=TREND, alpha=0.12, lw=0)  # type: ignore[attr-defined]
        axes.axvline(outlook.at_h, color=TREND, lw=1.2)  # type: ignore[attr-defined]
        axes.axvline(outlook.onset_h, color="#888888", lw=0.8, ls="--")  # type: ignore[attr-defined]
        axes.annotate(  # type: ignore[attr-defined]
            " onset", (outlook.onset_h, 0.96), xycoords=("data", "axes fraction"), fontsize=8, va="top"
        )


def _verdict(found: Study) -> str:
    outlook = found.outlook
    if isinstance(outlook, Refusal):
        return f"stage {found.stage}; no forecast: {outlook.text}"
    best, early, late = (at_h - outlook.now_h for at_h in (outlook.at_h, outlook.early_h, outlook.late_h))
    return f"stage {found.stage}; the trend would end in {best:.3g} h ({early:.3g} to {late:.3g} h)"
