"""What a command loads: help is instant, a gate needs no web server, a hub needs no eyes."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "PIL", "ai_edge_litert", "aiomqtt", "alembic", "av", "duckdb", "fastapi", "grafana_client", "httpx",
    "grafana_foundation_sdk", "influxdb_client", "matplotlib", "numpy", "pymodbus", "sqlalchemy", "uvicorn",
}  # fmt: skip
HUB_ONLY = {"alembic", "duckdb", "fastapi", "grafana_client", "influxdb_client", "sqlalchemy", "uvicorn"}
VISION_ONLY = {"PIL", "ai_edge_litert", "av", "tflite_runtime"}
ASK = """
import contextlib, io, json, sys
with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
    {code}
print(json.dumps(sorted({{name.partition(".")[0] for name in sys.modules}})))
"""


def loaded(code: str) -> set[str]:
    """Return the packages that a fresh interpreter has after running some code."""
    done = subprocess.run(
        [sys.executable, "-c", ASK.format(code=code)], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("words", [["--help"], ["gate"], ["hub", "--help"], ["bench", "--help"]])
def test_the_root_command_loads_only_the_part_that_is_asked_for(words: list[str]) -> None:
    code = f"from sotdae_provisioning.__main__ import main; sys.argv = ['sotdae', *{words}]; main()"
    found = loaded(code)
    assert "typer" in found
    if words == ["--help"]:
        assert not found & HEAVY
        assert not found & {"sotdae_edge", "sotdae_hub", "sotdae_firmware_bridge"}
    if words == ["gate"]:
        assert "sotdae_edge" in found
        assert "sotdae_hub" not in found


def test_a_gate_needs_neither_hub_nor_eyes() -> None:
    found = loaded("import sotdae_edge.__main__")
    assert {"aiomqtt", "pymodbus"} <= found
    assert not found & (HUB_ONLY | VISION_ONLY | {"numpy", "httpx", "sotdae_hub"})


def test_a_hub_needs_neither_field_devices_nor_eyes() -> None:
    found = loaded("import sotdae_hub.__main__")
    assert {"fastapi", "duckdb"} <= found
    assert not found & (
        VISION_ONLY | {"pymodbus", "influxdb_client", "sotdae_edge", "sotdae_firmware_bridge"}
    )


def test_a_simulator_without_a_camera_needs_no_drawing() -> None:
    assert not loaded("import sotdae_firmware_bridge.__main__") & (HUB_ONLY | VISION_ONLY | {"numpy"})
