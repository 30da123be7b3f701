"""One picture of a run: true water against thresholds, the arm, and when the warnings came."""

from pathlib import Path

from sotdae_edge.core.site import Site
from sotdae_provisioning.demo.report import Report
from sotdae_provisioning.demo.truth import Truth

WATER, ARM, WARN = "#1f6fb4", "#333333", "#c62828"


def plot(truth: Truth, site: Site, report: Report, title: str, target: Path) -> None:
    """Draw the run into an image file; the suffix chooses the format."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    start = truth.lines[0]["t"]
    seconds = [line["t"] - start for line in truth.lines]
    figure, (water, arm) = plt.subplots(
        2, 1, sharex=True, figsize=(9, 5.5), height_ratios=(3, 1), layout="constrained"
    )
    water.plot(seconds, [line["depth_cm"] for line in truth.lines], color=WATER, lw=2, label="water (true)")
    levels = site.levels
    for level_cm, name in (
        (levels.caution_cm, "caution"), (levels.close_cm, "close"), (levels.unsafe_cm, "unsafe"),
    ):  # fmt: skip
        water.axhline(level_cm, color="#888888", lw=0.8, ls="--")
        water.annotate(f"{name} {level_cm:g} cm", (0, level_cm), va="bottom", fontsize=8, color="#555555")
    _mark(water, truth, "sign_closed", "warnings", WARN)
    _mark(water, truth, "limit_closed", "closed", ARM)
    water.set_ylabel("cm on the road")
    water.set_ylim(0, max(levels.unsafe_cm + 4, max(line["depth_cm"] for line in truth.lines) * 1.1))
    water.set_title(f"{title}\n{report.verdict}", loc="left", fontsize=10)
    arm.plot(seconds, [line["arm_deg"] for line in truth.lines], color=ARM, lw=1.5)
    arm.set_ylabel("arm (deg)")
    arm.set_xlabel("s")
    for axes in (water, arm):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(target, dpi=120)
    plt.close(figure)


def _mark(axes: object, truth: Truth, key: str, name: str, colour: str) -> None:
    # The watchdog holds the warnings closed until the gate feeds it: only what follows an off counts.
    off = truth.first(lambda line: not line[key])
    line = None if off is None else truth.first(lambda line: line[key], after=off["t"])
    if line is None:
        return
    at = line["t"] - truth.lines[0]["t"]
    axes.axvline(at, color=colour, lw=1.2)  # type: ignore[attr-defined]
    axes.annotate(  # type: ignore[attr-defined]
        f" {name} {at:.1f} s", (at, 1), xycoords=("data", "axes fraction"), va="top", fontsize=8, color=colour
    )
