"""Each benchmark runs as a user starts it. How fast is never asserted here."""

import json
import subprocess
import sys
from typing import Any

import pytest

MORE = {
    "loop": ["--trips", "3"],
    "core": ["--scans", "50"],
    "startup": ["--runs", "1"],
    "ingest": ["--messages", "20"],
    "enrol": ["--devices", "4"],
}


def bench(*words: str) -> str:
    command = [sys.executable, "-m", "sotdae_provisioning", "bench", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", MORE)
def test_a_benchmark_reports_what_it_measured(name: str) -> None:
    told = json.loads(bench(name, *MORE[name], "--json"))
    assert told["command"].startswith(f"sotdae bench {name}")
    assert told["machine"]["cores"]
    (result,) = told["results"]
    assert (result["name"], result["samples"]) == (name, int(MORE[name][1]))
    assert result["figures"]
    assert all(figure["value"] > 0 for figure in result["figures"]), result["figures"]
    check(name, {figure["what"]: figure for figure in result["figures"]})


def check(name: str, figures: dict[str, dict[str, Any]]) -> None:
    if name in ("ingest", "core"):
        assert next(iter(figures.values()))["target"] == 100_000
        return
    assert all(
        figure["bare"] > 0 for figure in figures.values() if figure["unit"] != "MiB" or name != "enrol"
    )
    if name == "loop":
        assert figures["trip vote to acknowledged write, p99"]["target"] == 20


def test_all_are_listed_and_shown_as_a_table() -> None:
    assert set(json.loads(bench("list", "--json"))) == set(MORE)
    shown = bench("loop", "--trips", "1")
    assert "trip vote" in shown
    assert "cores" in shown
