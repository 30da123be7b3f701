"""The doctor at broken set-ups: each is broken for real, and the doctor names that fault and its mend."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from need import require_binary
from sick_box import GATE, Box, Village, now, small_disk, village
from typer.testing import CliRunner

from sotdae_edge.adapters.outbox import SqliteOutbox
from sotdae_edge.config import HubConfig, TlsConfig
from sotdae_edge.ports import Item, Stamp
from sotdae_provisioning.broker import free_port
from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.doctor import agent, clock
from sotdae_provisioning.device.doctor import broker as way
from sotdae_provisioning.device.doctor.examine import causes
from sotdae_provisioning.device.doctor.finding import found, worst_first
from sotdae_provisioning.device.doctor.texts import TEXTS
from sotdae_provisioning.pki.certificates import new_key
from sotdae_provisioning.pki.folder import write_key
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.secure import SecureMosquitto, SecureNats
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import ClockTrust, EventBody, Kind
from sotdae_shared.topics import Address

PAGE = Path(__file__).parents[4] / "docs/operations/doctor.md"


@pytest.fixture(scope="module")
def around(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with village(tmp_path_factory.mktemp("village")) as found:
        yield found


@pytest.fixture
def box(around: Village, tmp_path: Path) -> Iterator[Box]:
    made = Box(around, tmp_path)
    with made.ended:
        yield made
        around.broker.admit([GATE])


@dataclass(frozen=True)
class Case:
    """One way to break a box: before its agent starts, or while it runs."""

    what: str
    codes: tuple[str, ...]
    before: Callable[[Box], None] | None = None
    after: Callable[[Box], None] | None = None
    runs: bool = True
    """Whether agent and watchdog are started."""


def _set(section: str, **values: object) -> Callable[[Box], None]:
    return lambda box: box.settings[section].update(values)


def _papers_of(days_ago: int) -> Callable[[Box], None]:
    def begin(box: Box) -> None:
        box.papers_at = now() - timedelta(days=days_ago)

    return begin


def _other_gate(box: Box) -> None:
    box.address = Address(FacilityId("GG-41113-UP-0008"), "gate-2")


def _other_key(box: Box) -> None:
    write_key(box.base / "papers/current/key.pem", new_key(), None)


def _foreign_root(box: Box) -> None:
    foreign = Province(box.base / "foreign")
    foreign.init("Gangwon", None, now())
    (box.base / "papers/current/root.pem").write_bytes(foreign.trust())


def _no_papers(box: Box) -> None:
    (box.base / "papers/current").unlink()


def _foreign_broker(box: Box) -> None:
    """Somebody poses as the broker: the right name, below another root."""
    foreign = Province(box.base / "foreign")
    foreign.init("Gangwon", None, now())
    broker = SecureNats(box.base / "posing", foreign, box.village.shown(foreign, f"posing-{box.base.name}"))
    broker.start()
    box.ended.callback(broker.stop)
    asyncio.run(broker.wait_ready())
    box.settings["hub"]["port"] = broker.port


def _plain_port(box: Box) -> None:
    box.settings["hub"]["port"] = box.village.plain.port


def _struck_off(box: Box) -> None:
    box.village.broker.admit([])


def _wrong_unit(box: Box) -> None:
    """A profile for a controller that was set to unit 9."""
    from sotdae_firmware_bridge.profile import BUILT_IN, load

    text, right = (BUILT_IN / "underpass.toml").read_text(encoding="utf-8"), load("underpass").device.unit_id
    profile = box.base / "nine.toml"
    profile.write_text(text.replace(f"unit_id = {right}", "unit_id = 9"), encoding="utf-8")
    box.settings["device"]["profile"] = str(profile)


def _fault(device: str, kind: str) -> Callable[[Box], None]:
    def begin(box: Box) -> None:
        box.village.fault(device, kind)
        box.ended.callback(box.village.fault, device, kind, on=False)

    return begin


def _a_file_in_its_place(box: Box) -> None:
    (box.base / "state").write_text("not a folder", encoding="utf-8")


def _full_disk(box: Box) -> None:
    box.ended.enter_context(small_disk(box.base / "state"))
    with (box.base / "state/filler").open("wb", buffering=0) as filler:
        try:
            while filler.write(bytes(4096)):
                continue
        except OSError:
            return


def _old_messages(box: Box) -> None:
    """The hub is down for a day: what the agent wrote then still waits."""
    (box.base / "state").mkdir()
    outbox = SqliteOutbox(box.base / "state/outbox.db", GATE, "0123456789abcdef")
    stamp = Stamp(now() - timedelta(days=1), ClockTrust.SYNCED, 0)
    body = EventBody(code="gate.ready", priority=4, active=False)
    outbox.put([Item(Kind.EVENT, body, stamp)])
    outbox.close()


def _misspelt(box: Box) -> None:
    box.settings["storage"]["telemetry_budgt_mb"] = 1


def _nobody_at(section: str) -> Callable[[Box], None]:
    return lambda box: box.settings[section].update(port=free_port())


def _no_camera(box: Box) -> None:
    box.settings["camera"]["url"] = f"rtsp://u:secret@127.0.0.1:{free_port()}/arm"


def _without_tls(box: Box) -> None:
    del box.settings["hub.tls"]


def _open_key(box: Box) -> None:
    (box.base / "papers/current/key.pem").chmod(0o644)


def _kill_agent(box: Box) -> None:
    box.kill(box.agent)


def _kill_watchdog(box: Box) -> None:
    box.kill(box.watchdog)


CASES = (
    Case("a misspelt setting in the file", ("config.wrong",), _misspelt, runs=False),
    Case(
        "a file lies where the storage folder should", ("storage.absent",), _a_file_in_its_place, runs=False
    ),
    Case("every octet of the disk taken", ("storage.full",), _full_disk, runs=False),
    Case("nobody listens at the controller's address", ("device.refused",), _nobody_at("device")),
    Case("a profile for another Modbus unit", ("device.unit",), _wrong_unit),
    Case("a level sensor measures nothing", ("channel.silent",), _fault("radar", "dead")),
    Case("a level sensor has stopped", ("channel.still",), _fault("pressure", "silent")),
    Case("the agent was killed (-9)", ("agent.off",), after=_kill_agent),
    Case("the agent is frozen (SIGSTOP)", ("agent.frozen",), after=Box.freeze),
    Case("the watchdog was killed (-9)", ("watchdog.off",), after=_kill_watchdog),
    Case("the papers' folder is gone", ("papers.absent",), after=_no_papers),
    Case("others can read the key", ("papers.key_open",), after=_open_key),
    Case("the key of another box", ("papers.key_other",), after=_other_key),
    Case("the papers of another gate", ("papers.other_box",), _other_gate),
    Case("the root of another province", ("papers.chain",), after=_foreign_root),
    Case("papers of 200 days ago", ("papers.expired",), _papers_of(200)),
    Case("papers that begin tomorrow", ("papers.early",), _papers_of(-1)),
    Case("papers that nobody renewed", ("papers.late",), _papers_of(130)),
    Case("a broker's name that nobody knows", ("broker.name",), _set("hub", host="broker.invalid")),
    Case("no broker at the port", ("broker.refused",), _nobody_at("hub")),
    Case("the broker's port without TLS", ("broker.plain",), _plain_port),
    Case("a file without [hub.tls]", ("broker.wants_tls",), _without_tls),
    Case("somebody poses as the broker", ("broker.untrusted",), _foreign_broker),
    Case("a name that the broker's papers lack", ("broker.other_name",), _set("hub", host="127.0.0.1")),
    Case("the box was struck off", ("broker.refuses",), after=_struck_off),
    Case("the camera is off", ("camera.silent",), _no_camera),
    Case("the hub has been down for a day", ("outbox.old",), _old_messages),
)
BESIDE = {each.what: ("watchdog.off",) for each in CASES[1:3]}
"""What else is so in a set-up: nobody was started there."""


def _cases() -> Iterator[Any]:
    """Those that start an agent take seconds each."""
    for case in CASES:
        quick = not case.runs or case.codes == ("agent.frozen",)
        yield pytest.param(case, id=case.what, marks=() if quick else (pytest.mark.slow,))


@pytest.mark.parametrize("case", list(_cases()))
def test_the_doctor_names_the_fault_and_the_mend(box: Box, case: Case) -> None:
    if case.before is not None:
        case.before(box)
    box.write()
    box.enrol()
    if case.runs:
        box.start()
    if case.after is not None:
        case.after(box)
    findings = box.doctor("--lang", "en")
    assert {each["code"] for each in findings} == {*case.codes, *BESIDE.get(case.what, ())}, findings
    assert findings[0]["fault"], findings
    assert findings[0]["mend"], findings


def test_it_is_told_in_korean_and_in_english_the_worst_first(box: Box) -> None:
    _fault("radar", "dead")(box)
    _without_tls(box)
    box.write()
    for language, words in (
        ("ko", ("조치", "게이트 에이전트", "수위 채널 radar")),
        ("en", ("mend", "agent", "radar")),
    ):
        told = CliRunner().invoke(device_app, ["doctor", "-c", str(box.file), "--lang", language])
        assert told.exit_code == 1
        flat = " ".join(told.output.split())
        assert all(word in flat for word in words), told.output
    ranks = [each["rank"] for each in box.doctor()]
    assert ranks == sorted(ranks, key=["unsafe", "unheard", "soon"].index)


def test_reasons_and_parts_are_korean(box: Box) -> None:
    box.write()
    said = CliRunner().invoke(device_app, ["doctor", "-c", str(box.file), "--lang", "ko"])
    flat = " ".join(said.output.split())
    assert "확인: 설정, 저장장치, 에이전트" in flat, flat
    assert "읽을 수 없음(파일 없음)" in flat, flat
    none = CliRunner().invoke(device_app, ["doctor", "-c", str(box.base / "none.toml"), "--lang", "ko"])
    assert (none.exit_code, "파일 없음: --config로 게이트 파일 지정" in none.output) == (2, True)


def test_at_a_sound_box_nothing_is_found_and_nothing_is_changed(box: Box) -> None:
    box.write()
    box.enrol()
    box.start()
    before = _tree(box.base)
    assert box.doctor() == []
    assert box.doctor("--papers", str(box.base / "papers"), "--office", box.village.office) == []
    assert _tree(box.base) == before
    said = CliRunner().invoke(device_app, ["doctor", "-c", str(box.file), "--lang", "en"])
    assert "Nothing is wrong" in said.output


def _tree(base: Path) -> set[str]:
    live = (
        "state/outbox.db",
        "state/record",
        "state/gate.state",
        "state/baseline.state",
        "state/picture",
        "state/device.key",
        "log",
    )
    names = (str(path.relative_to(base)) for path in base.rglob("*"))
    return {name for name in names if not name.startswith(live)}


def test_a_clock_is_compared_with_the_office(around: Village) -> None:
    for ahead, code in (
        (timedelta(0), None),
        (timedelta(minutes=5), "clock.off"),
        (timedelta(hours=-1), "clock.off"),
    ):
        facts = asyncio.run(clock.gather(lambda ahead=ahead: now() + ahead, True, around.office))
        assert facts.ahead_s is not None
        assert [each.code for each in clock.judge(facts)] == ([] if code is None else [code])
    nobody = asyncio.run(clock.gather(now, False, f"https://localhost:{free_port()}"))
    assert [each.code for each in clock.judge(nobody)] == ["clock.unsynced"]
    torn = asyncio.run(clock.gather(now, True, "https://[::1"))
    assert (torn.ahead_s, list(clock.judge(torn))) == (None, [])
    unset = clock.Clock(now().replace(year=1970), True, None)
    assert [each.code for each in clock.judge(unset)] == ["clock.unset"]


def test_a_clock_of_1970_is_unset_whatever_the_office_says() -> None:
    facts = clock.Clock(now().replace(year=1970), True, -1.7e9)
    assert [each.code for each in clock.judge(facts)] == ["clock.unset"]


def test_a_broker_that_reads_lists_refuses_in_the_handshake(around: Village, tmp_path: Path) -> None:
    """Mosquitto, and TLS 1.3: the refusal comes after the handshake, and nothing of MQTT is said."""
    require_binary("mosquitto")
    address = Address(FacilityId("GG-41135-UP-0001"), "gate-9")
    papers, key = tmp_path / "papers", new_key()
    made = around.province.certify_device(address, key.public_key(), None, now())
    papers.mkdir()
    (papers / "chain.pem").write_bytes(made.full_chain)
    (papers / "root.pem").write_bytes(made.root)
    write_key(papers / "key.pem", key, None)
    tls = TlsConfig(trust=papers / "root.pem", chain=papers / "chain.pem", key=papers / "key.pem")
    folder = around.province.city("41135")
    around.province.publish_lists([folder], None, now())
    broker = SecureMosquitto(tmp_path / "mosquitto", around.province, around.shown(around.province, "lists"))
    broker.admit([address])
    broker.start()
    try:
        asyncio.run(broker.wait_ready())
        hub = HubConfig(host="localhost", port=broker.city_ports["41135"], tls=tls)
        for speak in (False, True):
            assert asyncio.run(way.gather(hub, "gate-9", speak=speak)).step is way.Step.THROUGH
        around.province.revoke(made.certificate.serial_number, "stolen", now())
        around.province.publish_lists([folder], None, now())
        broker.cut()
        asyncio.run(broker.wait_ready())
        assert asyncio.run(way.gather(hub, "gate-9", speak=False)).step is way.Step.REFUSED
    finally:
        broker.stop()


def test_causes_come_first_and_what_follows_is_left_out() -> None:
    listed = [
        found("storage.low", dir="/x", free_mb=1),
        found("broker.refuses", host="h", port=1, why="", node="n", file="f"),
        found("papers.expired", until="2025-01-01", papers="/p"),
        found("agent.off"),
    ]
    assert [each.code for each in worst_first(causes(listed))] == [
        "agent.off",
        "papers.expired",
        "storage.low",
    ]


@pytest.mark.slow
def test_who_holds_the_files_is_seen_without_taking_them(box: Box) -> None:
    box.write()
    box.enrol()
    box.start()
    assert box.agent is not None
    from sotdae_edge.config import load_gate

    facts = asyncio.run(agent.gather(load_gate(box.file)))
    assert (facts.holder, facts.greets, facts.watchdog) == (box.agent.pid, True, True)
    box.kill(box.agent)
    assert asyncio.run(agent.gather(load_gate(box.file))).holder is None


@pytest.mark.parametrize("code", TEXTS)
def test_every_fault_has_words_in_both_languages_with_the_same_blanks(code: str) -> None:
    from string import Formatter

    text = TEXTS[code]
    blanks = [
        {name for _, name, _, _ in Formatter().parse(" ".join(words)) if name} for words in (text.en, text.ko)
    ]
    assert all(word.strip() for words in (text.en, text.ko) for word in words)
    assert blanks[1] <= blanks[0]
    assert any("가" <= letter <= "힣" for letter in text.ko.fault)


def table() -> str:
    """The table of the documentation, from the set-ups and the words."""
    rows = ["| set-up, broken for real | rank | what the doctor says | mend |", "|---|---|---|---|"]
    for case in CASES:
        text = TEXTS[case.codes[0]]
        fault, mend = (word.replace("{", "*").replace("}", "*").replace("|", "\\|") for word in text.en)
        rows.append(f"| {case.what} | {text.rank.name.lower()} | {fault} | {mend} |")
    return "\n".join(rows)


def test_the_page_has_the_table_of_the_set_ups_that_are_tested() -> None:
    assert table() in PAGE.read_text(encoding="utf-8"), f"put this into {PAGE.name}:\n{table()}"
