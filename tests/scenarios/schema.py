"""The committed JSON schema of the demo's report, ready to judge one."""

import json
from typing import Any

from jsonschema import Draft202012Validator

from sotdae_provisioning.demo.report import SCHEMA

DOCUMENT: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
REPORT = Draft202012Validator(DOCUMENT, format_checker=Draft202012Validator.FORMAT_CHECKER)
WELL = REPORT.evolve(schema={"$ref": f"{DOCUMENT['$id']}#/$defs/well"})


def problems(report: dict[str, Any]) -> list[str]:
    """Return what the schema finds wrong with any report."""
    return [f"{error.json_path}: {error.message}" for error in REPORT.iter_errors(report)]


def ended_well(report: dict[str, Any]) -> bool:
    """Tell whether it is a report of a run that ended well."""
    return bool(WELL.is_valid(report))
