"""`sotdae policy dry-run`: recorded floods, with and without a policy."""

import csv
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from sotdae_edge.replay.layout import BUILT_IN
from sotdae_provisioning.policy.cli import policy_app
from sotdae_provisioning.policy.draft import draft
from sotdae_provisioning.policy.dry_run import earlier_s, pairs, trials
from sotdae_provisioning.policy.floods import floods
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues

NOW = datetime(2026, 6, 1, tzinfo=UTC)
DEAD_RUN = "series/usgs_01589330_deadrun_2018-06_5min.csv"
P90_FT = 1.16
TOOLS = Path(__file__).parents[3] / "tools"


def policy(directory: Path, *scope: str, **values: float) -> Path:
    made = PolicyBody(
        version=7, scope=scope or ("GG",), types=(FacilityType.UNDERPASS,), issued_at=NOW,
        review_by=NOW + timedelta(days=365), reason="rain", values=PolicyValues(**values),
    )  # fmt: skip
    path = directory / "policy.toml"
    path.write_text(draft(made), encoding="utf-8")
    return path


def dry_run(*words: object) -> Result:
    return CliRunner().invoke(policy_app, ["dry-run", *map(str, words)], env={"COLUMNS": "160"})


def test_a_lower_caution_comes_earlier_and_closes_as_before(tmp_path: Path) -> None:
    done = dry_run(policy(tmp_path, caution_cm=4.0), "--json")
    assert done.exit_code == 0, done.output
    fast, slow = json.loads(done.stdout)["trials"]
    assert fast["differs"]
    assert slow["differs"]
    # At 20 cm a minute the fourth centimetre comes 3 s before the fifth; at one, a minute.
    assert (fast["caution_earlier_s"], slow["caution_earlier_s"]) == (3.0, 60.0)
    assert fast["before"]["closings_at"] == fast["after"]["closings_at"] != []
    assert slow["after"]["closings_at"] == []


def test_a_lower_closing_level_closes_where_the_site_would_not(tmp_path: Path) -> None:
    done = dry_run(policy(tmp_path, close_cm=10.0))
    assert done.exit_code == 0, done.output
    assert "only with the policy" in done.stdout
    assert "0 -> 1" in done.stdout
    assert "2 of 2 would have gone differently" in done.stdout


def test_the_sites_own_values_change_nothing(tmp_path: Path) -> None:
    assert "0 of 2 would have gone differently" in dry_run(policy(tmp_path, caution_cm=5.0)).stdout


def test_a_site_that_would_not_take_it_is_told_of_and_not_played(tmp_path: Path) -> None:
    done = dry_run(policy(tmp_path, close_cm=200.0), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["trials"]) == (1, [])
    assert "close_cm 200 is above 15" in told["refused"]["GG-41113-UP-0007"][0]
    done = dry_run(policy(tmp_path, "41135", caution_cm=4.0))
    assert done.exit_code == 1
    assert "does not speak to it" in done.stdout


def test_a_picture_is_drawn(tmp_path: Path) -> None:
    from PIL import Image

    target = tmp_path / "dry.png"
    assert dry_run(policy(tmp_path, caution_cm=4.0), "--plot", target).exit_code == 0
    with Image.open(target) as picture:
        assert picture.width > 800
        assert len(picture.convert("RGB").getcolors(1 << 20) or []) > 20
    done = dry_run(policy(tmp_path, caution_cm=4.0), "--plot", tmp_path / "no" / "dry.png")
    assert done.exit_code == 2


def test_the_progress_tells_every_row_once(tmp_path: Path) -> None:
    record, told = floods()[0], list[int]()
    made = PolicyBody.model_validate(
        {"version": 1, "scope": ["GG"], "types": ["UP"], "issued_at": NOW, "review_by": NOW,
         "reason": "x", "values": {"caution_cm": 4.0}}
    )  # fmt: skip
    sites = (BUILT_IN, replace(BUILT_IN, facility="GG-41113-UP-0008"))
    played = list(trials(made, sites, [record], told.append))
    assert [trial.site for trial in played] == [site.facility for site in sites]
    assert told == sorted(told)
    assert told[-1] <= 4 * len(record.times_s)


@pytest.mark.parametrize("text", ["", "time,level_cm\n0,wet\n1,2\n", "time,level_cm\n=cmd|' /C calc'!A0,1\n"])
def test_a_record_that_is_none_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    record = tmp_path / "flood.csv"
    record.write_text(text, encoding="utf-8")
    done = dry_run(policy(tmp_path, caution_cm=4.0), record, "--json")
    assert done.exit_code == 2
    assert json.loads(done.stdout)["source"] == "flood.csv"


@pytest.mark.shared_data(DEAD_RUN)
def test_a_recorded_month_says_what_a_lower_caution_costs(tmp_path: Path, reference: Path) -> None:
    record = tmp_path / "dead-run.csv"
    with (reference / DEAD_RUN).open(encoding="utf-8") as source, record.open("w", encoding="utf-8") as out:
        out.write("time,level_cm\n")
        for row in csv.DictReader(source):
            stage = row["gage_height_ft"]
            depth = "" if not stage else f"{max(0.0, float(stage) - P90_FT) * 30.48 / 4:.3f}"
            out.write(f"{row['time_utc']},{depth}\n")
    done = dry_run(policy(tmp_path, caution_cm=4.0), record, "--json")
    (trial,) = json.loads(done.stdout)["trials"]
    assert trial["differs"]
    assert trial["caution_earlier_s"] >= 0
    assert len(trial["after"]["cautions_at"]) >= len(trial["before"]["cautions_at"]) > 0
    assert trial["after"]["closings_at"] == trial["before"]["closings_at"] != []


def test_only_moments_of_the_same_flood_are_compared() -> None:
    day = 86_400.0
    assert pairs([day], [0.0, day - 300.0]) == [(day, day - 300.0)]
    assert earlier_s([day, 3 * day], [0.0, day - 300.0, 2 * day, 3 * day - 900.0]) == 600.0
    assert pairs([0.0], [7 * 3600.0]) == []
    assert earlier_s([], [day]) is None
    assert pairs([0.0, 60.0], [30.0]) == [(0.0, 30.0)], "one is one flood only"


@pytest.mark.slow
@pytest.mark.shared_data("series/usgs_01581752_plumtree_2016-2018_5min.parquet")
def test_the_page_says_what_comes_out(reference: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(TOOLS)
    import replay_floods  # noqa: F401 - importlib mode knows it only by its path

    monkeypatch.setattr("replay_floods.SHARED", reference)
    import policy_floods

    page = policy_floods.PAGE.read_text(encoding="utf-8")
    for name, lines in policy_floods.tables(policy_floods.tell()).items():
        assert policy_floods.put(page, name, lines) == page, name
