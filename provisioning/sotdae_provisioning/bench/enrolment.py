"""Devices a minute: a list of boxes certified from files, and boxes that enrol at the office over TLS."""

import asyncio
import csv
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from sotdae_provisioning.bench.figures import Figure, Result
from sotdae_provisioning.bench.generic_est import Generic, certified_by_openssl
from sotdae_provisioning.bench.machine import peak_rss_mib
from sotdae_provisioning.child import Child
from sotdae_provisioning.device.client import Office
from sotdae_provisioning.device.papers import Papers
from sotdae_provisioning.device.parcels import ASKED, ask
from sotdae_provisioning.pki.certificates import Names, new_key
from sotdae_provisioning.pki.codes import LIFE, Codes, Grant
from sotdae_provisioning.pki.folder import write, write_key
from sotdae_provisioning.pki.province import Province
from sotdae_shared.errors import LinkError
from sotdae_shared.ids import FacilityId
from sotdae_shared.topics import Address

TARGET_PER_MIN = 1_000.0
"""DESIGN 10."""
CITY = "41113"
BARE_MOST = 100
"""The peers start three processes a device; a hundred devices tell their rate."""
AT_ONCE = 8
HOW = (
    "files: keys and requests made as boxes make them, then `sotdae device enrol-many --requests` as a "
    "process until every answer (papers, floor, deny list) is on disk; beside it `openssl ecparam`, `req` "
    "and `x509 -req`, without a ledger. Office: `sotdae ca serve` as a process, "
    f"{AT_ONCE} boxes at once over TLS (EST), each with its own code, key and papers on disk; beside it the "
    "same office with `openssl` and `curl` as the boxes"
)


async def measure(devices: int, directory: Path) -> Result:
    """Enrol so many devices either way. Raises LinkError if a part does not do its work."""
    province = _province(directory)
    sample = min(devices, BARE_MOST)
    making_s, certifying_s, peak_mib = await asyncio.to_thread(_by_file, province, devices, directory)
    openssl_s, sign_s = await asyncio.to_thread(
        certified_by_openssl, province.city(CITY).path, directory, sample
    )
    office_s, generic_s, office_mib = await _at_the_office(province, devices, sample, directory)
    figures = (
        _rate("certified from requests", devices / certifying_s, sample / sign_s, TARGET_PER_MIN),
        _rate(
            "key, request, certificate",
            devices / (making_s + certifying_s),
            sample / openssl_s,
            TARGET_PER_MIN,
        ),
        Figure("peak memory of enrol-many", peak_mib, "MiB"),
        _rate("at the office over TLS", devices / office_s, sample / generic_s, TARGET_PER_MIN),
        Figure("peak memory of the office", office_mib, "MiB"),
    )
    return Result("enrol", HOW, devices, figures)


def _rate(what: str, per_s: float, bare_per_s: float, target: float) -> Figure:
    return Figure(f"{what}, devices/min", per_s * 60, "/min", "higher", target, bare_per_s * 60)


def _province(directory: Path) -> Province:
    province, now = Province(directory / "ca"), datetime.now(UTC)
    province.init("Gyeonggi", None, now)
    province.add_city(CITY, None, now)
    key = new_key()
    made = province.certify_service("office", Names(("localhost",)), key.public_key(), None, now)
    (directory / "papers").mkdir()
    write(directory / "papers/chain.pem", made.full_chain)
    write_key(directory / "papers/key.pem", key, None)
    return province


def _address(number: int, node: str) -> Address:
    return Address(FacilityId(f"GG-{CITY}-UP-{number % 10_000:04}"), f"{node}-{number}")


def _by_file(province: Province, devices: int, directory: Path) -> tuple[float, float, float]:
    """Return the seconds of making and of certifying, and the peak memory of the latter in MiB."""
    asked = directory / "asked"
    asked.mkdir()
    begun_s, keys = time.monotonic(), []
    for number in range(devices):
        address = _address(number, "file")
        request = ask(Papers(directory / "boxes" / address.node), address, f"SN-{number}")
        write(asked / f"{address.node}{ASKED}", request.raw())
        keys.append(request.key_sha256)
    making_s = time.monotonic() - begun_s
    listed = directory / "boxes.csv"
    with listed.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(("facility", "node", "serial", "key"))
        for number, key in enumerate(keys):
            table.writerow((_address(number, "file").facility, f"file-{number}", f"SN-{number}", key))
    words = ["device", "enrol-many", listed, "--dir", province.path, "--requests", asked, "--out"]
    begun_s = time.monotonic()
    peak_mib = _peak_mib([*map(str, words), str(directory / "answers")])
    return making_s, time.monotonic() - begun_s, peak_mib


def _peak_mib(words: list[str]) -> float:
    child = subprocess.Popen(
        [sys.executable, "-m", "sotdae_provisioning", *words],
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        raise LinkError(f"sotdae device enrol-many ended with {child.returncode}")
    return used.ru_maxrss / 1024


async def _at_the_office(
    province: Province, devices: int, sample: int, directory: Path
) -> tuple[float, float, float]:
    """Return the seconds of our boxes and of generic ones, and the office's peak memory in MiB."""
    serving = [
        "ca",
        "serve",
        "--dir",
        str(province.path),
        "--papers",
        str(directory / "papers"),
        "--port",
        "0",
    ]
    child = Child("office", ["sotdae_provisioning", *serving], directory, ready=True)
    url = f"https://localhost:{(await child.start())['port']}"
    try:
        office, folder = Office(url, province.trust()), directory / "enrolled"
        ours = _codes(province, "line", devices)

        def enrol(address: Address, code: str) -> None:
            office.enrol(Papers(folder / address.node), address, code)

        generic = Generic(url, province.trust(), directory / "generic")
        own_s = await asyncio.to_thread(_timed, enrol, ours)
        generic_s = await asyncio.to_thread(_timed, generic.enrol, _codes(province, "curl", sample))
        return own_s, generic_s, peak_rss_mib(child.pid)
    finally:
        await child.stop()


def _codes(province: Province, node: str, count: int) -> list[tuple[Address, str]]:
    until = datetime.now(UTC) + LIFE
    addresses = [_address(number, node) for number in range(count)]
    grants = [Grant(address, f"{node}-SN-{at}", until) for at, address in enumerate(addresses)]
    codes = Codes(province.path / "codes.db").give_all(grants, secrets.choice)
    return list(zip(addresses, codes, strict=True))


def _timed(enrol: Callable[[Address, str], None], boxes: list[tuple[Address, str]]) -> float:
    begun_s = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda box: enrol(*box), boxes):
            pass
    return time.monotonic() - begun_s
