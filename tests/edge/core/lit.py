"""A gate whose lamps follow what was ordered, and orders to test them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edge.core.people import came, order, signed
from edge.core.plant import SITE, Story

from sotdae_edge.core.effects import Answer, Decided, Effect
from sotdae_edge.core.events import ClockTold
from sotdae_edge.core.site import Levels, SelfTestPlan
from sotdae_shared.samples import Sample

PLAN = SelfTestPlan()
TESTED = replace(SITE, levels=Levels(), selftest=PLAN)
"""Without a river, whose silence while time is skipped would count as caution."""
HOUR_S, DAY_S = 3600.0, 86_400.0
KST = timedelta(hours=9)
NOON = datetime(2026, 7, 15, 12, 0, tzinfo=UTC) - KST
SEQUENCE = iter(range(1, 100_000))


@dataclass
class Lit(Story):
    """A story whose lamps follow what was ordered, as long as they are sound."""

    site: Any = TESTED
    broken: Mapping[str, bool] = field(default_factory=dict)
    """Lamps that stay lit or dark whatever is ordered."""

    def scan(self, **points: Sample | None) -> list[Effect]:
        warned = self.warned
        closed, siren = (False, False) if warned is None else (warned.closed, warned.siren)
        lamps = {"sign_closed": closed, "flasher_on": closed, "siren_on": siren} | self.broken
        return super().scan(**{name: Sample(float(lit)) for name, lit in lamps.items()} | points)

    def test(self, actuator: str, *, target: str = "test", **changes: Any) -> tuple[str | None, str]:
        """Order a test; return the verdict and its reason."""
        fields = {
            "nonce": None,
            "checklist": (),
            "seq": next(SEQUENCE),
            "expect_state": self.gate.state.value,
        }
        wanted = order(target, actuator=actuator, **(fields | changes))
        said = self.give(came(signed(wanted, "kim")))
        (record,) = [e for e in said if isinstance(e, Decided) and e.verdict]
        return record.verdict, record.because[0]

    def tell(self, wall: datetime) -> None:
        """Tell the time of day, as a trusted clock does."""
        self.give(ClockTold(wall.timestamp()))

    @property
    def results(self) -> list[tuple[str, str]]:
        """What tests have said so far."""
        reports = [e for e in self.effects if isinstance(e, Answer) and e.report == "selftest"]
        return [(e.data["test"], e.data["result"]) for e in reports]

    def age_by(self, seconds: float) -> None:
        """Let a calm time pass in a few steps: every age is that much older."""
        self.now += seconds
        self.run(1.0)


def ready(**fields: Any) -> Lit:
    story = Lit(**fields)
    story.run(1.0)
    assert story.gate.state == "open"
    return story


def pour(story: Lit, cm: float, seconds: float = 5.0) -> None:
    """Stand one sensor in a bucket."""
    story.plant.radar = cm
    story.run(seconds)
