"""Every attack on the page is a test that exists."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

REPO = Path(__file__).parents[2]
PAGE = REPO / "docs" / "attacks.md"
ROW = re.compile(r"^\| (?P<attempt>[^|]+) \| (?P<where>[^|]+) \| (?P<seen>[^|]+) \| `(?P<test>[^`]+)` \|$")
HEADS = ("| attempt |", "|---|")


def rows() -> list[re.Match[str]]:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    found = [(line, ROW.match(line)) for line in lines if not line.startswith(HEADS)]
    wrong = [line for line, match in found if match is None]
    assert not wrong, f"a row without attempt, place, sight and test: {wrong}"
    return [match for _, match in found if match is not None]


def named() -> list[str]:
    return sorted({f"tests/{row['test']}" for row in rows()})


def test_every_row_names_a_test_that_exists() -> None:
    assert len(named()) > 40
    for name in named():
        path, _, function = name.partition("::")
        source = ast.parse((REPO / path).read_text(encoding="utf-8"))
        here = {each.name for each in source.body if isinstance(each, ast.FunctionDef)}
        assert function.partition("[")[0] in here, name


@pytest.mark.slow
def test_every_row_names_a_case_that_is_collected() -> None:
    args = ["-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", "--no-header", *named()]
    done = subprocess.run([sys.executable, *args], cwd=REPO, capture_output=True, text=True, check=False)
    missing = [line for line in done.stderr.splitlines() + done.stdout.splitlines() if "not found" in line]
    assert done.returncode == 0, missing or done.stdout[-2000:]
    collected = done.stdout.splitlines()
    for name in named():
        assert any(line == name or line.startswith(f"{name}[") for line in collected), name


def test_no_attempt_stands_twice() -> None:
    attempts = [(row["attempt"], row["test"]) for row in rows()]
    assert len(set(attempts)) == len(attempts)
