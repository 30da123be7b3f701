"""What the exploration's key does not hold as it stands, and why that changes nothing.

Each reason is also tried out: stories that the key says are the same must go on to the same keys.
"""

from collections.abc import Callable, Mapping

from edge.core.hearing import stated_s

from sotdae_edge.core.conditions import GRACE_S
from sotdae_edge.core.site import Site

LEFT_OUT: Mapping[str, str] = {
    "Gate.site": "one for a whole exploration, or that of the policy in force, whose version is in the key",
    "Sensing.site": "the gate's",
    "Policies.own": "one for a whole exploration",
    "Policies.sha256": "of the version that is the floor; no two bundles of a cut have one version",
    "Policies.refused": "words for the record",
    "Story.site": "one for a whole exploration",
    "WatchedWide.site": "one for a whole exploration",
    "ChannelState.spec": "a part of the site",
    "ApproachState.spec": "a part of the site",
    "Arm.prefix": "a part of the site",
    "Witness.point": "a part of the site",
    "Outputs.assert_s": "a constant",
    "Gate.boot": "only makes the names of incidents; a nonce of another boot is gone with its gate",
    "Gate.episode": "only makes the names of incidents, which are told apart by name",
    "Gate.last_seq": "a fresh order has the next number and a replayed one the last, whatever these are",
    "Incident.cause": "words for the record",
    "Incident.first_out": "words for the record",
    "Incident.because": "words for the record",
    "Trip.first_out": "words for the record",
    "Trip.because": "words for the record",
    "AlarmBook.texts": "words for the record",
    "AlarmBook.told": "none chatters here: it delays only the telling of an end; test_chatter has it",
    "AlarmBook.easing": "the same",
    "Bypass.by": "words for the record",
    "Waiting.because": "words for the record",
    "Bypass.reason": "words for the record",
    "Bypass.since": "words for the record",
    "Bucket.by": "words for the record",
    "Bucket.order": "words for the record",
    "Bucket.peak_cm": "words for the record",
    "Pulse.order": "words for the record",
    "Gate.resting": "a scan that it spares is judged all the same here, and must change nothing",
    "Ages.periods": "a part of the site",
    "Ages.born": "asked once a clock is told; no cut tells the time",
    "Ages.offset_s": "as above",
    "Ages.kept_wall_s": "as above",
    "Ages.told_until": "as above",
    "Age.passed": "words for the record, as long as no clock is told",
    "Age.whole": "as above",
    "Sensing._outlook": "worked out anew as soon as what a channel says has changed or ended",
    "ChannelState.history": "an input: each scan comes after a past of none or of a rise, chosen anew",
    "Story.now": "every time is relative to it",
    "Story.effects": "judged when they come",
    "Judged.edges": "noted when they come",
    "Watched.astray_since": "the longest way to closed-as-defined is read off the explored graph",
    "Plant.count": "counters are compared with it",
}
"""Fields that are not in the key."""

Horizon = Callable[[Site], float]


def _over(_: Site) -> float:
    return 0.0


RELATIVE: Mapping[str, Horizon] = {
    "Since.due": _over,
    "ChannelState.fresh_until": _over,
    "ChannelState.jump_since": lambda site: site.times.spike,
    "ChannelState.disagree_since": lambda site: site.times.disagree,
    "Bypass.until": _over,
    "Single.good_until": lambda site: site.times.river_lost if gauged(site) else 0.0,
    "Sensing.caution_until": _over,
    "ApproachState.deadline": _over,
    "ApproachState.motion_due": _over,
    "Attempt.hold_until": _over,
    "Attempt.camera_until": _over,
    "Driven.due": _over,
    "Latched.due": _over,
    "Arm.fresh_until": _over,
    "LaneState.camera_until": _over,
    "LaneState.clear_since": lambda site: max(site.times.clear, site.times.clear_after_raise),
    "Witness.fresh_until": _over,
    "Outputs.warn_due": _over,
    "Outputs.closed_since": lambda site: site.times.pre_warn,
    "Gate.born": lambda _: GRACE_S,
    "Gate.hub_heard": lambda site: site.times.hub_silent,
    "Gate.dry_since": lambda site: site.times.reopen_dry,
    "Gate.repair_due": _over,
    "Gate.caution_until": _over,
    "Nonce.until": _over,
    "Waiting.until": _over,
    "Pulse.dark_at": _over,
    "Pulse.until": _over,
    "Bucket.until": _over,
    "SelfTests.retry_at": _over,
    "SelfTests.strokes": lambda _: 1.0,
    "Age.due": _over,
    "JudgedTested.tried_since": lambda site: 2.0 * site.times.pre_warn,
    "JudgedRuled.high_since": lambda site: stated_s(site.times) + 1.0,
    "JudgedRuled.damp_since": lambda site: stated_s(site.times) + 1.0,
    "WatchedWide.closed_since": lambda site: site.times.pre_warn,
    "JudgedTrail.shut_since": lambda site: 0.0 if site.riverside is None else site.riverside.lock_after,
    "Watched.closed_since": lambda site: site.times.pre_warn,
    "Watched.scanned": lambda site: max(site.times.channel_age, site.times.lane_age),
    "Watched.promised": lambda site: site.times.release,
    "Watched.wet_at": lambda site: site.times.reopen_dry,
    "Watched.river_since": lambda site: 2.0 * site.times.confirm + site.times.river_age + 1.0,
    "Watched.bypassed": _over,
    "Hearing.firm_since": lambda site: stated_s(site.times) + 1.0,
    "Hearing.calm_since": lambda site: stated_s(site.times) + 1.0,
}
"""Times go in relative to now. One that has passed is only asked how long ago up to this many seconds."""


def gauged(site: Site) -> bool:
    """Tell whether anybody asks the river."""
    return site.levels.river_trigger_cm is not None or site.levels.river_caution_cm is not None


LEVELS_CM = (0.0, 1.0, 3.0, 4.0, 5.0, 11.0, 14.5, 15.0, 20.5, 45.0, 90.0)
"""Representatives of the numbers that a scan may say."""
WITHIN = 0.4
_EXACT = frozenset(LEVELS_CM)


def snap(value: float) -> float:
    """Return the representative within 0.4 of a value, else the value."""
    if value in _EXACT:
        return value
    for each in LEVELS_CM:
        if abs(value - each) <= WITHIN:
            return each
    return value


SNAPPED: Mapping[str, Callable[[float], float]] = {
    "Level.low": snap,
    "Level.high": snap,
    "Sample": snap,
    "Plant.radar": snap,
    "Plant.pressure": snap,
    "Plant.floats": snap,
    "Plant.river": snap,
    "Plant.rain": snap,
    "Plant.current": snap,
}
"""Numbers go in as the representative nearest to them."""

PLAIN = frozenset(
    {
        "AlarmBook.active", "Attempt.retries", "DenyTold.issued_s", "DenyTold.keys",
        "DenyTold.policy_floor", "DenyTold.version",
        "Incident.rank", "Nonce.value", "Trip.cause",
        "Waiting.command", "Waiting.nonce", "Waiting.rank",
        "Hearing.calm", "Hearing.dry", "Hearing.firm", "Hearing.lost", "Hearing.wet",
        "Plant.arm", "Plant.radar_percent", "Plant.pressure_percent", "Watched.grants", "Watched.held_by",
        "Watched.promised_by",
        "Wide.at", "Wide.busy", "Rising.grade", "Standing.noticed", "Standing.rungs",
        "Pulse.test", "Bucket.seen", "SelfTests.buckets",
        "Ages.of", "Policies.floor", "Policies.lost", "LampPlant.sign", "JudgedTested.seen",
        "JudgedTested.failed", "JudgedRuled.ruled", "JudgedRuled.floor",
    }
)  # fmt: skip
"""Numbers and words that go in as they stand: few, or out of the representatives."""
