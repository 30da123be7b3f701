"""Mutation testing of the gate's core with mutmut: `make mutants ARGS="[--processes N] [MODULE ...]"`.

mutmut wants a source tree of its own and does not touch properties, so both are made for it in a copy under
`run/mutants`: each property hands on to a plain method. What is mutated and which tests judge stands in
pyproject.toml. At the end a table: mutants and survivors by module.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path

REPO = Path(__file__).parents[1]
PLACE = REPO / "run/mutants"
COPIED = ("tests", "docs", "pyproject.toml")
PROPERTY = re.compile(r"    @property\n    def (\w+)\(self\) -> ([^\n]+):\n")
KILLED = frozenset({"killed", "timeout", "segfault", "caught by type check"})


def prepare() -> None:
    """Make the copy; verdicts of an earlier run are kept for functions that did not change."""
    shutil.rmtree(PLACE / "src", ignore_errors=True)
    shutil.copytree(
        REPO / "edge/sotdae_edge", PLACE / "src/sotdae_edge", ignore=shutil.ignore_patterns("__pycache__")
    )
    for name in COPIED:
        source, target = REPO / name, PLACE / name
        if source.is_dir():
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, target)
    for path in (PLACE / "src/sotdae_edge/core").glob("*.py"):
        text = PROPERTY.sub(_handed_on, path.read_text(encoding="utf-8"))
        path.write_text(text, encoding="utf-8")


def _handed_on(match: re.Match[str]) -> str:
    name, kind = match.groups()
    own = f"property_{name}"
    return f"{match[0]}        return self.{own}()\n\n    def {own}(self) -> {kind}:\n"


def mutmut(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one command of mutmut in the copy."""
    packages = [str(REPO / part) for part in ("shared", "firmware_bridge", "hub", "provisioning")]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(packages)}
    command = [sys.executable, "-m", "mutmut", *arguments]
    quiet = arguments[0] != "run"
    return subprocess.run(command, cwd=PLACE, env=environ, check=False, text=True, capture_output=quiet)


def main() -> int:
    """Mutate the modules that are named, or all, and tell who survived."""
    parser = argparse.ArgumentParser(description="mutation testing of the gate's core")
    parser.add_argument("modules", nargs="*", help="such as vote; all of them if none is named")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    prepare()
    wanted = [f"sotdae_edge.core.{name}.*" for name in options.modules]
    if code := mutmut("run", f"--max-children={options.processes}", *wanted).returncode:
        return code
    found = re.findall(r"sotdae_edge\.core\.(\w+)\.(\S+): (.+)", mutmut("results", "--all", "true").stdout)
    of = {module: Counter(state for name, _, state in found if name == module) for module, _, _ in found}
    print("| module | mutants | killed | survived |\n|---|---:|---:|---:|")
    for module, states in sorted(of.items()):
        killed = sum(count for state, count in states.items() if state in KILLED)
        print(f"| `{module}` | {states.total()} | {killed} | {states.total() - killed} |")
    print(*(f"{module}.{name}: {state}" for module, name, state in found if state not in KILLED), sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
