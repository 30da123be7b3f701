"""What the simulator's camera sees of the scene: everything a picture needs, nothing else."""

from dataclasses import dataclass
from typing import Literal

VehicleKind = Literal["car", "truck", "person"]
SignFace = Literal["off", "caution", "closed"]


@dataclass(frozen=True, slots=True)
class VehicleView:
    """One vehicle or person on the road."""

    x_m: float
    """Front end along the road; the arm stands at 0, the entrance side is negative."""
    lane: int
    """0 drives into the underpass, 1 comes out of it."""
    length_m: float
    kind: VehicleKind
    colour: int
    """Index into a palette of the drawer's choice; the drawer takes it modulo its size."""


@dataclass(frozen=True, slots=True)
class SceneView:
    """The scene at one moment."""

    depth_cm: float
    """True water depth at the lowest point of the road."""
    arm_deg: float
    """0 is down, 90 is up."""
    vehicles: tuple[VehicleView, ...]
    rain_mm_h: float
    sign: SignFace
    flasher: bool
    siren: bool
    clock_text: str
    """Text for the picture's corner."""
    night: float
    """0 is day, 1 is night."""
