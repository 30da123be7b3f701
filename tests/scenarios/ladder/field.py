"""Faults of the field: serial line, controller, instruments, lamps, camera."""

from scenarios.ladder.host import HELD
from scenarios.ladder.judge import careful, held
from scenarios.ladder.moments import broken, lowering, rising
from scenarios.ladder.play import CLOSED, Place, Rung, Safe
from scenarios.ladder.site import Site

MID_FRAME = 20
"""Octets, fewer than an answer has."""
DEVICE = Place(lines=("device",))
BLIND = Place(extra="\n[times]\nblind = 10.0\n")
"""The shortest patience would be 5 s; 60 s are shipped."""
MUTE = Safe("every warning closed by the controller, arm stands, P1", held, alarm="controller.silent")
DISPATCH = Safe("caution shown, arm up, P1: people are sent", careful, alarm="level.blind")
"""Not closed: nothing says that there is water (DESIGN 4)."""


async def unplug(site: Site) -> None:
    assert site.cable is not None
    site.cable.cut_after = MID_FRAME


async def plug(site: Site) -> None:
    assert site.cable is not None
    site.cable.plug()


async def cut(site: Site) -> None:
    site.lines["device"].cut()


async def mend(site: Site) -> None:
    site.lines["device"].mend()


async def blind_camera(site: Site) -> None:
    site.lines["camera"].cut()


async def river_high(site: Site) -> None:
    await site.stack.sim("river", cm=2890.0)
    await broken(*LEVELS)(site)


LEVELS = (("radar", "silent"), ("pressure", "silent"), ("float", "silent"))
RUNGS = (
    Rung(
        "serial line unplugged, water rising",
        "pty gone in the middle of an RTU frame, then plugged in again",
        "warned by the controller; closes once plugged in",
        unplug,
        rising,
        Place(serial=True),
        MUTE,
        plug,
    ),
    Rung(
        "serial line unplugged, arm coming down",
        "the same",
        "the arm stands; closes once plugged in",
        unplug,
        lowering,
        Place(serial=True),
        MUTE,
        plug,
    ),
    Rung(
        "controller silent, water rising",
        "Modbus TCP reset and refused",
        "warned by the controller; closes once it answers",
        cut,
        rising,
        DEVICE,
        MUTE,
        mend,
    ),
    Rung(
        "controller silent, arm coming down",
        "Modbus TCP reset and refused",
        "the arm stands; closes once it answers",
        cut,
        lowering,
        DEVICE,
        MUTE,
        mend,
    ),
    Rung(
        "controller loses power, arm coming down",
        "simulator: controller/power",
        "the arm stands; closes once it is back",
        broken(("controller", "power")),
        lowering,
        safe=MUTE,
        mend=broken(("controller", "power"), on=False),
    ),
    Rung(
        "mains lost",
        "simulator: mains/off, UPS holds",
        "closes",
        broken(("mains", "off")),
        rising,
        tells=("mains.lost",),
    ),
    Rung(
        "loop and curtain dead",
        "simulator",
        "HELD_OPEN with every warning; closes once they are well",
        broken(("loop", "dead"), ("curtain", "dead")),
        rising,
        safe=HELD,
        mend=broken(("loop", "dead"), ("curtain", "dead"), on=False),
        tells=("lane.unknown",),
    ),
    Rung(
        "sign and flasher dead",
        "simulator",
        "closes all the same; the siren sounds",
        broken(("sign", "dead"), ("flasher", "dead")),
        rising,
        safe=Safe(
            "arm proved closed, siren on",
            lambda t: t["limit_closed"] and t["siren_on"],
            alarm="warning.activation",
        ),
        mend=broken(("sign", "dead"), ("flasher", "dead"), on=False),
    ),
    Rung(
        "one level channel lost",
        "simulator: radar/silent",
        "closes by 1oo2",
        broken(*LEVELS[:1]),
        rising,
        tells=("sensor.radar",),
    ),
    Rung(
        "two level channels lost",
        "simulator: radar, pressure/silent",
        "closes by 1oo1",
        broken(*LEVELS[:2]),
        rising,
        tells=("sensor.radar", "sensor.pressure"),
    ),
    Rung(
        "all level channels lost, river at caution",
        "simulator: all silent",
        "closes by context after `blind` (here 10 s, shipped 60)",
        river_high,
        rising,
        BLIND,
        tells=("level.blind",),
    ),
    Rung(
        "all level channels lost, no other sign",
        "simulator: all silent",
        "caution and P1; no instrument is left that could tell water",
        broken(*LEVELS),
        rising,
        BLIND,
        DISPATCH,
        broken(*LEVELS, on=False),
    ),
    Rung(
        "river gauge lost",
        "simulator: river/silent",
        "closes by level",
        broken(("river", "silent")),
        rising,
        Place(extra="\n[times]\nriver_age = 2.0\nriver_lost = 10.0\n"),
        tells=("river.lost",),
    ),
    Rung(
        "camera lost",
        "RTSP reset and refused",
        "delays nothing",
        blind_camera,
        rising,
        Place(camera=True, lines=("camera",)),
        CLOSED,
        tells=("camera.unavailable",),
    ),
)
