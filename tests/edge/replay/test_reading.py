"""CSV in: every problem with its line, and nothing else than a ConfigError whatever comes."""

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sotdae_edge.replay.reading import parse, read_series
from sotdae_edge.replay.series import Series
from sotdae_shared.errors import ConfigError


def lines(*rows: str) -> list[str]:
    return [f"{row}\n" for row in rows]


def test_times_may_be_moments_or_seconds() -> None:
    told = parse("x", lines("time,level_cm", "2020-07-23T12:00:00Z,1.5", "2020-07-23T12:05:00Z,2", ""))
    assert list(told.times_s) == [0.0, 300.0]
    assert list(told.columns["level_cm"]) == [1.5, 2.0]
    assert told.at(300.5) == "2020-07-23T12:05:00.500+00:00"
    assert (told.at(0.0), told.period_s) == ("2020-07-23T12:00:00+00:00", 300.0)
    told = parse("x", lines("level_cm, time", "1, 10", "2, 10.2"))
    assert list(told.times_s) == [10.0, 10.2]
    assert told.at(10.2) == 10.2


@pytest.mark.parametrize("word", ["", " ", "NaN", "nan", "null", "-"])
def test_nothing_measured_is_not_zero(word: str) -> None:
    assert list(parse("x", lines("time,a_cm", f"0,{word}", "1,0")).columns["a_cm"]) == [None, 0.0]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        (["time,level_cm", "0,1", "1,wet"], "line 3: level_cm 'wet': want a number"),
        (["time,level_cm", "0,1", "1,inf"], "line 3: level_cm 'inf': want a finite number"),
        (["time,level_cm", "0,1", "0,2"], "line 3: time 0 does not come after"),
        (["time,level_cm", "5,1", "4,2"], "line 3: time 4 does not come after"),
        (["time,level_cm", "0,1", "1"], "line 3: 1 cells, the header has 2"),
        (["time,level_cm", "0,1", "1,2,3"], "line 3: 3 cells, the header has 2"),
        (["time,level_cm", "today,1", "1,2"], "line 2: time 'today': want RFC 3339, such as 2026"),
        (["time,level_cm", "nan,1", "1,2"], "line 2: time 'nan'"),
        (["time,level_cm", "2020-01-01T00:00:00Z,1", "7,2"], "line 3: time '7': want what the first row has"),
        (
            ["time,level_cm", "7,1", "2020-01-01T00:00:00Z,2"],
            "line 3: time '2020-01-01T00:00:00Z': want what",
        ),
        (["time,level_cm", "2020-01-01T00:00:00Z,1", "2020-01-01T00:05:00,2"], "line 3: time"),
        (["level_cm,depth", "0,1", "1,2"], "line 1: want a header with time"),
        (["Date;Level", "0;1"], "such as  time,level_cm; it says  Date;Level"),
        (["time", "0", "1"], "line 1: want a header with time and a level"),
        (["time,a_cm,a_cm", "0,1,1"], "line 1: two columns have the same name"),
        (["time,level_cm", "0,1"], "rows: 1; want two at least"),
        ([], "rows: 0"),
        (["time,level_cm", '0,"1', "1,2"], "is not CSV"),
    ],
)
def test_a_problem_is_told_with_its_line(rows: list[str], problem: str) -> None:
    with pytest.raises(ConfigError, match="x: ") as caught:
        parse("x", lines(*rows))
    assert any(problem in told for told in caught.value.problems), caught.value.problems


def test_only_the_first_problems_are_told() -> None:
    with pytest.raises(ConfigError) as caught:
        parse("x", lines("time,level_cm", *(f"{number},wet" for number in range(500))))
    *told, last = caught.value.problems
    assert len(told) == 10
    assert last == "... nothing after these was read"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00bad", None])
def test_a_file_that_cannot_be_read_is_told(content: bytes | None, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_series(path)


def test_another_encoding_is_told_with_its_mend(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes("time,수위_cm\n0,1\n1,2\n".encode("cp949"))
    with pytest.raises(ConfigError, match="is not UTF-8; save it as CSV in UTF-8"):
        read_series(path)


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"\xef\xbb\xbftime,level_cm\r\n0,1\r\n1,2\r\n")
    assert list(read_series(path).columns) == ["level_cm"]


cells = st.sampled_from(["0", "1", "1e9", "nan", "inf", "", "2020-01-01", "2020-01-01T00:00:00Z", '"', "\0"])
garbage = st.lists(st.lists(cells | st.text(max_size=6), max_size=4).map(",".join), max_size=6)


@given(garbage, st.booleans())
@example(["0001-01-01T00:00:00+23:59,1", "9999-12-31T23:59:59-23:59,2"], True)
def test_garbage_is_refused_or_read(rows: list[str], headed: bool) -> None:
    try:
        told = parse("x", lines(*(["time,level_cm"] if headed else []), *rows))
    except ConfigError:
        return
    assert isinstance(told, Series)
    assert sorted(set(told.times_s)) == list(told.times_s)
    assert all(len(column) == len(told.times_s) for column in told.columns.values())
