"""A policy as people write it and as machines sign it."""

import contextlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sotdae_provisioning.policy.draft import draft
from sotdae_provisioning.policy.files import bundle_bytes, read_policy, read_trust
from sotdae_shared.errors import ConfigError
from sotdae_shared.ids import FacilityType
from sotdae_shared.messages import PolicyBody, PolicyValues
from sotdae_shared.policy import signed_bytes

AT = datetime(2026, 6, 1, tzinfo=UTC)
HEAD = (
    'version = 7\nscope = ["GG"]\ntypes = ["UP"]\nissued_at = 2026-06-01\nreview_by = 2027-06-01\n'
    'reason = "rain"\n[values]\n'
)


def policy(reason: str = "rain", **values: float) -> PolicyBody:
    return PolicyBody(
        version=7, scope=("GG",), types=(FacilityType.UNDERPASS,), issued_at=AT,
        review_by=AT + timedelta(days=365), reason=reason, values=PolicyValues(**values),
    )  # fmt: skip


CM = st.floats(min_value=-1000, max_value=200_000, allow_nan=False)
REASONS = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=80)
@given(st.builds(policy, reason=REASONS, caution_cm=CM, river_trigger_cm=CM, blind_s=st.floats(0, 604_800)))
def test_what_is_written_is_read_and_signed_alike(tmp_path: Path, made: PolicyBody) -> None:
    toml, bundle = tmp_path / "policy.toml", tmp_path / "policy.json"
    toml.write_text(draft(made), encoding="utf-8", newline="")
    bundle.write_bytes(bundle_bytes(made))
    assert read_policy(toml) == read_policy(bundle) == made
    assert signed_bytes(read_policy(toml)) == signed_bytes(made)


def test_words_in_a_reason_stay_words(tmp_path: Path) -> None:
    toml = tmp_path / "policy.toml"
    made = policy('"\n[values]\nclose_cm = 200\n#', caution_cm=4.0)
    toml.write_text(draft(made), encoding="utf-8")
    assert read_policy(toml) == made
    assert read_policy(toml).values.close_cm is None


def test_a_day_is_a_korean_one(tmp_path: Path) -> None:
    toml = tmp_path / "policy.toml"
    toml.write_text(HEAD + "caution_cm = 4\n", encoding="utf-8")
    assert read_policy(toml).issued_at == datetime(2026, 5, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD + "cauton_cm = 4\n", "values.cauton_cm: there is no such setting; did you mean caution_cm?"),
        (HEAD + "caution_cm = nan\n", "values.caution_cm: "),
        (HEAD + 'caution_cm = "low"\n', "values.caution_cm: "),
        (HEAD.replace("version = 7", "version = 0"), "version: "),
        (HEAD.replace('"GG"', '"gg; DROP"'), "scope.0: "),
        (HEAD.replace("reason", "resaon"), "did you mean reason?"),
        ("approvals = []\n" + HEAD, "approvals: stand in the bundle"),
        ("version = \n", "is not TOML"),
        ("a = " + "[" * 5000, "is not TOML"),
        ("#" * 70_000, "more than 65536 bytes"),
    ],
)
def test_each_mistake_in_a_draft_is_named(tmp_path: Path, text: str, said: str) -> None:
    toml = tmp_path / "policy.toml"
    toml.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as told:
        read_policy(toml)
    assert told.value.source == str(toml)
    assert any(said in problem for problem in told.value.problems), told.value.problems


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff", b"[" * 60_000, b'{"v":2}', b"null"])
def test_a_bundle_that_is_none_is_refused_with_its_name(tmp_path: Path, raw: bytes) -> None:
    bundle = tmp_path / "policy.json"
    bundle.write_bytes(raw)
    with pytest.raises(ConfigError, match=r"policy\.json"):
        read_policy(bundle)


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_bytes_are_a_policy_or_a_named_mistake(tmp_path: Path, data: Any) -> None:
    whole = bundle_bytes(policy(caution_cm=4.0))
    raw = bytearray(data.draw(st.one_of(st.binary(max_size=200), st.just(whole))))
    if raw and data.draw(st.booleans()):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    for name in ("policy.toml", "policy.json"):
        (tmp_path / name).write_bytes(raw)
        with contextlib.suppress(ConfigError):
            assert read_policy(tmp_path / name).version >= 1


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "policy: there is no such section"), ("policy = 3", "no such section"), ("[policy]", "signers")],
)
def test_a_file_without_trust_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "hub.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=said):
        read_trust(path)
