"""A riverside gate's lock and its inside handle, which opens the leaf whatever the lock does."""

from dataclasses import dataclass

from sotdae_firmware_bridge.sim.arm import Arm

HANDLE_S = 2.0
"""How long one who comes out holds the handle."""
PUSH_DEG_S = 60.0


@dataclass(slots=True)
class Latch:
    """The lock as it is, and until when somebody holds the handle (s, the scene's clock)."""

    engaged: bool = False
    held_until_s: float = float("-inf")

    def press(self, now_s: float) -> None:
        """Let somebody inside press the handle and push."""
        self.held_until_s = now_s + HANDLE_S

    def step(self, dt_s: float, now_s: float, wanted: bool, arm: Arm) -> None:
        """Follow the order; a handle that is held frees the leaf and pushes it open."""
        if self.held(now_s):
            self.engaged = False
            arm.push(PUSH_DEG_S * dt_s)
            return
        self.engaged = wanted and arm.limit_closed

    def held(self, now_s: float) -> bool:
        """Whether somebody holds the handle now."""
        return now_s < self.held_until_s
