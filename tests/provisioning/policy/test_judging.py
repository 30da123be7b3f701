"""`sotdae policy lint`: what gates would refuse is refused before anybody signs."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import Result
from policy_kit import Signers
from typer.testing import CliRunner

from sotdae_edge.core.limits import LEVELS, TIMES
from sotdae_provisioning.policy.cli import policy_app
from sotdae_provisioning.policy.draft import draft
from sotdae_provisioning.policy.judging import findings
from sotdae_provisioning.policy.words import NAMES
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def policy(scope: str = "GG", days: int = 365, **values: float) -> PolicyBody:
    return PolicyBody(
        version=7, scope=(scope,), types=(FacilityType.UNDERPASS,), issued_at=NOW,
        review_by=NOW + timedelta(days=days), reason="rain", values=PolicyValues(**values),
    )  # fmt: skip


def gate_file(directory: Path, signers: Signers, *, bounds: str = "", length_m: float = 175.0) -> Path:
    path = directory / f"gate-{length_m:g}.toml"
    site = '[facility]\nid = "GG-41113-UP-0007"\nnode = "gate-41113-up-0007"\nname = "A"\n'
    place = f'lat = 37.2\nlon = 127.0\n[storage]\ndir = "{directory}/gate"\n[device]\nprofile = "underpass"\n'
    section = signers.section.replace("\n[[policy", f"\n{bounds}\n[[policy", 1)
    path.write_text(f"{site}{place}[geometry]\nlength_m = {length_m}\n{section}", encoding="utf-8")
    return path


def lint(directory: Path, made: PolicyBody, *words: str) -> Result:
    path = directory / "policy.toml"
    path.write_text(draft(made), encoding="utf-8")
    return CliRunner().invoke(policy_app, ["lint", str(path), *words])


@pytest.fixture
def signers(tmp_path: Path) -> Signers:
    return Signers(tmp_path / "keys")


def test_every_value_has_its_words_and_its_limits() -> None:
    assert list(NAMES) == list(PolicyValues.model_fields)
    assert all(name in LEVELS or name.removesuffix("_s") in TIMES for name in NAMES)


def test_a_close_at_two_metres_is_refused_with_what_mends_it(tmp_path: Path) -> None:
    done = lint(tmp_path, policy(close_cm=200.0))
    assert done.exit_code == 1
    assert "close_cm 200 is above 15" in done.stdout
    assert "Mend: set close_cm to 15, or leave it out" in done.stdout


def test_what_is_wrong_is_said_in_korean(tmp_path: Path) -> None:
    done = lint(tmp_path, policy(close_cm=200.0), "--lang", "ko")
    first, last = done.stdout.splitlines()
    assert first.endswith(
        "policy.toml: 오류: 안전 한계보다 약함: close_cm 200: 15 초과: 국가 통제 기준: 15 cm 또는 더 엄격하게"
        " (DOMAIN 0.1). 고치려면: close_cm = 15, 또는 빼기"
    )
    assert last == "정책 7: 거부됨, 기준 일반 지하차도. --site로 실제 시설 지정"
    none = CliRunner().invoke(policy_app, ["lint", str(tmp_path / "none.toml"), "--lang", "ko"])
    assert (none.exit_code, "읽을 수 없음" in none.stderr) == (2, True)


def test_a_sites_own_bounds_its_values_and_its_latest_safe_start_count(
    tmp_path: Path, signers: Signers
) -> None:
    bounded = gate_file(tmp_path, signers, bounds="[policy.bounds]\ncaution_cm = [4.5, 8]")
    done = lint(tmp_path, policy(caution_cm=4.0), "--site", str(bounded), "--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (1, False)
    (found,) = told["findings"]
    assert found["place"] == str(bounded)
    assert found["text"].endswith("caution_cm 4 is below 4.5. Mend: set caution_cm to 4.5, or leave it out")
    assert lint(tmp_path, policy(caution_cm=4.5), "--site", str(bounded)).exit_code == 0
    orderings = lint(tmp_path, policy(caution_cm=8.0, close_cm=7.0))
    assert "want caution_off_cm < caution_cm < close_cm" in orderings.stdout
    long = gate_file(tmp_path, signers, length_m=350.0)
    assert lint(tmp_path, policy(), "--site", str(long)).exit_code == 0
    late = lint(tmp_path, policy(caution_cm=10.0), "--site", str(long))
    assert late.exit_code == 1
    assert "the latest safe start is" in late.stdout


def test_a_site_out_of_scope_is_said_and_not_judged(tmp_path: Path, signers: Signers) -> None:
    site = gate_file(tmp_path, signers)
    done = lint(tmp_path, policy(scope="41135", close_cm=200.0), "--site", str(site))
    assert done.exit_code == 0
    assert "does not speak to GG-41113-UP-0007" in done.stdout


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (policy(days=-1, caution_cm=4.0), "review_by: 2026-05-31 is over"),
        (policy(days=29, caution_cm=4.0), "less than 30 days away"),
        (policy(), "none is set"),
    ],
)
def test_what_is_doubtful_is_a_warning(made: PolicyBody, said: str) -> None:
    (found,) = findings("p", made, [], NOW)
    assert (found.place, found.weight) == ("p", "warning")
    assert said in found.text


@pytest.mark.parametrize("scope", ["41999", "GG-41999-UP-0001", "SU", "GG-41113-ZZ-0001"])
def test_a_scope_that_is_nowhere_is_wrong(scope: str) -> None:
    (found,) = findings("p", policy(scope=scope, caution_cm=4.0), [], NOW)
    assert (found.place, found.weight) == ("p", "wrong")
    assert found.text.startswith(f"scope: {scope}: ")


def test_a_district_of_a_city_is_a_scope() -> None:
    assert findings("p", policy(scope="41113", caution_cm=4.0), [], NOW) == []


def test_what_is_well_has_no_finding() -> None:
    assert findings("p", policy(caution_cm=4.0, hub_silent_s=600.0, river_trigger_cm=2902.0), [], NOW) == []


def test_a_site_that_is_no_gate_is_named(tmp_path: Path) -> None:
    done = lint(tmp_path, policy(), "--site", str(tmp_path / "nosuch.toml"))
    assert done.exit_code == 2
    assert "nosuch.toml" in done.stderr
