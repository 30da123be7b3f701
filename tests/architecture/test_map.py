"""The map names what is there, and its layers are those that are checked."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/ARCHITECTURE.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `(?P<folder>[^`]+)` \| (?P<what>.+) \|$", re.MULTILINE)
NAME = re.compile(r"`([a-z_]+)/?`")
BESIDE = {"edge": ROOT / "edge/sotdae_edge"}
"""Where a row may name what stands beside its own folder."""
COMMAND = {"sotdae"}
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
    "contracts"
]


@pytest.mark.parametrize("row", [*ROW.finditer(PAGE)], ids=lambda row: row["folder"])
def test_every_module_of_a_folder_that_is_named_is_there(row: re.Match[str]) -> None:
    folder = ROOT / row["folder"]
    assert folder.is_dir()
    near = [
        *folder.rglob("*"),
        *(each for part, place in BESIDE.items() if part in folder.parts for each in place.iterdir()),
    ]
    there = {each.stem for each in near}
    assert set(NAME.findall(row["what"])) - COMMAND <= there


@pytest.mark.parametrize("component", ["edge", "hub"])
def test_the_layers_are_those_that_are_checked(component: str) -> None:
    (contract,) = (each for each in CONTRACTS if each["id"] == component)
    shown = " > ".join(f"`{layer}`" for layer in contract["layers"] if layer != "__main__")
    assert f"{component.capitalize()}: {shown}." in " ".join(PAGE.split())
