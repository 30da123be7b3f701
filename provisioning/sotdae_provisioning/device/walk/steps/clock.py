"""The wall clock: whether the kernel believes it, and how far it is off the office's."""

from dataclasses import dataclass

from sotdae_edge.adapters.clock import kernel_synchronised
from sotdae_provisioning.device.client import Office
from sotdae_provisioning.device.renewing import office_of
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_shared.errors import ConfigError, SotdaeError
from sotdae_shared.messages import ClockTrust

OFF_S = 2.0
"""An order lives 20 s, and a bad clock eats into that."""
HALF_SECOND_S = 0.5
"""A Date header is cut to whole seconds (RFC 9110 5.6.7): on average half of one is missing."""


@dataclass(frozen=True, slots=True)
class Offset:
    """How far the box is ahead of the office, give or take `unsure_s`."""

    ahead_s: float
    unsure_s: float


def check(kit: Kit) -> Notes:
    """Judge source and trust, and compare with the office's clock where there is a link."""
    notes = Notes()
    source, disciplined = kit.config.clock.source, kernel_synchronised()
    notes.measure("time", kit.wall().strftime("%Y-%m-%d %H:%M:%S UTC"))
    notes.measure("clock_source", source)
    notes.measure("disciplined", disciplined)
    if kit.clock.trust() is not ClockTrust.SYNCED:
        notes.fault("clock.untrusted")
    elif not disciplined:
        notes.remark("clock.assumed")
    _compare(kit, notes)
    return notes


def _compare(kit: Kit, notes: Notes) -> None:
    office = _office(kit)
    if office is None:
        alone = kit.config.hub is None
        notes.find(State.OK if alone else State.NOT_DONE, "hub.none" if alone else "clock.no_office")
        return
    try:
        offset = _measured(kit, office)
    except SotdaeError as error:
        notes.find(State.NOT_DONE, "clock.no_answer", because=str(error)[:200])
        return
    notes.measure("ahead", offset.ahead_s, "s", digits=2)
    notes.measure("unsure", offset.unsure_s, "s", digits=2)
    if abs(offset.ahead_s) > OFF_S + offset.unsure_s:
        notes.fault("clock.off", ahead_s=round(offset.ahead_s, 1))


def _measured(kit: Kit, office: Office) -> Offset:
    before_s, wall = kit.clock.monotonic(), kit.wall()
    theirs = office.time()
    took_s = kit.clock.monotonic() - before_s
    ahead_s = (wall - theirs).total_seconds() + took_s / 2 - HALF_SECOND_S
    return Offset(ahead_s, took_s / 2 + HALF_SECOND_S)


def _office(kit: Kit) -> Office | None:
    try:
        return None if kit.papers is None else office_of(kit.papers, None)
    except ConfigError:
        return None
