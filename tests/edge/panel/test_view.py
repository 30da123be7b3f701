"""What the screen says, as text: unknown is a dash, trouble is marked, and both languages say the same."""

import asyncio
import re
from pathlib import Path
from typing import Any, get_args

import pytest
from edge.panel.house import Gatehouse, gatehouse, until
from rich.cells import cell_len

from sotdae_edge.app import panel
from sotdae_edge.core.barrier import State
from sotdae_edge.core.effects import Voice
from sotdae_edge.core.hazard import Stage
from sotdae_edge.core.pulse import LAMPS
from sotdae_edge.core.site import CHECKLIST
from sotdae_edge.panel.snapshot import ArmSeen, Snapshot
from sotdae_edge.panel.terms import HELP, STATES, WORDS, Lang, term
from sotdae_edge.panel.view import DASH, age, known, number, rows, span
from sotdae_shared.messages import ClockTrust
from sotdae_shared.units import Flag

LANGS: tuple[Lang, ...] = get_args(Lang)


def text(gate: Snapshot, lang: Lang = "en") -> str:
    return "\n".join(f"{row.mark} {row.label}: {row.text}" for row in rows(gate, lang))


def seen(house: Gatehouse) -> Snapshot:
    return panel.shown(house.app).gate


def looked_at(tmp_path: Path, state: State | None, **settings: Any) -> Snapshot:
    """Return what a panel is shown once a gate is in a state; None: at once, before the first scan."""

    async def story() -> Snapshot:
        async with gatehouse(tmp_path, **settings) as house:
            if state is not None:
                await until(lambda: house.app.gate.state is state)
                await until(
                    lambda: seen(house).arms[0].lane == "clear" and seen(house).hub.pending is not None
                )
            return seen(house)

    return asyncio.run(story())


def changed(gate: Snapshot, **arm: Any) -> Snapshot:
    """Return the snapshot with its first arm changed."""
    return gate.model_copy(update={"arms": (gate.arms[0].model_copy(update=arm), *gate.arms[1:])})


def test_an_open_gate_wants_nobodys_eye(tmp_path: Path) -> None:
    gate = looked_at(tmp_path, State.OPEN)
    marked = [row for row in rows(gate, "en") if row.mark]
    assert not marked, marked
    assert DASH not in text(gate).replace(f" · {DASH} · closes at", "")  # no rate of a dry road


def test_nothing_known_is_shown_as_unknown_never_as_zero(tmp_path: Path) -> None:
    async def story() -> Snapshot:
        async with gatehouse(tmp_path) as house:
            await until(lambda: house.app.gate.state is State.OPEN)
            house.site.simulator.fault("controller", "power", True)
            await until(lambda: seen(house).water.level_cm is None and not seen(house).controller_heard)
            gate = seen(house)
            river = gate.water.model_copy(update={"river_cm": None, "rain_mm_h": None})  # they age slowly
            return gate.model_copy(update={"water": river})

    gate = asyncio.run(story())
    for lang in LANGS:
        said = text(gate, lang)
        assert not re.search(r"\b0(\.0)? (cm|A|mm/h)|0-5", said), said
        assert term(lang, "controller_silent") in said
        assert said.count(term(lang, "flag.9")) >= 3, said


@pytest.mark.parametrize(
    ("change", "label", "mark", "words"),
    [
        ({"lane": "occupied"}, "Lane", "!", "OCCUPIED"),
        ({"lane": "unknown"}, "Lane", "!", "UNKNOWN"),
        ({"proved": None}, "Arm", "!", "NOT PROVED"),
        ({"failed": "fault"}, "Arm", "!!", ""),
        ({"inside_request": True}, "Arm", "!!", "REQUEST FROM INSIDE"),
        ({"inside_release": True, "locked": False}, "Arm", "", "locked no · INSIDE HANDLE HELD"),
        ({"angle_deg": None}, "Arm", "", DASH),
        ({"camera": "silent"}, "Lane", "", "camera SILENT"),
    ],
)
def test_trouble_is_said_and_marked(
    tmp_path: Path, change: dict[str, Any], label: str, mark: str, words: str
) -> None:
    gate = changed(looked_at(tmp_path, State.OPEN), **change)
    (row,) = (row for row in rows(gate, "en") if row.label == label)
    assert row.mark == mark
    assert words in row.text


def test_a_lamp_that_is_not_as_asked_is_named(tmp_path: Path) -> None:
    gate = looked_at(tmp_path, State.OPEN)
    lamps = tuple(
        lamp.model_copy(update={"asked": True, "read": lamp.name != "siren_on"})
        for lamp in gate.arms[0].lamps
    )
    (row,) = (row for row in rows(changed(gate, lamps=lamps), "en") if row.label == "Warnings")
    assert row.mark == "!"
    assert "siren on reads back OFF" in row.text
    assert "sign on ·" in row.text


def test_a_voice_is_shown_where_there_is_one(tmp_path: Path) -> None:
    gate = looked_at(tmp_path, State.OPEN)
    assert "Voice" not in text(gate)
    assert "Voice: LEAVE THE RIVERSIDE" in text(gate.model_copy(update={"voice": "leave"}))


def test_each_approach_has_its_rows_and_one_that_is_not_heard_is_unknown(tmp_path: Path) -> None:
    ways = [{"name": "north"}, {"name": "south", "side": "exit", "prefix": "south_"}]
    gate = looked_at(tmp_path, None, approaches=ways)
    north, south = gate.arms
    assert (north.name, south.name, south.side) == ("north", "south", "exit")
    assert (south.lane, south.proved, south.angle_deg) == ("unknown", None, None)
    said = text(gate.model_copy(update={"controller_heard": True}))  # a slow start may have missed it
    assert "Lane north" in said
    assert re.search(r"! Arm south: .* · NOT PROVED · – · – · limits open/closed –/– · key –", said), said


KEPT = re.compile(
    r"GG-\S+|gate-1|[a-z]+-[0-9a-f]{8}-\d+|P\d [\w.]+:|\d ?oo ?\d|\b(cm|mm/h|A)\b|Kim|`\w+`", re.ASCII
)
"""What stays as it is on the Korean screen: names, codes, units."""


@pytest.mark.parametrize("state", [State.OPEN, State.CLOSED])
def test_the_korean_screen_speaks_korean(tmp_path: Path, state: State) -> None:
    async def story() -> Snapshot:
        async with gatehouse(tmp_path) as house:
            gate = house.app.gate
            await until(lambda: gate.state is State.OPEN)
            if state is State.CLOSED:
                house.site.simulator.depth(18.0)
            house.site.simulator.fault("pressure", "dead", True)
            await until(lambda: gate.state is state and "sensor.pressure" in gate.alarms.active)
            return seen(house)

    said = text(asyncio.run(story()), "ko")
    assert "압력식" in said
    left = set(re.findall(r"[A-Za-z]{2,}", KEPT.sub("", said)))
    assert left == set(), said


@pytest.mark.parametrize("lang", LANGS)
def test_every_machine_word_has_words(lang: Lang) -> None:
    assert set(STATES) == {*State, "unknown"}
    camera = get_args(ArmSeen.model_fields["camera"].annotation)
    wanted = [
        *(f"stage.{stage}" for stage in Stage), *(f"flag.{flag.value}" for flag in Flag),
        *(f"clock.{trust}" for trust in ClockTrust), *(f"check.{item}" for item in CHECKLIST),
        *(f"test.{test}" for test in LAMPS),
        *(f"voice.{voice.name.lower()}" for voice in Voice),
        *(f"camera.{word}" for word in camera),
        *(f"vote.{ballot}" for ballot in ("trip", "dry", "abstain", "bad")),
    ]  # fmt: skip
    assert [word for word in wanted if word not in WORDS] == []
    assert all(term(lang, word, *"abcdef") for word in WORDS)


def test_both_languages_put_the_same_values_in() -> None:
    differ = {
        word: both
        for word, both in WORDS.items()
        if len({tuple(sorted(re.findall(r"\{\d\}", text))) for text in both}) > 1
    }
    assert not differ


def test_each_line_of_the_help_fits_a_small_screen() -> None:
    assert max(cell_len(line) for lines in HELP.values() for line in lines) <= 80


def test_quantities_are_said_with_their_units() -> None:
    assert [number(None, "cm"), number(0.04, "cm"), number(89.6, "°")] == [DASH, "0.0 cm", "90°"]
    assert [known(None, "en"), known(False, "ko")] == [DASH, "아니오"]
    ages_s = (None, 0.26, 59.0, 600.0, 9000.0)
    assert [age(each, "en") for each in ages_s] == [DASH, "0.3 s", "59 s", "10 min", "2 h"]
    assert [age(each, "ko") for each in ages_s] == [DASH, "0.3초", "59초", "10분", "2시간"]
    assert [span(0.0), span(59.9), span(1800.0), span(7325.0)] == ["0:00", "0:59", "30:00", "2:02:05"]
