"""What else the gate reads: lane devices under each arm, rain, river, mains and the power behind it."""

from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.lane import POINTS, Lane, Witness
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.result import State
from sotdae_provisioning.device.walk.steps.hearing import heard
from sotdae_provisioning.device.walk.steps.sensors import LIFT_S, toggled

CONTEXT = ("rain_rate", "river_stage")


def lane(kit: Kit, number: int) -> Notes:
    """Try loop and curtain of every lane under an arm: sound, and each seen to notice somebody."""
    notes = Notes()
    if not heard(kit, notes):
        return notes
    way = kit.hands.ways[number]
    occupancy = way.lane.occupancy(kit.hands.now())
    notes.measure("lane", str(occupancy))
    for witness in way.lane.witnesses:
        fresh = kit.hands.now() < witness.fresh_until
        notes.measure(f"sound.{witness.point}", witness.healthy and fresh)
        if not (witness.healthy and fresh):
            notes.fault("lane.unsound", point=witness.point)
    if occupancy is Lane.OCCUPIED:
        notes.fault("lane.occupied")
    if notes.state is State.OK:
        for witness in way.lane.witnesses:
            _interrupt(kit, way, witness, notes)
    return notes


def _interrupt(kit: Kit, way: ApproachState, witness: Witness, notes: Notes) -> None:
    """Have somebody step into the curtain, or a vehicle onto the loop, and away again."""
    kind = "lane.curtain" if witness.point.endswith(POINTS[1]) else "lane.loop"
    if not kit.ask.act(kind, witness.point, point=witness.point, approach=way.spec.name):
        notes.find(State.SKIPPED, "lane.untried", point=witness.point)
        return
    if not toggled(kit, witness.point, notes, True):
        notes.fault("lane.unseen", point=witness.point, seconds=LIFT_S)
        return
    kit.ask.doing("lane.leave", point=witness.point)
    if not toggled(kit, witness.point, notes, False):
        notes.fault("lane.stuck", point=witness.point, seconds=LIFT_S)


def context(kit: Kit) -> Notes:
    """Read rain and river once; a gauge that a trigger hangs on must be there."""
    notes = Notes()
    if not heard(kit, notes):
        return notes
    profile = kit.hands.device.profile.points
    fitted = [point for point in CONTEXT if point in profile]
    for point in fitted:
        unit = profile[point].unit
        value = kit.hands.value(point)
        notes.measure(point, value, "" if unit is None else str(unit))
        if value is None:
            notes.fault("context.silent", point=point)
    if not fitted:
        notes.find(State.NOT_FITTED, "context.none")
    return notes


def power(kit: Kit) -> Notes:
    """Have the mains taken away: the gate must see it, and its controller must live on."""
    notes, point = Notes(), "mains_ok"
    if point not in kit.hands.device.profile.points:
        notes.find(State.NOT_FITTED, "power.none")
        return notes
    if not heard(kit, notes):
        return notes
    mains = kit.hands.value(point)
    notes.measure("mains", None if mains is None else bool(mains))
    if not mains:
        notes.fault("power.off" if mains is not None else "power.unknown")
    elif not kit.ask.act("power.pull", point):
        notes.find(State.SKIPPED, "power.untried")
    elif not toggled(kit, point, notes, False):
        notes.fault("power.unseen", seconds=LIFT_S)
    else:
        kit.ask.doing("power.give_back")
        if not toggled(kit, point, notes, True):
            notes.fault("power.stays_off", seconds=LIFT_S)
    return notes
