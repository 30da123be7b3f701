"""A report and a label as a browser shows them: nothing runs, nobody is asked, the code can be read."""

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image
from playwright.sync_api import Browser, Page

from sotdae_edge.record.key import DeviceKey
from sotdae_provisioning.device.walk.label import Label, sheet, svg
from sotdae_provisioning.device.walk.page import page
from sotdae_provisioning.device.walk.result import Finding, Place, Plot, Result, State, Walk
from sotdae_provisioning.device.walk.seal import sealed
from sotdae_shared.signing import private_of

AT = datetime(2026, 7, 15, 18, 4, tzinfo=UTC)
HOSTILE = (
    "</script></title></svg><script>document.title='ran'</script><img src=x onerror=\"document.title='ran'\">"
)


def report(name: str) -> str:
    place = Place(facility="GG-41113-UP-0007", node="gate-1", name=name, lat=37.2, lon=126.9)
    plot = Plot(name=name[:80], unit="cm", at_s=(0.0, 1.0, 2.0), values=(0.1, 0.2, 0.1))
    box = Result(
        step="box", state=State.FAILED, at=AT, took_s=1.0, plots=(plot,),
        findings=(Finding(code="unforeseen", values={"because": name}),),
    )  # fmt: skip
    walk = Walk(
        place=place, software="sotdae", config_sha256="ab", technician=name, began=AT, steps=("box", "clock"),
        results=(box,),
    )  # fmt: skip
    return page(sealed(walk, DeviceKey.of(b"b" * 32), private_of(b"p" * 32)), "ko")


def shown(browser: Browser, file: Path, text: str) -> tuple[Page, list[str]]:
    file.write_text(text, encoding="utf-8")
    page = browser.new_page(viewport={"width": 1100, "height": 700}, device_scale_factor=3)
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(file.as_uri())
    return page, [each for each in heard if each != file.as_uri() and not each.startswith("data:")]


def test_a_hostile_name_is_only_text_and_the_page_asks_nobody(browser: Browser, tmp_path: Path) -> None:
    page, heard = shown(browser, tmp_path / "report.html", report(HOSTILE))
    assert page.title() == "현장 점검 보고서 GG-41113-UP-0007"
    assert page.locator("h1").inner_text() == HOSTILE
    assert page.locator(".finding").first.inner_text().startswith(f"중단됨: {HOSTILE}")
    assert page.locator("header .verdict").inner_text() == "불량"
    assert page.locator("tbody tr").count() == 2
    assert page.locator("svg.plot path").count() == 1
    assert heard == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.set_viewport_size({"width": 390, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "on a telephone too"
    page.close()


@pytest.mark.parametrize(
    ("label", "code"),
    [
        (
            Label("GG-41113-UP-0007", "고색지하차도", "Gosaek", "수원역 서쪽", "gate-1", "SN 1&2", "031-1"),
            "sotdae://facility/GG-41113-UP-0007?node=gate-1&serial=SN+1%262",
        ),
        (Label("GG-41113-UP-0007", HOSTILE, "", HOSTILE, "gate-1", HOSTILE, "", "https://hub.example/f/1"),
         "https://hub.example/f/1"),
    ],
)  # fmt: skip
def test_the_label_can_be_read_by_people_and_by_a_telephone(
    browser: Browser, tmp_path: Path, label: Label, code: str
) -> None:
    page, heard = shown(browser, tmp_path / "label.html", sheet(label))
    drawn = page.locator("svg")
    found = zxingcpp.read_barcodes(Image.open(io.BytesIO(drawn.screenshot())))
    assert [each.text for each in found] == [code]
    assert page.locator("text").first.text_content() == label.name
    assert page.locator("text", has_text=label.facility).count() == 1
    ends = "[...document.querySelectorAll('text')].map(t => t.getBBox().x + t.getBBox().width)"
    wide = max(page.evaluate(ends))
    assert wide <= 90.0, "nothing runs over the edge"
    assert (heard, page.evaluate("document.scripts.length"), page.title()) == ([], 0, "GG-41113-UP-0007")
    page.close()
    alone, _ = shown(browser, tmp_path / "label.svg", svg(label))
    assert [each.text for each in zxingcpp.read_barcodes(Image.open(io.BytesIO(alone.screenshot())))] == [
        code
    ]
    alone.close()
