"""A walk's words in English and Korean, from `words.toml`: steps, states, questions, values, findings."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Literal

from sotdae_edge.panel import terms
from sotdae_edge.panel.terms import Lang
from sotdae_provisioning.device.walk.result import Finding, Value

Table = Literal["steps", "states", "flags", "values", "labels", "questions"]
MARKS = {"ok": "✓", "failed": "✗", "skipped": "–", "not_done": "…", "not_fitted": "·"}


@cache
def tables() -> dict[str, Any]:
    """Return all words; they come with the program."""
    return tomllib.loads((Path(__file__).parent / "words.toml").read_text(encoding="utf-8"))


def said(table: Table, lang: Lang, name: str, /, **values: Value) -> str:
    """Return a word or a sentence; a name without an entry is shown as it is."""
    pair = tables()[table].get(name)
    text = name if pair is None else str(pair[lang == "ko"])
    return text.format(**values) if values else text


def step_title(lang: Lang, step: str) -> str:
    """Return a step's title, with which one of its kind it is."""
    kind, _, which = step.partition(":")
    title = said("steps", lang, kind)
    return f"{title} · {terms.named(lang, 'thing', which)}" if which else title


def value_title(lang: Lang, name: str) -> str:
    """Return a value's name; what comes after the first point is a point of the device."""
    kind, _, which = name.partition(".")
    title = terms.named(lang, "thing", said("values", lang, kind))
    return f"{terms.named(lang, 'thing', which)}: {title}" if which else title


def value_text(lang: Lang, value: Value, unit: str) -> str:
    """Return a value as read by people. None is "not known", never zero."""
    if value is None:
        return said("flags", lang, "unknown")
    if isinstance(value, bool):
        return said("flags", lang, str(value).lower())
    text = terms.said(lang, said("flags", lang, value)) if isinstance(value, str) else f"{value:.10g}"
    return f"{text} {unit}".strip()


def finding_text(lang: Lang, finding: Finding) -> tuple[str, str]:
    """Return what is so, and how to mend it (empty where nothing is wrong)."""
    entry, ko = tables()["findings"].get(finding.code), lang == "ko"
    if entry is None:
        return finding.code, ""
    unknown = said("flags", lang, "unknown")
    known = {name: _known(lang, each, unknown) for name, each in finding.values.items()}
    mend = entry["mend"][ko] if "mend" in entry else ""
    try:
        return str(entry["says"][ko]).format(**known), mend
    except (LookupError, ValueError):  # a report made by hand, or by another version
        return finding.code, mend


def _known(lang: Lang, value: Value, unknown: str) -> Value:
    """Return a value of a finding as it is shown; a reason that came in English in the language."""
    if value is None:
        return unknown
    return terms.said(lang, value) if isinstance(value, str) else value
