"""The JSON Schema: every shipped file conforms, and what the loader refuses it refuses as well."""

import re
from pathlib import Path
from typing import Any

import pytest

from wholetrial.protocol.document import plain, read_document
from wholetrial.protocol.reference import field_reference
from wholetrial.protocol.schema import trial_schema
from wholetrial.protocol.starter import starter_text

TRIALS = sorted((Path(__file__).parents[2] / "trials").glob("*/trial.yaml"))
TYPES: dict[str, Any] = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
    "integer": int, "number": (int, float),
}  # fmt: skip


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    return trial_schema()


def conforms(value: Any, schema: Any, root: dict[str, Any]) -> bool:
    """Judge the keywords that this schema uses (JSON Schema, draft 2020-12)."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return conforms(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    checks = [
        _typed(value, schema.get("type")),
        "const" not in schema or value == schema["const"],
        "enum" not in schema or value in schema["enum"],
        "anyOf" not in schema or any(conforms(value, one, root) for one in schema["anyOf"]),
        "oneOf" not in schema or sum(conforms(value, one, root) for one in schema["oneOf"]) == 1,
    ]
    if isinstance(value, dict):
        checks.append(_object(value, schema, root))
    elif isinstance(value, list):
        checks.append(schema.get("minItems", 0) <= len(value) <= schema.get("maxItems", 10**6))
        checks += [conforms(item, schema.get("items", True), root) for item in value]
    elif isinstance(value, str):
        checks.append(schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", 10**6))
        checks.append(bool(re.search(schema.get("pattern", ""), value)))
    elif isinstance(value, int | float):
        checks.append(schema.get("minimum", value) <= value <= schema.get("maximum", value))
    return all(checks)


def _typed(value: Any, types: str | list[str] | None) -> bool:
    names = [types] if isinstance(types, str) else types or list(TYPES)
    return any(
        isinstance(value, TYPES[name]) and (name == "boolean" or not isinstance(value, bool))
        for name in names
    )


def _object(value: dict[str, Any], schema: dict[str, Any], root: dict[str, Any]) -> bool:
    named, patterns = schema.get("properties", {}), schema.get("patternProperties", {})
    if not set(schema.get("required", ())) <= set(value):
        return False
    for name, inner in value.items():
        shapes = [named[name]] if name in named else []
        shapes += [shape for pattern, shape in patterns.items() if re.search(pattern, name)]
        shapes = shapes or [schema.get("additionalProperties", True)]
        if not all(conforms(inner, shape, root) for shape in shapes):
            return False
    return schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", 10**6)


@pytest.mark.parametrize("file", TRIALS, ids=lambda file: file.parent.name)
def test_every_shipped_file_conforms(schema: dict[str, Any], file: Path) -> None:
    data = plain(read_document(file.read_bytes(), file.name))
    wrong = [
        name
        for name in data
        if not conforms({name: data[name]}, {**schema, "required": []}, schema)
    ]
    assert wrong == []
    assert conforms(data, schema, schema)


def test_the_starter_and_the_minimal_file_conform(schema: dict[str, Any], minimal: str) -> None:
    for text in (starter_text(), minimal):
        assert conforms(plain(read_document(text.encode(), "trial.yaml")), schema, schema)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("phase: 2", "phaze: 2"),
        ("phase: 2", "phase: II"),
        ("n: 10", "n: 0"),
        ("n: 10", "n: '10'"),
        ("succeeds: true", "succeeds: no"),
        ("  drug:\n    label", "  the drug:\n    label"),
        ("    role: control\n", ""),
        ("of: [response]", "of: {a: b}"),
        ("trial: minimal\n", ""),
    ],
)
def test_what_the_loader_refuses_does_not_conform(
    schema: dict[str, Any], minimal: str, old: str, new: str
) -> None:
    data = plain(read_document(minimal.replace(old, new, 1).encode(), "trial.yaml"))
    assert not conforms(data, schema, schema)


def test_fields_carry_their_meaning(schema: dict[str, Any]) -> None:
    arm = schema["$defs"]["Arm"]["properties"]
    assert arm["n"]["description"] == "How many participants are planned."
    assert schema["properties"]["arms"]["description"] == "Who receives what."


def test_every_field_of_the_reference_has_a_type_and_a_meaning() -> None:
    rows = field_reference()
    assert [row.path for row in rows if not (row.type and row.meaning)] == []
    assert len({row.path for row in rows}) == len(rows) > 150


def test_rows_of_the_reference() -> None:
    rows = {row.path: row for row in field_reference()}
    assert rows["design.phase"].type == "one of: 1, 2, 3, 4, 1/2, 2/3, not applicable"
    assert rows["rules.NAME.when"].type == "condition"
    assert rows["rules.NAME.when"].example == "not PASI_75"
    assert rows["rules.NAME.raise.by"].required
    assert rows["arms.NAME.doses"].example == '["antibody 45 mg at weeks 0, 4"]'
    assert not rows["unsettled"].required
