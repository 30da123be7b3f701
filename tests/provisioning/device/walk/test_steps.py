"""Single steps where something is wrong: disk, papers, clock, link, radio. Real broker, real file systems."""

import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import aiomqtt
import pytest
from cryptography import x509
from rich.console import Console
from typing_kit import typed_unseen
from walk_kit import TECHNICIAN, write_gate

from sotdae_edge.adapters.clock import SystemClock
from sotdae_edge.adapters.trial import eavesdrop, round_trips
from sotdae_edge.fitting import fitted_gate
from sotdae_provisioning.broker import NatsBroker
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.ticket import Ticket
from sotdae_provisioning.device.walk.asking import Prepared
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes
from sotdae_provisioning.device.walk.ready import in_hand
from sotdae_provisioning.device.walk.screen import Shows
from sotdae_provisioning.device.walk.steps import box, camera, clock, papers, radio, sensors, storage
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-41113-up-0007")
OTHER = Address(FacilityId("GG-41113-UP-0008"), "gate-41113-up-0008")
TLS = """
[hub]
port = 1
[hub.tls]
trust = "{0}/papers/current/root.pem"
chain = "{0}/papers/current/chain.pem"
key = "{0}/papers/current/key.pem"
"""


@contextmanager
def kit(directory: Path, more: str = "", **answers: object) -> Iterator[Kit]:
    """A gate whose controller does not answer, for steps that need none."""
    file = write_gate(directory, 1, more)
    ask = Prepared(answers, False, TECHNICIAN, Shows(Console(quiet=True), "en"))
    with in_hand(fitted_gate(file), file, ask, directory / "r.html", papers=None, ticket=None) as made:
        yield made


def codes(notes: Notes) -> tuple[str, list[str]]:
    return notes.state.value, [each.code for each in notes.findings]


def test_a_controller_that_does_not_answer_is_not_done_and_named(tmp_path: Path) -> None:
    with kit(tmp_path) as gate:
        notes = sensors.check(gate, gate.config.channels[0])
    assert codes(notes) == ("not_done", ["controller.silent"])
    assert "no connection" in str(notes.findings[0].values["because"])


def test_a_box_at_the_wrong_place_or_without_a_number(tmp_path: Path) -> None:
    with kit(tmp_path, **{"box.here": False, "serial": " "}) as gate:
        state, found = codes(box.identify(gate))
    assert (state, found) == ("failed", ["box.no_serial", "box.elsewhere"])
    with kit(tmp_path, serial="SN-1") as gate:
        assert codes(box.identify(gate)) == ("skipped", ["left_open"])


def test_a_disk_that_is_memory_or_too_small(tmp_path: Path) -> None:
    with kit(tmp_path) as gate:
        assert codes(storage.check(gate)) == ("ok", [])
        assert not list((tmp_path / "gate").glob(".commissioning*"))
        larger = gate.config.record.model_copy(update={"budget_mb": 1e9})
        small = replace(gate, config=gate.config.model_copy(update={"record": larger}))
        assert codes(storage.check(small)) == ("failed", ["storage.small"])
    if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK):
        with TemporaryDirectory(dir="/dev/shm") as memory, kit(Path(memory)) as gate:
            assert codes(storage.check(gate)) == ("failed", ["storage.volatile"])


def certified(directory: Path, address: Address, at: datetime) -> None:
    province = Province(directory / "ca")
    if not (directory / "ca").exists():
        province.init("Gyeonggi", None, datetime.now(UTC) - timedelta(days=800))
        province.add_city("41113", None, datetime.now(UTC) - timedelta(days=800))
    mine = Papers(directory / "papers")
    made = province.certify_device(address, mine.begin().public_key(), None, at)
    mine.settle(x509.load_pem_x509_certificates(made.full_chain), made.root)


def test_papers_of_another_of_another_time_or_none(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with kit(tmp_path, TLS.format(tmp_path)) as gate:
        assert codes(papers.check(gate)) == ("failed", ["papers.unusable"])
        for address, at, wanted in [
            (GATE, now, ("ok", [])),
            (OTHER, now, ("failed", ["papers.other_name"])),
            (GATE, now - timedelta(days=400), ("failed", ["papers.run_out"])),
            (GATE, now + timedelta(days=3), ("failed", ["papers.not_yet"])),
        ]:
            certified(tmp_path, address, at)
            assert codes(papers.check(gate)) == wanted
    with kit(tmp_path, "[hub]\nport = 1\n") as gate:
        assert codes(papers.check(gate)) == ("failed", ["papers.plain"])
    with kit(tmp_path) as gate:
        assert codes(papers.check(gate)) == ("not_fitted", ["hub.none"])


@pytest.mark.parametrize(
    ("ticket", "wanted"),
    [
        ("sotdae://nothing", ("failed", ["papers.refused"])),
        ("sotdae://enrol?office=https://localhost:1&facility=GG-41113-UP-0008&node=n&code=A&root=" + "0" * 64,
         ("failed", ["papers.other_ticket"])),
        ("sotdae://enrol?office=https://localhost:1&facility=GG-41113-UP-0007&node=gate-41113-up-0007&code=A&root="
         + "0" * 64,
         ("not_done", ["papers.no_office"])),
    ],
)  # fmt: skip
def test_a_ticket_that_is_none_for_another_or_without_a_link(
    tmp_path: Path, ticket: str, wanted: tuple[str, list[str]]
) -> None:
    with kit(tmp_path, TLS.format(tmp_path), ticket=ticket) as gate:
        assert codes(papers.check(gate)) == wanted


def test_a_clock_that_nobody_disciplines(tmp_path: Path) -> None:
    with kit(tmp_path, TLS.format(tmp_path)) as gate:
        assert codes(clock.check(gate))[1][-1] == "clock.no_office"
        dead = replace(gate, clock=SystemClock(wall=lambda: datetime(1970, 1, 1, tzinfo=UTC)))
        assert codes(clock.check(dead)) == ("failed", ["clock.untrusted", "clock.no_office"])


def test_a_camera_that_does_not_answer(tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"rtsp://user:secret@127.0.0.1:{closed.getsockname()[1]}/arm"
        with kit(tmp_path, f'[camera]\nurl = "{url}"\n') as gate:
            notes = camera.check(gate)
    assert codes(notes) == ("failed", ["camera.silent"])
    assert "secret" not in str(notes.findings)


WIRELESS = """\
Inter-| sta-|   Quality        |   Discarded packets               | Missed | WE
 face | tus | link level noise |  nwid  crypt   frag  retry   misc | beacon | 22
 wlan0: 0000   40.  -{0}.  -256        0      0      0      0      0        0
"""


def test_a_radio_is_weak_untold_or_not_there() -> None:
    assert codes(radio.judged("", [])) == ("not_fitted", ["radio.none"])
    assert codes(radio.judged(WIRELESS.format(50), [])) == ("ok", [])
    assert codes(radio.judged(WIRELESS.format(88), [])) == ("failed", ["radio.weak"])
    untold = radio.judged("", ["wwan0"])
    assert codes(untold) == ("not_done", ["radio.untold"])
    assert untold.measured[0].value is None, "not known, never zero"
    assert codes(radio.judged("a\nb\nwlan0: x\n: : :\nwlan1: 0 1 y", [])) == ("ok", [])


def test_a_broker_without_rights_is_found_out_by_what_arrives(tmp_path: Path) -> None:
    broker = NatsBroker(tmp_path)
    broker.start()

    async def story() -> tuple[bool, int, int]:
        await broker.wait_ready()
        took_s = await round_trips("127.0.0.1", broker.port, GATE, None, 5)
        async with aiomqtt.Client("127.0.0.1", broker.port, identifier="other") as other:
            listening = asyncio.create_task(eavesdrop("127.0.0.1", broker.port, GATE, None, 1.0))
            while not listening.done():
                await other.publish(f"{OTHER.base}/up/health", b"theirs")
                await other.publish(f"{GATE.base}/up/health", b"mine")
                await asyncio.sleep(0.02)
            heard = await listening
        return heard.granted, heard.strangers, len(took_s)

    try:
        granted, strangers, count = asyncio.run(story())
    finally:
        broker.stop()
    assert (granted, count) == (True, 5)
    assert strangers > 0


def test_no_broker_is_a_link_error() -> None:
    with pytest.raises(LinkError, match=r"broker 127\.0\.0\.1 port 1"):
        asyncio.run(round_trips("127.0.0.1", 1, GATE, None, 1))


def test_a_ticket_of_an_office_with_a_long_name_is_taken_whole(tmp_path: Path) -> None:
    place = Address(FacilityId("GG-41113-UP-0007"), "gate-41113-up-0007")
    line = Ticket("https://enrolment-office.gyeonggi.example.go.kr:8443", place, "A" * 12, "ab" * 32).text()
    assert len(line) > 200
    with kit(tmp_path, ticket=line) as gate:
        assert gate.ask.unseen("ticket") == line


ASK = """
from rich.console import Console
from sotdae_provisioning.device.walk.screen import Terminal
print(Terminal(Console(stderr=True), "en").unseen("ticket"))
"""


@pytest.mark.parametrize("line", ["sotdae://enrol?code=AAAA", ""])
def test_a_ticket_typed_on_a_terminal_is_not_echoed(line: str) -> None:
    code, out, seen = typed_unseen([sys.executable, "-c", ASK], b"not shown", line.encode())
    assert (code, out.decode()) == (0, f"{line}\n")
    assert b"AAAA" not in seen
