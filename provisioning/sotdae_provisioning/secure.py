"""Brokers with TLS and rights for each certificate; their files are generated, never written by hand."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from sotdae_provisioning.broker import HOST, MosquittoBroker, NatsBroker, held_ports
from sotdae_provisioning.pki.access import mosquitto_nodes, mosquitto_services, nats_users
from sotdae_provisioning.pki.folder import ANCHOR, LIST, write
from sotdae_provisioning.pki.province import Province
from sotdae_shared.topics import Address

FIRST_CODE = 41_000
"""Cities' listeners stand above the hub's: code 41113 on its port + 113, whatever cities come later."""
_BOUND = "use_username_as_clientid true\n"
"""A gate's client id is its name: no other gate can take over its session. The hub's is random."""


@dataclass(frozen=True, slots=True)
class Shown:
    """The broker's own certificate with its chain, and its key, as files."""

    chain: Path
    key: Path


class SecureNats(NatsBroker):
    """nats-server that takes only certificates on its list; who leaves the list is cut off."""

    def __init__(
        self, state: Path, province: Province, shown: Shown, port: int | None = None, *, sync: bool = False,
        host: str = HOST,
    ) -> None:  # fmt: skip
        """Prepare; nobody may connect until `admit` says who."""
        own, self.native_port = held_ports(self, 2)
        super().__init__(state, port or own, sync=sync)
        self.host = host
        self._province, self._shown = province, shown
        self.admit(())

    def admit(self, nodes: Iterable[Address]) -> None:
        """Let these nodes in, beside the hub, and no others; a running broker follows at once."""
        self.state.mkdir(parents=True, exist_ok=True)
        write(self.state / "access.conf", nats_users(nodes).encode())
        self.reload()

    def _tls(self) -> str:
        return f"""\
tls {{
  cert_file: "{self._shown.chain}"
  key_file: "{self._shown.key}"
  ca_file: "{self._province.root.path / "cert.pem"}"
  verify_and_map: true
}}"""

    def _access(self) -> str:
        return 'include "access.conf"'


class SecureMosquitto(MosquittoBroker):
    """Mosquitto with a listener for each city, which trusts that city's authority alone, and one for the hub.

    It maps a client by its common name, which no name constraint covers: a common listener would let a
    stolen city key speak for any node, or for the hub.
    """

    def __init__(
        self, state: Path, province: Province, shown: Shown, port: int | None = None, *, sync: bool = False,
        host: str = HOST,
    ) -> None:  # fmt: skip
        """Prepare; `port` is the hub's. Nobody else may connect until `admit` says who."""
        cities = province.cities()
        if port is None:
            port, *others = held_ports(self, 1 + len(cities))
        else:
            others = [port + int(code) - FIRST_CODE for code in cities]
        super().__init__(state, port, sync=sync)
        self.host = host
        self._province, self._shown = province, shown
        self.city_ports = dict(zip(cities, others, strict=True))
        self.admit(())

    def admit(self, nodes: Iterable[Address]) -> None:
        """Give these nodes their rights, and no others any; a live line of another stays, without rights.

        Mosquitto looks at a certificate only when it is shown: `cut` ends the lines themselves.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        by_city: dict[str, list[Address]] = defaultdict(list)
        for node in nodes:
            by_city[node.facility.city].append(node)
        for code in self.city_ports:
            write(self.state / f"city-{code}.acl", mosquitto_nodes(by_city[code]).encode())
        write(self.state / "services.acl", mosquitto_services().encode())
        self.reload()

    @property
    def ports(self) -> tuple[int, ...]:
        """Each city has its own."""
        return (self.port, *self.city_ports.values())

    def cut(self) -> None:
        """Start anew with the lists as they are: every line ends, and only who may comes back."""
        self.stop()
        self.start()

    def _listeners(self) -> str:
        services = self._listener(self.port, self._province.services.path, "services.acl")
        cities = [
            self._listener(port, self._province.city(code).path, f"city-{code}.acl") + _BOUND
            for code, port in self.city_ports.items()
        ]
        return "per_listener_settings true\n" + services + "".join(cities)

    def _listener(self, port: int, authority: Path, access: str) -> str:
        crl = authority / LIST
        return f"""\

listener {port} {self.host}
allow_anonymous false
cafile {authority / ANCHOR}
certfile {self._shown.chain}
keyfile {self._shown.key}
require_certificate true
use_identity_as_username true
{f"crlfile {crl}" if crl.exists() else ""}
acl_file {self.state / access}
"""
