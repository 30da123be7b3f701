"""The two ends of a walk: where an earlier one left off, and the signed report."""

import hashlib
from pathlib import Path

from sotdae_edge.panel.terms import Lang
from sotdae_edge.ports import Item, Stamp
from sotdae_edge.record.key import device_key
from sotdae_provisioning.device.walk.asking import Asker
from sotdae_provisioning.device.walk.kept import Kept, load, replace, save
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.page import page
from sotdae_provisioning.device.walk.result import Verdict, Walk
from sotdae_provisioning.device.walk.seal import sealed
from sotdae_provisioning.device.walk.steps.link import REPORT
from sotdae_shared.errors import ConfigError
from sotdae_shared.messages import Kind, ReportBody
from sotdae_shared.signing import PrivateKey, canonical


def resumed(fresh: Walk, data: Path, ask: Asker, *, anew: bool) -> Walk:
    """Return the walk that an earlier one left at `data`, if it was of this gate, file and person."""
    kept = None if anew else load(data)
    if kept is None:
        return fresh
    same = ("place", "config_sha256", "technician", "software", "steps")
    if any(getattr(kept.walk, field) != getattr(fresh, field) for field in same):
        return fresh
    if kept.seals and kept.walk.verdict is Verdict.COMPLETE:
        raise ConfigError(str(data), ["is a complete, signed report: give --anew, or another --report"])
    began = kept.walk.began.isoformat(timespec="minutes")
    ask.doing("resumed", began=began, done=len(kept.walk.results))
    return kept.walk.model_copy(update={"ended": None})


def finished(kit: Kit, walk: Walk, private: PrivateKey | None, report: Path, lang: Lang) -> Kept:
    """Sign the walk, write data and page, and tell the hub when its agent runs again."""
    walk = walk.model_copy(update={"ended": kit.wall()})
    kept = sealed(walk, device_key(kit.config.storage.dir / "device.key"), private)
    save(report.with_suffix(".json"), kept)
    replace(report, page(kept, lang).encode())
    digest = hashlib.sha256(canonical(walk.model_dump(mode="json"))).hexdigest()
    told = {"verdict": walk.verdict.value, "technician": walk.technician, "sha256": digest}
    stamp = Stamp(kit.wall(), kit.clock.trust(), int(kit.clock.monotonic() * 1000))
    kit.outbox.put([Item(Kind.REPORT, ReportBody(report=REPORT, data=told), stamp)])
    kit.ask.verdict(walk)
    if private is None:
        kit.ask.doing("unsigned")
    kit.ask.doing("start_agent")
    return kept


def say_arms(kit: Kit) -> None:
    """Say where every arm stands that is not fully up."""
    for way in kit.hands.ways:
        angle_deg = kit.hands.value(f"{way.spec.prefix}arm_angle")
        if not way.arm.open_proved(kit.hands.now()):
            kit.ask.doing("arm_stands", angle_deg="?" if angle_deg is None else round(angle_deg))
