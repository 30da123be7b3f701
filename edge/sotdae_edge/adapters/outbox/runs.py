"""Runs of numbers, as gap markers tell them. Pure."""

from collections.abc import Iterator, Sequence


def runs(numbers: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the closed ranges of consecutive numbers in an ascending sequence."""
    start = 0
    for index in range(1, len(numbers) + 1):
        if index == len(numbers) or numbers[index] != numbers[index - 1] + 1:
            yield numbers[start], numbers[index - 1]
            start = index
