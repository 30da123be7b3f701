"""The page of the fault ladder has a row for every rung, in order."""

from pathlib import Path

from scenarios.ladder.rungs import every

PAGE = Path(__file__).parents[2] / "docs" / "fault-ladder.md"


def test_the_page_has_every_rung() -> None:
    table = PAGE.read_text(encoding="utf-8").split("<!-- table -->")[1].split("<!-- /table -->")[0]
    rows = [line.split(" | ") for line in table.strip().splitlines()[2:]]
    assert [tuple(row[:3]) for row in rows] == [(f"| {each.name}", each.made, each.must) for each in every()]
