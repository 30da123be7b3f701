"""Every alarm code and decision that an agent can raise, read off the code that raises it."""

import ast
from collections.abc import Iterator
from functools import cache
from itertools import product
from pathlib import Path
from typing import get_args

from sotdae_edge.core.barrier import Signal
from sotdae_edge.core.conditions import _FAILED
from sotdae_edge.core.reservoirs import PRIORITY as GRADES
from sotdae_edge.core.reservoirs import Grade
from sotdae_edge.core.rungs import RUNGS
from sotdae_edge.core.site import UNDERPASS_CHANNELS
from sotdae_edge.core.slopes import PRIORITY as STAGES
from sotdae_edge.core.slopes import Stage
from sotdae_edge.watchdog.feeding import _SAYS
from sotdae_shared.messages import CommandBody

EDGE = Path(__file__).parents[2] / "edge/sotdae_edge"
ALARMS = {"Condition": 0, "Alarm": 0, "_holds": 0, "say_lost": 1}
"""Calls that raise an alarm, and which argument is its code."""
DECISIONS = {"Decided": 0, "decided": 0}
PLACE = "A-1"
CHANNELS = [channel.name for channel in UNDERPASS_CHANNELS]
VALUES = {
    "home.name": [PLACE], "spec.name": [PLACE], "failed": list(_FAILED),
    "lamp": ["sign_closed", "flasher_on", "siren_on"],
    "grade.name.lower()": [grade.name.lower() for grade in GRADES],
    "stage.name.lower()": [stage.name.lower() for stage in STAGES],
    ("reservoirs", "name"): ["level", "settlement", "seepage", "turbidity"],
    ("reservoirs", "word"): [grade.name.lower() for grade in Grade],
    ("slopes", "word"): [stage.name.lower() for stage in Stage],
    ("conditions", "name"): CHANNELS, ("bypass", "name"): CHANNELS,
    ("drift", "name"): CHANNELS, "rung.name": [rung.name for rung in RUNGS],
    ("ages", "name"): ["lamps", "stroke", *(f"wet.{name}" for name in CHANNELS)],
    ("selftest", "test"): ["lamps", "siren", *(f"wet.{name}" for name in CHANNELS)],
    "*said[:2]": [said[0] for said in _SAYS.values()],
    "command.target": get_args(CommandBody.model_fields["target"].annotation),
    "signal.value": [signal.value for signal in Signal],
}  # fmt: skip
"""What stands for an expression in a code: the values it can take. An unknown expression fails the test."""
PASSED_ON = {"code", "condition.code", "decision", "spec.code(code)"}
"""Codes that another line has made."""


def alarms() -> set[str]:
    """Return every alarm code."""
    return {code for tree, path in _modules() for code in _codes(tree, path, ALARMS)}


def decisions() -> set[str]:
    """Return every decision."""
    return {code for tree, path in _modules() for code in _codes(tree, path, DECISIONS)}


def helpers() -> set[str]:
    """Return the name of every task that an agent keeps alive."""
    found = set()
    for tree, path in _modules():
        if path.parent.name != "app" and path.name != "cli.py":
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "made":
                found.add(ast.literal_eval(node.slice))
            if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "made":
                assert isinstance(node.value, ast.Dict)
                found |= {ast.literal_eval(key) for key in node.value.keys if key is not None}
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("helpers.keep"):
                found |= {node.args[0].value} if isinstance(node.args[0], ast.Constant) else set()
    return found


@cache
def _modules() -> list[tuple[ast.Module, Path]]:
    return [(ast.parse(path.read_text(encoding="utf-8")), path) for path in sorted(EDGE.rglob("*.py"))]


def _codes(tree: ast.Module, path: Path, calls: dict[str, int]) -> Iterator[str]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func).rpartition(".")[2]
        if name in calls and len(node.args) > calls[name]:
            yield from _values(node.args[calls[name]], tree, path)


def _values(node: ast.expr, tree: ast.Module, path: Path) -> list[str]:
    """Return what an expression can be; fail for one that nobody has listed."""
    text = ast.unparse(node)
    if isinstance(node, ast.Constant):
        return [str(node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = [
            _values(part.value if isinstance(part, ast.FormattedValue) else part, tree, path)
            for part in node.values
        ]
        return ["".join(each) for each in product(*parts)]
    if isinstance(node, ast.Call) and text.endswith(")") and ".code(" in text and node.args:
        return _values(node.args[0], tree, path)
    if (path.stem, text) in VALUES:
        return [str(value) for value in VALUES[path.stem, text]]
    if text in VALUES:
        return [str(value) for value in VALUES[text]]
    if path.stem == "tolerance" and text == "name":
        return sorted(helpers())
    if (made := list(_assigned(text, tree))) and text == "code":
        return [value for each in made for value in _values(each, tree, path)]
    assert text in PASSED_ON, f"{path}:{node.lineno}: {text}: say in VALUES what it can be"
    return []


def _assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the values that a module assigns to a name, alone or in a tuple."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            yield from (value for left, value in pairs if ast.unparse(left) == name)
