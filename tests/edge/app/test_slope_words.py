"""What slopes and reservoirs say: lengths in cm, unknown as missing, a trend only where there is one."""

from sotdae_edge.app.slopes import reservoir_readings, slope_readings
from sotdae_edge.core.movement import HOUR_S
from sotdae_edge.core.reservoir import Embankment
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_edge.core.slope import Slope
from sotdae_edge.core.slopes import Slopes
from sotdae_firmware_bridge.sim.creep import Creep
from sotdae_shared.messages import Reading
from sotdae_shared.samples import Sample
from sotdae_shared.units import Flag, Unit


def named(readings: list[Reading]) -> dict[str, tuple[float | None, Flag]]:
    return {each.channel: (each.value, each.flag) for each in readings}


def test_a_reservoir_says_its_grade_and_instruments() -> None:
    core = Reservoirs((Embankment("upper", 1000.0, "level", "crest"),), 0.0)
    assert named(reservoir_readings(core, 0.0))["reservoir.upper.level"] == (None, Flag.MISSING)
    for n in range(3):
        core.take({"level": Sample(960.0, n), "crest": Sample(12.0, n)}, n * 60.0)
    found = named(reservoir_readings(core, 200.0))
    assert found["reservoir.upper.grade"] == (3.0, Flag.PASS)
    assert found["reservoir.upper.level"] == (960.0, Flag.PASS)
    assert found["reservoir.upper.settlement"] == (1.2, Flag.PASS)
    assert named(reservoir_readings(core, 5000.0))["reservoir.upper.level"] == (None, Flag.MISSING)


def test_slopes_say_wire_tilt_and_trend() -> None:
    specs = (Slope("wire", "mm", 500.0), Slope("tilt", "deg", 30.0, kind="tilt"))
    core, creep = Slopes(specs, "boot", 0.0), Creep(onset_h=24.0, life_h=48.0, start_mm_h=0.3)
    assert named(slope_readings(core, 0.0))["slope.wire.displacement"] == (None, Flag.MISSING)
    for n in range(6 * 66):
        now = n * 600.0
        core.take({"mm": Sample(creep.mm(now / HOUR_S), n), "deg": Sample(0.25, n)}, now)
    readings = slope_readings(core, now)
    found = named(readings)
    assert found["slope.tilt.tilt"] == (0.25, Flag.PASS)
    assert found["slope.wire.displacement"][0] == round(creep.mm(now / HOUR_S) / 10.0, 4)
    left_s = found["slope.wire.trend_ends_earliest"][0]
    assert left_s is not None
    assert 0.0 <= left_s <= (creep.fails_h * HOUR_S - now)
    assert "slope.tilt.trend_ends_earliest" not in found
    assert {each.unit for each in readings if "velocity" in each.channel} == {Unit.MM_PER_H}
