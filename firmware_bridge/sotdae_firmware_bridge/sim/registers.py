"""Scene to points: what the two Modbus units answer, by point name in engineering units."""

from sotdae_firmware_bridge.sim.physics import Scene

Values = dict[str, float | None]


def underpass(scene: Scene) -> Values:
    """Values of the `underpass` profile."""
    sensors, arm, shown, orders = scene.instruments, scene.arm, scene.warnings, scene.orders
    lane = sensors.lane
    return {
        "float_5": sensors.float_5.wet,
        "float_15": sensors.float_15.wet,
        "float_ok": sensors.floats.ok,
        "float_scan": sensors.floats.count,
        "radar_level": sensors.radar.value,
        "radar_echo": 87 if sensors.radar.ok else 5,
        "radar_scan": sensors.radar.count,
        "pressure_level": sensors.pressure.value,
        "pressure_ok": 100 if sensors.pressure.ok else 0,
        "pressure_scan": sensors.pressure.count,
        "rain_rate": sensors.rain.value,
        "rain_scan": sensors.rain.count,
        "river_stage": sensors.river.value,
        "river_scan": sensors.river.count,
        "mains_ok": not scene.faults.has("mains", "off"),
        "loop_occupied": lane.loop,
        "loop_ok": lane.loop_ok,
        "curtain_blocked": lane.curtain,
        "curtain_ok": lane.curtain_ok,
        "inside_request": lane.inside,
        "lane_scan": lane.count,
        "limit_open": arm.limit_open,
        "limit_closed": arm.limit_closed,
        "local_key": scene.local_key,
        "arm_angle": arm.angle_deg,
        "motor_current": arm.current_a,
        "sign_closed": shown.sign_closed,
        "sign_caution": shown.sign_caution,
        "flasher_on": shown.flasher,
        "siren_on": shown.siren,
        "warn_closed": orders.warn_closed,
        "warn_siren": orders.warn_siren,
        "warn_caution": orders.warn_caution,
        "drive": orders.drive,
        "permit": orders.permit,
        "feed": orders.feed,
    }


PRESSURE = ("pressure_level", "pressure_ok", "pressure_scan")


def riverside(scene: Scene) -> Values:
    """Values of the `riverside` profile: a gate has no pressure sensor, but a handle, a lock and a voice."""
    values = {name: value for name, value in underpass(scene).items() if name not in PRESSURE}
    return values | {
        "inside_release": scene.latch.held(scene.now_s),
        "locked": scene.latch.engaged,
        "lock": scene.orders.lock,
        "warn_voice": scene.orders.warn_voice,
    }


def homes(scene: Scene) -> Values:
    """Values of the `homes` profile; its concentrator hears the same river gauge."""
    sensors = scene.instruments
    values: Values = {"river_stage": sensors.river.value, "river_scan": sensors.river.count}
    for number, (low, high) in enumerate(sensors.homes, start=1):
        values[f"home_{number}_wet_2"] = low.wet
        values[f"home_{number}_wet_15"] = high.wet
        values[f"home_{number}_scan"] = sensors.homes_count
    return values


SITES = {"underpass": underpass, "riverside": riverside}
"""What unit 1 answers, by the kind of site."""
