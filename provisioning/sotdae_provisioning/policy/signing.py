"""One more signature under a policy, and whether those it has suffice."""

from pathlib import Path

from sotdae_edge.panel.keys import load_key
from sotdae_provisioning.pki.folder import write
from sotdae_provisioning.policy.files import bundle_bytes, read_policy
from sotdae_shared.errors import ConfigError
from sotdae_shared.messages import PolicyBody
from sotdae_shared.policy import approve, signed_bytes, unsigned
from sotdae_shared.signing import PrivateKey, public_of
from sotdae_shared.trust import Trust


def destination(path: Path, out: Path | None) -> Path:
    """Return where the bundle goes: over the bundle that is signed once more, or beside the draft."""
    return out or path.with_suffix(".json")


def begun(policy: PolicyBody, target: Path) -> PolicyBody:
    """Return the policy with the signatures that its bundle has already.

    Raises:
        ConfigError: if another policy lies there; signatures under it are not to be lost.
    """
    if not target.exists():
        return policy
    there = read_policy(target)
    if signed_bytes(there) != signed_bytes(policy):
        raise ConfigError(
            str(target), [f"another policy (version {there.version}) lies here; name another file: --out"]
        )
    return there


def sign(policy: PolicyBody, name: str, private: PrivateKey, target: Path) -> PolicyBody:
    """Sign a policy as somebody and write the bundle whole or not at all."""
    signed = approve(policy, name, private)
    write(target, bundle_bytes(signed))
    return signed


def own_key(path: Path, passphrase: str | None, name: str, trust: Trust | None) -> PrivateKey:
    """Return a person's key. ConfigError if it is not the one that the trust has under this name."""
    private = load_key(path, passphrase)
    if trust is None:
        return private
    signer = next((signer for signer in trust.signers if signer.key == name), None)
    if signer is None:
        known = ", ".join(signer.key for signer in trust.signers)
        raise ConfigError("--as", [f"nobody signs as {name!r} here; there are: {known}"])
    if signer.public.lower() != public_of(private):
        raise ConfigError(str(path), [f"is not the key of {signer.name} ({name}); gates would refuse it"])
    return private


def people(policy: PolicyBody, trust: Trust | None) -> list[str]:
    """Return who has signed, by name where the trust knows them."""
    names = {} if trust is None else {signer.key: signer.name for signer in trust.signers}
    return [names.get(approval.key, approval.key) for approval in policy.approvals]


def spoiled(policy: PolicyBody, trust: Trust | None) -> list[str]:
    """Return what is wrong with the signatures that are there: nobody signs beside a forged one."""
    reason = None if trust is None or not policy.approvals else unsigned(policy, trust)
    return [] if reason is None or reason.startswith("signed by ") else [reason]
