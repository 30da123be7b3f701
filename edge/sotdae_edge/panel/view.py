"""A snapshot as lines of text: pure. What is not known is a dash, never zero."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sotdae_edge.core.bypass import CHANNEL
from sotdae_edge.panel.snapshot import ArmSeen, ChannelSeen, HubSeen, Known, LampSeen, Snapshot
from sotdae_edge.panel.terms import Lang, named, said, term
from sotdae_shared.messages import ClockTrust, Estimate
from sotdae_shared.units import Flag

DASH = "–"
DECISIONS = 4
Mark = Literal["", "!", "!!"]


@dataclass(frozen=True, slots=True)
class Row:
    """One line: a label, what it says, and whether it wants the eye (! attention, !! life safety)."""

    label: str
    text: str
    mark: Mark = ""


def rows(gate: Snapshot, lang: Lang) -> Iterator[Row]:
    """Yield everything below the state, most important first."""
    yield _stage(gate, lang)
    yield _why(gate, lang)
    if (estimate := gate.water.estimate) is not None and estimate.eta:
        yield _ahead(estimate, lang)
    for channel in gate.water.channels:
        yield _channel(channel, lang)
    yield _context(gate, lang)
    for arm in gate.arms:
        yield from _approach(arm, gate, lang)
    if gate.voice is not None:
        yield Row(term(lang, "voice"), term(lang, f"voice.{gate.voice}"))
    if gate.testing:
        yield Row(term(lang, "test"), ", ".join(_tested(name, lang) for name in gate.testing), "!")
    yield _dry(gate, lang)
    yield _hub(gate.hub, gate.clock, lang)
    yield from _alarms(gate, lang)
    yield from _decisions(gate, lang)


def _stage(gate: Snapshot, lang: Lang) -> Row:
    water = gate.water
    rate = None if water.rate_cm_min is None else term(lang, "rising", f"{water.rate_cm_min:+.1f}")
    parts = [
        term(lang, f"stage.{water.stage}"), number(water.level_cm, "cm"), rate or DASH,
        term(lang, "closes_at", f"{water.close_cm:g}"), water.architecture,
    ]  # fmt: skip
    marks: dict[str, Mark] = {"close": "!!", "caution": "!", "unknown": "!"}
    return Row(term(lang, "stage"), " · ".join(parts), marks.get(water.stage, ""))


def _ahead(estimate: Estimate, lang: Lang) -> Row:
    """When the water reaches what, if it rises as it does: for people, it decides nothing."""
    etas = [
        term(lang, "reaches", term(lang, f"eta.{name}"), span(eta.s), span(eta.sigma_s))
        for name, eta in estimate.eta.items()
    ]
    rate = term(lang, "rising", f"{estimate.rate_cm_min:+.1f} ±{estimate.rate_sigma_cm_min:.1f}")
    return Row(term(lang, "ahead"), " · ".join([rate, *etas]), "!")


def _why(gate: Snapshot, lang: Lang) -> Row:
    found = gate.incident
    if found is None:
        return Row(term(lang, "why"), term(lang, "nothing_latched"))
    by = (
        ""
        if found.ordered_by is None
        else f" · {term(lang, 'ordered_by', named(lang, 'holder', found.ordered_by))}"
    )
    return Row(term(lang, "why"), f"{because(found.because, lang)}{by} [{found.name}]", "!!")


def _channel(channel: ChannelSeen, lang: Lang) -> Row:
    level = number(channel.low_cm, "cm")
    if channel.kind == "switch" and channel.low_cm is not None and channel.high_cm is not None:
        level = f"{max(channel.low_cm, 0.0):g}-{channel.high_cm:g} cm"
    parts = [
        f"{level:>12}", term(lang, f"flag.{channel.flag.value}"), age(channel.age_s, lang),
        term(lang, f"vote.{channel.ballot}"),
    ]  # fmt: skip
    if channel.why is not None:
        parts.append(said(lang, channel.why))
    if (bypass := channel.bypass) is not None:
        parts[-1:] = [term(lang, "bypassed", bypass.by, span(bypass.left_s), bypass.reason)]
    wrong = (
        channel.flag not in (Flag.PASS, Flag.NOT_EVALUATED)
        or channel.why is not None
        or channel.bypass is not None
    )
    mark: Mark = "!!" if channel.ballot == "trip" else "!" if wrong else ""
    return Row(named(lang, "thing", channel.name), "  ".join(parts), mark)


def _context(gate: Snapshot, lang: Lang) -> Row:
    water = gate.water
    river = number(water.river_cm, "cm")
    if water.river_trigger_cm is not None:
        river += f" ({term(lang, 'closes_at', f'{water.river_trigger_cm:g}')})"
    mains = DASH if water.mains_ok is None else term(lang, "mains.ok" if water.mains_ok else "mains.lost")
    parts = [
        f"{term(lang, 'river')} {river}", f"{term(lang, 'rain')} {number(water.rain_mm_h, 'mm/h')}",
        f"{term(lang, 'mains')} {mains}",
    ]  # fmt: skip
    trigger, stage = water.river_trigger_cm, water.river_cm
    over = trigger is not None and stage is not None and stage >= trigger
    return Row(
        term(lang, "context"), " · ".join(parts), "!!" if over else "!" if water.mains_ok is False else ""
    )


def _approach(arm: ArmSeen, gate: Snapshot, lang: Lang) -> Iterator[Row]:
    name = f" {arm.name}" if arm.name else ""
    lanes = [f"{term(lang, point)} {term(lang, word)}" for point, word in arm.witnesses.items()]
    seen = [
        term(lang, arm.lane).upper(),
        *lanes,
        f"{term(lang, 'camera')} {term(lang, f'camera.{arm.camera}')}",
    ]
    yield Row(term(lang, "lane") + name, " · ".join(seen), "" if arm.lane == "clear" else "!")
    yield _arm(arm, gate, name, lang)
    yield Row(
        term(lang, "lamps") + name,
        " · ".join(_lamp(lamp, lang) for lamp in arm.lamps),
        "!" if any(_differs(lamp) for lamp in arm.lamps) else "",
    )


def _arm(arm: ArmSeen, gate: Snapshot, name: str, lang: Lang) -> Row:
    parts = [term(lang, f"proved.{arm.proved or 'none'}")]
    if len(gate.arms) > 1:
        parts.insert(0, term(lang, arm.state))
    limits = f"{known(arm.limit_open, lang)}/{known(arm.limit_closed, lang)}"
    parts += [
        number(arm.angle_deg, "°"), number(arm.motor_a, "A"), f"{term(lang, 'limits')} {limits}",
        f"{term(lang, 'key')} {known(arm.local_key, lang)}",
    ]  # fmt: skip
    if arm.locked is not None:
        parts.append(f"{term(lang, 'lock')} {known(arm.locked, lang)}")
    if arm.inside_release:
        parts.append(term(lang, "release"))
    if arm.inside_request:
        parts.append(term(lang, "inside"))
    if not gate.controller_heard:
        parts = [term(lang, "controller_silent")]
    urgent = arm.failed is not None or arm.inside_request or not gate.controller_heard
    return Row(term(lang, "arm") + name, " · ".join(parts), "!!" if urgent else "" if arm.proved else "!")


def _lamp(lamp: LampSeen, lang: Lang) -> str:
    asked = DASH if lamp.asked is None else term(lang, "on" if lamp.asked else "off")
    text = f"{term(lang, lamp.name)} {asked}"
    if not _differs(lamp):
        return text
    read = DASH if lamp.read is None else term(lang, "on" if lamp.read else "off").upper()
    return f"{text} {term(lang, 'readback', read)}"


def _differs(lamp: LampSeen) -> bool:
    """Whether a lamp is not known to be as asked. A lamp lit unasked is the controller's own caution."""
    return lamp.read is None or (bool(lamp.asked) and not lamp.read)


def _dry(gate: Snapshot, lang: Lang) -> Row:
    water = gate.water
    if water.dry_s <= 0.0:
        return Row(term(lang, "dry"), term(lang, "not_dry", span(water.dry_need_s)))
    so_far = span(min(water.dry_s, water.dry_need_s))
    return Row(term(lang, "dry"), term(lang, "dry_so_far", so_far, span(water.dry_need_s)))


def _hub(hub: HubSeen, clock: ClockTrust, lang: Lang) -> Row:
    state = "none" if not hub.configured else "connected" if hub.connected else "lost"
    parts = [term(lang, f"hub.{state}")]
    if hub.configured:
        parts.append(term(lang, "heard", age(hub.heard_s, lang)))
    parts.append(term(lang, "pending", DASH if hub.pending is None else hub.pending))
    if hub.dropped:
        parts.append(term(lang, "dropped", hub.dropped))
    parts.append(f"{term(lang, 'clock')} {term(lang, f'clock.{clock}')}")
    well = state != "lost" and hub.pending is not None and not hub.dropped and clock is ClockTrust.SYNCED
    return Row(term(lang, "link"), " · ".join(parts), "" if well else "!")


def _alarms(gate: Snapshot, lang: Lang) -> Iterator[Row]:
    if not gate.alarms:
        yield Row(term(lang, "alarm"), term(lang, "no_alarm"))
    for alarm in gate.alarms:
        text = f"P{alarm.priority} {alarm.code}: {said(lang, alarm.text)}"
        yield Row(term(lang, "alarm"), text, "!!" if alarm.priority == 1 else "!")


def _decisions(gate: Snapshot, lang: Lang) -> Iterator[Row]:
    for each in gate.decisions[:DECISIONS]:
        if each.verdict is not None:
            what = f"{named(lang, 'decision', each.decision)} {term(lang, each.verdict)}"
        elif each.state == each.previous:
            what = named(lang, "decision", each.decision)
        else:
            what = f"→ {term(lang, each.state)}"
        text = f"{clock(each.at)} {what} · {because(each.because, lang)}"
        yield Row(term(lang, "last"), text, "!" if each.verdict == "refused" else "")


def because(reasons: Iterable[str], lang: Lang) -> str:
    """Return the reasons in a row, in the language."""
    return "; ".join(said(lang, reason) for reason in reasons)


def _tested(name: str, lang: Lang) -> str:
    """Return what is under test: lamps, siren, or a channel."""
    return name if lang == "en" else named(lang, "thing", name.removeprefix(CHANNEL))


def number(value: float | None, unit: str) -> str:
    """Return a value with its unit, or a dash."""
    if value is None:
        return DASH
    return f"{value:.0f}{unit}" if unit == "°" else f"{value:.1f} {unit}"


def known(value: Known, lang: Lang) -> str:
    """Return yes, no, or a dash."""
    return DASH if value is None else term(lang, "yes" if value else "no")


def age(seconds: float | None, lang: Lang) -> str:
    """Return a short age, such as 0.3 s, 12 s, 4 min, 3 h."""
    if seconds is None:
        return DASH
    if seconds < 120.0:
        digits = 1 if seconds < 10.0 else 0
        return term(lang, "seconds", f"{max(0.0, seconds):.{digits}f}")
    unit, size = ("minutes", 60.0) if seconds < 7200.0 else ("hours", 3600.0)
    return term(lang, unit, f"{seconds / size:.0f}")


def span(seconds: float) -> str:
    """Return a duration as minutes:seconds, or hours:minutes:seconds."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def clock(at: datetime, *, ago_s: float = 0.0) -> str:
    """Return the local time of day, `ago_s` before `at`."""
    return (at - timedelta(seconds=ago_s)).astimezone().strftime("%H:%M:%S")
