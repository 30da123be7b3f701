"""Who gets what through a broker with TLS: judged by what arrives, for brokers acknowledge what they drop."""

import asyncio
import json
import secrets
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiomqtt
import pytest
from need import require_binary

from sotdae_provisioning.pki.certificates import Names, Role, leaf, new_key
from sotdae_provisioning.pki.folder import pem, write, write_key
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.secure import SecureMosquitto, SecureNats, Shown
from sotdae_shared.identity import identity_of, service_of
from sotdae_shared.ids import FacilityId
from sotdae_shared.messages import Kind
from sotdae_shared.topics import ALL_UP, Address

NOW = datetime.now(UTC).replace(microsecond=0)
GATE = Address(FacilityId("GG-41113-UP-0007"), "gate-1")
OTHER = Address(FacilityId("GG-41113-UP-0008"), "gate-2")
FAR = Address(FacilityId("GG-41135-RG-0012"), "gate-3")
STOLEN = (
    "stolen city as another city's gate",
    "stolen city as the hub",
    "stolen city with another's common name",
    "stolen city with the hub's common name",
)
"""What one can make who has stolen a city's key."""
QUIET_S = 0.4
"""So long is waited for what must not arrive, after what must has."""


@dataclass
class Ground:
    """A province with its papers, and a broker that knows two of its three gates' cities."""

    province: Province
    broker: SecureNats | SecureMosquitto
    papers: dict[str, Path] = field(default_factory=dict)

    def port(self, address: Address | None) -> int:
        if isinstance(self.broker, SecureNats) or address is None:
            return self.broker.port
        return self.broker.city_ports[address.facility.city]

    def context(self, paper: str | None) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.province.root.path / "cert.pem"))
        if paper is not None:
            context.load_cert_chain(self.papers[paper] / "chain.pem", self.papers[paper] / "key.pem")
        return context

    @asynccontextmanager
    async def client(
        self, paper: str | None, port: int, identifier: str | None = None, *, clean: bool = True
    ) -> AsyncIterator[aiomqtt.Client]:
        async with aiomqtt.Client(
            "localhost", port, identifier=identifier or paper, clean_session=clean, timeout=3,
            tls_context=self.context(paper),
        ) as client:  # fmt: skip
            yield client

    @asynccontextmanager
    async def hub(self) -> AsyncIterator[aiomqtt.Client]:
        async with self.client("hub", self.port(None), f"sotdae-hub-{secrets.token_hex(4)}") as client:
            await client.subscribe(ALL_UP, qos=1)
            yield client


def papers(folder: Path, chain: bytes, key: object) -> Path:
    folder.mkdir()
    write(folder / "chain.pem", chain)
    write_key(folder / "key.pem", key, None)  # type: ignore[arg-type]
    return folder


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> tuple[Province, dict[str, Path]]:
    """Everybody's papers, the right and the forged."""
    base = tmp_path_factory.mktemp("office")
    province = Province(base / "ca")
    province.init("Gyeonggi", None, NOW)
    for code in ("41113", "41135"):
        province.add_city(code, None, NOW)
    found: dict[str, Path] = {}

    def device(name: str, address: Address, at: datetime = NOW, by: Province = province) -> None:
        key = new_key()
        made = by.certify_device(address, key.public_key(), None, at)
        found[name] = papers(base / name, made.full_chain, key)

    def forged(name: str, common: str, names: Names, city: str) -> None:
        """Make what one could who has stolen a city's key."""
        key, folder = new_key(), province.city(city)
        made = leaf(
            common, names, key.public_key(), folder.issuer(None), NOW, role=Role.SERVICE, life=timedelta(9)
        )
        found[name] = papers(base / name, pem(made) + folder.chain(), key)

    for service in ("broker", "hub"):
        key = new_key()
        more = Names(("localhost",), (ip_address("127.0.0.1"),))
        made = province.certify_service(service, more, key.public_key(), None, NOW)
        found[service] = papers(base / service, made.full_chain, key)
    for name, address in (("gate-1", GATE), ("gate-2", OTHER), ("gate-3", FAR)):
        device(name, address)
    device("unknown", Address(FacilityId("GG-41113-UP-0009"), "gate-9"))
    device("expired", GATE, NOW - timedelta(days=181))
    foreign = Province(base / "foreign-ca")
    foreign.init("Gyeonggi", None, NOW)
    foreign.add_city("41113", None, NOW)
    device("foreign", GATE, by=foreign)
    forged("stolen city as another city's gate", "gate-1", Names((identity_of(GATE),)), "41135")
    forged("stolen city as the hub", "hub", Names((service_of("hub"),)), "41135")
    forged("stolen city with another's common name", "gate-1", Names((identity_of(FAR),)), "41135")
    forged("stolen city with the hub's common name", "hub", Names((identity_of(FAR),)), "41135")
    for folder in (province.services, *(province.city(code) for code in province.cities())):
        folder.publish_list(folder.issuer(None), NOW)
    return province, found


@pytest.fixture(params=["nats", pytest.param("mosquitto", marks=pytest.mark.slow)])
def ground(
    request: pytest.FixtureRequest, office: tuple[Province, dict[str, Path]], tmp_path: Path
) -> Iterator[Ground]:
    if request.param == "mosquitto":
        require_binary("mosquitto")
    province, found = office
    shown = Shown(found["broker"] / "chain.pem", found["broker"] / "key.pem")
    kind = SecureNats if request.param == "nats" else SecureMosquitto
    broker = kind(tmp_path / "state", province, shown)
    broker.admit((GATE, OTHER, FAR))
    broker.start()
    asyncio.run(broker.wait_ready())
    yield Ground(province, broker, found)
    broker.stop()


async def arrived(client: aiomqtt.Client, marker: bytes) -> list[tuple[str, bytes]]:
    """Return what came up to and with the marker, and for a while after."""
    found: list[tuple[str, bytes]] = []

    async def read() -> None:
        async for message in client.messages:
            found.extend([(str(message.topic), bytes(message.payload))])  # type: ignore[arg-type]

    task = asyncio.create_task(read())
    async with asyncio.timeout(10.0):
        while not any(payload == marker for _, payload in found):
            await asyncio.sleep(0.02)
    await asyncio.sleep(QUIET_S)
    task.cancel()
    await asyncio.wait([task])
    return found


def test_a_gate_speaks_to_the_hub_and_the_hub_to_it(ground: Ground) -> None:
    async def story() -> None:
        async with ground.hub() as hub, ground.client("gate-1", ground.port(GATE)) as gate:
            await gate.subscribe(GATE.all_down, qos=1)
            await gate.publish(GATE.up(Kind.EVENT), b"rising", qos=1)
            await gate.publish(GATE.state, b"online", qos=1, retain=True)
            assert await arrived(hub, b"online") == [
                (GATE.up(Kind.EVENT), b"rising"),
                (GATE.state, b"online"),
            ]
            await hub.publish(GATE.down(Kind.COMMAND), b"close", qos=0)
            await hub.publish(OTHER.down(Kind.COMMAND), b"not for you", qos=0)
            await hub.publish(GATE.down(Kind.ACK), b"held", qos=1)
            heard = await arrived(gate, b"held")
            assert heard == [(GATE.down(Kind.COMMAND), b"close"), (GATE.down(Kind.ACK), b"held")]

    asyncio.run(story())


async def forge(ground: Ground, topic: str, payload: bytes, qos: int = 1) -> None:
    """Publish as gate-1 what it may not; a broker may drop it or end the line."""
    try:
        async with ground.client("gate-1", ground.port(GATE)) as gate:
            await gate.publish(topic, payload, qos=qos)
    except aiomqtt.MqttError:
        return


def test_a_gate_writes_nothing_but_its_own(ground: Ground) -> None:
    async def story() -> None:
        async with ground.hub() as hub, ground.client("gate-2", ground.port(OTHER)) as victim:
            await victim.subscribe(OTHER.all_down, qos=1)
            for topic in (
                OTHER.up(Kind.EVENT), FAR.up(Kind.EVENT), OTHER.state,
                f"sotdae/v1/41113/{OTHER.facility}/gate-1/up/event", "sotdae/v1/x/y/z/up/event",
                OTHER.down(Kind.COMMAND), GATE.down(Kind.COMMAND), "$SYS/x", "$MQTT/sub/x", "$JS/x",
            ):  # fmt: skip
                await forge(ground, topic, b"forged")
                await forge(ground, topic, b"forged", qos=0)
            async with ground.client("gate-1", ground.port(GATE)) as gate:
                await gate.publish(GATE.up(Kind.EVENT), b"mine", qos=1)
                assert await arrived(hub, b"mine") == [(GATE.up(Kind.EVENT), b"mine")]
            await hub.publish(OTHER.down(Kind.ACK), b"held", qos=1)
            assert await arrived(victim, b"held") == [(OTHER.down(Kind.ACK), b"held")]

    asyncio.run(story())


@pytest.mark.parametrize("wanted", ["another's down", "everything", "the hub's", "sessions"])
def test_a_gate_hears_nothing_but_its_own(ground: Ground, wanted: str) -> None:
    spied = {
        "another's down": OTHER.all_down, "everything": "#", "the hub's": ALL_UP, "sessions": "$MQTT/#",
    }[wanted]  # fmt: skip

    async def story() -> None:
        async with ground.hub() as hub, ground.client("gate-1", ground.port(GATE)) as spy:
            await spy.subscribe(GATE.all_down, qos=1)
            try:
                await spy.subscribe(spied, qos=1)
            except aiomqtt.MqttError:
                return  # the broker says so at once; this is as good
            await hub.publish(OTHER.down(Kind.COMMAND), b"secret", qos=1)
            async with ground.client("gate-2", ground.port(OTHER)) as gate:
                await gate.publish(OTHER.up(Kind.EVENT), b"secret", qos=1)
            await hub.publish(GATE.down(Kind.ACK), b"held", qos=1)
            heard = await arrived(spy, b"held")
            assert {topic for topic, _ in heard} == {GATE.down(Kind.ACK)}, heard

    asyncio.run(story())


def test_a_policy_is_kept_for_the_gate_it_is_meant_for_and_nobody_else_can_put_one_up(
    ground: Ground,
) -> None:
    async def story() -> None:
        async with ground.hub() as hub:
            await hub.publish(GATE.down(Kind.POLICY), b"mine", qos=1, retain=True)
            await hub.publish(OTHER.down(Kind.POLICY), b"another's", qos=1, retain=True)
        try:
            async with ground.client("gate-1", ground.port(GATE)) as gate:
                for address in (GATE, OTHER):
                    await gate.publish(address.down(Kind.POLICY), b"forged", qos=1, retain=True)
                    await gate.publish(address.down(Kind.POLICY), b"", qos=1, retain=True)
        except aiomqtt.MqttError:
            pass  # the broker ends the line instead
        for name, address, kept in (("gate-1", GATE, b"mine"), ("gate-2", OTHER, b"another's")):
            async with ground.client(name, ground.port(address)) as gate:
                await gate.subscribe(address.all_down, qos=1)
                assert await arrived(gate, kept) == [(address.down(Kind.POLICY), kept)]
        async with ground.hub() as hub:
            await hub.publish(GATE.down(Kind.POLICY), b"", qos=1, retain=True)
        async with ground.hub() as hub, ground.client("gate-1", ground.port(GATE)) as gate:
            await gate.subscribe(GATE.all_down, qos=1)
            await hub.publish(GATE.down(Kind.ACK), b"held", qos=1)
            assert await arrived(gate, b"held") == [(GATE.down(Kind.ACK), b"held")], "it was taken down"

    asyncio.run(story())


@pytest.mark.parametrize("paper", [None, "unknown", "expired", "foreign", *STOLEN])
def test_who_shows_no_right_paper_gets_nothing(ground: Ground, paper: str | None) -> None:
    """On every port: nothing that one sends reaches the hub, nothing that a gate is told reaches one."""

    async def attack(port: int, told: list[bytes]) -> None:
        try:
            async with ground.client(paper, port, "intruder") as client:
                await client.subscribe(GATE.all_down, qos=1)
                await client.subscribe("#", qos=1)
                await client.publish(GATE.up(Kind.EVENT), b"forged", qos=1)
                await client.publish(FAR.down(Kind.COMMAND), b"forged", qos=1)
                async with asyncio.timeout(1.2):
                    async for message in client.messages:
                        told += [bytes(message.payload)]  # type: ignore[arg-type]
        except (aiomqtt.MqttError, TimeoutError, ssl.SSLError, OSError):
            return

    async def story() -> None:
        ports = {ground.port(None), ground.port(GATE), ground.port(FAR)}
        async with ground.hub() as hub, ground.client("gate-3", ground.port(FAR)) as far:
            await far.subscribe(FAR.all_down, qos=1)
            told: list[bytes] = []
            attacks = [asyncio.create_task(attack(port, told)) for port in ports]
            await asyncio.sleep(0.8)
            await hub.publish(GATE.down(Kind.COMMAND), b"secret", qos=1)
            await asyncio.wait(attacks)
            await hub.publish(FAR.down(Kind.ACK), b"held", qos=1)
            assert await arrived(far, b"held") == [(FAR.down(Kind.ACK), b"held")]
            await far.publish(FAR.up(Kind.EVENT), b"mine", qos=1)
            assert await arrived(hub, b"mine") == [(FAR.up(Kind.EVENT), b"mine")]
            assert b"secret" not in told

    asyncio.run(story())


def test_a_stolen_client_id_opens_nobody_elses_session(ground: Ground) -> None:
    async def story() -> None:
        async with ground.client("gate-2", ground.port(OTHER), "gate-2", clean=False) as victim:
            await victim.subscribe(OTHER.all_down, qos=1)
        async with ground.hub() as hub:
            await hub.publish(OTHER.down(Kind.COMMAND), b"secret", qos=1)
            async with ground.client("gate-1", ground.port(GATE), "gate-2", clean=False) as thief:
                await thief.subscribe(GATE.all_down, qos=1)
                await hub.publish(OTHER.down(Kind.COMMAND), b"secret", qos=1)
                await hub.publish(GATE.down(Kind.ACK), b"held", qos=1)
                heard = await arrived(thief, b"held")
                assert {payload for _, payload in heard} == {b"held"}, heard

    asyncio.run(story())


def test_a_revoked_gates_live_session_ends_and_it_does_not_come_back(ground: Ground) -> None:
    async def ended() -> bool:
        try:
            async with ground.client("gate-1", ground.port(GATE)) as gate:
                await gate.subscribe(GATE.all_down, qos=1)
                ground.broker.admit((OTHER, FAR))
                if isinstance(ground.broker, SecureMosquitto):
                    ground.broker.cut()
                async with asyncio.timeout(10.0):
                    async for _ in gate.messages:
                        pass
        except aiomqtt.MqttError:
            return True
        except TimeoutError:
            return False
        return False

    async def story() -> None:
        assert await ended()
        await ground.broker.wait_ready()
        async with ground.hub() as hub, ground.client("gate-2", ground.port(OTHER)) as other:
            await forge(ground, GATE.up(Kind.EVENT), b"forged")
            await other.publish(OTHER.up(Kind.EVENT), b"mine", qos=1)
            assert await arrived(hub, b"mine") == [(OTHER.up(Kind.EVENT), b"mine")]

    # A child process ends with the thread that started it: what restarts it must be the main one.
    asyncio.run(story())


def test_a_reload_takes_a_live_gates_rights(ground: Ground) -> None:
    """Also where the line itself stays: no message of the struck gate arrives after the reload."""

    async def story() -> None:
        async with ground.hub() as hub, ground.client("gate-2", ground.port(OTHER)) as other:
            try:
                async with ground.client("gate-1", ground.port(GATE)) as gate:
                    await gate.publish(GATE.up(Kind.EVENT), b"before", qos=1)
                    assert await arrived(hub, b"before") == [(GATE.up(Kind.EVENT), b"before")]
                    ground.broker.admit((OTHER, FAR))
                    await asyncio.sleep(1.0)
                    await gate.publish(GATE.up(Kind.EVENT), b"after", qos=1)
            except aiomqtt.MqttError:
                pass
            await other.publish(OTHER.up(Kind.EVENT), b"mine", qos=1)
            assert await arrived(hub, b"mine") == [(OTHER.up(Kind.EVENT), b"mine")]

    asyncio.run(story())


class Native:
    """A plain NATS client, as far as an attacker needs one."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def connect(cls, port: int, context: ssl.SSLContext) -> "Native":
        reader, writer = await asyncio.open_connection("localhost", port)
        await reader.readline()  # INFO, then TLS
        await writer.start_tls(context, server_hostname="localhost")
        return cls(reader, writer)

    async def say(self, *lines: bytes) -> bytes:
        """Send lines, then ask for a pong; return all that came within a second."""
        self.writer.write(b"".join(line + b"\r\n" for line in lines))
        await self.writer.drain()
        heard = b""
        try:
            async with asyncio.timeout(1.5):
                while chunk := await self.reader.read(4096):
                    heard += chunk
        except TimeoutError:
            pass
        return heard


@pytest.mark.parametrize("paper", ["gate-1", "hub", "unknown", "stolen city as the hub"])
def test_the_native_port_is_no_way_round(
    office: tuple[Province, dict[str, Path]], tmp_path: Path, paper: str
) -> None:
    """With a device's own, good certificate, and the subjects of the MQTT sessions and of JetStream."""
    province, found = office
    broker = SecureNats(
        tmp_path / "state", province, Shown(found["broker"] / "chain.pem", found["broker"] / "key.pem")
    )
    broker.admit((GATE, OTHER))
    broker.start()
    ground = Ground(province, broker, found)
    options = json.dumps(
        {"verbose": True, "pedantic": False, "tls_required": True, "name": "x", "lang": "py"}
    )
    spying = [
        b"CONNECT " + options.encode(),
        b"SUB $MQTT.deliver.> 1",
        b"SUB $MQTT.sub.> 2",
        b"SUB $JS.> 3",
        b"SUB > 4",
    ]
    subject = GATE.down(Kind.COMMAND).replace("/", ".").encode()

    async def story() -> None:
        await broker.wait_ready()
        async with ground.hub() as hub, ground.client("gate-2", broker.port) as victim:
            await victim.subscribe(OTHER.all_down, qos=1)
            heard = b""
            try:
                native = await Native.connect(broker.native_port, ground.context(paper))
                await hub.publish(OTHER.down(Kind.COMMAND), b"secret", qos=1)
                heard = await native.say(*spying, b"PUB " + subject + b" 4", b"open", b"PING")
            except (ssl.SSLError, OSError):
                pass
            await hub.publish(OTHER.down(Kind.ACK), b"held", qos=1)
            assert (OTHER.down(Kind.ACK), b"held") in await arrived(victim, b"held")
            assert b"secret" not in heard
            assert b"PONG" not in heard, heard

    try:
        asyncio.run(story())
    finally:
        broker.stop()
