"""What a commissioning walk reads: reports, page or data, and answers."""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from fuzz.target import Target, in_file

from sotdae_edge.record.key import DeviceKey
from sotdae_provisioning.device.walk.asking import answers_of
from sotdae_provisioning.device.walk.checking import check, load_any
from sotdae_provisioning.device.walk.kept import read
from sotdae_provisioning.device.walk.page import data_of, page
from sotdae_provisioning.device.walk.result import Finding, Measured, Place, Plot, Result, State, Walk
from sotdae_provisioning.device.walk.seal import sealed
from sotdae_shared.errors import ConfigError
from sotdae_shared.signing import private_of

AT = datetime(2026, 7, 15, 18, 4, tzinfo=UTC)


def _reports() -> Iterable[bytes]:
    place = Place(facility="GG-41113-UP-0007", node="gate-1", name="고색", lat=37.2, lon=126.9)
    box = Result(
        step="box", state=State.FAILED, at=AT, took_s=1.0, picture="/9j/",
        findings=(Finding(code="arm.key", values={"angle_deg": 47.5}),),
        measured=(Measured(name="free", value=12, unit="MB"), Measured(name="on.float_5", value=None)),
        plots=(Plot(name="rtt", unit="ms", at_s=(0.0, 1.0), values=(0.2, None), limit=3.0),),
    )  # fmt: skip
    walk = Walk(
        place=place, software="sotdae", config_sha256="ab", technician="Kim", began=AT, steps=("box",),
        results=(box,),
    )  # fmt: skip
    kept = sealed(walk, DeviceKey.of(b"b" * 32), private_of(b"p" * 32))
    return [kept.model_dump_json().encode(), page(kept, "ko").encode()]


def _report(path: Path) -> None:
    """Whatever is accepted can be judged, drawn, and read back out of what was drawn."""
    found, (kept, lang) = check(path, None, None), load_any(path)
    assert found.verdict in ("complete", "incomplete", "failed")
    drawn = page(kept, lang or "en")
    assert drawn.count("<script") == 1
    assert data_of(drawn, "drawn")[0] == kept == read(kept.model_dump_json().encode(), "again")


def _answers(path: Path) -> None:
    answers_of(path)


TARGETS = (
    Target("walk_report", in_file(_report), ConfigError, _reports),
    Target(
        "walk_answers", in_file(_answers), ConfigError, lambda: [b'on_site = "Kim"\n"sensor.lift.x" = true\n']
    ),
)
