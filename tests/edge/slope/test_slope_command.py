"""`sotdae slope forecast`: a file in, stages and a forecast or a refusal out."""

import io
import json
import random
from datetime import UTC, datetime, timedelta
from math import inf
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from sotdae_edge.core.forecast import Refusal
from sotdae_edge.core.slope import Limits, Stage
from sotdae_edge.slope.cli import slope_app
from sotdae_edge.slope.series import parse_series, read_series
from sotdae_edge.slope.study import study
from sotdae_firmware_bridge.sim.creep import Creep, Meter
from sotdae_shared.errors import ConfigError

START = datetime(2026, 7, 1, tzinfo=UTC)
HIGH = Limits(50.0, 50.0, 50.0, 500.0, 500.0)
CREEP = Creep(onset_h=100.0, life_h=100.0, start_mm_h=0.3)


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A slope an hour before its failure would be at 200 h."""
    path = tmp_path / "east.csv"
    lines = ["time,displacement_mm"]
    for t_h, mm in Meter(noise_mm=0.05).read(CREEP, 190.0, random.Random(2)):
        lines.append(f"{(START + timedelta(hours=t_h)).isoformat()},{mm:.3f}")
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(slope_app, ["forecast", *words])
    return done.exit_code, done.output


def test_a_failing_slope_has_stages_and_a_trend_with_an_interval(failing: Path) -> None:
    code, text = run(str(failing), "--json")
    answer = json.loads(text)
    assert code == 0
    stages = [Stage[each["stage"].upper()] for each in answer["stages"]]
    assert stages == sorted(stages)
    assert stages[-1] >= Stage.RESTRICT
    assert answer["stage"] == stages[-1].name.lower()
    trend = answer["forecast"]
    early, late = (datetime.fromisoformat(trend[name]) for name in ("early", "late"))
    assert early <= START + timedelta(hours=CREEP.fails_h) <= late
    assert answer["refusal"] is None
    assert answer["thresholds"]["attention_per_h"] == 2.0


def test_words_name_stage_limits_and_what_a_trend_is(failing: Path) -> None:
    code, text = run(str(failing), "--attention-mm-h", "1")
    assert code == 0
    assert "attention 1, prepare 4, evacuate 10 mm/h" in text
    assert "no time of a collapse" in text
    assert "SLO" in text


def test_a_refusal_is_said_with_its_reason(failing: Path) -> None:
    short = failing.with_name("short.csv")
    short.write_text("\n".join(failing.read_text(encoding="utf-8").splitlines()[:8]), encoding="utf-8")
    answer = json.loads(run(str(short), "--json")[1])
    assert answer["forecast"] is None
    assert answer["refusal"]["why"] == "too_few_samples"
    assert "no trend" in run(str(short))[1]


def test_a_picture_is_drawn_with_and_without_a_forecast(failing: Path) -> None:
    target = failing.with_name("east.png")
    assert run(str(failing), "--plot", str(target))[0] == 0
    first = target.read_bytes()
    assert first.startswith(b"\x89PNG")
    short = failing.with_name("short.csv")
    short.write_text("\n".join(failing.read_text(encoding="utf-8").splitlines()[:8]), encoding="utf-8")
    assert run(str(short), "--plot", str(target))[0] == 0
    assert target.read_bytes() != first


def test_the_end_of_the_wire_is_an_alarm(failing: Path) -> None:
    found = study(read_series(failing), 40.0, HIGH)
    assert [each.stage for each in found.changes] == ["prepare"]
    assert study(read_series(failing), inf, HIGH).changes == []


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("", "line 1"),
        ("time,level_cm\n2026-07-01,1", "line 1"),
        ("time,displacement_mm\n", "no readings"),
        ("time,displacement_mm\nyesterday,1", "line 2"),
        ("time,displacement_mm\n2026-07-01,1\n2026-07-01,2", "line 3: times must rise"),
        ("time,displacement_mm\n2026-07-01,nan", "line 2"),
        ("time,displacement_mm\n2026-07-01,1e9", "line 2"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "wrong.csv"
    path.write_text(text, encoding="utf-8")
    code, said = run(str(path), "--json")
    assert code == 2
    assert place in json.loads(said)["problems"][0]


def test_what_is_not_there_or_not_text_is_refused(tmp_path: Path) -> None:
    assert run(str(tmp_path / "absent.csv"))[0] == 2
    (tmp_path / "binary.csv").write_bytes(b"\xff\xfe\x00")
    assert run(str(tmp_path / "binary.csv"))[0] == 2


def test_missing_values_are_silence_and_not_zero() -> None:
    rows = [f"2026-07-01T{hour:02d}:00:00,{5.0 if hour % 2 else ''}" for hour in range(24)]
    found = study(parse_series(["time,displacement_mm", *rows], "x"), 100.0, Limits())
    assert found.stage == "normal"
    assert isinstance(found.outlook, Refusal)


@given(st.text(max_size=300))
def test_any_text_is_a_series_or_a_clear_error(text: str) -> None:
    try:
        series = parse_series(io.StringIO("time,displacement_mm\n" + text), "fuzz")
    except ConfigError:
        return
    assert series.readings


STAMP = st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1)).map(str)  # noqa: DTZ001
CELL = st.floats().map(str) | st.just("") | st.text(max_size=5)


@given(st.lists(st.tuples(STAMP, CELL), max_size=20))
def test_any_rows_are_a_series_or_a_clear_error(rows: list[tuple[str, str]]) -> None:
    lines = ["time,displacement_mm", *(f"{stamp},{cell}" for stamp, cell in sorted(rows))]
    try:
        series = parse_series(lines, "fuzz")
    except ConfigError:
        return
    study(series, 1000.0, Limits())


def test_a_plot_that_has_no_place_is_a_mistake_in_words(tmp_path: Path, failing: Path) -> None:
    code, said = run(str(failing), "--plot", str(tmp_path / "none" / "x.png"))
    assert code == 2
    assert "--plot" in said
