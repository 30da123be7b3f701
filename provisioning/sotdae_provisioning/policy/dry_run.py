"""Recorded floods through the shipped gate, under a site's own file and under a policy over it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from sotdae_edge.core.policy import apply
from sotdae_edge.core.site import Site
from sotdae_edge.replay.report import Report, replay
from sotdae_edge.replay.series import Series
from sotdae_provisioning.policy.judging import at_site
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import covers

CAUTION, CLOSE = "caution", "pre_warn"
SAME_FLOOD_S = 6 * 3600.0
"""What lies farther apart is another flood."""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a gate did in one record: when it cautioned and closed, and how often for nothing."""

    cautions_s: tuple[float, ...]
    closings_s: tuple[float, ...]
    false_closings: int

    @classmethod
    def of(cls, report: Report) -> "Outcome":
        """Read it off a replay."""
        cautions_s, closings_s = (
            tuple(step.at_s for step in report.steps if step.state == state) for state in (CAUTION, CLOSE)
        )
        return cls(cautions_s, closings_s, report.false())


@dataclass(frozen=True, slots=True)
class Trial:
    """One site in one record, without and with the policy."""

    site: str
    before: Report
    after: Report

    @property
    def outcomes(self) -> tuple[Outcome, Outcome]:
        """What happened without and with the policy."""
        return Outcome.of(self.before), Outcome.of(self.after)

    @property
    def differs(self) -> bool:
        """Whether the gate would have moved or warned differently at any time."""
        return _course(self.before) != _course(self.after)

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values; moments as the record writes them."""
        at = self.before.series.at
        told: dict[str, Any] = {"site": self.site, "series": self.before.series.name, "differs": self.differs}
        for name, outcome in zip(("before", "after"), self.outcomes, strict=True):
            told[name] = {
                "cautions_at": [at(moment) for moment in outcome.cautions_s],
                "closings_at": [at(moment) for moment in outcome.closings_s],
                "false_closings": outcome.false_closings,
            }
        before, after = self.outcomes
        told["caution_earlier_s"] = earlier_s(before.cautions_s, after.cautions_s)
        told["closing_earlier_s"] = earlier_s(before.closings_s, after.closings_s)
        return told


def earlier_s(before: Sequence[float], after: Sequence[float]) -> float | None:
    """Return by how much what happens both times comes earlier: the median; None if nothing does."""
    shifts = [one - other for one, other in pairs(before, after)]
    return round(median(shifts), 3) if shifts else None


def pairs(before: Sequence[float], after: Sequence[float]) -> list[tuple[float, float]]:
    """Return the moments that belong to the same flood: each with the nearest of the others, if near."""
    found, left = [], list(after)
    for moment in before:
        near = min(((abs(other - moment), other) for other in left), default=None)
        if near is not None and near[0] <= SAME_FLOOD_S:
            left.remove(near[1])
            found.append((moment, near[1]))
    return found


def refusals(policy: PolicyBody, sites: Sequence[Site]) -> dict[str, list[str]]:
    """Return why sites would not take a policy, by facility."""
    found = {}
    for site in sites:
        why = at_site(site, policy)
        if not covers(policy, FacilityId(site.facility)):
            why = ["the policy does not speak to it"]
        if why:
            found[site.facility] = why
    return found


def trials(
    policy: PolicyBody, sites: Sequence[Site], records: Sequence[Series], progress: Progress
) -> Iterator[Trial]:
    """Play each record at each site twice. ConfigError where a record has no level."""
    done = 0

    def play(record: Series, site: Site) -> Report:
        nonlocal done
        start, done = done, done + len(record.times_s)
        return replay(record, site, lambda rows: progress(start + rows))

    for site in sites:
        for record in records:
            yield Trial(site.facility, play(record, site), play(record, apply(site, policy)))


def _course(report: Report) -> list[tuple[float, str]]:
    return [(step.at_s, step.state) for step in report.steps]
