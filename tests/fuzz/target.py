"""What is fuzzed: one parser of outside bytes behind one function."""

from collections.abc import Callable, Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from open_files import opened_below

Feed = Callable[[bytes], object]
"""Takes one input. It may refuse it with the target's error; whatever else it raises is a crash."""

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True, slots=True)
class Target:
    """One parser. What holds of an input that it accepts is asserted: that it reads back, say."""

    name: str
    make: Callable[[ExitStack], Feed]
    """Makes the function; what that opens is closed with the stack."""
    refuses: type[Exception] | None
    """The declared error; None for a parser that never raises."""
    seeds: Callable[[], Iterable[bytes]]
    """Good inputs, made with the product's own encoders and examples."""

    def corpus(self) -> list[bytes]:
        """Return the seeds, and what earlier runs found worth keeping."""
        kept = sorted((CORPUS / self.name).glob("*"))
        return [*self.seeds(), *(path.read_bytes() for path in kept)]

    def guarded(self, stack: ExitStack) -> Callable[[bytes], None]:
        """Return the function without its declared error."""
        feed, declared = self.make(stack), () if self.refuses is None else (self.refuses,)

        def guarded(data: bytes) -> None:
            with suppress(*declared):
                feed(data)

        return guarded


def plain(feed: Feed) -> Callable[[ExitStack], Feed]:
    """Return a maker for a function that opens nothing."""
    return lambda _stack: feed


def in_file(read: Callable[[Path], object]) -> Callable[[ExitStack], Feed]:
    """Return a maker for a function that reads a file: the door that people's files come through."""

    def make(stack: ExitStack) -> Feed:
        root = directory(stack)
        path = root / "input"

        def feed(data: bytes) -> object:
            for left in root.iterdir():  # a database's journal, say
                left.unlink()
            path.write_bytes(data)
            try:
                return read(path)
            finally:
                assert not opened_below(root), "whoever cannot use a file lets go of it"

        return feed

    return make


def directory(stack: ExitStack) -> Path:
    """Return an empty directory, in memory where there is one: a million inputs need no disk."""
    memory = Path("/dev/shm")
    return Path(stack.enter_context(TemporaryDirectory(dir=memory if memory.is_dir() else None)))
