"""A list of boxes: what is read, what is refused, and that no cell of it can run in a spreadsheet."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sotdae_provisioning.device.rows import FORMULA, MAX_BYTES, Bad, inert, read_rows, written
from sotdae_shared.errors import ConfigError

HEAD = "facility,node,serial,name\n"
GOOD = "GG-41113-UP-0007,gate-7,SN-7,고색지하차도\n"


def test_a_list_is_read_in_any_order_of_columns_with_blanks_and_a_mark() -> None:
    text = "﻿Serial, node ,facility,extra\nSN-7,gate-7,GG-41113-UP-0007,x\n\n,,,\n"
    rows, bad = read_rows(text.encode(), "boxes.csv")
    assert bad == []
    (row,) = rows
    assert (row.line, row.serial, row.address.node, row.name) == (2, "SN-7", "gate-7", "")


def test_what_a_korean_spreadsheet_saves_is_read() -> None:
    (row,), bad = read_rows((HEAD + GOOD).encode("cp949"), "boxes.csv")
    assert (row.name, bad) == ("고색지하차도", [])


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("GG-41113-XX-0007,gate-8,SN-8,", "facility id"),
        ("GG-41113-UP-0008,Gate 8,SN-8,", "want lower-case"),
        ("XX-41113-UP-0008,gate-8,SN-8,", "of GG"),
        ("GG-41113-UP-0008,gate-8,,", "serial ''"),
        ("GG-41113-UP-0008,gate-8,SN 8,", "serial 'SN 8'"),
        ("GG-41113-UP-0008,gate-7,SN-8,", "node gate-7 stands on line 2 too"),
        ("GG-41113-UP-0008,gate-8,SN-7,", "serial SN-7 stands on line 2 too"),
        ("GG-41113-UP-0007,gate-7,SN-7,", "the same box stands on line 2"),
        ('GG-41113-UP-0008,gate-8,SN-8,"=HYPERLINK(""http://x"")"', "like a formula"),
        ("GG-41113-UP-0008,gate-8,SN-8,'=1+1", "like a formula"),
        ("GG-41113-UP-0008,gate-8,-8,", "like a formula"),
        ('GG-41113-UP-0008,gate-8,SN-8,"two\nlines"', "printable"),
        ("GG-41113-UP-0008", "want lower-case"),
    ],
)
def test_a_bad_row_says_why_and_hides_no_good_one(line: str, reason: str) -> None:
    rows, bad = read_rows(f"{HEAD}{GOOD}{line}\nGG-41113-UP-0009,gate-9,SN-9,\n".encode(), "boxes.csv")
    assert [row.address.node for row in rows] == ["gate-7", "gate-9"]
    assert [reason in each.reason for each in bad] == [True], bad


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "facility, node, serial is missing"),
        (b"facility;node;serial\n", "is missing"),
        (b"\xff\xfe\x00\xd8x", "neither UTF-8 nor CP949"),
        (b"x" * (MAX_BYTES + 1), "larger than"),
        (HEAD.encode() + b'"' + b"x" * 200_000 + b'"', "field larger"),
    ],
)
def test_a_file_that_is_no_list_is_refused_as_a_whole(raw: bytes, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        read_rows(raw, "boxes.csv")


@given(st.lists(st.tuples(st.text(max_size=12), st.text(max_size=12), st.text(max_size=12)), max_size=6))
def test_nothing_that_is_written_begins_a_formula_and_it_can_be_read_again(
    cells: list[tuple[str, ...]],
) -> None:
    bad = [
        Bad(at, dict(zip(("facility", "node", "name"), each, strict=True)), each[2])
        for at, each in enumerate(cells)
    ]
    text = written(bad)
    table = list(csv.reader(io.StringIO(text, newline="")))
    assert len(table) == len(cells) + 1
    assert all(not cell.lstrip().startswith(FORMULA) for row in table for cell in row)
    assert len(read_rows(text.encode(), "errors.csv")[1]) == len(cells), "still bad, none lost"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_list_or_refused_in_words(raw: bytes) -> None:
    try:
        rows, bad = read_rows(HEAD.encode() + raw, "boxes.csv")
    except ConfigError:
        return
    assert all(each.reason for each in bad)
    assert len({row.address.node for row in rows}) == len(rows)


def test_text_stays_text() -> None:
    assert (inert("=1"), inert("고색"), inert(" @x")) == ("'=1", "고색", "' @x")
