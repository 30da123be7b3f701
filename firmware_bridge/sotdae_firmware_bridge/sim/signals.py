"""What speaks: LED sign, flashers, siren, the staff gauge's close-up, the camera's own text."""

import math

from sotdae_firmware_bridge.sim.actors import arm_point
from sotdae_firmware_bridge.sim.brush import Brush, Colour
from sotdae_firmware_bridge.sim.lens import HEIGHT, WIDTH
from sotdae_firmware_bridge.sim.view import SceneView

_RED, _AMBER, _DARK = (255, 52, 44), (255, 178, 30), (22, 23, 26)
_PANEL = (22.0, 92.0, 142.0, 150.0)
_GAUGE = (572.0, 66.0, 626.0, 296.0)
_GAUGE_CM = 60.0
_POINT_PER_CM = (_GAUGE[3] - _GAUGE[1]) / _GAUGE_CM


def paint_sign(brush: Brush, view: SceneView) -> None:
    """Draw the LED panel on its post with what it shows."""
    left, top, right, bottom = _PANEL
    brush.box((78, bottom, 86, 246), (92, 95, 99))
    brush.box((left - 3, top - 3, right + 3, bottom + 3), (58, 60, 64), 4)
    brush.box(_PANEL, _DARK, 2)
    if view.sign == "closed":
        brush.disc((left + 27, (top + bottom) / 2), 20, _RED)
        brush.box((left + 13, top + 25, left + 41, top + 33), (250, 250, 248), 1)
        brush.text((left + 84, top + 19), "NO", 20, _RED)
        brush.text((left + 84, top + 40), "ENTRY", 20, _RED)
    elif view.sign == "caution":
        u, v = left + 27, top + 8
        brush.poly([(u, v), (u + 21, v + 38), (u - 21, v + 38)], _AMBER)
        brush.text((u, v + 25), "!", 24, _DARK)
        brush.text((left + 84, top + 19), "FLOOD", 15, _AMBER)
        brush.text((left + 86, top + 40), "CAUTION", 15, _AMBER)


def paint_lights(brush: Brush, view: SceneView, phase_s: float) -> None:
    """Draw flashers, siren, arm lamps and the shine that the sign casts, after dark has fallen."""
    left, top, right, bottom = _PANEL
    colour: Colour | None = {"closed": _RED, "caution": _AMBER}.get(view.sign)
    if colour:
        brush.glow(((left + right) / 2, (top + bottom) / 2), 96, colour, 0.22 + 0.3 * view.night)
    beat = int(phase_s * 4) % 2
    for index, u in enumerate((left + 14, right - 14)):
        lit = view.flasher and index == beat
        brush.box((u - 9, top - 17, u + 9, top - 2), (44, 46, 50), 3)
        brush.disc((u, top - 10), 6.5, (255, 84, 64) if lit else (92, 34, 30))
        if lit:
            brush.glow((u, top - 10), 44, (255, 70, 50), 0.9)
    if view.flasher:
        for along in (2.8, 5.6, 8.6):
            spot = arm_point(view.arm_deg, along)
            brush.disc(spot, 2.6, (255, 96, 80) if beat else (150, 30, 30))
            brush.glow(spot, 15, (255, 60, 50), 0.8 * beat)
    _siren(brush, ((left + right) / 2, top - 10), view.siren, phase_s)


def _siren(brush: Brush, at: tuple[float, float], sounding: bool, phase_s: float) -> None:
    u, v = at
    brush.poly([(u - 3, v - 2), (u + 7, v - 7), (u + 7, v + 7), (u - 3, v + 2)], (196, 60, 52))
    if not sounding:
        return
    for ring in range(3):
        radius = 12 + 7 * ((ring + phase_s * 3) % 3)
        arc = [(u + 4 + radius * math.cos(a), v + radius * math.sin(a)) for a in (-0.7, -0.35, 0, 0.35, 0.7)]
        brush.line(arc, (255, 226, 160), 1.6)


def paint_gauge(brush: Brush, depth_cm: float) -> None:
    """Draw the close-up of the staff gauge at the lowest point: figures in cm, water at its depth."""
    left, top, right, bottom = _GAUGE
    lowest_cm = max(0.0, math.floor(depth_cm / 20) * 20 - 20.0) if depth_cm > 50 else 0.0
    brush.box((left - 4, top - 18, right + 4, bottom + 4), (34, 37, 42), 3)
    brush.text(((left + right) / 2, top - 9), "GAUGE  cm", 9.5, (226, 230, 234))
    brush.box(_GAUGE, (116, 115, 110))
    brush.box((left + 8, top, right - 8, bottom), (246, 244, 232))
    for step in range(int(_GAUGE_CM / 2)):
        v = bottom - (step * 2 + 2) * _POINT_PER_CM
        ink: Colour = (190, 30, 34) if (step // 5) % 2 else (28, 30, 34)
        brush.box((left + 8, v, left + (22 if step % 2 == 0 else 15), v + 2 * _POINT_PER_CM), ink)
    for tens in range(1, int(_GAUGE_CM / 10)):
        v = bottom - tens * 10 * _POINT_PER_CM
        brush.line([(left + 8, v), (right - 8, v)], (28, 30, 34), 0.8)
        brush.text((right - 10, v - 8), str(round(lowest_cm) + tens * 10), 14, (28, 30, 34), "rm")
    surface = max(top + 2, bottom - (depth_cm - lowest_cm) * _POINT_PER_CM)
    if depth_cm > 0.3:
        brush.box((left, surface, right, bottom), (104, 92, 70))
        brush.line([(left, surface), (right, surface)], (206, 196, 170), 1.6)


def paint_caption(brush: Brush, clock_text: str) -> None:
    """Write the camera's text: the clock, and that the picture is drawn."""
    for offset, ink in ((0.8, (10, 12, 14)), (0.0, (250, 250, 246))):
        brush.text((10 + offset, 10 + offset), clock_text, 15, ink, "lt")
        brush.text((WIDTH - 10 + offset, HEIGHT - 9 + offset), "SIMULATED SCENE", 10, ink, "rb")
