"""The JSON Schema of a trial file, so that editors complete it and check it while it is written."""

from functools import partial
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from wholetrial.protocol.docstrings import meaning
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.value import one_or_more, phrase_or_tree

_MARKS: dict[str, Any] = {
    "from": {
        "description": "Where this block is from: a source, or a source for each field.",
        "anyOf": [
            {"type": "string"},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ],
    },
    "because": {"description": "Why, where the source does not decide.", "type": "string"},
}
_READINGS: dict[str, Any] = {
    "description": "Every reading of an ambiguous statement, and the one that is executed.",
    "type": "object",
    "properties": {"readings": {"type": "object"}, "taken": {"type": "string"}, **_MARKS},
    "required": ["readings", "taken"],
    "additionalProperties": False,
}
_TEXT = {"type": "string"}
_SHORTER: dict[str, Any] = {
    **dict.fromkeys(("_library", "_concept", "_window", "_contact"), _TEXT),
    "_against": {"type": ["string", "number"]},
    "_aim": {
        "type": "object",
        "additionalProperties": {"type": ["string", "number", "object"]},
        "maxProperties": 3,
    },
}
"""Shorter ways to write a value, by the name of the validator that reads them."""


def trial_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a trial file; phrases may be text or trees."""
    schema = Protocol.model_json_schema(schema_generator=_Schema, mode="validation")
    definitions = schema["$defs"]
    definitions["Readings"] = _READINGS
    for definition in (schema, *definitions.values()):
        if definition is not _READINGS:
            _admit_marks(definition)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A clinical trial in one file",
    }


class _Schema(GenerateJsonSchema):
    """Adds the text that a phrase may be, and the meaning of each field."""

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        function = schema["function"]["function"]
        name = getattr(function, "__name__", "")
        if isinstance(function, partial) and function.func is phrase_or_tree:
            return {"anyOf": [{"type": "string"}, inner]}
        if function is one_or_more:
            return {"anyOf": [inner["items"], inner]}
        if name in _SHORTER:
            return {"anyOf": [_SHORTER[name], inner]}
        return inner

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        described = super().model_schema(schema)
        model = schema["cls"]
        for name, field in model.model_fields.items():
            text = meaning(model, name)
            written = described.get("properties", {}).get(field.alias or name)
            if text and written is not None:
                written["description"] = text
                written.pop("title", None)
        return described


def _admit_marks(definition: dict[str, Any]) -> None:
    """Let a block say where it is from, and a value be one of several readings."""
    properties = definition.get("properties")
    if properties is None:
        return
    for name, value in properties.items():
        properties[name] = _with_readings(value)
    _admit_marks_of_names(properties)
    properties.update(_MARKS)
    if "rule" in properties:
        properties.update(readings={"type": "object"}, taken={"type": "string"})


def _with_readings(value: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    kept.update((key, value[key]) for key in ("description", "default") if key in value)
    inner = {key: part for key, part in value.items() if key not in kept}
    return {**kept, "anyOf": [inner, {"$ref": "#/$defs/Readings"}]}


def _admit_marks_of_names(node: Any) -> None:
    """Blocks of names (arms, terms ...) may say where they are from, and hold readings."""
    if isinstance(node, list):
        for item in node:
            _admit_marks_of_names(item)
    if not isinstance(node, dict):
        return
    for inner in list(node.values()):
        _admit_marks_of_names(inner)
    if isinstance(node.get("items"), dict):
        node["items"] = {"anyOf": [node["items"], {"$ref": "#/$defs/Readings"}]}
    if node.get("type") == "object" and "properties" not in node:
        _admit_marks_of_table(node)


def _admit_marks_of_table(node: dict[str, Any]) -> None:
    readings = {"$ref": "#/$defs/Readings"}
    named = node.pop("patternProperties", None)
    if isinstance(named, dict):
        ((pattern, value),) = named.items()
        but_marks = pattern.replace("^", "^(?!(from|because)$)", 1)
        node["patternProperties"] = {but_marks: {"anyOf": [value, readings]}}
        node["additionalProperties"] = False
    elif isinstance(node.get("additionalProperties"), dict):
        node["additionalProperties"] = {"anyOf": [node["additionalProperties"], readings]}
    else:
        return
    node["properties"] = dict(_MARKS)
