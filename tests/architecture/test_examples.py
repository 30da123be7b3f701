"""The example files know every setting, and the programs accept them."""

import dataclasses
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from sotdae_edge.config import CityConfig, GateConfig, load_city, load_gate
from sotdae_edge.core.site import Times
from sotdae_edge.fitting import fitted_gate
from sotdae_hub.config import HubConfig, load_config

ROOT = Path(__file__).parents[2]
EXAMPLES = {
    "edge/gate.example.toml": GateConfig,
    "edge/city.example.toml": CityConfig,
    "hub/hub.example.toml": HubConfig,
}
SETTING = re.compile(r"^# (?=\[+[a-z]|[a-z_0-9]+ = )", re.MULTILINE)


def shown(path: str) -> dict[str, Any]:
    """Read an example with the settings that it shows in comments."""
    return tomllib.loads(SETTING.sub("", (ROOT / path).read_text(encoding="utf-8")))


def settings(model: type, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the place of every setting of a model."""
    for name, annotation in fields(model):
        inner = next((each for each in parts(annotation) if is_section(each)), None)
        if inner is None:
            yield (*place, name)
        else:
            yield from settings(inner, (*place, name))


def fields(model: type) -> list[tuple[str, Any]]:
    if issubclass(model, BaseModel):
        return [(name, info.annotation) for name, info in model.model_fields.items()]
    return [(each.name, each.type) for each in dataclasses.fields(model)]


def parts(annotation: Any) -> Iterator[Any]:
    yield annotation
    for each in get_args(annotation):
        yield from parts(each)


def is_section(annotation: Any) -> bool:
    return isinstance(annotation, type) and (
        dataclasses.is_dataclass(annotation)
        or (issubclass(annotation, BaseModel) and annotation is not BaseModel)
    )


def has(example: Any, place: tuple[str, ...]) -> bool:
    for name in place:
        section = example[0] if isinstance(example, list) and example else example
        if not isinstance(section, dict) or name not in section:
            return False
        example = section[name]
    return True


@pytest.mark.parametrize("path", EXAMPLES)
def test_an_example_shows_every_setting(path: str) -> None:
    example, found = shown(path), list(settings(EXAMPLES[path]))
    assert len(found) > 12
    absent = [place for place in found if not has(example, place)]
    assert not absent, f"{path} does not show: {['.'.join(place) for place in absent]}"


def test_the_durations_shown_are_those_in_force() -> None:
    assert shown("edge/gate.example.toml")["times"] == dataclasses.asdict(Times())


def test_the_examples_are_accepted_as_they_stand() -> None:
    assert load_gate(ROOT / "edge/gate.example.toml").facility.node == "gate-41113-up-0007"
    assert load_city(ROOT / "edge/city.example.toml").homes[0].name == "A-101"
    assert load_config(ROOT / "hub/hub.example.toml").tokens[0].name == "fire-119"


def test_a_setting_that_is_absent_would_be_noticed() -> None:
    example = shown("hub/hub.example.toml")
    del example["metrics"]["bucket"]
    assert [place for place in settings(HubConfig) if not has(example, place)] == [("metrics", "bucket")]


def test_the_riverside_example_fits_its_profile() -> None:
    config = fitted_gate(ROOT / "edge/riverside.example.toml")
    assert config.site.riverside is not None
    assert "sweep" in config.site.checklist
