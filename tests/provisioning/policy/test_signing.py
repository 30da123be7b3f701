"""`sotdae policy new|diff|sign|verify`, as people use them."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from policy_kit import Signers
from typer.testing import CliRunner

from sotdae_edge.panel.keys import make_key
from sotdae_provisioning.policy.cli import policy_app
from sotdae_provisioning.policy.files import read_policy
from sotdae_shared.policy import approve


def policy(*words: object, said: str | None = None) -> Result:
    return CliRunner().invoke(policy_app, [str(word) for word in words], input=said, env={"LANG": "C"})


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    path = tmp_path / "rainy.toml"
    done = policy("new", path, "--scope", "GG", "--set", "caution_cm=4", "--reason", "rainy season")
    assert done.exit_code == 0, done.output
    return path


@pytest.fixture
def signers(tmp_path: Path) -> Signers:
    return Signers(tmp_path / "keys")


def test_two_people_sign_and_it_is_good(draft: Path, signers: Signers) -> None:
    trust, bundle = signers.trust(), draft.with_suffix(".json")
    first = policy("sign", draft, "--key", signers.pem("kim"), "--as", "kim", "--trust", trust, said="y\n")
    assert first.exit_code == 0, first.output
    assert "new: caution 4 cm" in first.output
    assert "signed by 1 of 2 people" in first.output
    lacking = policy("verify", bundle, "--trust", trust, "--json")
    assert lacking.exit_code == 1
    assert json.loads(lacking.stdout)["reason"] == "signed by 1 of 2 people"
    second = policy("sign", bundle, "--key", signers.pem("lee"), "--as", "lee", "--yes")
    assert second.exit_code == 0, second.output
    good = policy("verify", bundle, "--trust", trust)
    assert (good.exit_code, good.stdout) == (0, "good: signed by Kim, Lee; 2 are needed\n")


def test_who_says_no_signs_nothing(draft: Path, signers: Signers) -> None:
    done = policy("sign", draft, "--key", signers.pem("kim"), "--as", "kim", said="n\n")
    assert done.exit_code == 1
    assert not draft.with_suffix(".json").exists()


def test_the_same_draft_may_be_signed_by_each_and_another_is_kept_apart(
    draft: Path, signers: Signers
) -> None:
    for name in ("kim", "lee"):
        assert policy("sign", draft, "--key", signers.pem(name), "--as", name, "--yes").exit_code == 0
    bundle = draft.with_suffix(".json")
    assert policy("verify", bundle, "--trust", signers.trust()).exit_code == 0
    draft.write_text(draft.read_text().replace("caution_cm = 4", "caution_cm = 3"), encoding="utf-8")
    kept = bundle.read_bytes()
    done = policy("sign", draft, "--key", signers.pem("kim"), "--as", "kim", "--yes")
    assert done.exit_code == 2
    assert "another policy (version 1) lies here" in done.stderr
    assert bundle.read_bytes() == kept


def test_a_key_that_gates_would_refuse_signs_nothing(draft: Path, signers: Signers, tmp_path: Path) -> None:
    make_key(tmp_path / "mallory.pem", None)
    trust = signers.trust()
    for name, said in (("kim", "is not the key of Kim"), ("mallory", "nobody signs as 'mallory' here")):
        done = policy(
            "sign", draft, "--key", tmp_path / "mallory.pem", "--as", name, "--trust", trust, "--yes"
        )
        assert done.exit_code == 2
        assert said in done.stderr
    assert not draft.with_suffix(".json").exists()


def test_nobody_signs_what_every_gate_would_refuse(tmp_path: Path, signers: Signers) -> None:
    path = tmp_path / "deep.toml"
    assert policy("new", path, "--set", "close_cm=200", "--reason", "later").exit_code == 0
    done = policy("sign", path, "--key", signers.pem("kim"), "--as", "kim", "--yes")
    assert done.exit_code == 2
    assert "weaker than interlock: close_cm 200 is above 15" in done.stderr
    assert not path.with_suffix(".json").exists()


def test_a_key_is_never_shown(draft: Path, signers: Signers, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("horse battery\n", encoding="utf-8")
    locked = tmp_path / "kim-locked.pem"
    make_key(locked, "horse battery")
    good = policy("sign", draft, "--key", locked, "--as", "kim", "--yes", "--passphrase-file", secret)
    assert good.exit_code == 0
    secret.write_text("wrong passphrase here\n", encoding="utf-8")
    bad = policy("sign", draft, "--key", locked, "--as", "kim", "--yes", "--passphrase-file", secret)
    assert bad.exit_code == 2
    for done in (good, bad):
        assert "horse" not in done.output
        assert not any(line in done.output for line in locked.read_text().splitlines()[1:-1])


def test_a_spoiled_signature_is_named(draft: Path, signers: Signers) -> None:
    bundle = draft.with_suffix(".json")
    for name in ("kim", "lee"):
        policy("sign", draft, "--key", signers.pem(name), "--as", name, "--yes")
    read = read_policy(bundle)
    spoiled = approve(read, "lee", signers.keys["park"])
    bundle.write_text(spoiled.model_dump_json(), encoding="utf-8")
    done = policy("verify", bundle, "--trust", signers.trust())
    assert (done.exit_code, done.stdout.strip()) == (1, "bad signature of lee")
    kept = bundle.read_bytes()
    park = ("--key", signers.pem("park"), "--as", "park", "--trust", signers.trust(), "--yes")
    done = policy("sign", bundle, *park)
    assert done.exit_code == 2
    assert "bad signature of lee" in done.stderr
    assert bundle.read_bytes() == kept, "nobody signs beside a forged signature"


def test_a_difference_is_told_in_words(draft: Path, tmp_path: Path) -> None:
    text = draft.read_text()
    other = tmp_path / "next.toml"
    new = text.replace("version = 1 ", "version = 2 ").replace("caution_cm = 4.0", "# caution_cm = 5")
    other.write_text(new.replace("# hub_silent_s = 600", "hub_silent_s = 300"), encoding="utf-8")
    done = policy("diff", draft, other)
    assert done.stdout.splitlines() == [
        "version: from 1 to 2", "back to the site's own value: caution (was 4 cm)",
        "new: hub silent after 5 min",
    ]  # fmt: skip
    other.write_text(new.replace("# caution_cm = 5", "caution_cm = 3.5"), encoding="utf-8")
    assert "caution: from 4 to 3.5 cm" in policy("diff", draft, other).stdout
    assert "주의 수위: 4에서 3.5 cm(으)로" in policy("diff", draft, other, "--lang", "ko").stdout
    found = json.loads(policy("diff", draft, other, "--json").stdout)
    assert found["changes"][1] == {"name": "caution_cm", "old": 4.0, "new": 3.5}
    assert policy("diff", draft, draft).stdout == "nothing changes\n"


def test_the_next_draft_begins_from_the_last(draft: Path, tmp_path: Path) -> None:
    following = tmp_path / "next.toml"
    done = policy("new", following, "--after", draft, "--reason", "typhoon")
    assert done.exit_code == 0, done.output
    found = read_policy(following)
    assert (found.version, found.values.caution_cm, found.reason) == (2, 4.0, "typhoon")
    assert policy("new", following, "--reason", "again").exit_code == 2


@pytest.mark.parametrize("scope", ["99999", "41999", "GG-99999-UP-0001"])
def test_a_city_that_is_not_there_gets_no_draft(tmp_path: Path, scope: str) -> None:
    done = policy("new", tmp_path / "a.toml", "--scope", "GG", "--scope", scope, "--reason", "why")
    assert (done.exit_code, (tmp_path / "a.toml").exists()) == (2, False)
    assert f"scope: {scope}: no city or county of this province has the code" in done.stderr


@pytest.mark.parametrize("scope", ["gg", "411", "GG-41113-UP-7", "GG;rm"])
def test_a_scope_that_cannot_be_is_named(tmp_path: Path, scope: str) -> None:
    done = policy("new", tmp_path / "a.toml", "--scope", scope, "--reason", "why")
    assert done.exit_code == 2
    assert "scope.0" in done.stderr
    assert not (tmp_path / "a.toml").exists()


@pytest.mark.parametrize("value", ["caution_cm", "caution_cm=", "caution_cm=low", "cauton_cm=4", "=4"])
def test_a_value_that_cannot_be_is_named(tmp_path: Path, value: str) -> None:
    done = policy("new", tmp_path / "a.toml", "--set", value, "--reason", "why")
    assert done.exit_code == 2
    assert "values." in done.stderr
    assert not (tmp_path / "a.toml").exists()


def test_a_policy_that_sets_nothing_is_not_said_to_change_nothing(tmp_path: Path, signers: Signers) -> None:
    path = tmp_path / "back.toml"
    assert policy("new", path, "--reason", "back").exit_code == 0
    said = policy("sign", path, "--key", signers.pem("kim"), "--as", "kim", "--yes")
    assert "it sets no value: each site's own file counts" in said.output
    assert "nothing changes" not in said.output


def test_what_a_person_must_mend_ends_with_2(draft: Path, tmp_path: Path) -> None:
    nowhere = policy("new", tmp_path / "no" / "x.toml", "--reason", "r")
    assert (nowhere.exit_code, "cannot be written" in nowhere.output) == (2, True)
    unsigned = policy("publish", draft, "--hub", "http://127.0.0.1:1")
    assert (unsigned.exit_code, "sotdae policy sign" in unsigned.output) == (2, True)
    address = policy("status", "--hub", "127.0.0.1:8080")
    assert (address.exit_code, "want http://host:port" in address.output) == (2, True)
