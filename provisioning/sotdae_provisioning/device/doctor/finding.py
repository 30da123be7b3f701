"""What the doctor found: a fault with its rank, told in the words of `texts`. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sotdae_edge.panel.terms import said
from sotdae_provisioning.device.doctor.texts import TEXTS, Language, Rank


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong. `values` fill the words; none of them is ever a secret."""

    code: str
    values: dict[str, str] = field(default_factory=dict)

    @property
    def rank(self) -> Rank:
        """How bad it is."""
        return TEXTS[self.code].rank

    def fault(self, language: Language) -> str:
        """Say what is wrong."""
        return TEXTS[self.code].words(language).fault.format_map(self._said(language))

    def mend(self, language: Language) -> str:
        """Say how to mend it."""
        return TEXTS[self.code].words(language).mend.format_map(self._said(language))

    def _said(self, language: Language) -> dict[str, str]:
        return {name: said(language, value) for name, value in self.values.items()}

    def as_json(self, language: Language) -> dict[str, Any]:
        """Return it as plain values."""
        words = {"fault": self.fault(language), "mend": self.mend(language)}
        return {"code": self.code, "rank": self.rank.name.lower(), **words}


def found(code: str, **values: object) -> Finding:
    """Return a finding; every value is made one short line that a terminal only shows."""
    return Finding(code, {name: _plain(str(value)) for name, value in values.items()})


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Return findings by rank; within one, in the order in which the parts depend on each other."""
    return sorted(findings, key=lambda finding: finding.rank)


def _plain(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)[:300]
