"""Three people who may sign the demo's policies: keys made for one run, in its own directory."""

from pathlib import Path

from sotdae_edge.panel.keys import load_key, make_key
from sotdae_provisioning.demo.site import table
from sotdae_shared.signing import PrivateKey, public_of

PEOPLE = {"kim": "Kim (example)", "lee": "Lee (example)", "park": "Park (example)"}
NEEDED = 2


def trust(directory: Path) -> str:
    """Return the ``[policy]`` section for gate and hub; make the keys under `keys/` if they are not there."""
    folder = directory / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    section = table("policy", {"needed": NEEDED})
    for key, name in PEOPLE.items():
        public = public_of(_key(folder / f"{key}.pem"))
        section += table("[policy.signers]", {"key": key, "name": name, "scope": "GG", "public": public})
    return section


def _key(path: Path) -> PrivateKey:
    return load_key(path, None) if path.exists() else make_key(path, None)
