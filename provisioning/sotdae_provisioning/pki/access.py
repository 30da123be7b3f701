"""Who may say and hear what at a broker, written from the certificates that were given. Pure.

A node writes its own `up/` and reads its own `down/`; the hub reads every `up/` and writes every `down/`.
Brokers acknowledge what they then drop, so that only what arrives shows whether a rule holds.
"""

from collections.abc import Iterable

from sotdae_shared.identity import identity_of, service_of
from sotdae_shared.topics import ALL_UP, ROOT, Address

HUB = "hub"
"""Common name and service of the hub at a broker."""
ALL_DOWN = f"{ROOT}/+/+/+/down/#"
_SESSIONS = ("$MQTT.sub.>", "$MQTT.deliver.>")
"""Where NATS delivers to an MQTT session; each session's own, by a name that it makes up."""


def nats_users(nodes: Iterable[Address]) -> str:
    """Return the authorization block of nats-server; a certificate whose name is not in it is refused."""
    users = [_nats_user(service_of(HUB), [_subject(ALL_DOWN)], _heard(ALL_UP))]
    for node in nodes:
        up = [_subject(f"{node.base}/up/#")]
        users.append(_nats_user(identity_of(node), up, _heard(node.all_down)))
    return "authorization {\n  users: [\n" + ",\n".join(users) + "\n  ]\n}\n"


def _nats_user(name: str, publish: list[str], subscribe: list[str]) -> str:
    """MQTT only: on the native port the rights that an MQTT session needs would leak others' orders."""
    return (
        f'    {{ user: "{name}", allowed_connection_types: ["MQTT"], permissions: {{\n'
        f"      publish: {{ allow: {_words(publish)} }}, subscribe: {{ allow: {_words(subscribe)} }} }} }}"
    )


def _heard(topic_filter: str) -> list[str]:
    """Return the subjects of an MQTT filter: one that ends in # also means its parent."""
    subject = _subject(topic_filter)
    return [subject.removesuffix(".>"), subject, *_SESSIONS]


def _subject(topic_filter: str) -> str:
    return topic_filter.replace("/", ".").replace("+", "*").replace("#", ">")


def _words(subjects: Iterable[str]) -> str:
    return "[" + ", ".join(f'"{subject}"' for subject in subjects) + "]"


def mosquitto_nodes(nodes: Iterable[Address]) -> str:
    """Return the access file of one city's listener: only the nodes in it have any rights."""
    blocks = [
        f"user {node.node}\ntopic write {node.base}/up/#\ntopic read {node.all_down}\n" for node in nodes
    ]
    return "\n".join(blocks) or "# no node may do anything\n"


def mosquitto_services() -> str:
    """Return the access file of the hub's listener."""
    return f"user {HUB}\ntopic read {ALL_UP}\ntopic write {ALL_DOWN}\n"
