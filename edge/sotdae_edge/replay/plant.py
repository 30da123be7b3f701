"""What the record does not hold: an arm that obeys and a lane that is clear, around the recorded levels."""

from dataclasses import dataclass

from sotdae_edge.core.effects import Drive, Effect, Motion, Warn
from sotdae_edge.core.events import Scan
from sotdae_edge.replay.layout import Feed
from sotdae_edge.replay.series import Series
from sotdae_shared.samples import Sample

UP_DEG = 90.0
_TURN = {Motion.STOP: 0.0, Motion.LOWER: -1.0, Motion.RAISE: 1.0}
_OFF, _ON = Sample(0.0), Sample(1.0)


@dataclass(slots=True)
class Plant:
    """The controller of a replay."""

    series: Series
    feeds: tuple[Feed, ...]
    stroke_s: float
    moved_at: float
    scanned_at: float
    angle_deg: float = UP_DEG
    motion: Motion = Motion.STOP
    warned: Warn | None = None
    row: int = 0
    scans: int = 0

    def obey(self, effect: Effect, now: float) -> None:
        """Take an order of the gate."""
        if isinstance(effect, Drive):
            self._move(now)
            self.motion = effect.motion
        elif isinstance(effect, Warn):
            self.warned = effect

    def scan(self, now: float) -> Scan:
        """Return what the controller would answer now: the row at hand and everything mechanical."""
        self._move(now)
        self.scans += 1
        self.scanned_at = now
        lane = Sample(0.0, self.scans, 1.0)
        closed = _ON if self.warned is not None and self.warned.closed else _OFF
        return Scan({
            **self._recorded(),
            "loop_occupied": lane, "curtain_blocked": lane, "inside_request": _OFF, "local_key": _OFF,
            "limit_open": _ON if self.angle_deg >= UP_DEG else _OFF,
            "limit_closed": _ON if self.angle_deg <= 0.0 else _OFF,
            "arm_angle": Sample(self.angle_deg), "motor_current": _OFF,
            "sign_closed": closed, "flasher_on": closed,
            "siren_on": _ON if self.warned is not None and self.warned.siren else _OFF,
        })  # fmt: skip

    def _recorded(self) -> dict[str, Sample]:
        columns, row = self.series.columns, self.row
        return {feed.point: Sample(feed.value(columns[feed.column][row]), row) for feed in self.feeds}

    def _move(self, now: float) -> None:
        turned = _TURN[self.motion] * UP_DEG * (now - self.moved_at) / self.stroke_s
        self.angle_deg = min(UP_DEG, max(0.0, self.angle_deg + turned))
        self.moved_at = now
