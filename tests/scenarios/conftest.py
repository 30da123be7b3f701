"""What the scenarios measured, listed at the end of the run."""

from collections.abc import Callable

import pytest

Measured = Callable[[str], None]
_lines: list[str] = []


@pytest.fixture
def measured() -> Measured:
    """Return a function that notes one measured figure for the summary."""
    return _lines.append


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List the figures."""
    for line in _lines:
        terminalreporter.write_line(f"measured: {line}")
