"""The doctor's words, from `texts.toml`: each fault with its mend and rank, in Korean and English."""

import tomllib
from enum import IntEnum
from pathlib import Path
from typing import Literal, NamedTuple

Language = Literal["ko", "en"]


class Rank(IntEnum):
    """How bad a fault is, the worst first."""

    UNSAFE = 1
    """The gate may not protect."""
    UNHEARD = 2
    """It protects, and nobody hears of it."""
    SOON = 3
    """All works; something will not for long."""


class Words(NamedTuple):
    """What is wrong, and how to mend it."""

    fault: str
    mend: str


class Text(NamedTuple):
    """One fault in both languages."""

    rank: Rank
    en: Words
    ko: Words

    def words(self, language: Language) -> Words:
        """Return it in one language."""
        return self.ko if language == "ko" else self.en


TEXTS = {
    code: Text(Rank[text["rank"].upper()], Words(*text["en"]), Words(*text["ko"]))
    for code, text in tomllib.loads(
        Path(__file__).with_name("texts.toml").read_text(encoding="utf-8")
    ).items()
}
"""By the fault's code."""
