"""Ground truth of a run: what really happened, at 10 Hz and at every change that matters."""

import json
from typing import Any, TextIO

from sotdae_firmware_bridge.sim.physics import Scene

PERIOD_S = 0.1


def state(scene: Scene) -> dict[str, Any]:
    """The truth at this moment; `t` is the machine's monotonic clock, `registers` what the wire says."""
    arm, shown, sensors, water = scene.arm, scene.warnings, scene.instruments, scene.water
    return {
        "t": round(scene.now_s, 4),
        "depth_cm": round(water.depth_cm, 3),
        "rate_cm_min": round(water.rate_cm_min, 3),
        "river_cm": round(water.river_cm, 2),
        "arm_deg": round(arm.angle_deg, 2),
        "moving": arm.motion,
        "drive": scene.orders.drive,
        "warn_closed": bool(scene.orders.warn_closed),
        "sign_closed": shown.sign_closed,
        "sign_caution": shown.sign_caution,
        "flasher_on": shown.flasher,
        "siren_on": shown.siren,
        "limit_open": arm.limit_open,
        "limit_closed": arm.limit_closed,
        "loop": scene.traffic.on_loop,
        "curtain": scene.traffic.in_curtain,
        "contacts": scene.traffic.contacts,
        "faults": scene.faults.listing(),
        "local_key": scene.local_key,
        "locked": scene.latch.engaged,
        "voice": scene.orders.warn_voice,
        "powered": scene.powered,
        "registers": {
            "radar_level": sensors.radar.value,
            "pressure_level": sensors.pressure.value,
            "float_5": sensors.float_5.wet,
            "float_15": sensors.float_15.wet,
            "river_stage": sensors.river.value,
        },
    }


_TELLING = (
    "moving", "drive", "warn_closed", "sign_closed", "sign_caution", "flasher_on", "siren_on", "limit_open",
    "limit_closed", "loop", "curtain", "contacts", "faults", "local_key", "locked", "voice",
    "powered", "registers",
)  # fmt: skip


class TruthLog:
    """Writes truth as JSON lines to an open text file; a line is whole once `note` returns."""

    def __init__(self, file: TextIO) -> None:
        """Write to `file`, which the caller closes."""
        self._file = file
        self._due_s = float("-inf")
        self._last: list[Any] = []

    def note(self, scene: Scene) -> None:
        """Write a line if one is due or something telling has changed."""
        truth = state(scene)
        telling = [truth[key] for key in _TELLING]
        if scene.now_s < self._due_s and telling == self._last:
            return
        if scene.now_s >= self._due_s:
            self._due_s = scene.now_s + PERIOD_S
        self._last = telling
        self._file.write(json.dumps(truth) + "\n")
        self._file.flush()
