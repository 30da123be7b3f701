"""The wheel holds the five packages with everything they read at run time, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "sotdae_edge": "edge",
    "sotdae_firmware_bridge": "firmware_bridge",
    "sotdae_hub": "hub",
    "sotdae_provisioning": "provisioning",
    "sotdae_shared": "shared",
}
NEEDED = {
    "sotdae_edge/vision/models/armzone.tflite",
    "sotdae_firmware_bridge/profiles/underpass.toml",
    "sotdae_hub/console/index.html",
    "sotdae_hub/migrations/script.py.mako",
    "sotdae_shared/py.typed",
}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_wheel_holds_every_file_of_the_five_packages(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for folder in PACKAGES.values():
        shutil.copytree(ROOT / folder, source / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    done = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--no-deps", "-q", "-w", tmp_path / "wheel", source],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    (wheel,) = (tmp_path / "wheel").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    wanted = {
        str(file.relative_to(source / folder))
        for package, folder in PACKAGES.items()
        for file in (source / folder / package).rglob("*")
        if file.is_file()
    }
    assert wanted >= NEEDED
    assert held == wanted
