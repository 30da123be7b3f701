"""What the three level channels have said for how long: the judge's own ear for hidden and lonely water."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from sotdae_edge.core.site import Site, Times
from sotdae_shared.samples import Sample

POINTS = {
    "radar": ("radar_level", 20.0),
    "pressure": ("pressure_level", 20.0),
    "float": ("float_15", 1.0),
}
"""A channel's word on 15 cm, and the least self-test with which it counts."""
EPSILON_S = 1e-6
NOBODY: frozenset[str] = frozenset()


def stated_s(times: Times) -> float:
    """Within this time 15 cm must be noticed: a jump held back, the confirmation, and a scan."""
    return times.spike + times.confirm + times.channel_age


@dataclass
class Hearing:
    """Which channels have said the same at every scan, and since when."""

    wet: frozenset[str] = NOBODY
    dry: frozenset[str] = NOBODY
    lost: frozenset[str] = NOBODY
    firm: frozenset[str] = NOBODY
    """At least two that say 15 cm; or one that began to when another had already been lost."""
    firm_since: float | None = None
    calm: frozenset[str] = NOBODY
    """At least two that say surely dry."""
    calm_since: float | None = None

    def take(
        self, points: Mapping[str, Sample], count: int, now: float, out: frozenset[str] = NOBODY
    ) -> None:
        """Take one scan; a counter other than this scan's says nothing that can be relied upon.

        Channels that are `out` of the vote count as lost.
        """
        words = {name: "lost" if name in out else _word(name, points, count) for name in POINTS}
        before_wet, before_lost = self.wet, self.lost
        self.wet, self.dry, self.lost = (
            frozenset(name for name, said in words.items() if said == word) for word in ("wet", "dry", "lost")
        )
        degraded = self.lost & before_lost
        fresh = self.wet - before_wet if degraded else NOBODY
        kept = self.firm & self.wet
        still = len(kept) >= 2 or (len(self.firm) == 1 and kept and degraded)
        wanted = self.wet if len(self.wet) >= 2 else fresh
        self.firm, self.firm_since = (kept, self.firm_since) if still else (wanted, now)
        held = self.calm & self.dry
        self.calm, self.calm_since = (held, self.calm_since) if len(held) >= 2 else (self.dry, now)
        if not self.firm:
            self.firm_since = None
        if len(self.calm) < 2:
            self.calm, self.calm_since = NOBODY, None

    def check(self, site: Site, now: float) -> None:
        """Hold against the rule that no single fault hides 15 cm; there is no incident now."""
        if self.firm_since is not None:
            late = now - self.firm_since > stated_s(site.times) + EPSILON_S
            assert not late, f"no single fault hides 15 cm: {sorted(self.firm)} said so"

    def check_lonely(self, site: Site, now: float) -> None:
        """Hold a trip by level against the rule that of three channels none closes alone."""
        if site.independent and self.calm_since is not None:
            lonely = now - self.calm_since > stated_s(site.times) + EPSILON_S
            assert not lonely, f"none of three closes alone: {sorted(self.calm)} were dry"


def _word(name: str, points: Mapping[str, Sample], count: int) -> str:
    point, least = POINTS[name]
    below = points.get("float_5") if name == "float" else points.get(point)
    sample = points.get(point)
    if sample is None or below is None:
        return "lost"
    for each in (sample, below):
        if each.value is None or not isfinite(each.value) or each.count is None:
            return "lost"
        if each.quality is not None and not each.quality >= least:
            return "lost"
        if each.count != count:
            return "odd"
    assert sample.value is not None
    assert below.value is not None
    if name == "float":
        return "wet" if sample.value else "odd" if below.value else "dry"
    if not -5.0 <= sample.value <= 400.0:
        return "lost"
    return "wet" if sample.value >= 15.0 else "dry" if sample.value < 3.0 else "odd"
