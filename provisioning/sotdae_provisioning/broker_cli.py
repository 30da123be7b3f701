"""`sotdae broker`: a broker with TLS, whose rights follow the certificates that are given and made void."""

import asyncio
import json
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Event
from typing import Annotated, Literal

import typer

from sotdae_provisioning.pki.folder import LEDGER, LIST
from sotdae_provisioning.pki.province import Province
from sotdae_provisioning.secure import SecureMosquitto, SecureNats, Shown
from sotdae_provisioning.telling import told
from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.topics import Address

broker_app = typer.Typer(no_args_is_help=True, help="Run a broker with TLS and rights for each certificate.")
LOOK_S = 2.0
"""How often the ledgers are looked at: a gate that is struck off is out within seconds."""
SURE_S = 60.0
"""Certificates also run out by themselves."""


@broker_app.callback()
def _group() -> None:
    """Run a broker with TLS and rights for each certificate."""


@broker_app.command()
def run(
    folder: Annotated[Path, typer.Option("--dir", help="Folder of the authorities.", envvar="SOTDAE_CA")],
    papers: Annotated[Path, typer.Option(help="The broker's papers: sotdae ca issue --service broker.")],
    state: Annotated[Path, typer.Option(help="Folder for sessions, settings and log.")],
    *,
    kind: Annotated[Literal["nats", "mosquitto"], typer.Option(help="Which broker.")] = "nats",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="MQTT port; Mosquitto: the hub's.", min=1, max=65535)] = 8883,
) -> None:
    """Run until SIGTERM. Who is enrolled is let in, who is revoked is cut off, without a restart by hand.

    Example:  sotdae broker run --dir ca --papers ca/papers/broker --state /var/lib/sotdae/broker
    """
    with told():
        province = Province.at(folder)
        if not (papers / "chain.pem").is_file():
            remedy = "sotdae ca issue --service broker --host NAME --out DIR"
            raise ConfigError(str(papers), [f"no papers of the broker here. Make them: {remedy}"])
        shown = Shown((papers / "chain.pem").resolve(), (papers / "key.pem").resolve())
        make = SecureNats if kind == "nats" else SecureMosquitto
        _serve(make(state.resolve(), province, shown, port, host=host, sync=True), province)


def _serve(broker: SecureNats | SecureMosquitto, province: Province) -> None:
    ended = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    seen, nodes, sure = _stamps(province), province.nodes(datetime.now(UTC)), time.monotonic()
    if asyncio.run(broker.answers()):
        raise LinkError(f"{broker.host}:{broker.port}: another program listens there; end it, or give --port")
    broker.admit(nodes)
    broker.start()
    ports = {"port": broker.port}
    if isinstance(broker, SecureMosquitto):
        ports |= broker.city_ports
    try:
        asyncio.run(broker.wait_ready())
        typer.echo(json.dumps({"ready": True, "nodes": len(nodes), "ports": ports}))
        while not ended.wait(LOOK_S):
            if not broker.alive:
                raise LinkError(f"the broker has ended: see {broker.state}/{broker.name}.log")
            now, stamps = time.monotonic(), _stamps(province)
            if stamps == seen and now < sure + SURE_S:
                continue
            try:
                nodes = _follow(broker, province, nodes)
            except (ConfigError, LinkError) as error:
                # A ledger that cannot be read cuts nobody off: who was let in stays, and it is asked again.
                typer.echo(f"as before, with {len(nodes)} nodes: {error}", err=True)
                continue
            seen, sure = stamps, now
    finally:
        broker.stop()


def _follow(broker: SecureNats | SecureMosquitto, province: Province, before: list[Address]) -> list[Address]:
    """Give the broker the nodes of now; Mosquitto ends a line only by starting anew."""
    nodes = province.nodes(datetime.now(UTC))
    broker.admit(nodes)  # also when they are the same: a list that was published anew must be read
    if nodes == before:
        return before
    gone = set(before) - set(nodes)
    if gone and isinstance(broker, SecureMosquitto):
        broker.cut()
    typer.echo(json.dumps({"nodes": len(nodes), "gone": sorted(each.node for each in gone)}))
    return nodes


def _stamps(province: Province) -> dict[str, int]:
    """Return when each ledger, its journal included, and each list was last written."""
    found = {}
    for folder in (province.services, *(province.city(code) for code in province.cities())):
        for name in (LEDGER, f"{LEDGER}-wal", LIST):
            with suppress(FileNotFoundError):  # SQLite takes its journal away when nobody has it open
                found[str(folder.path / name)] = (folder.path / name).stat().st_mtime_ns
    return found
