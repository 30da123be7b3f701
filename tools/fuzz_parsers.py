"""Coverage-guided fuzzing with atheris: `make fuzz ARGS="--inputs N --seconds S NAME ..."`.

Each parser runs in a process of its own, from its corpus, until it has taken N inputs or S seconds. A crash
is kept under `run/fuzz/<name>/` and shown; put its bytes into `tests/fuzz/corpus/<name>/` once it is mended.
"""

import argparse
import re
import subprocess
import sys
import time
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

REPO = Path(__file__).parents[1]
PLACE = REPO / "run/fuzz"
INSTRUMENTED = [
    "sotdae_edge",
    "sotdae_firmware_bridge",
    "sotdae_hub",
    "sotdae_provisioning",
    "sotdae_shared",
    "tomllib",
    "rfc8785",
]
LIMITS = ["-max_len=8192", "-rss_limit_mb=4096", "-timeout=20", "-print_final_stats=1"]


def one(name: str, options: list[str]) -> None:
    """Fuzz one parser in this process, which ends here."""
    import atheris  # noqa: PLC0415 - optional

    with atheris.instrument_imports(include=INSTRUMENTED):
        from fuzz.targets import TARGETS  # noqa: PLC0415 - only now, to be instrumented
    target, place = TARGETS[name], PLACE / name
    (place / "corpus").mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.corpus()):
        (place / "corpus" / f"seed-{number}").write_bytes(seed)
    arguments = [sys.argv[0], *LIMITS, *options, f"-artifact_prefix={place}/", str(place / "corpus")]
    with ExitStack() as stack:
        atheris.Setup(arguments, target.guarded(stack))
        atheris.Fuzz()


def row(name: str, inputs: int, seconds: int) -> tuple[str, str | None]:
    """Fuzz one parser in a child; return its row of the table, and what went wrong."""
    command = [sys.executable, __file__, "--one", name, f"-runs={inputs}", f"-max_total_time={seconds}"]
    began = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", cwd=REPO, check=False)
    took_s, told = time.perf_counter() - began, done.stdout + done.stderr
    taken = re.findall(r"number_of_executed_units: (\d+)", told) or ["0"]
    branches = re.findall(r" cov: (\d+)", told) or ["-"]
    result = "crash" if done.returncode else "no crash"
    shown = f"| `{name}` | {int(taken[-1]):,} | {took_s:.0f} | {branches[-1]} | {result} |"
    return shown, _trace(told) if done.returncode else None


def _trace(told: str) -> str:
    start, end = told.find("Uncaught Python exception"), told.find("\nINFO: ")
    return told[max(start, 0) : end][-6000:]


def main() -> int:
    """Fuzz the parsers that are named, or all."""
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], sys.argv[3:])
    parser = argparse.ArgumentParser(description="coverage-guided fuzzing of every parser")
    parser.add_argument("names", nargs="*", help="parsers; all of them if none is named")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="inputs of each parser, at most")
    parser.add_argument("--seconds", type=int, default=60, help="time of each parser, at most")
    options = parser.parse_args()
    if find_spec("atheris") is None:
        print("atheris is not installed: pip install 'sotdae[fuzz]' (Linux, CPython 3.11 to 3.13)")
        return 2
    from fuzz.targets import TARGETS  # noqa: PLC0415 - slow to import

    if unknown := set(options.names) - TARGETS.keys():
        parser.error(f"no parser {', '.join(sorted(unknown))}: want {', '.join(TARGETS)}")
    print("| parser | inputs | seconds | branches | result |\n|---|---:|---:|---:|---|", flush=True)
    crashes = 0
    for name in options.names or TARGETS:
        shown, wrong = row(name, options.inputs, options.seconds)
        print(shown, flush=True)
        if wrong is not None:
            crashes += 1
            print(wrong, file=sys.stderr, flush=True)
    return 1 if crashes else 0


if __name__ == "__main__":
    sys.exit(main())
