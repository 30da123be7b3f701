"""The commands that the pages show exist, with the options that they show."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from sotdae_provisioning.policy.cli import policy_app

REPO = Path(__file__).parents[2]
SHOWN = re.compile(r"sotdae policy (?P<name>[a-z][a-z-]+)(?P<rest>[^#\n]*)")


@pytest.mark.parametrize("page", ["README.md", "docs/policy.md"])
def test_each_command_that_is_shown_has_its_options(page: str) -> None:
    app = get_command(policy_app)
    fences = re.findall(r"```[a-z]*\n(.*?)```", (REPO / page).read_text(encoding="utf-8"), re.DOTALL)
    shown = [match for fence in fences for match in SHOWN.finditer(fence)]
    assert len(shown) >= 4
    for match in shown:
        assert match["name"] in app.commands  # type: ignore[attr-defined]
        command = app.commands[match["name"]]  # type: ignore[attr-defined]
        known = {word for each in command.params for word in each.opts}
        assert set(re.findall(r"(?<=\s)--[a-z-]+", match["rest"])) <= known, match[0]
    if page == "docs/policy.md":
        assert {match["name"] for match in shown} == set(app.commands)  # type: ignore[attr-defined]


def test_each_command_teaches_by_an_example() -> None:
    for name, command in get_command(policy_app).commands.items():  # type: ignore[attr-defined]
        assert f"Example:  sotdae policy {name} " in command.help
