"""Taking a level channel out of the vote: with a reason, an owner and an end (DOMAIN 1.6).

A bypassed channel counts as lost, so the vote degrades towards tripping. It is not needed for a
reopening: its recorded reason is the waiver. A bypass never ends an incident, and never outlives a start.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from sotdae_edge.core.alarms import Condition
from sotdae_edge.core.site import Levels
from sotdae_edge.core.validity import Bypass, Level
from sotdae_edge.core.vote import surely_below, vote
from sotdae_shared.messages import CommandBody

if TYPE_CHECKING:
    from sotdae_edge.core.gate import Gate

MAX_BYPASS_S = 86_400.0
"""A bypass ends within a day: somebody must look again."""
CHANNEL = "channel:"


def channel_of(actuator: str) -> str | None:
    """Return the channel that an actuator names, or None if it names something else."""
    return actuator.removeprefix(CHANNEL) if actuator.startswith(CHANNEL) else None


def objections(
    command: CommandBody, people: int, seen: Mapping[str, Level | None], out: Collection[str], limits: Levels
) -> Iterator[str]:
    """Yield what speaks against a bypass by so many people.

    `seen` is what every channel would say if none were bypassed, `out` those that are bypassed now.
    """
    name = channel_of(command.actuator)
    others = {each: level for each, level in seen.items() if each != name and each not in out and level}
    if not command.reason.strip():
        yield "bypass: no reason given"
    if command.lasts_s is None:
        yield "bypass: no end given: want lasts_s"
    elif command.lasts_s > MAX_BYPASS_S:
        yield f"bypass: longer than {MAX_BYPASS_S / 3600:.0f} h"
    voting = vote(others, limits.close_cm).voting
    if not voting:
        yield "bypass: no other channel would be left to vote"
    own = seen.get(name or "")
    wet = own is not None and not surely_below(own, limits.reopen_cm)
    if wet and not all(surely_below(level, limits.reopen_cm) for level in others.values()):
        yield "bypass: the channel reads water, and so does another"
    if people < 2 and (wet or voting < 2):
        why = "reads water" if wet else "leaves one channel"
        yield f"one person: a bypass that {why} needs two"


def restored(command: CommandBody, out: Collection[str]) -> Iterator[str]:
    """Yield what speaks against a restore."""
    name = channel_of(command.actuator)
    if name not in out:
        yield f"not bypassed: {name}"


def set_out(gate: "Gate", command: CommandBody, names: str, now: float) -> None:
    """Take a channel out, or end that: as a command that was accepted says."""
    channel = gate.sensing.channel(channel_of(command.actuator) or "")
    lasts_s = command.lasts_s if command.target == "bypass" else None
    channel.disagree_since = None
    channel.bypass = None if lasts_s is None else Bypass(names, command.reason, now, now + lasts_s)
    gate.sensing.forget_levels()


def recall(gate: "Gate", kept: Mapping[str, str]) -> None:
    """Begin with the bypasses of the boot before, already ended, so that their end is told and recorded."""
    for channel in gate.sensing.channels:
        name = channel.spec.name
        if name in kept:
            channel.bypass = Bypass(kept[name], "", gate.born, gate.born)
            told = Condition(f"bypass.{name}", 2, True, f"{name}: ended by a restart")
            gate.alarms.update([told], gate.born)


def conditions(gate: "Gate", now: float) -> Iterator[Condition]:
    """Yield an alarm for each bypass that stands."""
    for channel in gate.sensing.channels:
        if channel.bypass is not None and now < channel.bypass.until:
            name = channel.spec.name
            yield Condition(f"bypass.{name}", 2, True, f"{name}: {channel.bypass.text}")


def ended(gate: "Gate", now: float) -> Iterator[str]:
    """End every bypass whose time is up; yield the words for each."""
    for channel in gate.sensing.channels:
        bypass = channel.bypass
        if bypass is None or now < bypass.until:
            continue
        channel.bypass, gate.dirty = None, True
        why = "a restart" if bypass.until <= gate.born else "its time"
        yield f"{channel.spec.name}: the bypass by {bypass.by} was ended by {why}; it votes again"
