"""The city agent, composed."""

import random
import secrets

from sotdae_edge.adapters.lorawan import LorawanFeed
from sotdae_edge.adapters.mqtt import MqttUplink
from sotdae_edge.adapters.probe import RtspProbe
from sotdae_edge.adapters.state import FileState
from sotdae_edge.app.city import CityApp
from sotdae_edge.composing.kept import kept_homes, kept_part, read_kept
from sotdae_edge.composing.parts import clock_of, device_of, open_recorder, thread, uplink_of
from sotdae_edge.config import CityConfig
from sotdae_edge.core.homes import Homes
from sotdae_edge.core.relays import Relays
from sotdae_edge.core.reservoirs import Reservoirs
from sotdae_edge.core.slopes import Slopes
from sotdae_edge.fitting import city_points, scale
from sotdae_firmware_bridge.lorawan import Latest, parse_uplink, reply, samples
from sotdae_firmware_bridge.payload import load as load_payload
from sotdae_shared.errors import WireError
from sotdae_shared.samples import Sample


def compose_city(config: CityConfig) -> tuple[CityApp, MqttUplink | None]:
    """Return the agent of a city and its line to the hub, to run in this event loop.

    Raises:
        ConfigError: if the profile cannot be read.
        LinkError: if another process has the outbox.
    """
    clock, boot = clock_of(config), secrets.token_hex(8)
    saver = thread("state")
    store = FileState(config.storage.dir / "city.state")
    kept, problems = read_kept(store)
    _, recorder = open_recorder(config, clock, boot, problems)
    uplink = uplink_of(config, recorder)
    now = clock.monotonic()
    homes = Homes(config.homes, boot, now, kept_homes(kept, recorder), config.rain)
    app = CityApp(
        homes, config, device_of(config.device), recorder, store, clock, saver, RtspProbe(),
        uplink=uplink, slopes=Slopes(config.slopes, boot, now, kept_part(kept, "slopes", recorder)),
        reservoirs=Reservoirs(config.reservoirs, now, kept_part(kept, "reservoirs", recorder)),
        relays=_relays(config), feed=_feed(config), born=now,
    )  # fmt: skip
    return app, uplink


def _relays(config: CityConfig) -> Relays:
    return Relays(config.relays, {name: scale(point) for name, point in city_points(config).items()})


def _feed(config: CityConfig) -> LorawanFeed | None:
    lorawan = config.lorawan
    if lorawan is None:
        return None
    payload, latest = load_payload(lorawan.payload), Latest()

    def understand(raw: bytes) -> dict[str, Sample]:
        uplink = parse_uplink(raw)
        if uplink.device not in lorawan.devices:
            raise WireError(f"{uplink.device} is none of ours")
        points = samples(uplink, payload)
        name = lorawan.devices[uplink.device]
        return {f"{name}_{point}": each for point, each in points.items()} if latest.take(uplink) else {}

    return LorawanFeed(
        lorawan.host, lorawan.port, lorawan.topic,
        identity=f"{config.facility.node}-uplinks", understand=understand,
        reply=lambda topic, count, heartbeat_s: reply(topic, payload, count, heartbeat_s),
        rng=random.SystemRandom(),
    )  # fmt: skip
