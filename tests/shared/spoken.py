"""Every text that a part can say to people, read off the code that says it."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SPEAKERS = (
    "edge/sotdae_edge/core/*.py",
    *(
        f"edge/sotdae_edge/app/{name}.py"
        for name in ("city", "denying", "drift", "ears", "gate", "keeping", "reporting", "tolerance")
    ),
    "edge/sotdae_edge/watchdog/feeding.py",
    "edge/sotdae_edge/checking.py",
    "edge/sotdae_edge/record/journal.py",
    *(f"edge/sotdae_edge/panel/{name}.py" for name in ("approve", "client", "door", "keys", "server")),
    "shared/sotdae_shared/policy.py",
    "shared/sotdae_shared/signing.py",
    "hub/sotdae_hub/core/release.py",
    "hub/sotdae_hub/core/rollout.py",
    *(f"hub/sotdae_hub/{name}.py" for name in ("forgetting", "orders", "policies", "releasing")),
    *(
        f"provisioning/sotdae_provisioning/device/doctor/{name}.py"
        for name in ("broker", "examine", "papers", "plant")
    ),
    *(
        f"provisioning/sotdae_provisioning/device/walk/{name}.py"
        for name in ("asking", "checking", "cli", "ending", "kept", "ready")
    ),
    "shared/sotdae_shared/identity.py",
    *(
        f"provisioning/sotdae_provisioning/policy/{name}.py"
        for name in (
            "at_hub",
            "cli",
            "dry_run",
            "files",
            "forgetting",
            "halting",
            "hub",
            "judging",
            "signing",
            "trying",
        )
    ),
)
"""Modules whose texts reach a person who may read Korean."""
SAMPLE = "7"
"""What stands for a value."""


def texts() -> dict[str, str]:
    """Return every text, and the module that says it."""
    found = {}
    for pattern in SPEAKERS:
        paths = sorted(ROOT.glob(pattern))
        assert paths, pattern
        for path in paths:
            for text in _spoken(ast.parse(path.read_text(encoding="utf-8"))):
                found.setdefault(text, str(path.relative_to(ROOT)))
    return found


def _spoken(tree: ast.Module) -> Iterator[str]:
    silent = set(_silent(tree))
    for node in ast.walk(tree):
        if id(node) in silent:
            continue
        text = _filled(node)
        if text is not None and " " in text.strip() and any(each.isalpha() for each in text):
            yield text
        if isinstance(node, ast.Return | ast.Yield) and isinstance(node.value, ast.Constant):
            word = node.value.value
            if isinstance(word, str) and word.isalpha():
                yield word


def _filled(node: ast.AST) -> str | None:
    """Return a text of the source, with a sample for each value in it."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.JoinedStr):
        return "".join(_filled(part) or SAMPLE for part in node.values)
    return None


def _silent(tree: ast.Module) -> Iterator[int]:
    """Yield what is no text: docstrings, parts of a longer text, annotations, what goes to the log."""
    for node in ast.walk(tree):
        inside: list[ast.AST] = []
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            inside = [node.value]
        elif isinstance(node, ast.JoinedStr):
            inside = [each for each in ast.walk(node) if each is not node]
        elif isinstance(node, ast.AnnAssign | ast.arg) and node.annotation is not None:
            inside = list(ast.walk(node.annotation))
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            inside = list(ast.walk(node.returns))
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith(
            ("log.", "typer.O", "typer.A", "typer.T")
        ):
            inside = list(ast.walk(node))
        yield from (id(each) for each in inside)
