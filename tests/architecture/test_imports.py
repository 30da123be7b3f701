"""The import contracts hold, and each of them notices what it is there to notice."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PARTS = ("edge", "firmware_bridge", "hub", "provisioning", "shared")

WRONG = {
    "components": [("edge/sotdae_edge/core/vote.py", "sotdae_hub.core.acks")],
    "edge": [
        ("edge/sotdae_edge/core/rate.py", "sotdae_edge.config"),
        ("edge/sotdae_edge/app/words.py", "sotdae_edge.adapters.clock"),
        ("edge/sotdae_edge/vision/models.py", "sotdae_edge.adapters.state"),
    ],
    "hub": [
        ("hub/sotdae_hub/core/acks.py", "sotdae_hub.desk"),
        ("hub/sotdae_hub/links.py", "sotdae_hub.app"),
    ],
    "bridge": [
        ("firmware_bridge/sotdae_firmware_bridge/profile.py", "sotdae_firmware_bridge.modbus"),
        ("firmware_bridge/sotdae_firmware_bridge/frames.py", "sotdae_firmware_bridge.asks"),
    ],
    "provisioning": [("provisioning/sotdae_provisioning/child.py", "sotdae_provisioning.demo.plot")],
    "shared": [("shared/sotdae_shared/units.py", "sotdae_shared.ids")],
    "pure": [
        ("edge/sotdae_edge/core/since.py", "time"),
        ("hub/sotdae_hub/core/place.py", "logging"),
        ("shared/sotdae_shared/samples.py", "random"),
        ("firmware_bridge/sotdae_firmware_bridge/raw.py", "asyncio"),
    ],
    "edge-adapters": [("edge/sotdae_edge/adapters/probe.py", "sotdae_edge.adapters.mqtt")],
    "hub-adapters": [("hub/sotdae_hub/adapters/clock.py", "sotdae_hub.adapters.records")],
    "sim": [("edge/sotdae_edge/adapters/clock.py", "sotdae_firmware_bridge.sim.water")],
    "devices": [("edge/sotdae_edge/app/city.py", "sotdae_firmware_bridge.raw")],
    "doors": [
        ("edge/sotdae_edge/app/recorder.py", "aiomqtt"),
        ("hub/sotdae_hub/herald.py", "sqlalchemy"),
        ("provisioning/sotdae_provisioning/broker.py", "pymodbus"),
    ],
}
"""By contract: a module and what it must not import."""


def lint(root: Path) -> tuple[int, str]:
    paths = os.pathsep.join(str(root / part) for part in PARTS)
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=root, env={**os.environ, "PYTHONPATH": paths, "COLUMNS": "400"},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a copy of the packages and their contracts."""
    for part in PARTS:
        shutil.copytree(
            ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__", "*.tflite", "console")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def name_of(path: str) -> str:
    return ".".join(Path(path).with_suffix("").parts[1:])


def test_the_contracts_hold_and_each_has_a_violation_to_try(tree: Path) -> None:
    code, said = lint(tree)
    assert code == 0, said
    contracts = tomllib.loads((tree / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(WRONG)


def test_every_contract_notices_a_wrong_import(tree: Path) -> None:
    for path, wrong in (each for pairs in WRONG.values() for each in pairs):
        with (tree / path).open("a") as file:
            file.write(f"\nimport {wrong}\n")
    code, said = lint(tree)
    assert code == 1, said
    contracts = tomllib.loads((tree / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    for contract in contracts:
        assert f"{contract['name']} BROKEN" in said
    told = said[said.index("Broken contracts") :]
    for path, wrong in (each for pairs in WRONG.values() for each in pairs):
        assert f"{name_of(path)} -> {wrong} (l." in told, (path, wrong)


@pytest.mark.parametrize("part", PARTS)
def test_a_new_module_must_be_given_a_layer(tree: Path, part: str) -> None:
    package = tree / part / f"sotdae_{part}"
    (package / "utils.py").write_text('"""Everything else."""\n')
    code, said = lint(tree)
    assert code == 1, said
    assert f"sotdae_{part}.utils" in said
