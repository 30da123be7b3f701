"""Lane occupancy under the arm: CLEAR, OCCUPIED or UNKNOWN. Only CLEAR permits lowering (DESIGN 4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from sotdae_edge.core.site import Approach, Times
from sotdae_shared.samples import Sample

NEVER = float("-inf")


class Lane(StrEnum):
    """What is known of the space under the arm."""

    CLEAR = "clear"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"


@dataclass(slots=True)
class Witness:
    """One required device: loop or curtain."""

    point: str
    occupied: bool = False
    healthy: bool = False
    count: int | None = None
    fresh_until: float = NEVER

    def take(self, sample: Sample | None, age_s: float, now: float) -> None:
        """Take one reading. Only an advancing scan counter makes it fresh."""
        if sample is None or sample.value is None or sample.count is None:
            self.healthy = False
            return
        self.healthy = sample.quality is None or sample.quality >= 1.0
        self.occupied = bool(sample.value)
        if sample.count != self.count:
            self.count = sample.count
            self.fresh_until = now + age_s


POINTS = ("loop_occupied", "curtain_blocked")
"""The required devices of a lane, by their points."""


def points(approach: Approach) -> tuple[str, ...]:
    """Return the required points of each lane under an arm."""
    return tuple(approach.prefix + lane + point for lane in approach.lanes for point in POINTS)


@dataclass(slots=True)
class LaneState:
    """Loop and curtain of every lane under an arm, all required; and the camera as one more witness."""

    witnesses: list[Witness]
    camera_until: float = NEVER
    """The camera's last sighting of something under the arm counts until then."""
    clear_since: float | None = None

    @classmethod
    def of(cls, approach: Approach) -> "LaneState":
        """Start knowing nothing of any lane under the arm."""
        return cls([Witness(point) for point in points(approach)])

    def take(self, points: Mapping[str, Sample], times: Times, now: float) -> None:
        """Take one scan. What went stale before it, unseen, still breaks the time of being CLEAR."""
        for witness in self.witnesses:
            if now >= witness.fresh_until:
                self.clear_since = None
            witness.take(points.get(witness.point), times.lane_age, now)
        self.update(now)

    def sight(self, occupied: bool, times: Times, now: float) -> None:
        """Take the camera's word. Its absence never holds anything."""
        self.camera_until = now + times.camera_age if occupied else NEVER

    def occupancy(self, now: float) -> Lane:
        """Return what loop and curtain say; the camera has no part in this."""
        found = Lane.CLEAR
        for witness in self.witnesses:
            if not witness.healthy or now >= witness.fresh_until:
                found = Lane.UNKNOWN
            elif witness.occupied:
                return Lane.OCCUPIED
        return found

    def camera_occupied(self, now: float) -> bool:
        """Tell whether a fresh picture shows something under the arm."""
        return now < self.camera_until

    def update(self, now: float) -> None:
        """Note since when the lane has been CLEAR without a break."""
        if self.occupancy(now) is not Lane.CLEAR:
            self.clear_since = None
        elif self.clear_since is None:
            self.clear_since = now

    def clear_through(self, since: float) -> bool:
        """Tell whether the lane has been CLEAR without a break from `since` until the last update."""
        return self.clear_since is not None and self.clear_since <= since

    def stale(self) -> list[float]:
        """Return when each witness goes stale unless it speaks again."""
        return [witness.fresh_until for witness in self.witnesses]
