"""Mutation testing of the core: `make mutants ARGS="[--processes N] [MODULE ...]"`.

mutmut makes the mutants, of the modules that pyproject.toml names, in a copy under `run/mutants`; it does
not touch properties, so there each hands on to a plain method. Judging is done here, for one start of
pytest costs more than most of these tests, and so does a fork: tests are collected once, and for each mutant
one function gets the mutant's code, and the tests that call it run, those that noticed one of its mutants
first and then the fastest, until one fails.
"""

import argparse
import builtins
import difflib
import inspect
import json
import os
import re
import shutil
import signal
import sys
import time
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from itertools import accumulate
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, NoReturn

import pytest

REPO = Path(__file__).parents[1]
PLACE = REPO / "run/mutants"
SETTINGS = tomllib.loads((REPO / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["mutmut"]
MODULES = [Path(path).stem for path in SETTINGS["only_mutate"]]
PROPERTY = re.compile(r"    @property\n    def (\w+)\(self\) -> ([^\n]+):\n")
BUDGET_S = 2.0
"""Processor time for the tests of one mutant; the slowest stories are left out where there are many."""
PATIENCE_S = 20.0
"""Processor time for one mutant besides its budget: beyond it the mutant runs for ever, and is noticed."""

Mutants = dict[str, FunctionType]
Mutant = tuple[str, FunctionType, FunctionType]
Times = dict[pytest.Item, float]
Callers = dict[CodeType, list[pytest.Item]]


class EndlessError(BaseException):
    """A mutant has taken more time than anything here needs."""


WATCHED = """
def watched(*args, **named):
    import builtins
    return builtins._watches[{}].note()(*args, **named)
"""
_watches: "list[Watch]" = []
builtins._watches = _watches  # type: ignore[attr-defined]
registered: list[tuple[FunctionType, Mutants]] = []
"""Each function with its mutants by name."""


def register(mutants: Mutants, is_classmethod: bool = False) -> Callable[[FunctionType], FunctionType]:
    """Stand for mutmut's switch: leave the function as it is, and note its mutants."""

    def note(function: FunctionType) -> FunctionType:
        registered.append((function, mutants))
        return function

    return note


def prepare(modules: list[str]) -> None:
    """Make the copy with the mutants of some modules, and have it imported in place of the original."""
    from mutmut.mutation import trampoline  # noqa: PLC0415 - optional
    from mutmut.mutation.file_mutation import mutate_file_contents  # noqa: PLC0415 - optional

    shutil.rmtree(PLACE, ignore_errors=True)
    target = PLACE / "sotdae_edge"
    shutil.copytree(REPO / "edge/sotdae_edge", target, ignore=shutil.ignore_patterns("__pycache__"))
    for name in modules:
        path = target / f"core/{name}.py"
        text = PROPERTY.sub(_handed_on, path.read_text(encoding="utf-8"))
        path.write_text(mutate_file_contents(str(path), text).code, encoding="utf-8")
    trampoline.wrap_in_trampoline = register
    sys.path.insert(0, str(PLACE))


def _handed_on(match: re.Match[str]) -> str:
    name, kind = match.groups()
    return f"{match[0]}        return self.of_{name}()\n\n    def of_{name}(self) -> {kind}:\n"


class Judge:
    """A pytest plugin that takes over once the tests are collected."""

    def __init__(self, processes: int, wanted: set[str], budget_s: float) -> None:
        """Judge in so many processes; an empty `wanted` means all mutants."""
        self.processes = processes
        self.wanted = wanted
        self.budget_s = budget_s
        self.verdicts: dict[str, str] = {}

    def pytest_configure(self) -> None:
        """Let every mutant meet the same inputs, and nobody look for the smallest that notices it."""
        from hypothesis import Phase, settings  # noqa: PLC0415 - not before pytest

        phases = (Phase.explicit, Phase.generate)
        settings.register_profile("mutants", derandomize=True, database=None, deadline=None, phases=phases)
        settings.load_profile("mutants")

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Find out who calls what, then judge every mutant, each process its share."""
        took_s, callers = self._baseline(session.items)
        work = [each for each in _mutants() if not self.wanted or each[0] in self.wanted]
        children = []
        for share in range(self.processes):
            pid = os.fork()
            if not pid:
                self._judge(work[share :: self.processes], share, took_s, callers)
            children.append(pid)
        for pid in children:
            os.waitpid(pid, 0)
        for path in sorted(PLACE.glob("verdicts-*.json")):
            self.verdicts |= json.loads(path.read_text(encoding="utf-8"))
        return True

    def _judge(self, work: list[Mutant], share: int, took_s: Times, callers: Callers) -> NoReturn:
        """Judge some mutants in this process, one after the other, and end it."""
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        os.dup2(silent, 2)
        signal.signal(signal.SIGVTALRM, _endless)
        verdicts: dict[str, str] = {}
        noticed_by: dict[pytest.Item, list[str]] = defaultdict(list)
        kept = PLACE / f"verdicts-{share}.json"
        for tests in callers.values():
            tests.sort(key=took_s.__getitem__)
        for name, function, mutant in work:
            called = callers[function.__code__]
            tests = _affordable(called, took_s, self.budget_s)
            noticed = _noticed(function, mutant, tests, PATIENCE_S + self.budget_s)
            if noticed is not None:
                noticed_by[noticed].append(name)
                called.remove(noticed)
                called.insert(0, noticed)  # it is likely to notice the next one of this function, too
            verdicts[name] = "killed" if noticed else "survived" if tests else "not called"
            kept.write_text(json.dumps(verdicts, indent=1), encoding="utf-8")
        # A test that fails without any mutant, too, has kept something of one: it has noticed nothing.
        spoilt = {name: "spoilt" for test, names in noticed_by.items() if not _passes(test) for name in names}
        kept.write_text(json.dumps(verdicts | spoilt, indent=1), encoding="utf-8")
        os._exit(0)

    def _baseline(self, items: list[pytest.Item]) -> tuple[Times, Callers]:
        """Run every test once; return its time, and which tests call each function."""
        took_s: Times = {}
        callers: Callers = defaultdict(list)
        called: set[CodeType] = set()
        watches = [Watch(function, called) for function, _ in registered]
        for item in items:
            called.clear()
            for watch in watches:
                watch.arm()
            began = time.process_time()
            if not _passes(item):
                pytest.exit(f"{item.nodeid} fails without any mutant", returncode=3)
            took_s[item] = time.process_time() - began
            for code in called:
                callers[code].append(item)
        for watch in watches:
            watch.disarm()
        return took_s, callers


class Watch:
    """Notes the first call of a function in a test, and costs the later ones nothing."""

    def __init__(self, function: FunctionType, called: set[CodeType]) -> None:
        """Prepare; `called` gets the function's code."""
        self._function, self._called = function, called
        self._own = function.__code__, function.__defaults__, function.__kwdefaults__
        made: dict[str, Any] = {}
        exec(WATCHED.format(len(_watches)), made)
        _watches.append(self)
        self._watching = made["watched"].__code__, None, None

    def arm(self) -> None:
        """Note the next call."""
        self._put(self._watching)

    def disarm(self) -> None:
        """Leave the function as it was."""
        self._put(self._own)

    def note(self) -> FunctionType:
        """Note a call; return the function, which is itself again."""
        self._called.add(self._own[0])
        self.disarm()
        return self._function

    def _put(self, what: Any) -> None:
        function = self._function
        function.__code__, function.__defaults__, function.__kwdefaults__ = what


def _mutants() -> Iterator[tuple[str, FunctionType, FunctionType]]:
    for function, mutants in registered:
        module = function.__module__.rpartition(".")[2]
        for name, mutant in mutants.items():
            if name != "_mutmut_orig":
                yield f"{module}.{_plain(name)}", function, getattr(mutant, "__func__", mutant)


def _affordable(tests: list[pytest.Item], took_s: Times, budget_s: float) -> list[pytest.Item]:
    """Return the first of the tests, up to a budget for each mutant."""
    spent_s = list(accumulate(took_s[test] for test in tests))
    return [test for test, until_s in zip(tests, spent_s, strict=True) if until_s <= budget_s] or tests[:1]


def _plain(name: str) -> str:
    """Turn mutmut's name into `Class.method#number`."""
    path, _, number = name.partition("__mutmut_")
    return path.removeprefix("xǁ").removeprefix("x_").replace("ǁ", ".") + f"#{number}"


def _passes(item: pytest.Item) -> bool:
    from _pytest.runner import runtestprotocol  # noqa: PLC0415

    reports = runtestprotocol(item, log=False, nextitem=None)
    return not any(report.failed for report in reports)


def _noticed(
    function: FunctionType, mutant: FunctionType, tests: list[pytest.Item], patience_s: float
) -> pytest.Item | None:
    """Return the first of the tests that fails with the mutant in the function's place."""
    own = function.__code__, function.__defaults__, function.__kwdefaults__
    function.__code__ = mutant.__code__
    function.__defaults__, function.__kwdefaults__ = mutant.__defaults__, mutant.__kwdefaults__
    signal.setitimer(signal.ITIMER_VIRTUAL, patience_s)
    test = None
    try:
        for test in tests:
            if not _passes(test):
                return test
        return None
    except BaseException:  # noqa: BLE001 - whatever it is, the mutant was noticed
        return test
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0.0)
        function.__code__, function.__defaults__, function.__kwdefaults__ = own


def _endless(_signal: int, _frame: object) -> NoReturn:
    raise EndlessError


def differences(names: list[str]) -> Iterator[str]:
    """Yield what each of these mutants changes."""
    sources = {name: (function, mutant) for name, function, mutant in _mutants()}
    for name in names:
        function, mutant = sources[name]
        before, after = (inspect.getsource(each).splitlines()[1:] for each in (function, mutant))
        changed = difflib.unified_diff(before, after, n=0, lineterm="")
        yield name + "".join(
            f"\n    {line}"
            for line in changed
            if line[0] in "+-" and line[:3] not in ("+++", "---") and "def " not in line
        )


def main() -> int:
    """Judge the modules that are named, or all; print a table, and what each survivor changes."""
    parser = argparse.ArgumentParser(description="mutation testing of the core")
    parser.add_argument("modules", nargs="*", help="such as vote; all of them if none is named")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--again", type=Path, help="judge only the survivors of this file of verdicts")
    parser.add_argument("--tests", help="such as limits,deny: only these of tests/edge/core, and much sooner")
    parser.add_argument("--budget", type=float, default=BUDGET_S, help="seconds of tests for one mutant")
    parser.add_argument("--verdicts", type=Path, default=REPO / "run/mutants.json")
    options = parser.parse_args()
    before = json.loads(options.again.read_text(encoding="utf-8")) if options.again else {}
    modules = options.modules or MODULES
    prepare(modules)
    wanted = {name for name, verdict in before.items() if verdict in _ALIVE}
    judge = Judge(options.processes, wanted, options.budget)
    arguments = ["-q", "-p", "no:cacheprovider", "-m", "not slow and not legacy"]
    tests = SETTINGS["pytest_add_cli_args_test_selection"]
    if options.tests:
        tests = [f"tests/edge/core/test_{name}.py" for name in options.tests.split(",")]
    if code := pytest.main([*arguments, *tests], [judge]):
        return int(code)
    verdicts = before | judge.verdicts
    options.verdicts.write_text(json.dumps(verdicts, indent=1), encoding="utf-8")
    _tell(verdicts)
    alive = [
        name for name, verdict in verdicts.items() if verdict in _ALIVE and name.split(".")[0] in modules
    ]
    print("\n" + "\n".join(differences(alive)))
    return 0


_ALIVE = ("survived", "not called", "spoilt")


def _tell(verdicts: dict[str, str]) -> None:
    counted: dict[str, Counter[str]] = defaultdict(Counter)
    for name, verdict in verdicts.items():
        counted[name.split(".")[0]][verdict] += 1
    counted["all"] = sum(counted.values(), Counter())
    print("\n| module | mutants | noticed | alive | rate |\n|---|---:|---:|---:|---:|")
    for module, verdict in counted.items():
        alive, total = sum(verdict[each] for each in _ALIVE), verdict.total()
        print(f"| {module} | {total} | {total - alive} | {alive} | {100 * (total - alive) / total:.1f} % |")


if __name__ == "__main__":
    sys.exit(main())
