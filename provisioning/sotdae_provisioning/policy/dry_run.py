"""Recorded floods through the shipped gate, under a site's own file and under a policy over it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
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
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a gate did in one record: when it first cautioned and closed, how often, how often for nothing."""

    caution_s: float | None
    close_s: float | None
    cautions: int
    closings: int
    false_closings: int

    @classmethod
    def of(cls, report: Report) -> "Outcome":
        """Read it off a replay."""
        firsts = [report.first(state) for state in (CAUTION, CLOSE)]
        caution_s, close_s = (None if step is None else step.at_s for step in firsts)
        cautions = sum(step.state == CAUTION for step in report.steps)
        return cls(caution_s, close_s, cautions, len(report.closings), report.false())


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
                "caution_at": None if outcome.caution_s is None else at(outcome.caution_s),
                "close_at": None if outcome.close_s is None else at(outcome.close_s),
                "cautions": outcome.cautions,
                "closings": outcome.closings,
                "false_closings": outcome.false_closings,
            }
        before, after = self.outcomes
        told["caution_earlier_min"] = earlier_min(before.caution_s, after.caution_s)
        told["close_earlier_min"] = earlier_min(before.close_s, after.close_s)
        return told


def earlier_min(before_s: float | None, after_s: float | None) -> float | None:
    """Return by how many minutes something comes earlier; None unless it happens both times."""
    return None if before_s is None or after_s is None else round((before_s - after_s) / 60.0, 3)


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
