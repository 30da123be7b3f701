"""Explore the gate to the fixed point of each cut, or of those named, and print what was walked."""

import argparse
import sys
import time
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(REPO / "tests"))

from edge.core.cuts import CUTS  # noqa: E402 - it lives with the tests
from edge.core.exploration import explore  # noqa: E402 - as above


def main(words: list[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__, epilog="Example:  tools/explore_gate.py radar")
    parser.add_argument("cut", nargs="*", help=f"{', '.join(CUTS)}; all of them take a long while")
    names = parser.parse_args(words).cut
    unknown = [name for name in names if name not in CUTS]
    if unknown:
        parser.error(f"no such cut: {', '.join(unknown)}; there are {', '.join(CUTS)}")
    print("| cut | what is free | actions | states | edges | rows of the table | CPU s |")
    print("|---|---|---|---|---|---|---|")
    for name in names or CUTS:
        cut, began = CUTS[name], time.process_time()
        found = explore(cut)
        spent = time.process_time() - began
        counts = f"{len(cut.actions)} | {found.states:,} | {found.edges:,} | {len(found.rows)} | {spent:.0f}"
        print(f"| `{name}` | {cut.what} | {counts} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
