"""What the simulator's camera looks at when nothing happens."""

from sotdae_firmware_bridge.sim.view import SceneView, VehicleView

EMPTY = SceneView(
    depth_cm=0.0, arm_deg=90.0, vehicles=(), rain_mm_h=0.0, sign="off", flasher=False, siren=False,
    clock_text="", night=0.0,
)  # fmt: skip
CAR = VehicleView(x_m=2.0, lane=0, length_m=4.5, kind="car", colour=2)
"""It stands under the arm."""
