"""Figures and their ratios."""

import os
import subprocess
import sys
from subprocess import PIPE

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_provisioning.bench.figures import Figure, Result, quantile, spread
from sotdae_provisioning.bench.machine import cpu_s, describe, rss_mib, tree_rss_mib


@pytest.mark.parametrize(
    ("share", "value"), [(0.5, 50), (0.99, 99), (0.991, 100), (1.0, 100), (0.01, 1), (0.0, 1)]
)
def test_a_quantile_is_the_nearest_rank(share: float, value: int) -> None:
    assert quantile(list(range(100, 0, -1)), share) == value


@given(st.lists(st.floats(0, 1e6), min_size=1), st.floats(0, 1))
def test_at_least_that_share_lies_at_or_below_a_quantile(values: list[float], share: float) -> None:
    found = quantile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-9


def test_there_is_no_quantile_of_nothing() -> None:
    with pytest.raises(ValueError, match="no values"):
        quantile([], 0.5)


def test_ratios_stand_beside_the_figure_and_are_absent_without_something_to_compare() -> None:
    told = Figure("a", 5.0, "ms", target=20.0, bare=2.0).as_json()
    assert (told["of_target"], told["of_bare"]) == (0.25, 2.5)
    alone = Figure("b", 5.0, "ms").as_json()
    assert alone["of_target"] is None
    assert alone["of_bare"] is None


def test_a_spread_holds_the_target_at_p99_only() -> None:
    found = spread("x", [1.0, 2.0, 9.0], [1.0], "ms", 20.0)
    assert [(each.what, each.value, each.target) for each in found] == [
        ("x, p50", 2.0, None), ("x, p99", 9.0, 20.0), ("x, max", 9.0, None),
    ]  # fmt: skip
    assert Result("loop", "so", 3, tuple(found)).as_json()["samples"] == 3


def test_the_machine_and_this_process_are_described() -> None:
    told = describe()
    assert all(told.values())
    assert int(told["cores"]) >= 1
    assert rss_mib(os.getpid()) > 1.0
    assert cpu_s(os.getpid()) > 0.0


def test_the_memory_of_a_process_counts_its_children() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", "print(1, flush=True); input()"], stdin=PIPE, stdout=PIPE
    ) as one:
        assert one.stdout is not None
        one.stdout.readline()
        child_mib = rss_mib(one.pid)
        assert tree_rss_mib(os.getpid()) >= rss_mib(os.getpid()) + child_mib - 1.0
        one.communicate(b"\n")
    assert tree_rss_mib(one.pid) == 0.0
