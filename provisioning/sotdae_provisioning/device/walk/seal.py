"""Signatures of a report: the box's record key and the technician's own, over the walk's canonical JSON."""

from dataclasses import dataclass

from sotdae_edge.record.key import DeviceKey
from sotdae_provisioning.device.walk.kept import Kept, Seal
from sotdae_provisioning.device.walk.result import Walk
from sotdae_shared.signing import PrivateKey, canonical, public_of, sign, verify

DEVICE, TECHNICIAN = "device", "technician"


@dataclass(frozen=True, slots=True)
class Judged:
    """One seal, judged."""

    seal: Seal
    holds: bool


def signed_bytes(walk: Walk, role: str, name: str) -> bytes:
    """Return what one party signs; it can never be taken for an order, nor one role's for another's."""
    head = {"signed": "sotdae commissioning report", "role": role, "name": name}
    return canonical({**head, "walk": walk.model_dump(mode="json")})


def sealed(walk: Walk, device: DeviceKey, technician: PrivateKey | None) -> Kept:
    """Return the walk with the box's seal, and with the technician's if there is a key."""
    node = walk.place.node
    seals = [
        Seal(
            role=DEVICE, name=node, public=device.public,
            signature=device.sign(signed_bytes(walk, DEVICE, node)),
        )
    ]  # fmt: skip
    if technician is not None:
        data = signed_bytes(walk, TECHNICIAN, walk.technician)
        seals.append(
            Seal(
                role=TECHNICIAN, name=walk.technician, public=public_of(technician),
                signature=sign(technician, data),
            )
        )  # fmt: skip
    return Kept(walk=walk, seals=tuple(seals))


def judged(kept: Kept) -> tuple[Judged, ...]:
    """Judge every seal of a report."""
    return tuple(Judged(seal, _holds(kept.walk, seal)) for seal in kept.seals)


def _holds(walk: Walk, seal: Seal) -> bool:
    wanted = {DEVICE: walk.place.node, TECHNICIAN: walk.technician}
    if wanted.get(seal.role) != seal.name:
        return False
    return verify(seal.public, signed_bytes(walk, seal.role, seal.name), seal.signature)
