"""The line to the hub: TLS, round trips, rights, and one message that the hub's own ack proves stored."""

import asyncio
import random
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Any

from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.tls import context
from sotdae_edge.adapters.trial import eavesdrop, round_trips
from sotdae_edge.config import HubConfig
from sotdae_edge.ports import Item, Stamp
from sotdae_provisioning.device.walk.kit import Kit
from sotdae_provisioning.device.walk.notes import Notes, percentile
from sotdae_provisioning.device.walk.result import State
from sotdae_shared.errors import LinkError
from sotdae_shared.messages import Kind, ReportBody

CONNECT_S = 5.0
PINGS = 40
LISTEN_S = 2.0
ADMITTED_S, AGAIN_S = 12.0, 2.0
"""A broker follows an enrolment within seconds (docs/identity.md)."""
ACK_S = 20.0
"""The uplink sends again after 5 s: time for three tries."""
REPORT = "commissioning"


def check(kit: Kit) -> Notes:
    """Try the line as the agent uses it. Without one the step is not done, and the report incomplete."""
    notes, hub = Notes(), kit.config.hub
    if hub is None:
        notes.find(State.NOT_FITTED, "hub.none")
        return notes
    notes.measure("broker", f"{hub.host}:{hub.port}")
    try:
        tls = None if hub.tls is None else context(hub.tls)
    except LinkError as error:
        notes.find(State.NOT_DONE, "link.no_papers", because=str(error)[:200])
        return notes
    try:
        _shake_hands(hub, tls, notes, kit)
        kit.ask.doing("link.pinging")
        if not _pinged(hub, tls, notes, kit):
            return notes
        _eavesdrop(hub, tls, notes, kit)
    except ssl.SSLError as error:
        notes.fault("link.tls", because=str(error)[:200])
    except (OSError, LinkError) as error:
        notes.find(State.NOT_DONE, "link.none", because=str(error)[:200])
    else:
        kit.ask.doing("link.asking_hub")
        _be_acked(kit, hub, notes)
    return notes


def _shake_hands(hub: HubConfig, tls: ssl.SSLContext | None, notes: Notes, kit: Kit) -> None:
    began = kit.clock.monotonic()
    with socket.create_connection((hub.host, hub.port), CONNECT_S) as plain:
        notes.measure("tcp", (kit.clock.monotonic() - began) * 1000.0, "ms")
        if tls is None:
            return
        with tls.wrap_socket(plain, server_hostname=hub.host) as line:
            notes.measure("tls", (kit.clock.monotonic() - began) * 1000.0, "ms")
            notes.measure("tls_version", line.version())
            shown = line.getpeercert() or {}
            listed: Any = shown.get("subjectAltName", ())
            names = [str(value) for kind, value in listed if kind == "DNS"]
            notes.measure("broker_names", ", ".join(names)[:200])


def _pinged(hub: HubConfig, tls: ssl.SSLContext | None, notes: Notes, kit: Kit) -> bool:
    """Measure round trips; tell whether the broker lets the box in, at last."""
    until = kit.clock.monotonic() + ADMITTED_S
    while True:
        try:
            took_s = asyncio.run(round_trips(hub.host, hub.port, kit.address, tls, PINGS))
            break
        except LinkError as error:
            if kit.clock.monotonic() > until:
                notes.fault("link.refused", because=str(error)[:200])
                return False
        kit.ask.doing("link.waiting")
        time.sleep(AGAIN_S)
    took_ms = [each * 1000.0 for each in took_s]
    notes.measure("rtt_p50", percentile(took_ms, 50), "ms")
    notes.measure("rtt_p99", percentile(took_ms, 99), "ms")
    notes.plot("rtt", "ms", [float(number) for number in range(len(took_ms))], took_ms)
    return True


def _eavesdrop(hub: HubConfig, tls: ssl.SSLContext | None, notes: Notes, kit: Kit) -> None:
    heard = asyncio.run(eavesdrop(hub.host, hub.port, kit.address, tls, LISTEN_S))
    notes.measure("own_orders", True)
    notes.measure("everything_granted", heard.granted)
    notes.measure("strangers", heard.strangers)
    if heard.strangers:
        notes.fault("link.hears_others", count=heard.strangers)
    elif heard.granted:
        notes.remark("link.granted_but_silent", listen_s=LISTEN_S)


def _be_acked(kit: Kit, hub: HubConfig, notes: Notes) -> None:
    """Say one message through the gate's own outbox and uplink; only the hub's ack counts."""
    began = kit.clock.monotonic()
    if asyncio.run(_acked(kit, hub)):
        notes.measure("acked", kit.clock.monotonic() - began, "s", digits=2)
    else:
        notes.find(State.NOT_DONE, "link.no_ack", ack_s=ACK_S)


async def _acked(kit: Kit, hub: HubConfig) -> bool:
    stamp = Stamp(kit.wall(), kit.clock.trust(), int(kit.clock.monotonic() * 1000))
    with ThreadPoolExecutor(1, thread_name_prefix="outbox") as worker:
        loop = asyncio.get_running_loop()
        said = Item(Kind.REPORT, ReportBody(report=REPORT, data={"step": "link"}), stamp)
        await loop.run_in_executor(worker, kit.outbox.put, [said])
        uplink = MqttUplink(
            hub.host, hub.port, kit.address, kit.outbox, worker=worker, identity=kit.address.node,
            rng=random.SystemRandom(), tls=None if hub.tls is None else partial(context, hub.tls),
        )  # fmt: skip
        running = asyncio.create_task(uplink.run(), name="uplink")
        try:
            return await _until_acked(uplink)
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running


async def _until_acked(uplink: MqttUplink) -> bool:
    loop = asyncio.get_running_loop()
    until = loop.time() + ACK_S
    while loop.time() < until:
        if uplink.counters["acked"]:
            return True
        await asyncio.sleep(0.02)
    return False
