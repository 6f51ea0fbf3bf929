"""What is wrong with the types of a file, in the words of a person and at its line and column."""

import re
from collections.abc import Mapping as Table
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from wholetrial.protocol.document import Scalar
from wholetrial.protocol.fields import known_fields
from wholetrial.protocol.finding import Finding, Place, nearest
from wholetrial.protocol.source import Source, locate, standing

_EXAMPLES = {
    "Alpha": "0.05 two-sided",
    "AnalysisSet": "everyone randomized, as assigned",
    "Contrast": "each experimental with placebo",
    "Covariate": "PASI by visit",
    "Distribution": "normal(mean 45 years, sd 12 years)",
    "Dose": "ustekinumab 45 mg at weeks 0, 4",
    "Duration": "4 weeks",
    "EstimatePlan": "risk_difference, miettinen_nurminen 95 %",
    "EventCount": "adverse_events from week 0 to week 24",
    "Gift": "ustekinumab 90 mg",
    "Imputation": "multiple imputation 100 times, missing at random",
    "InstrumentUse": "pasi",
    "MeasureAt": "DLQI at week 12",
    "Noise": "20 %",
    "Percent": "20 %",
    "Point": "week 12",
    "Quantity": "5 mg",
    "Range": "0 to 10",
    "Rate": "251 per 100 years",
    "Share": "40 %",
    "Use": "ixekizumab from week 0 to week 60, at most 4 weeks a dose",
    "TippingPoint": "up to 10 by 1",
    "VisitPlan": "weeks 0, 4, 12",
    "Window": "3 days",
}
_TYPES = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "int_parsing_size": "a number of ordinary size",
    "float_type": "a number",
    "string_type": "text",
    "tuple_type": "a list",
    "dict_type": "names with values",
    "finite_number": "a number",
}
_BOUNDS = {
    "greater_than_equal": ("at least", "ge"),
    "less_than_equal": ("at most", "le"),
    "greater_than": ("more than", "gt"),
    "less_than": ("less than", "lt"),
}
_WORDS = """
    adverse_events after agrees all and any as assigned at baseline before best but by carried
    change consents copy day days dose each every everyone except for forward from given grade had
    has high if improvement imputation in increments is judges jump last least log_sd loss low mean
    median missing month months more multiple never not of one or per plans pooled potency random
    randomized received reference sd serious sided since stable takes than then times to treatment
    two up visit visits week weeks with within year years
"""
_GRAMMAR = tuple(_WORDS.split())
_BOOLEANS = {"no": "false", "off": "false", "yes": "true", "on": "true"}


def explained(error: ValidationError, source: Source, model: type[BaseModel]) -> list[Finding]:
    """What pydantic found wrong, as findings with their places in the file."""
    found = [(_finding(one, source, model), one) for one in error.errors(include_url=False)]
    branched = [finding for finding, details in found if _in_branch(details, source)]
    paths = [finding.path for finding, _ in found]
    kept = [
        finding
        for finding, _ in found
        if not (finding in branched and any(p.startswith(f"{finding.path}.") for p in paths))
    ]
    return _without_renamed(_joined(kept))


def _in_branch(details: ErrorDetails, source: Source) -> bool:
    """Whether an error belongs to one of several shapes that a value may have."""
    steps = [str(step) for step in details["loc"]]
    return details["type"] != "missing" and standing(source.tree, steps) != steps


def _joined(findings: list[Finding]) -> list[Finding]:
    """Findings at one value that differ in what was expected become one."""
    joined: dict[tuple[Place, str, str], Finding] = {}
    for finding in findings:
        key = (finding.place, finding.path, finding.found)
        first = joined.setdefault(key, finding)
        if finding.expected not in first.expected:
            expected = f"{first.expected} or {finding.expected}"
            advice = first.advice or finding.advice
            joined[key] = Finding(
                first.file, first.place, first.path, expected, first.found, advice
            )
    return list(joined.values())


def _without_renamed(findings: list[Finding]) -> list[Finding]:
    """A field that is missing because its name is misspelt is one finding, not two."""
    misspelt = set[str]()
    for finding in findings:
        meant = re.search(r"did you mean '(.+)'", finding.advice)
        if meant and finding.expected == "a field of this language":
            block = finding.path.rpartition(".")[0]
            misspelt.add(f"{block}.{meant[1]}".lstrip("."))
    return [one for one in findings if not (one.found == "nothing" and one.path in misspelt)]


def _finding(details: ErrorDetails, source: Source, model: type[BaseModel]) -> Finding:
    steps = [str(step) for step in details["loc"]]
    node, place, missing = locate(source.tree, steps)
    shown = standing(source.tree, steps)
    if details["type"] == "missing":
        shown.append(steps[-1])
    expected, found, advice = _explained(details, model)
    if isinstance(node, Scalar) and not missing and details["type"] != "extra_forbidden":
        place = node.place
    if details["type"] == "phrase" and isinstance(node, Scalar):
        offset = int((details.get("ctx") or {})["offset"])
        place = Place(node.start.line, node.start.column + offset)
    return Finding(source.file, place, ".".join(shown), expected, found, advice)


def _explained(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str, str]:
    """What was expected, what was found, what to do; in the words of a person."""
    kind, value = details["type"], details["input"]
    context: Table[str, Any] = details.get("ctx") or {}
    if kind in _BOUNDS:
        words, key = _BOUNDS[kind]
        return f"{words} {context[key]:,}", shown(value), ""
    match kind:
        case "phrase":
            return str(context["expected"]), *_phrase_found(context, value)
        case "extra_forbidden":
            return _unknown_field(details, model)
        case "missing":
            return f"a value for '{details['loc'][-1]}'", "nothing", "add it"
        case "bool_type":
            return "true or false", shown(value), _boolean_advice(value)
        case "literal_error":
            allowed = str(context.get("expected", ""))
            return allowed, shown(value), _nearest_choice(value, allowed)
        case "model_type":
            return _shape(context, value)
        case _:
            return _other(details, context)


def _other(details: ErrorDetails, context: Table[str, Any]) -> tuple[str, str, str]:
    kind, value = details["type"], details["input"]
    if kind == "string_pattern_mismatch":
        return "a name of letters, digits and _, starting with a letter", shown(value), ""
    if kind in ("too_short", "too_long"):
        word, key = ("at least", "min_length") if kind == "too_short" else ("at most", "max_length")
        return f"{word} {context[key]:,} of them", str(context["actual_length"]), ""
    if kind in ("string_too_short", "string_too_long"):
        return f"text of {_length(kind, context)} characters", shown(value), ""
    if kind in ("value_error", "phrase_value"):
        meaning = details["msg"].removeprefix("Value error, ")
        meaning = re.sub(r"^Input should be", "the number should be", meaning)
        return "a value that holds together", shown(value), meaning
    if kind in _TYPES:
        quoted = isinstance(value, str) and re.fullmatch(r"-?\d+(\.\d+)?", value)
        advice = "remove the quotes" if quoted and kind != "string_type" else ""
        return _TYPES[kind], shown(value), advice or _text_advice(kind, value)
    return (
        details["msg"].removeprefix("expected ").removeprefix("Input should be "),
        shown(value),
        "",
    )


def _length(kind: str, context: Table[str, Any]) -> str:
    if kind == "string_too_short":
        return f"at least {context['min_length']:,}"
    return f"at most {context['max_length']:,}"


def _text_advice(kind: str, value: Any) -> str:
    if kind == "string_type" and isinstance(value, int | float):
        return f'write "{value}" in quotes'
    return f"write a list: [{value}]" if kind == "tuple_type" and isinstance(value, str) else ""


def _phrase_found(context: Table[str, Any], value: Any) -> tuple[str, str]:
    """What stands where a phrase fails, and the word of the grammar that was probably meant."""
    found = str(context["found"])
    if re.fullmatch(r"'\W'", str(context["expected"])):
        return f"{found} in {shown(value)}", ""
    before = str(value)[: int(context["offset"])].split()
    words = [found.strip("'"), *before[-1:]]
    near = (nearest(word, _GRAMMAR) for word in words if len(word) > 2 and word not in _GRAMMAR)
    return f"{found} in {shown(value)}", next(filter(None, near), "")


def _shape(context: Table[str, Any], value: Any) -> tuple[str, str, str]:
    example = _EXAMPLES.get(str(context.get("class_name")))
    if example is None:
        return "names with values", shown(value), ""
    number = isinstance(value, int | float) and "," in example
    advice = "quote a phrase that holds a comma" if number else ""
    return f"a phrase such as '{example}'", shown(value), advice


def _nearest_choice(value: Any, allowed: str) -> str:
    choices = re.findall(r"'([^']*)'", allowed)
    return nearest(value, choices) if isinstance(value, str) else ""


def _unknown_field(details: ErrorDetails, model: type[BaseModel]) -> tuple[str, str, str]:
    *steps, name = (str(step) for step in details["loc"])
    known = known_fields(model, steps)
    listed = f"known here: {', '.join(known)}" if known else "remove it"
    return "a field of this language", f"'{name}'", nearest(name, known) or listed


def _boolean_advice(value: Any) -> str:
    written = _BOOLEANS.get(str(value).lower())
    return f"write {written}" if written else ""


def shown(value: Any) -> str:
    """A value as a finding shows it: short, text in quotes.

    >>> shown("a" * 100)[-6:], shown(None), shown([1]), shown(True)
    ('aaa...', 'nothing', 'a list', 'true')
    """
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, dict):
        return "names with values"
    if isinstance(value, list | tuple):
        return "a list"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
