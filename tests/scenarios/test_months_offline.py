"""Ninety days and more without a link, or without a clock: the gate protects, and comes back by itself."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from need import require_binary
from scenarios.cut_off import GATE, CutOff, cut_off, taken
from scenarios.guarded import until
from scenarios.ladder.faults import NotPermittedError, Wall

from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.pki.certificates import Names, PublicKey, new_key
from sotdae_provisioning.pki.folder import write, write_key
from sotdae_provisioning.pki.province import Certified, Province
from sotdae_provisioning.secure import SecureNats, Shown

AWAY = timedelta(days=90 + 95)
"""Cut off on the day its renewal became due, and 95 days more: its papers ran out five days ago."""
AT_1970 = "@1970-01-01 00:00:03"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def wall(file: Path) -> Wall:
    try:
        return Wall(file)
    except NotPermittedError as error:
        pytest.skip(str(error))


def province(directory: Path, at: datetime) -> Province:
    """Make the authorities as of a time, and the services' papers as of now."""
    made = Province(directory / "ca")
    made.init("Gyeonggi", None, at)
    made.add_city("41113", None, at)
    for name in ("broker", "hub", "office"):
        key, folder = new_key(), directory / "ca/papers" / name
        given = made.certify_service(name, Names(("localhost",)), key.public_key(), None, now())
        folder.mkdir(parents=True)
        write(folder / "root.pem", given.root)
        write(folder / "chain.pem", given.full_chain)
        write_key(folder / "key.pem", key, None)
    return made


def papers(made: Province, folder: Path, at: datetime, office: int) -> Papers:
    """Give a box papers as of a time, as an enrolment then would have."""

    def certify(public: PublicKey) -> Certified:
        return made.certify_device(GATE, public, None, at)

    box = Papers(folder)
    given = certify(box.begin().public_key())
    box.settle([given.certificate, *x509.load_pem_x509_certificates(given.chain)], given.root)
    (folder / "office").write_text(f"https://localhost:{office}\n")
    return box


async def the_brokers_clock_sees_it(made: Province, directory: Path) -> None:
    """Show that the broker refuses these papers for their dates alone: fresh ones of that name are taken."""
    shown = directory / "ca/papers/broker"
    broker = SecureNats(directory / "probe", made, Shown(shown / "chain.pem", shown / "key.pem"))
    broker.admit((GATE,))
    broker.start()
    try:
        await broker.wait_ready()
        fresh = papers(made, directory / "fresh", now() - AWAY + timedelta(days=10), 1)
        assert taken(broker.port, fresh.path / "current")
        assert not taken(broker.port, directory / "papers/current")
    finally:
        broker.stop()
    made.revoke(fresh.certificate().serial_number, "a probe's", now())


async def away(here: CutOff) -> None:
    """Let the gate live alone: it closes, and what it has to say waits."""
    await here.agent.start()
    await here.keeper.start()
    await until(lambda: here.gate.fed > 0, f"the agent works: {here.agent.tail()}")
    await here.gate.is_open()
    await here.closes()
    await until(lambda: "does not answer" in here.keeper.tail(), "the office does not answer")


def test_ninety_days_by_the_dates_of_its_papers(tmp_path: Path) -> None:
    """The certificates' dates are shifted: for every clock, nats-server's too, they ran out five days ago."""

    async def story() -> None:
        async with cut_off(tmp_path) as here:
            made = province(tmp_path, now() - timedelta(days=800))
            old = papers(made, tmp_path / "papers", now() - AWAY, here.office_port).certificate()
            assert old.not_valid_after_utc < now() - timedelta(days=4)
            await the_brokers_clock_sees_it(made, tmp_path)
            await away(here)
            await here.arrive(office=False)
            refused = here.agent.tail()
            await until(lambda: here.agent.tail() != refused, "the gate is refused at the broker")
            assert await here.heard() is None
            waited = here.backlog()
            assert waited > 0
            await here.office.start()
            await here.hears("closed")
            new = here.papers.certificate()
            assert new.public_key() != old.public_key()
            assert new.not_valid_after_utc > now() + timedelta(days=179)
            assert await here.whole() > waited

    asyncio.run(story())


def test_ninety_days_by_a_shifted_clock(tmp_path: Path) -> None:
    """Every process but the simulator lives 185 days on (libfaketime), over Mosquitto."""
    require_binary("mosquitto")
    clock = wall(tmp_path / "wall")

    async def story() -> None:
        environ = clock.environ
        async with cut_off(tmp_path, kind="mosquitto", far=environ, here=environ) as here:
            await here.sotdae(
                "ca", "init", "Gyeonggi", "--dir", "ca", "--city", "41113", "--host", "localhost"
            )
            await here.arrive()
            ticket = await here.sotdae(
                "device", "code", str(GATE.facility), GATE.node, "--dir", "ca", "--serial", "SN-1", "--line",
                "--office", f"https://localhost:{here.office_port}",
            )  # fmt: skip
            await here.sotdae("device", "enrol", "--papers", "papers", given=ticket)
            old = here.papers.certificate()
            port = here.lines["41113"]
            assert taken(port, tmp_path / "papers/current"), "the same papers, the same listener, before"
            await here.leave()
            clock.set(f"+{AWAY.days}d")
            await away(here)
            for name in ("broker", "hub", "office"):
                folder = f"ca/papers/{name}"
                await here.sotdae(
                    "ca", "issue", "--dir", "ca", "--service", name, "--host", "localhost", "--out", folder
                )
            await here.arrive(office=False)
            assert not taken(port, tmp_path / "papers/current"), "the shifted clock reaches the broker"
            assert await here.heard() is None
            waited = here.backlog()
            assert waited > 0
            await here.office.start()
            await here.hears("closed")
            new = here.papers.certificate()
            assert new.not_valid_before_utc > old.not_valid_after_utc
            assert await here.whole() > waited

    asyncio.run(story())


def test_a_clock_at_1970(tmp_path: Path) -> None:
    """No paper is valid yet: the gate protects, its uploads wait, and it comes back when the clock is set."""
    clock = wall(tmp_path / "wall")

    async def story() -> None:
        async with cut_off(tmp_path, here=clock.environ) as here:
            papers(province(tmp_path, now()), tmp_path / "papers", now(), here.office_port)
            clock.set(AT_1970)
            await here.arrive()
            await here.agent.start()
            await here.keeper.start()
            await until(lambda: here.gate.fed > 0, f"the agent works: {here.agent.tail()}")
            await here.gate.is_open()
            await here.closes()
            await until(lambda: "not yet valid" in here.keeper.tail(), "no certificate is valid yet")
            await until(lambda: "not yet valid" in here.agent.tail(), "nor for the gate")
            assert await here.heard() is None
            waited = here.backlog()
            assert waited > 0
            clock.set("+0")
            await here.hears("closed")
            await until(lambda: "papers until" in here.keeper.tail(), "its papers are looked after again")
            assert await here.whole() > waited

    asyncio.run(story())
