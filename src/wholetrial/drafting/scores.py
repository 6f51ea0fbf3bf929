"""Scores and laboratory values as criteria write them: "PASI score of 12 or greater", ">=10% BSA"."""

import re
from typing import NamedTuple

NUMBER = r"(\d{1,5}(?:\.\d+)?)"


class Measure(NamedTuple):
    """A measure: its name in the draft, how texts name it, what the draft says of it."""

    name: str
    shape: str
    definition: str
    unit: str = ""


_GLOBAL = r"global assessment(?:\s*score)?"
MEASURES: tuple[Measure, ...] = (
    Measure("PASI", r"(?:(?:the )?psoriasis area(?: and|&)? ?(?:and )?severity index(?:\s*\(pasi\))?|(?<!m)(?<![\w-])pasi(?![\w-]|\s?-?(?:50|75|90|100)\b(?!/)))", "pasi"),
    Measure("BSA", r"(?:(?:total |involved )?body surface area(?:\s*\(bsa\))?|(?<!\w)bsa(?!\w))", "bsa", "%"),
    Measure("PGA", rf"(?:(?:static )?(?:physician|doctor)s?'?s?'? {_GLOBAL}(?:\s*\(s?pga\))?|static pga|(?<!\w)s?pga(?:\s*score)?(?!\w))", "pga 0-5"),
    Measure("IGA", rf"(?:(?:static )?investigators?'?s?'? {_GLOBAL}(?:\s*\((?:mod )?(?:v|s)?iga(?:-ad)?(?: mod 2011)?\))?|(?<!\w)(?:v|s)?iga(?:-ad)?(?: mod(?:ified)? 2011)?(?!\w))", "iga 0-4"),
    Measure("DLQI", r"(?:dermatology life quality index(?:\s*\(dlqi\))?|(?<!\w)dlqi(?!\w))", "dlqi"),
    Measure("EASI", r"(?:eczema area and severity index(?:\s*\(easi\))?|(?<!\w)easi(?!\w))", "{own: Eczema Area and Severity Index, range: 0 to 72}"),
    Measure("SCORAD", r"(?:scoring atopic dermatitis(?:\s*\(scorad\))?|(?<!\w)scorad(?!\w))", "{own: Scoring Atopic Dermatitis, range: 0 to 103}"),
    Measure("MADRS", r"(?:montgomery[- ]+[aå]sberg depression rating scale(?:\s*\(madrs\))?|(?<!\w)madrs(?!\w))", "madrs"),
    Measure("HAM_D", r"(?:hamilton (?:depression rating scale|rating scale for depression)(?:\s*\([^)]*\))?|(?<!\w)(?:ham-?d|hdrs|hrsd)(?:[- ]?17)?(?!\w))", "{own: Hamilton Depression Rating Scale, range: 0 to 76}"),
    Measure("PHQ_9", r"(?:patient health questionnaire-?9?(?:\s*\(phq-?9\))?|(?<!\w)phq-?9(?!\w))", "{own: Patient Health Questionnaire, range: 0 to 27}"),
    Measure("QIDS_C", r"(?:quick inventory of depressive (?:symptoms|symptomatology)(?:\s*-?\s*\(?clinician[- ]\w+\)?)?(?:\s*\(qids-c(?:16)?\))?|(?<!\w)qids-c(?:16)?(?!\w))", "qids_c16"),
    Measure("CRP", r"(?:(?:high[- ]sensitivity )?c-reactive protein(?:\s*\((?:hs-?)?crp\))?|(?<!\w)(?:hs-?)?crp(?!\w))", "{lab: C-reactive protein, unit: mg/L, range: 0 to 1000}", "mg/L"),
    Measure("BMI", r"(?:body mass index(?:\s*\(bmi\))?|(?<!\w)bmi(?!\w))", "{own: body mass index, unit: kg/m2, range: 5 to 150}", "kg/m2"),
    Measure("weight", r"(?:body ?weight|(?<!\w)weight(?!\w))", "", "kg"),
    Measure("swollen_joints", r"(?:swollen joint count|swollen(?: joints?)?(?!\w))", "{own: number of swollen joints, range: 0 to 76}"),
    Measure("tender_joints", r"(?:tender joint count|tender(?: or painful)?(?: joints?)?(?!\w))", "{own: number of tender joints, range: 0 to 78}"),
    Measure("ALT", r"(?:alanine (?:amino)?transferase(?:\s*\(alt\))?|(?<!\w)alt(?!\w))", "{lab: alanine aminotransferase, unit: U/L, range: 0 to 100000}", "U/L"),
    Measure("AST", r"(?:aspartate (?:amino)?transferase(?:\s*\(ast\))?|(?<!\w)ast(?!\w))", "{lab: aspartate aminotransferase, unit: U/L, range: 0 to 100000}", "U/L"),
    Measure("bilirubin", r"(?:total )?bilirubin", "{lab: bilirubin, unit: umol/L, range: 0 to 2000}", "umol/L"),
    Measure("NRS_itch", r"(?:(?:worst |peak )?(?:itch|pruritus) (?:numeric(?:al)? rating scale|nrs)(?:\s*\([^)]*\))?)", "{own: 'itch, 0 to 10', range: 0 to 10}"),
)  # fmt: skip

_UNITS = r"(?:\s*(?P<unit>%|percent(?:age)?(?: \(%\))?|mg/l|mg/dl|kilograms? per square met(?:er|re)s?(?: \(kg/m[²2^]+\))?|kg/m2|kg/m\^2|kg/m²|kg|points?|u/l|x\s*uln|times (?:the )?(?:upper limit of normal|uln)(?:\s*\(uln\))?|x (?:the )?upper limit of normal(?:\s*\(uln\))?))?"
_BEFORE = {
    ">=": r"(?:>=|=>|\(>=\)|of at least|at least|a minimum of|minimum|not less than|no less than|greater than or equal to(?:\s*[\[(]>=[\])])?|more than or equal to|equal to or (?:greater|more|higher) than|equal or (?:greater|more) than|of >=)",
    "<=": r"(?:<=|\(<=\)|at most|no more than|not more than|up to|less than or equal to(?:\s*[\[(]<=[\])])?|maximum of|not exceeding)",
    ">": r"(?:>|\(>\)|greater than(?:\s*[\[(]>[\])])?|more than|higher than|above|exceeding|over)",
    "<": r"(?:<|\(<\)|less than(?:\s*[\[(]<[\])])?|lower than|below|under)",
}  # fmt: skip
_AFTER = {
    ">=": r"(?:or|and) (?:greater|more|higher|above|worse|over|up)|or\s*>|\(or (?:greater|more|higher)\)",
    "<=": r"(?:or|and) (?:less|lower|below|fewer)",
}
_LINK = r"(?:\s*(?:score|scores|total score|index|grade|rating|involvement|involved|value|level|levels|count|of|is|was|with|a|an|the|must be|that is|be|:|,|=|affected|severity|disease severity|by|plaque|psoriasis|covered with|\((?:s?pga|v?iga|pasi|bsa|dlqi|easi|crp|bmi|mod 2011)\)|\()){0,8}\s*"
_TAIL = r"(?:\s*(?:of|with|in)?\s*(?:the|their|total|affected|involved|treatable|psoriasis|atopic dermatitis|ad|lesions?|involvement|affected|involving|covered|by|body|skin|on)){0,6}\s*"


class Score(NamedTuple):
    """A stretch of text about a measure, its rule, and what is wrong with the wording."""

    start: int
    end: int
    measure: Measure
    rule: str
    doubt: str = ""


def scores_in(text: str) -> list[Score]:
    """Every measure with its comparison in a text, from left to right, none inside another."""
    found: list[Score] = []
    for measure in MEASURES:
        for score in _of(measure, text):
            if all(score.end <= one.start or score.start >= one.end for one in found):
                found.append(score)
    return sorted(found)


def _of(measure: Measure, text: str) -> list[Score]:
    shapes: list[tuple[str, re.Pattern[str]]] = _shapes(measure)
    found: list[Score] = []
    for kind, shape in shapes:
        for match in shape.finditer(text):
            free = all(match.end() <= one.start or match.start() >= one.end for one in found)
            if free:
                found.append(_score(measure, kind, match))
    return found


_CACHE: dict[str, list[tuple[str, re.Pattern[str]]]] = {}


def _shapes(measure: Measure) -> list[tuple[str, re.Pattern[str]]]:
    if measure.name in _CACHE:
        return _CACHE[measure.name]
    name, number = measure.shape, NUMBER
    low, high = number, number.replace("(", "(", 1)
    lines: list[tuple[str, str]] = []
    unit = _UNITS
    plain = unit.replace("(?P<unit>", "(?:")
    joint = r"\s*(?:,?\s*(?:and|but)\s*|,\s*|-|to)\s*"
    for first, second in (
        (_BEFORE[">="], _BEFORE["<="]),
        (_BEFORE[">="], _BEFORE["<"]),
        (_BEFORE[">"], _BEFORE["<="]),
        (_BEFORE[">"], _BEFORE["<"]),
    ):
        strict = (first == _BEFORE[">"], second == _BEFORE["<"])
        kind = f"two {'>' if strict[0] else '>='} {'<' if strict[1] else '<='}"
        span = rf"{first}\s*{low}{plain}{joint}{second}\s*{high}{unit}"
        lines += [(kind, rf"{name}{_LINK}{span}"), (kind, rf"{span}{_TAIL}{name}")]
    span = rf"(?:between\s*|from\s*)?{low}{plain}\s*(?:-|to|and)\s*{high}{unit}(?:,?\s*\(?inclusive\)?)?"
    lines += [
        ("range", rf"{name}{_LINK}{span}(?!\s*\w*\s*(?:scale|point))"),
        ("range", rf"{span}{_TAIL}{name}"),
    ]
    lines += [
        (
            "either",
            rf"{name}{_LINK}{low}\s*(?:\([^)]*\))?\s*(?:or|/(?=\s*[0-5](?!\d)))\s*{high}(?!\s*(?:greater|more|higher))",
        )
    ]
    for sign, after in _AFTER.items():
        lines.append((sign, rf"{name}{_LINK}{low}{unit}\s*(?:\([^)]*\))?\s*(?:{after})"))
        lines.append((sign, rf"{low}{unit}\s*(?:{after}){_TAIL}{name}"))
    for sign, before in _BEFORE.items():
        lines.append((sign, rf"{name}{_LINK}{before}\s*{low}{unit}"))
        lines.append((sign, rf"{before}\s*{low}{unit}{_TAIL}{name}"))
    lines.append(
        (
            "least moderate",
            rf"{name}{_LINK}at least (?:mild|moderate|severe)\s*\((?:score\s*)?(?:of\s*)?>=\s*{low}\)",
        )
    )
    lines.append(
        (
            "lost",
            rf"{name}{_LINK}{low}(?:/\d+)?{unit}(?!\s*(?:weeks?|months?|days?|years?|mg|\d|-))",
        )
    )
    made = [(kind, re.compile(line, re.IGNORECASE)) for kind, line in lines]
    _CACHE[measure.name] = made
    return made


def _score(measure: Measure, kind: str, match: re.Match[str]) -> Score:
    numbers = [one for one in match.groups() if one and re.fullmatch(r"\d+(?:\.\d+)?", one)]
    stated = (match.groupdict().get("unit") or "").casefold().strip()
    unit = "ULN" if "uln" in stated or "upper limit" in stated else measure.unit
    tail = f" {unit}" if unit else ""
    name = measure.name
    doubt = ""
    match kind.split(" ")[0]:
        case "two":
            _, low, high = kind.split(" ")
            if (low, high) == (">=", "<="):
                rule = f"{name} in {numbers[0]} to {numbers[1]}{tail}"
            else:
                rule = f"{name} {low} {numbers[0]}{tail} and {name} {high} {numbers[1]}{tail}"
        case "range" | "either":
            low, high = sorted(numbers[:2], key=float)
            rule = f"{name} in {low} to {high}{tail}"
        case "lost":
            rule = f"{name} >= {numbers[0]}{tail}"
            doubt = f"no comparison is stated before {numbers[0]}: 'or more' is a guess"
        case "least":
            rule = f"{name} >= {numbers[0]}{tail}"
        case sign:
            rule = f"{name} {sign} {numbers[0]}{tail}"
    if not doubt and stated and not _fits(stated, measure, unit):
        doubt = f"the unit '{stated}' is not that of the draft ({measure.unit or 'none'})"
    return Score(*match.span(), measure, rule, doubt)


def _fits(stated: str, measure: Measure, unit: str) -> bool:
    if unit == "ULN":
        return True
    alike = {
        "%": ("%", "perc"),
        "kg/m2": ("kg/m", "kilograms per"),
        "mg/L": ("mg/l",),
        "kg": ("kg",),
        "U/L": ("u/l",),
    }
    return stated.startswith(alike.get(measure.unit, ("point",)))
