"""Lamps and siren by the gate's own self-test; and the controller's watchdog, left unfed for a while."""

import asyncio
from dataclasses import replace

from sotdae_edge.core.effects import Voice
from sotdae_edge.core.pulse import LAMPS, Pulse
from sotdae_edge.core.selftest import ORDERED_PULSE_S
from sotdae_provisioning.device.walk.hands import CLOSED, DARK, Hands
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_provisioning.device.walk.steps.calm import objection
from sotdae_provisioning.device.walk.steps.hearing import heard
from sotdae_shared.errors import LinkError

SPEAKING = replace(CLOSED, voice=Voice.LEAVE)
SPEAK_S = 6.0
"""Long enough for the sentence once."""
DARK_S = 5.0
UNFED_S = 10.0
"""The controller's watchdog closes the warnings 3 s after the last feed; slower ones are a fault."""


def check(kit: Kit, test: str) -> Notes:
    """Run the self-test `lamps` or `siren`, ask what a person noticed; the watchdog goes with the lamps.

    The lamps go dark for it, as no lamp may that keeps people from water or from an arm that is down.
    """
    notes, hands = Notes(), kit.hands
    if not heard(kit, notes):
        return notes
    if test == "lamps" and (against := objection(kit, hands.ways)) is not None:
        notes.find(State.NOT_DONE, against)
        return notes
    kit.ask.doing(f"warnings.{test}")
    try:
        _pulse(kit, test, notes)
        if test == "lamps" and notes.state is State.OK:
            kit.ask.doing("warnings.unfed")
            _unfed(hands, notes)
    except LinkError as error:
        notes.fault("controller.lost", because=str(error)[:200])
    _witnessed(kit, test, notes)
    return notes


def voice(kit: Kit) -> Notes:
    """Let a riverside gate say that people must leave; only a person can tell whether it was heard."""
    notes = Notes()
    if not heard(kit, notes):
        return notes
    kit.ask.doing("warnings.voice")
    try:
        kit.hands.do(_spoken(kit.hands))
    except LinkError as error:
        notes.fault("controller.lost", because=str(error)[:200])
    _witnessed(kit, "voice", notes)
    return notes


def _witnessed(kit: Kit, test: str, notes: Notes) -> None:
    witnessed = kit.ask.yes(f"warnings.{test}_seen")
    notes.measure("witnessed", witnessed)
    if witnessed is False:
        notes.fault(f"warnings.{test}_unseen")
    elif witnessed is None:
        notes.find(State.SKIPPED, "left_open")


async def _spoken(hands: Hands) -> None:
    try:
        await hands.warn(SPEAKING)
        await asyncio.sleep(SPEAK_S)
    finally:
        await asyncio.shield(hands.warn(CLOSED))


def _pulse(kit: Kit, test: str, notes: Notes) -> None:
    pulse, lit_before = kit.hands.do(_pulsed(kit.hands, test))
    if lit_before:
        notes.fault("warnings.lit_before", lamps=", ".join(lit_before))
        return
    lamps = pulse.lamps(kit.hands.ways, kit.hands.now())
    for name in lamps:
        notes.measure(f"lit.{name}", name in pulse.lit)
    problem = pulse.problem(kit.hands.ways, kit.hands.now())
    if problem is not None:
        notes.fault("warnings.problem", problem=problem)


async def _pulsed(hands: Hands, test: str) -> tuple[Pulse, list[str]]:
    """Go dark, run the gate's own pulse, and come back to closed whatever happens."""
    pulse = Pulse(test, "", "", float("inf"), float("inf"))
    try:
        if test == "lamps":
            await hands.warn(DARK)
        if lit := await _still_lit(hands, pulse):
            return pulse, lit
        pulse.dark_at = hands.now() + ORDERED_PULSE_S
        pulse.until = pulse.dark_at + hands.config.times.readback
        while True:
            await hands.warn(pulse.shows(DARK if test == "lamps" else CLOSED, hands.now()))
            await hands.scan()
            if pulse.watch(hands.ways, hands.now()):
                return pulse, []
    finally:
        await asyncio.shield(hands.warn(CLOSED))


async def _still_lit(hands: Hands, pulse: Pulse) -> list[str]:
    until, lit = hands.now() + DARK_S, ["?"]
    while lit and hands.now() < until:
        await hands.scan()
        lit = [name for name, on in pulse.lamps(hands.ways, hands.now()).items() if on is not False]
    return lit


def _unfed(hands: Hands, notes: Notes) -> None:
    took_s = hands.do(_until_it_warns(hands))
    notes.measure("watchdog", took_s, "s")
    if took_s is None:
        notes.fault("warnings.no_watchdog", seconds=UNFED_S)


async def _until_it_warns(hands: Hands) -> float | None:
    """Stop feeding with the warnings dark; return after how long the controller closes them by itself."""
    points = [way.spec.prefix + point for way in hands.ways for point in LAMPS["lamps"]]
    try:
        await hands.warn(DARK)
        if await _still_lit(hands, Pulse("lamps", "", "", 0.0, 0.0)):
            return None
        hands.feeding, began = False, hands.now()
        while hands.now() < began + UNFED_S:
            await hands.scan()
            if all(hands.value(point) for point in points):
                return hands.now() - began
        return None
    finally:
        hands.feeding = True
        await asyncio.shield(hands.warn(CLOSED))
