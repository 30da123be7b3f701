"""The simulator without its doors: one scene, its operations, and its two Modbus units as bits and words."""

import math
from collections.abc import Sequence
from typing import Any, Literal

from sotdae_firmware_bridge.profile import Profile, load
from sotdae_firmware_bridge.raw import Raw, decode, encode
from sotdae_firmware_bridge.sim import registers
from sotdae_firmware_bridge.sim.physics import MAX_STEP_S, Scene, new_scene, step
from sotdae_firmware_bridge.sim.truth import state
from sotdae_firmware_bridge.sim.view import SceneView, SignFace, VehicleView

MAX_CATCH_UP_S = 10.0
"""After a longer pause of the process the scene skips the rest instead of working through it."""
FRESH_S = 0.002
"""A scene this young need not be moved on before it answers."""

SiteName = Literal["underpass", "riverside"]
VehicleAction = Literal["arrive", "park", "leave", "inside", "person"]


class Simulator:
    """A scene that follows the clock it is told. Of one thread; only `view` may be asked from another."""

    def __init__(self, seed: int = 0, now_s: float = 0.0, site: SiteName = "underpass") -> None:
        """Start dry and quiet at `now_s` (s, monotonic)."""
        self.scene: Scene = new_scene(seed, now_s)
        self._site: SiteName = site
        self.profiles: dict[int, Profile] = {
            profile.device.unit_id: profile for profile in (load(site), load("homes"))
        }

    def advance(self, now_s: float) -> None:
        """Move the scene on to `now_s`, in steps short enough for its physics."""
        elapsed_s = now_s - self.scene.now_s
        if elapsed_s < FRESH_S:
            return
        if elapsed_s > MAX_CATCH_UP_S:
            self.scene.now_s = now_s - MAX_CATCH_UP_S
            elapsed_s = MAX_CATCH_UP_S
        steps = math.ceil(elapsed_s / MAX_STEP_S)
        for _ in range(steps):
            step(self.scene, elapsed_s / steps)

    # --- the wire's side ---------------------------------------------------------------------------

    def values(self, unit_id: int) -> registers.Values:
        """Engineering values of one unit's points."""
        if unit_id != 1:
            return registers.homes(self.scene)
        return registers.SITES[self._site](self.scene)

    def raw(self, unit_id: int, table: str) -> dict[int, Raw]:
        """Raw values of one table of one unit, by address."""
        values = self.values(unit_id)
        return {
            point.address: encode(point, values[name])
            for name, point in self.profiles[unit_id].points.items()
            if point.table == table
        }

    def order(self, unit_id: int, table: str, address: int, raw: Sequence[int] | Sequence[bool]) -> None:
        """Take a write of one request.

        Raises:
            LookupError: if an address is not a writable point.
            ValueError: if a value is not one the device knows; nothing was taken.
        """
        points = self.profiles[unit_id].points
        places = {p.address: (name, p) for name, p in points.items() if p.table == table and p.writable}
        orders: list[tuple[str, int]] = []
        for offset, word in enumerate(raw):
            name, point = places[address + offset]
            value = decode(point, bool(word) if point.is_bit else (int(word),))
            orders.append((name, int(value or 0)))
        self.scene.orders.take(orders, self.scene.now_s)

    # --- operations --------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """The truth, as the truth log writes it, with the faults that are on."""
        return state(self.scene)

    def rain(self, mm_h: float) -> None:
        """Let it rain (mm/h)."""
        self.scene.water.rain_mm_h = mm_h

    def inflow(self, cm_min: float) -> None:
        """Let the water rise or, if negative, drain."""
        self.scene.water.inflow(cm_min)

    def depth(self, cm: float) -> None:
        """Put the water at a depth and keep it there."""
        self.scene.water.set_depth(cm)

    def river(self, cm: float | None = None, cm_min: float = 0.0) -> None:
        """Put the river at a stage (cm above datum; None leaves it) and let it rise."""
        if cm is not None:
            self.scene.water.river_cm = cm
        self.scene.water.river_rate_cm_min = cm_min

    def series(self, points: Sequence[tuple[float, float]]) -> None:
        """Play (seconds from now, depth in cm). Raises ValueError if the times do not rise."""
        self.scene.water.play(points)

    def vehicle(self, action: VehicleAction, ignore: bool = False) -> None:
        """Let a vehicle or person come, or those who stand leave. Raises ValueError if the road is full."""
        traffic = self.scene.traffic
        match action:
            case "arrive":
                traffic.add("car", "ignore" if ignore else "obey")
            case "park":
                traffic.add("car", "park")
            case "person":
                traffic.add("person", "park")
            case "inside":
                traffic.add("car", "out")
            case "leave":
                traffic.leave(self.scene.warnings.sign_closed)

    def fault(self, device: str, kind: str, on: bool = True) -> None:
        """Switch a fault. Raises ValueError if there is no such fault."""
        self.scene.faults.put(device, kind, on)

    def restore(self) -> None:
        """Switch all faults off."""
        self.scene.faults.clear()

    def home(self, n: int, depth_cm: float) -> None:
        """Put the water in home 1, 2 or 3 at a depth."""
        self.scene.water.homes_cm[n - 1] = depth_cm

    def key(self, on: bool) -> None:
        """Turn the local key: the agent's drive is ignored while it is on."""
        self.scene.local_key = on

    def release(self) -> None:
        """Let somebody behind a riverside gate press its inside handle and come out."""
        self.scene.latch.press(self.scene.now_s)

    def view(self, clock_text: str = "", night: float = 0.0) -> SceneView:
        """What a camera sees now."""
        scene = self.scene
        shown = scene.warnings
        sign: SignFace = "closed" if shown.sign_closed else "caution" if shown.sign_caution else "off"
        vehicles = tuple(
            VehicleView(each.x_m, int(each.plan == "out"), each.length_m, each.kind, each.number)
            for each in scene.traffic.vehicles
        )
        return SceneView(
            depth_cm=scene.water.depth_cm,
            arm_deg=scene.arm.angle_deg,
            vehicles=vehicles,
            rain_mm_h=scene.water.rain_mm_h,
            sign=sign,
            flasher=shown.flasher,
            siren=shown.siren,
            clock_text=clock_text,
            night=night,
        )
