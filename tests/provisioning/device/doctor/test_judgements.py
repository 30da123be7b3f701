"""The doctor's judgements over facts that a test machine does not give, and over damaged files."""

import errno
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import sotdae_provisioning.device.doctor as package
from sotdae_edge.config import DeviceConfig, HubConfig, TlsConfig
from sotdae_edge.core.site import UNDERPASS_CHANNELS
from sotdae_provisioning.device.doctor import agent, broker, papers, plant, storage
from sotdae_provisioning.device.doctor.finding import found
from sotdae_provisioning.device.doctor.texts import TEXTS
from sotdae_shared.ids import FacilityId
from sotdae_shared.samples import Sample
from sotdae_shared.topics import Address

NOW = datetime(2026, 7, 18, tzinfo=UTC)
FILE, DIR = Path("/etc/sotdae/gate.toml"), Path("/var/lib/sotdae")
SOUND = {
    "radar_level": Sample(3.0, 7, 90.0), "pressure_level": Sample(3.0, 7, 90.0),
    "float_5": Sample(0.0, 7, 1.0), "float_15": Sample(0.0, 7, 1.0),
}  # fmt: skip
LATER = {name: Sample(each.value, 8, each.quality) for name, each in SOUND.items()}


def codes(findings: object) -> list[str]:
    return [each.code for each in findings]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        (errno.EROFS, "storage.readonly"),
        (errno.ENOSPC, "storage.full"),
        (errno.EDQUOT, "storage.full"),
        (errno.EACCES, "storage.refused"),
        (errno.EPERM, "storage.refused"),
        (errno.EIO, "storage.refused"),
        (errno.ENOTDIR, "storage.absent"),
    ],
)
def test_a_disk_that_refuses_is_named_by_what_it_says(refusal: int, code: str) -> None:
    assert codes(storage.judge(storage.Storage(DIR, "sotdae", refusal=refusal), NOW)) == [code]


def test_a_disk_with_little_room_is_told_before_it_is_full() -> None:
    for free_mb, wanted in ((199, ["storage.low"]), (200, []), (None, [])):
        assert codes(storage.judge(storage.Storage(DIR, "sotdae", free_mb=free_mb), NOW)) == wanted


def test_root_does_not_judge_for_the_agents_user() -> None:
    (said,) = storage.judge(storage.Storage(DIR, "sotdae", tried=False, free_mb=9_000), NOW)
    assert (said.code, "sudo -u sotdae" in said.mend("en")) == ("user.root", True)


def test_an_outbox_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "outbox.db").write_bytes(b"no database" * 100)
    facts = storage.gather(tmp_path)
    assert "outbox.broken" in codes(storage.judge(facts, NOW))
    torn = storage.Storage(DIR, "sotdae", waiting=1, oldest=b"{")
    assert codes(storage.judge(torn, NOW)) == ["outbox.broken"]


def test_a_folder_that_the_agent_can_make_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    facts = storage.gather(tmp_path / "not/yet")
    assert (facts.refusal, (tmp_path / "not").exists()) == (None, False)
    (tmp_path / "file").touch()
    assert storage.gather(tmp_path / "file/below").refusal == errno.ENOTDIR


@pytest.mark.parametrize(
    ("point", "sample", "wanted"),
    [
        ("radar_level", Sample(None, 8, 90.0), "channel.silent"),
        ("radar_level", Sample(3.0, 7, 90.0), "channel.still"),
        ("radar_level", Sample(3.0, 8, 19.9), "channel.failing"),
        ("radar_level", Sample(401.0, 8, 90.0), "channel.range"),
        ("radar_level", Sample(float("nan"), 8, 90.0), "channel.range"),
        ("radar_level", Sample(-5.0, 8, 20.0), None),
        ("float_15", Sample(0.0, 8, 0.0), "channel.failing"),
        ("float_15", Sample(1.0, 8, 1.0), None),
    ],
)
def test_a_level_channel_is_judged_by_its_last_reading(
    point: str, sample: Sample, wanted: str | None
) -> None:
    facts = plant.Plant("127.0.0.1:502", 1, SOUND, LATER | {point: sample})
    found_now = codes(plant.judge(facts, DeviceConfig(), UNDERPASS_CHANNELS, FILE))
    assert found_now == ([] if wanted is None else [wanted])


def test_a_point_that_is_not_read_at_all_is_silent() -> None:
    without = {name: each for name, each in LATER.items() if name != "radar_level"}
    facts = plant.Plant("127.0.0.1:502", 1, SOUND, without)
    assert codes(plant.judge(facts, DeviceConfig(), UNDERPASS_CHANNELS, FILE)) == ["channel.silent"]


def test_a_unit_that_answers_otherwise_than_the_profile_says() -> None:
    facts = plant.Plant("127.0.0.1:502", 1, misread="illegal address")
    assert codes(plant.judge(facts, DeviceConfig(), UNDERPASS_CHANNELS, FILE)) == ["device.map"]


def test_a_hardware_timer_and_units_that_nobody_starts() -> None:
    facts = agent.Processes(
        7, True, DIR / "panel.sock", True, Path("/dev/watchdog"), ("sotdae-gate.service",)
    )
    assert codes(agent.judge(facts, seen=True)) == ["watchdog.timer", "unit.absent"]
    blind = agent.Processes(None, None, DIR / "panel.sock", False, None, ())
    assert codes(agent.judge(blind, seen=False)) == ["watchdog.off"], "without a disk no agent is seen"


@pytest.mark.parametrize("step", broker.Step)
def test_every_end_of_the_way_to_the_broker_has_words(step: broker.Step) -> None:
    findings = broker.judge(broker.Way(step, "why"), HubConfig(), "gate-1", FILE)
    assert len(findings) == (0 if step in (broker.Step.THROUGH, broker.Step.OWN_PAPERS) else 1)
    assert all(each.fault("ko") and each.mend("ko") for each in findings)


def test_damaged_papers_are_told_without_a_word_of_what_is_in_them(tmp_path: Path) -> None:
    files = TlsConfig(trust=tmp_path / "root.pem", chain=tmp_path / "chain.pem", key=tmp_path / "key.pem")
    for path in (files.trust, files.chain, files.key):
        path.write_bytes(b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n")
    address = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
    findings = list(papers.judge(papers.gather(files), address, FILE, NOW))
    assert codes(findings) == ["papers.broken"] * 3
    assert not any("c2VjcmV0" in each.fault("en") for each in findings)


def test_what_was_found_is_one_short_line() -> None:
    said = found("storage.readonly", dir="/x\n\x1b[31m" + "y" * 1000)
    assert said.values["dir"].isprintable()
    assert len(said.values["dir"]) == 300


def test_every_fault_that_is_found_has_words_and_all_words_are_used() -> None:
    folder = Path(str(package.__file__)).parent
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    assert set(re.findall(r'found\(\s*"([a-z_.]+)"', text)) <= set(TEXTS)
    assert set(TEXTS) <= set(re.findall(r'"([a-z]+\.[a-z_]+)"', text))
