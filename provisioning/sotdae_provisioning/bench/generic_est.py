"""The peers of our enrolment: OpenSSL as an authority, and `openssl` with `curl` as a generic EST client."""

import subprocess
import time
from base64 import b64encode
from dataclasses import dataclass
from pathlib import Path

from sotdae_shared.errors import ConfigError, LinkError
from sotdae_shared.identity import identity_of
from sotdae_shared.topics import Address

EXTENSIONS = (
    "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\n"
)


def run(*words: object) -> bytes:
    """Return what a program printed. LinkError: what it said; ConfigError if it is not installed."""
    try:
        done = subprocess.run([str(word) for word in words], capture_output=True, check=False)
    except FileNotFoundError as error:
        raise ConfigError(str(words[0]), ["is not installed; the peer needs it: apt-get install"]) from error
    if done.returncode != 0:
        raise LinkError(f"{words[0]}: {done.stderr.decode(errors='replace')[-300:]}")
    return done.stdout


def requested_by_openssl(folder: Path, name: str, dns: str) -> None:
    """Make NAME.key and NAME.csr, an ECDSA P-256 request, in a folder."""
    run("openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", folder / f"{name}.key")
    run("openssl", "req", "-new", "-key", folder / f"{name}.key", "-subj", f"/O=Sotdae/CN={name}", "-addext",
        f"subjectAltName=DNS:{dns}", "-outform", "DER", "-out", folder / f"{name}.csr")  # fmt: skip


def certified_by_openssl(authority: Path, directory: Path, devices: int) -> tuple[float, float]:
    """Certify devices by an authority's folder; return the seconds of all, and of `x509 -req` alone."""
    folder = directory / "openssl"
    folder.mkdir()
    begun_s = time.monotonic()
    for number in range(devices):
        requested_by_openssl(folder, f"peer-{number}", f"peer-{number}.up-0001.41113.sotdae.internal")
    made_s = time.monotonic()
    for number in range(devices):
        name = f"peer-{number}"
        (folder / "ext").write_text(f"{EXTENSIONS}subjectAltName=DNS:{name}.up-0001.41113.sotdae.internal\n")
        run("openssl", "x509", "-req", "-inform", "DER", "-in", folder / f"{name}.csr", "-CA",
            authority / "cert.pem", "-CAkey", authority / "key.pem", "-CAcreateserial", "-CAserial",
            folder / "serial", "-days", "180", "-sha256", "-extfile", folder / "ext", "-out",
            folder / f"{name}.pem")  # fmt: skip
    ended_s = time.monotonic()
    return ended_s - begun_s, ended_s - made_s


@dataclass(frozen=True, slots=True)
class Generic:
    """Boxes that know nothing of us: `openssl` makes the request, `curl` carries it (RFC 7030)."""

    url: str
    root: bytes
    folder: Path

    def enrol(self, address: Address, code: str) -> None:
        """Enrol one box. LinkError: what the program said."""
        self.folder.mkdir(exist_ok=True)
        mine = self.folder / address.node
        mine.mkdir()
        (mine / "root.pem").write_bytes(self.root)
        requested_by_openssl(mine, address.node, identity_of(address))
        (mine / "csr.b64").write_bytes(b64encode((mine / f"{address.node}.csr").read_bytes()))
        (mine / "who").write_text(f'user = "{address.node}:{code}"\n', encoding="ascii")
        answer = run("curl", "-sS", "--fail", "--cacert", mine / "root.pem", "--config", mine / "who", "-H",
                     "Content-Type: application/pkcs10", "--data-binary", f"@{mine / 'csr.b64'}",
                     f"{self.url}/.well-known/est/simpleenroll")  # fmt: skip
        (mine / "made.p7.b64").write_bytes(answer)
