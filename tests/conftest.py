"""Guards: a test that leaves a thread, process or changed environment fails, and so does a bad log line."""

import logging
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import settings

# What commands say is compared in English, whatever language the machine's people read.
os.environ.update(LANG="C.UTF-8", LC_ALL="", LC_MESSAGES="")
# A busy machine fails no law: how fast one is, benchmarks measure.
settings.register_profile("patient", settings(), deadline=None)
settings.load_profile("patient")

REPO = Path(__file__).parents[1]
REFERENCE = "reference data: "
_skips: list[str] = []


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip a test whose reference data is absent."""
    for marker in item.iter_markers("shared_data"):
        path = shared_data() / marker.args[0]
        if not path.exists():
            pytest.skip(f"{REFERENCE}{marker.args[0]} is absent (set SOTDAE_SHARED)")


def shared_data() -> Path:
    """Return the folder of the reference data; it may not exist."""
    return Path(os.environ.get("SOTDAE_SHARED", REPO.parent / "shared" / "data"))


@pytest.fixture
def reference() -> Path:
    """Return the folder of the reference data; use with the marker shared_data."""
    return shared_data()


@pytest.fixture(autouse=True)
def leaves_nothing_behind() -> Iterator[None]:
    """Fail a test that leaves a thread, a child process or a changed environment."""
    threads, children, environ = set(threading.enumerate()), _children(), dict(os.environ)
    yield
    _settle(lambda: set(threading.enumerate()) <= threads, "threads")
    _settle(lambda: _children() <= children, "child processes")
    changed = {key for key in {*environ, *os.environ} if environ.get(key) != os.environ.get(key)}
    assert changed <= {"PYTEST_CURRENT_TEST"}, f"environment changed: {changed}"


@pytest.fixture(autouse=True)
def log_lines_are_well_formed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail on a log call whose arguments do not fit its format."""

    def fail(self: logging.Handler, record: logging.LogRecord) -> NoReturn:
        raise AssertionError(f"bad log line: {record.msg!r} % {record.args!r}")

    monkeypatch.setattr(logging.Handler, "handleError", fail)


def _children() -> set[int]:
    try:
        listed = Path(f"/proc/self/task/{os.getpid()}/children").read_text()
    except OSError:
        return set()
    return {int(word) for word in listed.split()}


def _settle(done, what: str) -> None:
    deadline = time.monotonic() + 3.0
    while not done():
        if time.monotonic() > deadline:
            names = [thread.name for thread in threading.enumerate()]
            pytest.fail(f"the test left {what} behind (threads now: {names})")
        time.sleep(0.01)


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember what was skipped and why."""
    if report.skipped and isinstance(report.longrepr, tuple):
        _skips.append(f"{report.nodeid}: {report.longrepr[2].removeprefix('Skipped: ')}")


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """In CI only the absence of reference data excuses a skip."""
    unexcused = [skip for skip in _skips if REFERENCE not in skip]
    if os.environ.get("CI") == "true" and unexcused and exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what was not run."""
    for skip in _skips:
        excused = REFERENCE in skip or os.environ.get("CI") != "true"
        terminalreporter.write_line(f"{'not run' if excused else 'NOT RUN, WHICH FAILS CI'}: {skip}")
