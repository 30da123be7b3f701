"""When arms may be moved and signs darkened for a test: over a dry road that nothing holds closed."""

import json
from collections.abc import Sequence

from sotdae_edge.adapters.state import FileState
from sotdae_edge.core.approach import ApproachState
from sotdae_edge.core.memento import Memento
from sotdae_provisioning.device.walk.hands import Hands
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_shared.errors import LinkError, WireError


def objection(kit: Kit, ways: Sequence[ApproachState]) -> str | None:
    """Return what forbids it at these arms, by its name in the table of words; None if nothing does."""
    now = kit.hands.now()
    try:
        store = FileState(kit.config.storage.dir / "gate.state")
        raw = store.load()
        latched = Memento.read(None if raw is None else json.loads(raw)).incident is not None
    except (LinkError, WireError, ValueError, RecursionError):
        return "road.state_unread"
    if latched or store.corrupt:
        return "road.latched" if latched else "road.state_unread"
    if not all(way.arm.open_proved(now) for way in ways):
        return "arm.not_open"
    return None if dry(kit.hands) else "road.wet"


def dry(hands: Hands) -> bool:
    """Whether every channel is heard and none says water: what nobody knows is not dry."""
    now, least_cm = hands.now(), hands.config.levels.reopen_cm
    levels = [channel.seen(now) for channel in hands.sensing.channels]
    return bool(levels) and all(level is not None and level.ceiling <= least_cm for level in levels)
