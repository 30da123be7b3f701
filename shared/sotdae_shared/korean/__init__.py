"""What parts say in English, in Korean: for whoever reads, at the moment of showing it.

Records, effects and messages keep the English text: it is evidence, and hashed. A text without an entry is
shown as it is; `tests/shared/test_korean.py` fails for one that a part can say.

Each entry is an English text and its Korean one. A value stands in braces: `{0}` as it came, `{0:word}` one
word, `{0:state}` by the words of that name, `{0:said}` by the entries again, `{0:free}` whatever a person or
another program wrote.
"""

import re
from functools import cache, lru_cache
from typing import NamedTuple

from sotdae_shared.korean.commands import COMMANDS
from sotdae_shared.korean.devices import DEVICES
from sotdae_shared.korean.gate import GATE
from sotdae_shared.korean.limits import LIMITS
from sotdae_shared.korean.links import LINKS
from sotdae_shared.korean.orders import ORDERS
from sotdae_shared.korean.places import PLACES
from sotdae_shared.korean.policies import POLICIES
from sotdae_shared.korean.words import WORDS

_JOINED = {"{0:name}: {1:said}": "{0}: {1}", "{0:said}; {1:said}": "{0}; {1}"}
"""A text under a name, and several texts in a row: what remains when no other entry fits."""
TEXTS = ORDERS | GATE | PLACES | POLICIES | LIMITS | COMMANDS | DEVICES | LINKS | _JOINED

_BLANK = re.compile(r"\{(\d)(?::(\w+))?\}")
_TAKES = {"said": "(.+?)", "free": "(.*)", "word": r"(\S+)", "name": r"(\S+)"}
_TAKES_VALUE = "([^;]+?)"
MOST = 500
"""Characters of a text: no message has more, and a longer one is left as it is."""
DEEPEST = 6
"""Texts within texts; what a text made to be slow has beyond is left as it is."""


class Entry(NamedTuple):
    """One text: what it looks like, of what kind its values are, and what it says in Korean."""

    pattern: str
    """A regular expression, as Python and browsers read it."""
    needs: str
    """The longest part of it that is no value: without it there is nothing to try."""
    kinds: tuple[str, ...]
    korean: str


def _entry(english: str, korean: str) -> Entry:
    parts = _BLANK.split(english)
    pattern = re.escape(parts[0])
    for kind, literal in zip(parts[2::3], parts[3::3], strict=True):
        pattern += _TAKES.get(kind or "", _TAKES_VALUE) + re.escape(literal)
    return Entry(f"^{pattern}$", max(parts[::3], key=len), tuple(kind or "" for kind in parts[2::3]), korean)


ENTRIES = tuple(
    _entry(english, TEXTS[english]) for english in sorted(TEXTS, key=lambda text: -len(_BLANK.sub("", text)))
)
"""The most particular first: the first that fits is taken."""


@cache
def patterns() -> tuple[tuple[re.Pattern[str], Entry], ...]:
    """Return each entry with its pattern, made for the first text: most commands never show one in Korean."""
    return tuple((re.compile(each.pattern), each) for each in ENTRIES)


@lru_cache(maxsize=1024)
def in_korean(text: str) -> str:
    """Return a text in Korean; one that no entry fits as it is."""
    return text if len(text) > MOST else _found(text, 0)


def _found(text: str, depth: int) -> str:
    if depth == DEEPEST:
        return text
    for pattern, entry in patterns():
        if entry.needs in text and (found := pattern.match(text)) is not None:
            values = zip(entry.kinds, found.groups(), strict=True)
            return entry.korean.format(*(_value(kind, value, depth) for kind, value in values))
    return text


def named(kind: str, names: str) -> str:
    """Return the Korean words for names of some kind, with commas between; unknown ones as they are."""
    words = WORDS.get(kind, {})
    return ", ".join(words.get(each, each) for each in names.split(", "))


def _value(kind: str, value: str, depth: int) -> str:
    if kind == "said":
        return _found(value, depth + 1)
    return value.replace(" and ", ", ") if kind == "people" else named(kind, value)
