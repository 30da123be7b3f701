"""What a policy says and changes, in English and Korean words."""

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sotdae_edge.panel.terms import Lang
from sotdae_shared.messages import PolicyBody, PolicyValues
from sotdae_shared.policy import signed_bytes

NAMES: dict[str, tuple[str, str]] = {
    "caution_cm": ("caution", "주의 수위"),
    "caution_off_cm": ("caution ends below", "주의 해제 수위"),
    "close_cm": ("closing", "통제 수위"),
    "predict_from_cm": ("prediction from", "예측 시작 수위"),
    "reopen_cm": ("dry enough to reopen below", "재개방 건조 수위"),
    "river_caution_cm": ("river caution", "하천 주의 수위"),
    "river_trigger_cm": ("river trigger", "하천 통제 수위"),
    "rain_warning_mm_h": ("rain warning", "호우 기준"),
    "caution_off_s": ("caution ends after", "주의 해제 지연"),
    "pre_warn_s": ("warning before the arm moves", "하강 전 경고"),
    "held_open_s": ("queue under the arm told of after", "차단기 아래 정체 통보"),
    "camera_hold_s": ("camera may hold the arm", "카메라 하강 지연"),
    "blind_s": ("blind after", "수위계 전체 상실 판단"),
    "hub_silent_s": ("hub silent after", "허브 침묵 판단"),
    "reopen_dry_s": ("dry before reopening", "재개방 전 건조 시간"),
    "caution_after_open_s": ("caution after reopening", "재개방 후 주의"),
    "manual_alarm_s": ("turned key told of after", "수동 열쇠 통보"),
    "repair_s": ("repair overdue after", "수리 지연 통보"),
}
"""Of each value that a policy may set."""

TEXTS: dict[str, tuple[str, str]] = {
    "changed": ("{0}: from {1} to {2}", "{0}: {1}에서 {2}(으)로"),
    "new": ("new: {0} {1}", "새로 정함: {0} {1}"),
    "gone": ("back to the site's own value: {0} (was {1})", "시설 자체 값으로: {0} (이전 {1})"),
    "nothing": ("nothing changes", "바뀌는 것 없음"),
    "own": ("it sets no value: each site's own file counts", "정하는 값 없음: 시설마다 자체 값이 적용됨"),
    "version": ("version", "버전"),
    "scope": ("scope", "범위"),
    "types": ("types", "시설 종류"),
    "review_by": ("review by", "재검토 기한"),
    "reason": ("reason", "사유"),
    "policy": ("Policy {0} for {1} ({2}), review by {3}", "정책 {0}: {1} ({2}), 재검토 {3}까지"),
    "signed_by": ("signed by", "서명"),
    "nobody": ("nobody yet", "아직 없음"),
    "fingerprint": ("fingerprint", "지문"),
    "dry.site": ("site", "시설"),
    "dry.record": ("record", "기록"),
    "dry.caution": ("caution", "주의"),
    "dry.closing": ("closing", "통제"),
    "dry.cautions": ("cautions", "주의 횟수"),
    "dry.closings": ("closings", "통제 횟수"),
    "dry.false": ("false", "오통제"),
    "sign?": ("Sign this as {0}?", "{0}(으)로 서명할까요?"),
}


@dataclass(frozen=True, slots=True)
class Change:
    """One thing in which two policies differ; None is a value that the policy does not set."""

    name: str
    old: Any
    new: Any


def say(lang: Lang, text: str, *values: object) -> str:
    """Return a text in the language."""
    english, korean = TEXTS[text]
    return (korean if lang == "ko" else english).format(*values)


def changes(old: PolicyBody | None, new: PolicyBody) -> list[Change]:
    """Return in what a policy differs from the one before it; from nothing where there is none."""
    found = [] if old is None else list(_around(old, new))
    before = PolicyValues() if old is None else old.values
    for name in PolicyValues.model_fields:
        one, other = getattr(before, name), getattr(new.values, name)
        if one != other:
            found.append(Change(name, one, other))
    return found


def in_words(lang: Lang, change: Change) -> str:
    """Return a change as one line."""
    name, old, new = change.name, change.old, change.new
    if name not in NAMES:
        return say(lang, "changed", say(lang, name), old, new)
    named = NAMES[name][lang == "ko"]
    if old is None:
        return say(lang, "new", named, amount(name, new, lang))
    if new is None:
        return say(lang, "gone", named, amount(name, old, lang))
    was, now = amount(name, old, lang), amount(name, new, lang)
    same_unit = was.split(" ")[-1] == now.split(" ")[-1]
    return say(lang, "changed", named, was.split(" ")[0] if same_unit else was, now)


def headline(lang: Lang, policy: PolicyBody) -> str:
    """Return whom a policy is for, in one line."""
    scope, types = ", ".join(policy.scope), ", ".join(policy.types)
    return say(lang, "policy", policy.version, scope, types, policy.review_by.date())


def fingerprint(policy: PolicyBody) -> str:
    """Return what two people who sign the same policy can read to each other."""
    digest = sha256(signed_bytes(policy)).hexdigest()[:16]
    return " ".join(digest[at : at + 4] for at in range(0, 16, 4))


def amount(name: str, value: float, lang: Lang) -> str:
    """Return a value with its unit; durations in what people count in."""
    if name.endswith("_cm"):
        return f"{value:g} cm"
    if name.endswith("_mm_h"):
        return f"{value:g} mm/h"
    for seconds, english, korean in ((3600, "h", "시간"), (60, "min", "분")):
        if value >= 2 * seconds and value % seconds == 0:
            return f"{value / seconds:g} {korean if lang == 'ko' else english}"
    return f"{value:g} {'초' if lang == 'ko' else 's'}"


def _around(old: PolicyBody, new: PolicyBody) -> Iterator[Change]:
    for name in ("version", "scope", "types", "review_by", "reason"):
        one, other = _plain(getattr(old, name)), _plain(getattr(new, name))
        if one != other:
            yield Change(name, one, other)


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return ", ".join(sorted(value))
    return value if isinstance(value, int | str) else str(value.date())
