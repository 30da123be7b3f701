"""The report: what is signed holds, what is changed is found out, what is hostile stays text."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sotdae_edge.core.site import Person
from sotdae_edge.record.key import DeviceKey
from sotdae_provisioning.device.cli import device_app
from sotdae_provisioning.device.walk.checking import check
from sotdae_provisioning.device.walk.kept import Kept, load, read, save
from sotdae_provisioning.device.walk.page import data_of, page
from sotdae_provisioning.device.walk.result import Finding, Measured, Place, Plot, Result, State, Walk
from sotdae_provisioning.device.walk.seal import judged, sealed
from sotdae_shared.errors import ConfigError
from sotdae_shared.signing import private_of, public_of

AT = datetime(2026, 7, 15, 18, 4, tzinfo=UTC)
BOX, PERSON = DeviceKey.of(b"b" * 32), private_of(b"p" * 32)
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&$title{0}"


def result(step: str, state: State = State.OK, text: str = "radar") -> Result:
    plot = Plot(name=text, unit="cm", at_s=(0.0, 1.0, 2.0, 3.0), values=(0.1, None, 0.2, 0.3), limit=0.25)
    return Result(
        step=step, state=state, at=AT, took_s=1.5, plots=(plot,), picture="/9j/4AAQ",
        findings=(Finding(code="unforeseen", values={"because": text}),),
        measured=(Measured(name="identity", value=text, unit="<b>"), Measured(name="noise", value=None)),
    )  # fmt: skip


def walk(text: str = "고색지하차도", **changed: object) -> Walk:
    place = Place(
        facility="GG-41113-UP-0007", node="gate-1", name=text, name_en=text, disambiguation=text,
        lat=37.2494, lon=126.9799,
    )  # fmt: skip
    whole = Walk(
        place=place, software="sotdae 0.1.0", config_sha256="ab" * 32, technician=text, began=AT, ended=AT,
        steps=("box", "sensor:radar"), results=(result("box", text=text), result("sensor:radar", text=text)),
    )  # fmt: skip
    return whole.model_copy(update=changed)


def test_a_walk_is_complete_only_when_every_step_is_well() -> None:
    assert walk().verdict == "complete"
    assert walk(results=(result("box"),)).verdict == "incomplete"
    for state, verdict in [("skipped", "incomplete"), ("not_done", "incomplete"), ("not_fitted", "complete"),
                           ("failed", "failed")]:  # fmt: skip
        assert walk().noting(result("box", State(state))).verdict == verdict
    both = walk().noting(result("box", State.FAILED)).noting(result("sensor:radar", State.SKIPPED))
    assert both.verdict == "failed"
    assert [each.step for each in both.results] == ["box", "sensor:radar"]


def test_what_both_signed_survives_the_file_and_holds(tmp_path: Path) -> None:
    kept = sealed(walk(), BOX, PERSON)
    save(tmp_path / "report.json", kept)
    assert load(tmp_path / "report.json") == kept
    assert [each.holds for each in judged(kept)] == [True, True]


@pytest.mark.parametrize(
    "changed",
    [{"technician": "somebody else"}, {"serial": "x"}, {"config_sha256": "cd" * 32}, {"results": ()}],
)
def test_a_changed_walk_holds_no_longer(changed: dict[str, object]) -> None:
    if "serial" in changed:
        other = walk().noting(result("box", text="another serial number"))
    else:
        other = walk(**changed)
    kept = sealed(walk(), BOX, PERSON)
    assert [each.holds for each in judged(Kept(walk=other, seals=kept.seals))] == [False, False]


def test_one_role_cannot_sign_for_the_other() -> None:
    kept = sealed(walk("gate-1"), BOX, PERSON)
    device, person = kept.seals
    swapped = (device.model_copy(update={"role": "technician"}), person.model_copy(update={"role": "device"}))
    assert [each.holds for each in judged(Kept(walk=kept.walk, seals=swapped))] == [False, False]


def test_the_page_is_found_out_when_it_shows_something_else(tmp_path: Path) -> None:
    kept = sealed(walk().noting(result("box", State.FAILED)), BOX, PERSON)
    file = tmp_path / "report.html"
    text = page(kept, "en")
    file.write_text(text, encoding="utf-8")
    roster = (Person("kim", public_of(PERSON), walk().technician, "panel"),)
    assert check(file, BOX.public, roster).holds
    assert not check(file, "00" * 32, roster).holds
    assert not check(file, None, ()).holds, "a technician who is not on the roster"
    file.write_text(text.replace("FAILED", "COMPLETE"), encoding="utf-8")
    found = check(file, None, None)
    assert [holds for line, holds in found.lines.items() if line.startswith("signed")] == [True, True]
    assert not found.holds, "signatures hold, the page does not show what they cover"
    said = CliRunner().invoke(device_app, ["report", "verify", str(file)])
    assert (said.exit_code, "✗ the page shows what was signed" in said.output) == (1, True)
    korean = CliRunner().invoke(device_app, ["report", "verify", str(file), "--lang", "ko"])
    assert (korean.exit_code, "✗ 화면이 서명된 내용과 같음" in korean.output) == (1, True)
    assert korean.output.splitlines()[-1].startswith("유효하지 않음, 점검 ")


def test_an_unsigned_report_does_not_hold(tmp_path: Path) -> None:
    for kept in (sealed(walk(), BOX, None), Kept(walk=walk())):
        save(tmp_path / "report.json", kept)
        assert not check(tmp_path / "report.json", None, None).holds
        assert "not signed by a technician" in page(kept, "en")


def test_the_other_language_is_drawn_from_the_same_data(tmp_path: Path) -> None:
    kept = sealed(walk(), BOX, PERSON)
    (tmp_path / "en.html").write_text(page(kept, "en"), encoding="utf-8")
    said = CliRunner().invoke(
        device_app,
        ["report", "draw", str(tmp_path / "en.html"), "-o", str(tmp_path / "ko.html"), "--lang", "ko"],
    )
    assert said.exit_code == 0, said.output
    text = (tmp_path / "ko.html").read_text(encoding="utf-8")
    assert "현장 점검 보고서" in text
    assert data_of(text, "ko.html") == (kept, "ko")
    assert check(tmp_path / "ko.html", None, None).holds


class Tags(HTMLParser):
    """Counts what a page is made of."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.attributes |= {name for name, _ in attrs}


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_whatever_a_name_holds_is_shown_as_text(lang: str) -> None:
    tame, hostile = Tags(), Tags()
    tame.feed(page(sealed(walk("t" * len(HOSTILE)), BOX, PERSON), lang))  # type: ignore[arg-type]
    text = page(sealed(walk(HOSTILE), BOX, PERSON), lang)  # type: ignore[arg-type]
    hostile.feed(text)
    assert hostile.found == tame.found
    assert hostile.attributes == tame.attributes
    assert not {name for name in hostile.attributes if name.startswith("on")}
    assert text.count("<script") == 1, "the data, which no browser runs"
    assert "default-src 'none'" in text
    assert not re.findall(r'(?:src|href)="(?!data:image/jpeg;base64,|#)', text)


@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
def test_anything_but_a_report_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises(ConfigError):
        read(raw, "x")


def leaves(value: object, path: tuple[object, ...] = ()) -> Iterator[tuple[object, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    yield path
    for key, each in items:
        yield from leaves(each, (*path, key))


GOOD = json.loads(sealed(walk(), BOX, PERSON).model_dump_json())


PLACES = [path for path in leaves(GOOD) if path]
ANYTHING = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)


@given(st.sampled_from(PLACES), ANYTHING | st.just([]) | st.just({}))
def test_a_report_with_anything_anywhere_is_judged_or_refused(
    path: tuple[object, ...], other: object
) -> None:
    tree = json.loads(json.dumps(GOOD))
    place = tree
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = other
    try:
        kept = read(json.dumps(tree).encode(), "x")
    except ConfigError:
        return
    assert page(kept, "en")
    same = kept == read(json.dumps(GOOD).encode(), "x")
    assert same or not kept.seals or not all(each.holds for each in judged(kept))
