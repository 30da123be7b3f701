"""What the office states, taken into a box's papers: its floor and the deny list. Lower ones are refused."""

from sotdae_provisioning.device.papers import CURRENT, Papers
from sotdae_provisioning.pki.folder import write
from sotdae_shared.denied import DenyList
from sotdae_shared.errors import ConfigError, WireError
from sotdae_shared.floor import Floor, raised
from sotdae_shared.identity import identity_of
from sotdae_shared.sealed import Said, unseal
from sotdae_shared.topics import Address


def take_floor(papers: Papers, raw: bytes, address: Address) -> Floor:
    """Keep a floor. WireError if it is not this box's, or any part is lower: the one that is held stays."""
    root = _root(papers)
    new = unseal(Floor, raw, root)
    if new.facility != address.facility:
        raise WireError(f"floor: for {new.facility}; {identity_of(address)} is of {address.facility}")
    taken = raised(_held(papers, Floor, root), new)
    _keep(papers, taken.KIND, raw)
    return taken


def take_deny_list(papers: Papers, raw: bytes) -> DenyList:
    """Keep a deny list. WireError if it is older than the one that is held, or below the floor."""
    root = _root(papers)
    new, held, floor = unseal(DenyList, raw, root), _held(papers, DenyList, root), _held(papers, Floor, root)
    least = max(0 if held is None else held.version, 0 if floor is None else floor.deny)
    if new.version < least:
        raise WireError(f"deny list {new.version} is older than {least}, which this box has heard of")
    _keep(papers, new.KIND, raw)
    return new


def struck_off(papers: Papers) -> str | None:
    """Return in words that the deny list which the box holds makes its papers void; None if it does not."""
    denied = _held(papers, DenyList, _root(papers))
    if denied is None or f"{papers.certificate().serial_number:x}" not in denied.serials:
        return None
    remedy = "ask the office for a new code (sotdae device code), then sotdae device enrol"
    return f"STRUCK OFF: deny list {denied.version} makes these papers void; {remedy}"


def _root(papers: Papers) -> bytes:
    try:
        return (papers.path / CURRENT / "root.pem").read_bytes()
    except OSError as error:
        raise ConfigError(str(papers.path), ["no papers yet. Get them: sotdae device enrol"]) from error


def _held(papers: Papers, kind: type[Said], root: bytes) -> Said | None:
    """Return what is held; one that cannot be read holds nothing back, for the agent has another copy."""
    try:
        return unseal(kind, (papers.path / f"{kind.KIND}.json").read_bytes(), root)
    except (OSError, WireError):
        return None


def _keep(papers: Papers, kind: str, raw: bytes) -> None:
    path = papers.path / f"{kind}.json"
    if not path.exists() or path.read_bytes() != raw:
        write(path, raw)
