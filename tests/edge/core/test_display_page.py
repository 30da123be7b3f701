"""The displayed level on recorded floods: the numbers of docs/display.md come out again."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOOLS = Path(__file__).parents[3] / "tools"
DEAD_RUN = "series/usgs_01589330_deadrun_2018-06_5min.parquet"
PLUMTREE = "series/usgs_01581752_plumtree_2016-2018_5min.parquet"


@pytest.fixture
def tool(reference: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    monkeypatch.syspath_prepend(TOOLS)
    import replay_floods  # noqa: F401 - importlib mode knows it only by its path

    monkeypatch.setattr("replay_floods.SHARED", reference)
    spec = importlib.util.spec_from_file_location("display_floods", TOOLS / "display_floods.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(__import__("sys").modules, "display_floods", module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
@pytest.mark.shared_data(DEAD_RUN)
@pytest.mark.shared_data(PLUMTREE)
def test_the_page_says_what_comes_out(tool: ModuleType) -> None:
    page = tool.PAGE.read_text(encoding="utf-8")
    for name, lines in tool.tables().items():
        assert tool.put(page, name, lines) == page, name
