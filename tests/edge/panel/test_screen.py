"""The screen, driven by keys, before a real agent: it shows, asks and signs; the gate decides."""

import asyncio
from pathlib import Path

import pytest
from edge.panel.house import KEYS, Gatehouse, gatehouse, until
from need import require_module
from screen_kit import at_screen
from textual import events
from textual.pilot import Pilot
from textual.widgets import Static

from sotdae_edge.core.barrier import State
from sotdae_edge.panel.screen import app as screen
from sotdae_edge.panel.screen.app import PanelApp
from sotdae_edge.panel.terms import Lang
from sotdae_shared.signing import to_pem

require_module("textual", "pip install '.[panel]'")

SIZE = (80, 24)
SECRET = "wet hands"


def shown(app: PanelApp, name: str) -> str:
    return str(app.query_one(f"#{name}", Static).content)


def panel(house: Gatehouse, lang: Lang = "en") -> PanelApp:
    return PanelApp(house.path, KEYS["kim"], Path("kim.pem"), lang)


async def typed(pilot: Pilot[None], app: PanelApp, text: str) -> None:
    """Answer the question that stands."""
    await until(lambda: app.prompt.asking)
    await pilot.press(*text, "enter")


async def pasted(pilot: Pilot[None], app: PanelApp, text: str) -> None:
    await pilot.press("ctrl+u")
    app.prompt.post_message(events.Paste(text))
    await pilot.press("enter")


async def said(app: PanelApp, text: str) -> None:
    await until(lambda: text in shown(app, "said"))


def test_a_typed_word_closes_and_anything_else_sends_nothing(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            await until(lambda: house.app.gate.state is State.OPEN)
            app = panel(house)
            async with at_screen(app) as pilot:
                await until(lambda: "O P E N" in shown(app, "band"))
                for answer in ("open", "no", ""):
                    await pilot.press("c")
                    await typed(pilot, app, answer)
                    await said(app, "nothing was sent")
                    app.query_one("#said", Static).update("")
                await pilot.press("ㅊ")  # the same key while the keyboard writes Hangul
                await until(lambda: app.prompt.asking)
                await pilot.press("escape")
                await said(app, "nothing was sent")
                assert house.app.gate.last_seq == {}
                await pilot.press("c")
                await typed(pilot, app, "close")
                await said(app, "close accepted: close by Kim at panel")
                await until(lambda: "W A R N" in shown(app, "band") or "WARNING" in shown(app, "band"))
                assert house.app.gate.state is not State.OPEN
                await until(lambda: "!! Why" in shown(app, "rows"))
                await pilot.press("o")
                await said(app, "The gate will not open: Dry")

    asyncio.run(story())


def test_a_full_stroke_is_a_closing_that_two_people_end(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            gate = house.app.gate
            await until(lambda: gate.state is State.OPEN)
            app = panel(house)
            async with at_screen(app) as pilot:
                await until(lambda: "O P E N" in shown(app, "band"))
                await pilot.press("t")
                await typed(pilot, app, "stroke")
                await until(lambda: "THE ROAD CLOSES until two people" in str(app.prompt.content))
                await typed(pilot, app, "close")
                await said(app, "close accepted: close by Kim at panel")
                await until(lambda: gate.state is State.CLOSED)
                await until(lambda: gate.selftests.ages.of["stroke"].passed)
                await pilot.press("t")
                await typed(pilot, app, "stroke")
                await said(app, "a full stroke begins at an open gate")

    asyncio.run(story())


def test_a_channel_is_bypassed_with_a_reason_and_an_end_and_votes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("kim", "lee"):
        (tmp_path / f"{name}.pem").write_bytes(to_pem(KEYS[name], SECRET))

    async def answers(pilot: Pilot[None], app: PanelApp, *texts: str) -> None:
        await pilot.press("b")
        for text in texts:
            await until(lambda: app.prompt.asking)
            standing = app.prompt._answer
            await pasted(pilot, app, text)
            # The text of a question changes while it is answered; only the next question is another.
            await until(lambda: app.prompt._answer is not standing)  # noqa: B023

    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            await until(lambda: house.app.gate.state is State.OPEN)
            app = panel(house)
            async with at_screen(app) as pilot:
                await until(lambda: "O P E N" in shown(app, "band"))
                await answers(pilot, app, "sonar")
                await said(app, "no channel sonar here")
                await answers(pilot, app, "float", "stuck", "2000")
                await said(app, "want 1 to 1440 minutes")
                await answers(pilot, app, "float", "stuck", "30", "kim.pem", SECRET, "", "bypass")
                await said(app, "bypass accepted: channel:float bypassed by Kim for 30 min: stuck")
                await until(lambda: "BYPASSED by Kim" in shown(app, "rows"))
                assert house.app.gate.sensing.channel("float").bypassed(house.app.clock.monotonic())
                await answers(pilot, app, "pressure", "dirty", "30", "kim.pem", SECRET, "", "bypass")
                await said(app, "bypass REFUSED: one person")
                two = ("kim.pem", SECRET, "lee.pem", SECRET, "bypass", "bypass")
                await answers(pilot, app, "pressure", "dirty", "30", *two)
                await said(app, "bypassed by Kim and Lee for 30 min: dirty")
                await answers(pilot, app, "float", "restore")
                await said(app, "restore accepted")
                await until(lambda: "BYPASSED by Kim," not in shown(app, "rows"))

    asyncio.run(story())


def test_an_agent_that_falls_silent_leaves_nothing_that_looks_like_now(tmp_path: Path) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            await until(lambda: house.app.gate.state is State.OPEN)
            app = panel(house)
            async with at_screen(app) as pilot:
                await until(lambda: "O P E N" in shown(app, "band") and "0.1 s" in shown(app, "rows"))
                house.server._sessions.copy().pop().cancel()  # as when the agent dies
                house.path.unlink()
                await until(lambda: "NO WORD FROM THE AGENT since" in shown(app, "band"))
                assert "O P E N" not in shown(app, "band")
                values = [line.split()[-1] for line in shown(app, "rows").splitlines()]
                assert values, "the labels stay"
                assert set(values) == {"?"}
                await pilot.press("c")
                await said(app, "nothing can be asked of it now")

    asyncio.run(story())


def test_what_held_while_the_agent_was_silent_goes_when_it_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        app = PanelApp(tmp_path / "panel" / "panel.sock", KEYS["kim"], Path("kim.pem"), "ko")
        async with at_screen(app) as pilot:
            await pilot.press("c")
            await said(app, "에이전트 응답 없음: 요청 불가")
            async with gatehouse(tmp_path):
                await until(lambda: "고색지하차도" in shown(app, "title") and not shown(app, "said"))
                await pilot.press("c")
                await typed(pilot, app, "no")
                await said(app, "보내지 않음")
                await pilot.pause(2 * screen.PAINT_S)
                assert "보내지 않음" in shown(app, "said"), "what was said of an order stays"

    asyncio.run(story())


@pytest.mark.parametrize(("lang", "words"), [("en", "q leaves the screen"), ("ko", "화면 끝내기 q")])
def test_ctrl_c_says_how_to_leave(tmp_path: Path, lang: Lang, words: str) -> None:
    async def story() -> None:
        app = PanelApp(tmp_path / "panel" / "panel.sock", KEYS["kim"], Path("kim.pem"), lang)
        async with at_screen(app, notifications=True) as pilot:
            await pilot.press("ctrl+c")
            await said(app, words)
            assert not app._notifications
            assert app.is_running

    asyncio.run(story())


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_the_line_that_no_agent_answers_fits_the_screen(tmp_path: Path, lang: Lang) -> None:
    deep = tmp_path / ("a-long-name-of-a-folder" * 3)
    deep.mkdir()

    async def story() -> None:
        app = PanelApp(deep / "panel.sock", KEYS["kim"], Path("kim.pem"), lang)
        async with at_screen(app):
            await until(lambda: "gate run" in shown(app, "band"))
            band = app.query_one("#band")
            lines = ["".join(part.text for part in band.render_line(row)) for row in range(3)]
            assert "gate run" in lines[2], lines
            assert lines[2].rstrip().endswith("…")

    asyncio.run(story())


def test_a_screen_before_its_agent_says_so_and_finds_it(tmp_path: Path) -> None:
    async def story() -> None:
        app = PanelApp(tmp_path / "panel" / "panel.sock", KEYS["kim"], Path("kim.pem"), "ko")
        async with at_screen(app):
            await until(lambda: "응답하는 에이전트 없음: 파일 없음" in shown(app, "band"))
            assert "에이전트 응답 아직 없음" in shown(app, "band")
            async with gatehouse(tmp_path):
                await until(lambda: "고색지하차도" in shown(app, "title"))

    asyncio.run(story())


def test_an_order_that_nobody_finishes_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(screen, "FLOW_S", 0.3)

    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            app = panel(house)
            async with at_screen(app) as pilot:
                await until(lambda: shown(app, "title"))
                asked = asyncio.create_task(until(lambda: app.prompt.asking))  # it may be over after the key
                await pilot.press("c")
                await asked
                await said(app, "given up")
                assert not app.prompt.asking
                assert house.app.gate.last_seq == {}

    asyncio.run(story())


@pytest.mark.parametrize("lang", ["en", "ko"])
def test_everything_fits_a_small_terminal_on_a_bad_day(tmp_path: Path, lang: Lang) -> None:
    async def story() -> None:
        async with gatehouse(tmp_path) as house:
            house.site.simulator.depth(18.0)
            app = panel(house, lang)
            async with at_screen(app) as pilot:
                await until(lambda: "!! " in shown(app, "rows"))
                assert all(
                    app.query_one(f"#{name}").region.width == SIZE[0] for name in ("title", "band", "body")
                )
                assert app.query_one("#keys").region.bottom == SIZE[1]
                await pilot.press("question_mark")
                await until(lambda: shown(app, "rows").startswith("c "))
                assert all(line.strip() for line in shown(app, "rows").splitlines())

    asyncio.run(story())
