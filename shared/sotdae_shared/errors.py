"""Every error Sotdae raises on purpose, by whose fault it is.

SotdaeError
├── WireError      the peer's bytes are wrong: count them, park them, go on
│   └── TopicError     the topic does not say who speaks
├── LinkError      a device or broker does not answer: a later try may work
└── ConfigError    a person must mend a file: all problems at once, each with its place

A refusal (of a command, of an open) is not an error: it is a value with its reason.
"""

from collections.abc import Callable
from typing import Self


class SotdaeError(Exception):
    """Base of all errors that Sotdae raises on purpose."""

    def said(self, say: Callable[[str], str]) -> Self:
        """Return the same error in the words of `say`, such as another language's."""
        return type(self)(say(str(self)))


class WireError(SotdaeError):
    """Bytes from outside that cannot be understood."""


class TopicError(WireError):
    """A topic that does not follow the scheme, or does not fit its message."""


class LinkError(SotdaeError):
    """A device, broker or store that does not answer; retrying may help."""


class ConfigError(SotdaeError):
    """A file that a person must mend.

    Attributes:
        source: the file's name.
        problems: every problem found, as ``place: what is wrong and what would be right``.
    """

    def __init__(self, source: str, problems: list[str]) -> None:
        """Keep the problems apart so that a command line can list them."""
        super().__init__(f"{source}: " + "; ".join(problems))
        self.source = source
        self.problems = problems

    def said(self, say: Callable[[str], str]) -> Self:
        """Return the same error with each problem in the words of `say`."""
        return type(self)(self.source, [say(problem) for problem in self.problems])

    @classmethod
    def unreadable(cls, path: object, error: OSError | UnicodeDecodeError) -> Self:
        """Say why a file cannot be read, in words without numbers of errors."""
        torn = isinstance(error, UnicodeDecodeError)
        why = f"{error}; save it as UTF-8" if torn else getattr(error, "strerror", None) or str(error)
        return cls(str(path), [f"cannot be read: {why}"])

    @property
    def listed(self) -> str:
        """The problems as a list for a terminal, under the file's name."""
        return "\n".join([f"{self.source}:", *(f"  - {problem}" for problem in self.problems)])
