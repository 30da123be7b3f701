"""Policies as files: what people write and what they sign."""

from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path

from fuzz.target import Feed, Target, directory

from sotdae_provisioning.policy.draft import draft
from sotdae_provisioning.policy.files import bundle_bytes, read_policy, read_trust
from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues
from sotdae_shared.policy import approve
from sotdae_shared.signing import private_of

AT = datetime(2026, 6, 1, tzinfo=UTC)
BARE = PolicyBody(
    version=7, scope=("GG", "41113"), types=(FacilityType.UNDERPASS,), issued_at=AT,
    review_by=AT + timedelta(days=365), reason="장마철 \x7f",
    values=PolicyValues(caution_cm=4.0, blind_s=60.0),
)  # fmt: skip
SIGNED = approve(BARE, "kim", private_of(b"\x01" * 32))
TRUST = "[policy]\nneeded = 2\n" + "".join(
    f'[[policy.signers]]\nkey = "{name}"\npublic = "{at:064x}"\nname = "{name}"\nscope = "GG"\n'
    for at, name in enumerate(("kim", "lee"))
)


def _file(suffix: str) -> Callable[[ExitStack], Feed]:
    def make(stack: ExitStack) -> Feed:
        folder = directory(stack)
        path, again = folder / f"policy{suffix}", folder / "again.json"

        def feed(data: bytes) -> None:
            path.write_bytes(data)
            policy = read_policy(path)
            again.write_bytes(bundle_bytes(policy))
            assert read_policy(again) == policy

        return feed

    return make


def _trust(stack: ExitStack) -> Feed:
    path = directory(stack) / "hub.toml"

    def feed(data: bytes) -> Path:
        path.write_bytes(data)
        read_trust(path)
        return path

    return feed


TARGETS = (
    Target("policy_draft", _file(".toml"), ConfigError, lambda: [draft(BARE).encode()]),
    Target("policy_bundle", _file(".json"), ConfigError, lambda: [bundle_bytes(SIGNED), bundle_bytes(BARE)]),
    Target("policy_trust", _trust, ConfigError, lambda: [TRUST.encode()]),
)
