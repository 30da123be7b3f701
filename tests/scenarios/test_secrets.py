"""Keys, passphrases and one-time codes stay where they belong, whatever runs, talks or breaks."""

import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from leaks import Search, files, forms, secret_of, shown_in
from need import until
from scenarios.cut_off import two_ports
from scenarios.loose_talk import Talk

from sotdae_provisioning.broker import free_port
from sotdae_provisioning.pki.certificates import new_key
from sotdae_provisioning.pki.codes import shown
from sotdae_provisioning.pki.folder import write_key

PHRASE, PERSONS = "grey heron over the weir", "seven stones in a row"
FACILITY, NODE = "GG-41113-UP-0007", "gate-1"
TLS = 'trust = "{0}/root.pem"\nchain = "{0}/chain.pem"\nkey = "{0}/key.pem"\n'
CA = ("--dir", "ca", "--passphrase-file", "phrase")


def keys_in(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield every file that keeps a key, with the key's secret."""
    for path in files(folder):
        raw = path.read_bytes()
        if path.name == "device.key":
            yield path, raw
        elif b"PRIVATE KEY" in raw and path.suffix == ".pem":
            locked = b"ENCRYPTED" in raw
            phrase = (PERSONS if path.name == "kim.pem" else PHRASE).encode() if locked else None
            yield path, secret_of(load_pem_private_key(raw, phrase))  # type: ignore[arg-type]


def search(talk: Talk, search: Search) -> list[str]:
    """Search all that was said, seen and left, and return what was found where."""
    held = dict(keys_in(talk.folder))
    for path, secret in held.items():
        search.secrets[f"key {path.relative_to(talk.folder)}"] = secret
        assert path.stat().st_mode & 0o077 == 0, path
    allowed = {*held, *(talk.folder / name for name in ("phrase", "persons"))}
    for place, data in talk.heard.items():
        search.look(place, data)
    for data in talk.seen:
        search.look("a command line or an environment", data)
    search.look_below(talk.folder, allowed)
    return search.found


def begun(folder: Path) -> tuple[Talk, Search]:
    (folder / "phrase").write_text(PHRASE + "\n")
    (folder / "persons").write_text(PERSONS + "\n")
    words = {"the authorities' passphrase": PHRASE.encode(), "a person's passphrase": PERSONS.encode()}
    return Talk(folder), Search(words)


def typed(talk: Talk, wanted: bytes, answer: str, *words: str) -> None:
    """Run a command on a terminal and type an answer when it asks; keep all that the terminal shows."""
    near, far = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "sotdae_provisioning", *words], stdin=far, stdout=far, stderr=far,
        cwd=talk.folder, env=talk.environ(), start_new_session=True,
    )  # fmt: skip
    os.close(far)
    said, asked, until_s = b"", False, time.monotonic() + 60.0
    try:
        while time.monotonic() < until_s:
            if select.select([near], [], [], 0.05)[0]:
                said += os.read(near, 4096)
            unseen = not termios.tcgetattr(near)[3] & termios.ECHO
            if wanted in said and unseen and not asked:
                asked = os.write(near, answer.encode() + b"\n") > 0
    except OSError:  # the other end is gone
        pass
    finally:
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(near)
    assert asked, said
    assert process.returncode == 0, said
    talk.heard[f"typed {' '.join(words)[:40]}"] = said


def configs(folder: Path, port: int, device: int, kim: str) -> None:
    text = f'dir = "hub"\n[broker]\nhost = "localhost"\nport = {port}\n[broker.tls]\n'
    (folder / "hub.toml").write_text(text + TLS.format("ca/papers/hub") + "[http]\nport = 0\n")
    text = f'[facility]\nid = "{FACILITY}"\nnode = "{NODE}"\nname = "T"\nlat = 37.2\nlon = 127.0\n'
    text += f'[storage]\ndir = "gate"\n[device]\nport = {device}\n[papers]\ndir = "papers"\n'
    text += f'[hub]\nhost = "localhost"\nport = {port}\n[hub.tls]\n' + TLS.format("papers/current")
    (folder / "gate.toml").write_text(text + kim)


def code_of(ticket: str) -> bytes:
    return parse_qs(urlsplit(ticket).query)["code"][0].encode()


def new_code(talk: Talk, looked: Search, office: int) -> str:
    """Have a one-time code given. This command alone may show it: that is what it is for."""
    said = talk("device", "code", FACILITY, NODE, "--dir", "ca", "--serial", "SN-1", "--line",
                "--office", f"https://localhost:{office}", secretive=False)  # fmt: skip
    ticket = said.stdout.decode().strip()
    code = code_of(ticket)
    number = len(looked.secrets)
    looked.secrets |= {f"code {number}": code, f"code {number} as shown": shown(code.decode()).encode()}
    return ticket


def failures(talk: Talk, looked: Search, office: int) -> None:
    """What goes wrong with papers: each is refused or breaks, and says why."""
    (talk.folder / "wrong").write_text("not the phrase\n")
    talk("ca", "crl", "--dir", "ca", "--passphrase-file", "wrong")
    talk("ca", "crl", "--dir", "ca")
    ticket = new_code(talk, looked, office)
    for damaged in (
        ticket.replace("root=", "r="),
        ticket.replace("https", "http", 1),
        "x" + ticket,
        ticket[:-9],
    ):
        assert talk("device", "enrol", "--papers", "other", given=damaged).returncode != 0
    torn = talk.folder / "torn.pem"
    key = new_key()
    looked.secrets["a torn key"] = secret_of(key)
    write_key(torn, key, None)
    whole = torn.read_bytes()
    for cut in (whole[:150], whole.replace(b"BEGIN", b"BEGAN"), whole[:80] + b"!!" + whole[80:]):
        torn.write_bytes(cut)
        assert talk("gate", "key", "show", "torn.pem").returncode == 2
    torn.unlink()
    breaks = {
        ("ca", "city", "41135", *CA): "sotdae_provisioning.pki.folder:sync_directory",
        ("ca", "issue", "--service", "hub", "--out", "x", *CA): "sotdae_provisioning.pki.certificates:leaf",
        ("device", "enrol", "--papers", "other"): "sotdae_provisioning.device.client:_certificates",
        ("gate", "key", "new", "--name", "Lee", "--key", "lee", "--level", "city", "--out", "lee.pem",
         "--passphrase-file", "persons"): "sotdae_shared.signing:to_pem",
        ("device", "renew", "--force", "--papers", "papers"): "sotdae_provisioning.device.papers:pem",
    }  # fmt: skip
    for words, what in breaks.items():
        given = ticket if "enrol" in words else ""
        assert b"forced" in talk(*words, given=given, more={"BREAK": what}).stderr, words
    done = talk("gate", "key", "show", "kim.pem", "--passphrase-file", "persons", module="sotdae_edge",
                more={"BREAK": "sotdae_shared.signing:from_pem"})  # fmt: skip
    assert b"forced" in done.stderr


@pytest.mark.slow
@pytest.mark.timeout(280)
def test_no_secret_leaves_its_place(tmp_path: Path) -> None:
    talk, looked = begun(tmp_path)
    port, office, device = two_ports(), free_port(), free_port()
    with talk.watched(), ExitStack() as all_:
        assert talk("ca", "init", "Gyeonggi", *CA, "--city", "41113", "--host", "localhost").returncode == 0
        who = ("--name", "Kim", "--key", "kim", "--level", "city", "--out", "kim.pem")
        kim = talk("gate", "key", "new", *who, "--passphrase-file", "persons").stdout.decode()
        configs(tmp_path, port, device, kim)

        def start(name: str, *words: str, ready: bytes = b"ready") -> None:
            all_.enter_context(talk.running(name, *words, ready=ready))

        start("office", "ca", "serve", *CA, "--papers", "ca/papers/office", "--port", str(office))
        start("broker", "broker", "run", "--dir", "ca", "--papers", "ca/papers/broker", "--state", "broker",
              "--port", str(port))  # fmt: skip
        start("hub", "hub", "run", "--config", "hub.toml")
        start("site", "bridge", "simulate", "--port", str(device), ready=b"")
        typed(talk, b"Ticket", new_code(talk, looked, office), "device", "enrol", "--papers", "papers")
        ticket = new_code(talk, looked, office)
        wrong = ticket.replace(code_of(ticket).decode(), "0" * 12)
        assert talk("device", "enrol", "--papers", "other", given=wrong).returncode == 2
        assert talk("device", "enrol", "--papers", "papers", given=ticket).returncode == 0
        start("gate", "gate", "run", "--config", "gate.toml", ready=b"arm proven open")
        url = re.search(rb'"url": "([^"]+)"', (talk.outside / "hub.log").read_bytes())
        assert url is not None
        place = f"{url[1].decode()}/api/v1/facilities/{FACILITY}"
        until(lambda: httpx.get(place).status_code == 200, 60.0)
        panel = ("gate", "panel", "--config", "gate.toml", "--key", "kim.pem", "--once", "--passphrase-file")
        assert talk(*panel, "persons").returncode == 0
        assert talk(*panel, "phrase").returncode == 2
        typed(talk, b"Passphrase of", PERSONS, *panel[:-1])
        with talk.running("keeper", "device", "keep", "--papers", "papers", ready=b"papers until"):
            pass
        assert talk("device", "renew", "--force", "--papers", "papers").returncode == 0
        for words in (("show",), ("crl",), ("deny", "--key", "ab" * 32), ("floor", "41113", "--policy", "2")):
            more = CA[:2] if words == ("show",) else CA
            assert talk("ca", *words, *more).returncode == 0, words
        failures(talk, looked, office)
        assert talk("ca", "revoke", "papers/current/cert.pem", "--reason", "test", *CA).returncode == 0
    assert search(talk, looked) == []
    assert len(looked.secrets) >= 20
    assert len(talk.seen) > 20


PLANTS = {
    "a log, PEM": (
        "import sotdae_provisioning.pki.folder as it\n"
        "write = it.write\n"
        "it.write = lambda path, data, mode=0o644: (logging.debug('%r', data), write(path, data, mode))[1]\n"
    ),
    "a log, hexadecimal": (
        "import sotdae_provisioning.pki.certificates as it\n"
        "leaf = it.new_key\n"
        "def planted():\n"
        "    key = leaf()\n"
        "    logging.debug('%x', key.private_numbers().private_value)\n"
        "    return key\n"
        "it.new_key = planted\n"
    ),
    "a command line": (
        "import subprocess, sotdae_provisioning.pki.cli as it\n"
        "read = it.passphrase_in\n"
        "def planted(path):\n"
        "    subprocess.run(['sh', '-c', 'sleep 1; :', read(path)])\n"
        "    return read(path)\n"
        "it.passphrase_in = planted\n"
    ),
    "an environment": (
        "import subprocess, sotdae_provisioning.pki.cli as it\n"
        "read = it.passphrase_in\n"
        "def planted(path):\n"
        "    subprocess.run(['sleep', '1'], env={**os.environ, 'PHRASE': read(path)})\n"
        "    return read(path)\n"
        "it.passphrase_in = planted\n"
    ),
    "a file, DER": (
        "import sotdae_provisioning.pki.folder as it\n"
        "from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat\n"
        "made = it.new_key\n"
        "def planted():\n"
        "    key = made()\n"
        "    der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())\n"
        "    open('backup', 'wb').write(der)\n"
        "    return key\n"
        "it.new_key = planted\n"
    ),
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", PLANTS)
def test_a_leak_that_is_planted_is_found(tmp_path: Path, name: str) -> None:
    talk, looked = begun(tmp_path)
    with talk.watched():
        done = talk("ca", "init", "Gyeonggi", *CA, "--host", "localhost", more={"PLANT": PLANTS[name]})
    assert done.returncode == 0, done.stderr
    assert search(talk, looked) != []


@pytest.mark.parametrize("form", forms(secret_of(new_key())))
def test_every_form_is_found_between_other_octets(form: str) -> None:
    secret = secret_of(new_key())
    told = forms(secret)[form]
    assert form in shown_in(b"before " + told + b" after", secret)
    assert shown_in(b"before after", secret) == []


def test_a_pem_is_found_however_its_lines_are_broken() -> None:

    key = new_key()
    whole = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for data in (whole, repr(whole).encode(), whole.replace(b"\n", b"\r\n  "), str([whole]).encode()):
        assert shown_in(data, secret_of(key))
