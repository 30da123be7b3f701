"""Recorded floods: the numbers of docs/replay.md come out again."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from sotdae_edge.replay.layout import BUILT_IN
from sotdae_edge.replay.report import replay

TOOL = Path(__file__).parents[3] / "tools" / "replay_floods.py"
DEAD_RUN = "series/usgs_01589330_deadrun_2018-06_5min.parquet"
PLUMTREE = "series/usgs_01581752_plumtree_2016-2018_5min.parquet"


@pytest.fixture
def tool(reference: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    spec = importlib.util.spec_from_file_location("replay_floods", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "replay_floods", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "SHARED", reference)
    return module


@pytest.mark.shared_data(DEAD_RUN)
def test_dead_run_closes_three_times_and_never_falsely(tool: ModuleType) -> None:
    told = replay(tool.record("Dead Run", DEAD_RUN.removeprefix("series/"), "01589330"), BUILT_IN)
    trips = [told.series.at(closing.at_s) for closing in told.closings]
    assert trips == ["2018-06-03T18:25:00.500", "2018-06-10T22:05:00.500", "2018-06-11T08:20:00.500"]
    assert told.false() == 0


@pytest.mark.slow
@pytest.mark.shared_data(DEAD_RUN)
@pytest.mark.shared_data(PLUMTREE)
def test_the_page_says_what_comes_out(tool: ModuleType) -> None:
    page = tool.PAGE.read_text(encoding="utf-8")
    for name, lines in tool.tables(tool.tell()).items():
        assert tool.put(page, name, lines) == page, name
