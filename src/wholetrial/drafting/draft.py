"""Writes a record as a draft of a trial file: what it states, and what remains to be decided.

Every statement of the record has a place: as a value, as text, or in a comment. What the record
does not state stands as a placeholder that says so.
"""

import json
import re
from collections.abc import Iterator

from wholetrial.drafting.drafted import Drafted
from wholetrial.drafting.items import readable
from wholetrial.drafting.record import Arm, Outcome, Record
from wholetrial.drafting.scores import MEASURES
from wholetrial.drafting.wording import name_of

_PHASES = {"1": "1", "2": "2", "3": "3", "4": "4", "12": "1/2", "23": "2/3"}
_MODELS = {
    "PARALLEL": "parallel",
    "CROSSOVER": "crossover",
    "SINGLE_GROUP": "single_group",
    "FACTORIAL": "factorial",
    "SEQUENTIAL": "sequential",
}
_CONTROL = ("placebo", "comparator", "sham", "no intervention", "no_intervention", "control")
_MASKED = ("participant", "investigator", "assessor")
_RESPONSE = re.compile(r"\bPASI[- ]?(50|75|90|100)\b", re.IGNORECASE)
_WEEKS = re.compile(
    r"\bweeks?\s*(\d{1,3}(?:\s*,\s*\d{1,3})*)|\b(\d{1,3})\s*weeks?\b", re.IGNORECASE
)
_NOT_STATED = "not in the record"


def draft(record: Record, items: tuple[Drafted, ...]) -> str:
    """The text of a draft trial file, in YAML."""
    lines = [
        f"# A draft made from {record.source} by rules alone. Nothing of the record is left out; what",
        "# stands in a comment after DECIDE has to be decided by a person before the file is used.",
        "wholetrial: 1",
        f"trial: {_trial_name(record)}",
        f"title: {_text(record.title or 'A trial without a title', 1900)}",
        "from: record",
        f"sources: {{record: {_text(record.source + _named_ids(record))}}}",
        "",
        *_design(record),
        "",
        *_instruments(record, items),
        "",
        *_interventions(record),
        "",
        *_arms(record),
        "",
        *_schedule(record, items),
        "",
        *_eligibility(record, items),
        "",
        *_endpoints(record),
        "",
        'analysis_sets: {randomized: "everyone randomized, as assigned"}',
        "analyses: {}                     # DECIDE plan the analyses; a record does not state them",
        "",
        *_unsettled(record),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _text(text: str, most: int = 1900) -> str:
    """A text in double quotes, as YAML and JSON both write it."""
    return json.dumps(" ".join(readable(text).split())[:most] or "not stated", ensure_ascii=False)


def _trial_name(record: Record) -> str:
    first = record.ids[0] if record.ids else "draft"
    return re.sub(r"[^A-Za-z0-9_.-]", "_", first)[:60] or "draft"


def _named_ids(record: Record) -> str:
    return f" ({', '.join(record.ids)})" if record.ids else ""


def _design(record: Record) -> Iterator[str]:
    condition = ", ".join(record.conditions) or "not stated"
    digits = "".join(re.findall(r"\d", record.phase))
    model = record.model.upper().replace(" ASSIGNMENT", "").replace(" ", "_")
    masked = [who for who in _MASKED if who in record.masking.casefold()]
    several = len(record.arms) > 1
    structure = _MODELS.get(model, "parallel" if several else "single_group")
    if (structure == "single_group") == several:
        structure, model = ("parallel" if several else "single_group"), ""
    yield "design:"
    yield f"  question: {_text(record.official_title or record.title or 'not stated')}"
    yield f"  condition: {_text(condition)}"
    yield f"  phase: {_PHASES.get(digits, '2')}{_todo_if(digits not in _PHASES, record.phase)}"
    yield f"  structure: {structure}{_todo_if(model not in _MODELS, record.model)}"
    hidden = f"[{', '.join(masked)}]" if masked else "none"
    yield f"  masking: {hidden}{_todo_if(not masked, record.masking)}"
    if several:
        random = record.allocation.upper().startswith("RANDOM")
        how = "randomized: permuted blocks, sizes: [4]" if random else "not_randomized: not stated"
        yield f"  allocation: {{{how}}}{_todo_if(True, record.allocation)}"
    yield f"  # allocation: {record.allocation or 'not stated'}; study type: {record.study_type or 'not stated'}"


def _todo_if(needed: bool, stated: str) -> str:
    said = " ".join(stated.split()) or "nothing"
    return f"                     # DECIDE the record says '{said}'" if needed else ""


def _measured(items: tuple[Drafted, ...]) -> list[str]:
    """The measures that criteria speak of; PASI where they speak of none."""
    used = {name for one in items for name in one.reading.measures}
    used |= {"PASI"} if not used - {"weight"} else set()
    return [one.name for one in MEASURES if one.name in used]


def _instruments(record: Record, items: tuple[Drafted, ...]) -> Iterator[str]:
    used = {*_measured(items), *(["PASI"] if any(map(_share, record.outcomes)) else [])}
    yield "instruments:"
    for measure in MEASURES:
        if measure.name in used and measure.definition:
            width = (
                "      # DECIDE the width of the scale" if measure.name in ("IGA", "PGA") else ""
            )
            yield f"  {measure.name}: {measure.definition}{width}"


def _interventions(record: Record) -> Iterator[str]:
    yield "interventions:"
    names = _intervention_names(record)
    if not names:
        yield f"  treatment: {{name: treatment, route: none, from: assumed, because: {_NOT_STATED}}}"
    for given, name in zip(record.interventions, names, strict=True):
        yield f"  {name}: {{name: {_text(given.name or 'not stated', 300)}, route: none}}      # DECIDE the route; {given.kind or 'no kind'}"
        yield from _comment(given.description, "    ")


def _intervention_names(record: Record) -> list[str]:
    taken: dict[str, str] = {}
    for given in record.interventions:
        plain = given.name or "intervention"
        taken[
            name_of(
                f"{plain} given" if plain.casefold() in ("treatment", "control") else plain, taken
            )
        ] = f"{plain} {len(taken)}"
    return list(taken)


def _comment(text: str, indent: str = "  ", before: str = "") -> Iterator[str]:
    words = " ".join(readable(text).split())
    for start in range(0, len(words), 110):
        yield f"{indent}# {before if start == 0 else ''}{words[start : start + 110]}"


def _arms(record: Record) -> Iterator[str]:
    yield "arms:"
    given = _intervention_names(record) or ["treatment"]
    taken: dict[str, str] = dict.fromkeys(given, "")
    count = max(len(record.arms), 1)
    n = max((record.enrollment or count) // count, 1)
    stated = f"DECIDE n: {record.enrollment or 'not stated'} in all; the doses"
    for arm in record.arms or (Arm("All participants"),):
        name = name_of(f"{arm.label or 'arm'} arm", taken)
        taken[name] = f"{name} {len(taken)}"
        kind = f"{arm.kind} {arm.label}".casefold()
        role = "control" if any(word in kind for word in _CONTROL) else "experimental"
        dose = _given_in(arm, record, given)
        head = f"label: {_text(arm.label or 'Arm', 200)}, role: {role}, n: {n}"
        yield f'  {name}: {{{head}, doses: ["{dose} 1 unit at week 0"], from: assumed, because: {_NOT_STATED}}}      # {stated}'
        yield from _comment(arm.description, "    ")
        yield from _comment(", ".join(arm.interventions), "    ", "given: ")


def _given_in(arm: Arm, record: Record, names: list[str]) -> str:
    """The intervention that an arm names, or the first."""
    listed = [one.partition(": ")[2] or one for one in arm.interventions]
    said = f"{' '.join(listed)} {arm.label}".casefold()
    for given, name in zip(record.interventions, names, strict=False):
        if given.name and given.name.casefold() in said:
            return name
    return names[0]


def _schedule(record: Record, items: tuple[Drafted, ...]) -> Iterator[str]:
    """The visits that the outcomes name, and what is measured."""
    weeks = {0, *(week for one in record.outcomes for week in _weeks(one) if _share(one))}
    used = _measured(items)
    yield "schedule:                          # DECIDE the visits; a record does not state them"
    yield f"  from: assumed\n  because: {_NOT_STATED}"
    yield "  counted_from: first_dose"
    at = f"week{'s' if len(weeks) > 1 else ''} {', '.join(map(str, sorted(weeks)))}"
    yield f'  epochs: {{screening: {{visits: within 4 weeks before week 0}}, treatment: {{visits: "{at}"}}}}'
    measured = ", ".join(f"{name}: all visits" for name in used)
    yield f"  measure: {{{measured}}}"


def _eligibility(record: Record, items: tuple[Drafted, ...]) -> Iterator[str]:
    yield "eligibility:"
    yield "  anchor: screening                # DECIDE when the criteria are decided"
    concepts = _concepts(items)
    if concepts:
        yield "  concepts:"
        for name, words in concepts.items():
            half_life = any(
                f"had {name} " in (one.reading.rule or "")
                and "half_lives" in (one.reading.rule or "")
                for one in items
            )
            note = "      # DECIDE half_life: the rule counts in it" if half_life else ""
            yield f"    {name}: {_text(words)}{note}"
    for section, block in (("include", "include"), ("exclude", "exclude")):
        chosen = [one for one in items if one.item.section == section and not one.reading.permits]
        yield f"  {block}:" if chosen else f"  {block}: {{}}"
        for one in chosen:
            yield from _criterion(one)
    permitted = [one for one in items if one.reading.permits]
    if permitted:
        yield "  permit:"
        for one in permitted:
            yield from _criterion(one)
    if record.hidden or not items:
        include, exclude = record.hidden or ("not known", "not known")
        yield f"  unseen: {{include: {include}, exclude: {exclude}}}"


def _concepts(items: tuple[Drafted, ...]) -> dict[str, str]:
    """The concepts that rules of the draft speak of; those of parts that are not used are left."""
    found: dict[str, str] = {}
    for one in items:
        written = " ".join(filter(None, [one.reading.rule, *one.reading.others.values()]))
        words = set(re.findall(r"[A-Za-z]\w*", re.sub(r'"[^"]*"', "", written)))
        found.update({name: lay for name, lay in one.reading.concepts.items() if name in words})
    return found


def _criterion(one: Drafted) -> Iterator[str]:
    reading = one.reading
    for todo in reading.todo:
        yield from _comment(todo, "    ", "DECIDE ")
    if reading.part:
        yield f"    # read of it: {reading.part}"
    yield f"    {one.name}:                          # {reading.how}"
    yield f"      text: {_text(one.item.text)}"
    section = "inclusion" if one.item.section == "include" else "exclusion"
    yield f"      item: {section} {one.item.number}"
    if one.heads:
        yield f"      heads: [{', '.join(one.heads)}]"
    if reading.rule:
        yield f"      rule: {json.dumps(reading.rule, ensure_ascii=False)}"


def _endpoints(record: Record) -> Iterator[str]:
    yield "endpoints:"
    for level in ("primary", "secondary", "other"):
        found = [one for one in record.outcomes if one.level == level]
        name = "exploratory" if level == "other" else level
        if found or level == "primary":
            yield f"  {name}:"
        for number, one in enumerate(found, start=1):
            yield from _endpoint(f"{name}_{number}", one)
        if not found and level == "primary":
            yield f"    primary_1: {{text: No outcome in the record, response: 'investigator judges \"to be decided\"', from: assumed, because: {_NOT_STATED}}}"


def _endpoint(name: str, outcome: Outcome) -> Iterator[str]:
    said = f"{outcome.measure} [{outcome.frame}]" if outcome.frame else outcome.measure
    response, todo = _response(outcome)
    yield from _comment(outcome.description)
    yield f"    {name}:                    # DECIDE {todo}"
    yield f"      text: {_text(said)}"
    yield f"      response: {json.dumps(response, ensure_ascii=False)}"


def _share(outcome: Outcome) -> str | None:
    """The percentage of a PASI response that an outcome names."""
    found = _RESPONSE.search(f"{outcome.measure} {outcome.frame}")
    return found[1] if found else None


def _weeks(outcome: Outcome) -> list[int]:
    """The weeks that an outcome names."""
    found = _WEEKS.search(f"{outcome.frame} {outcome.measure}")
    numbers = re.findall(r"\d+", (found[1] or found[2]) if found else "")
    return [int(number) for number in numbers]


def _response(outcome: Outcome) -> tuple[str, str]:
    """The response that an outcome names, or a judgement that stands for it."""
    share, weeks = _share(outcome), _weeks(outcome)
    if share and weeks:
        at = f"week{'s' if len(weeks) > 1 else ''} {', '.join(map(str, sorted(set(weeks))))}"
        return f"PASI improvement >= {share} % at {at}", "is this what the record means?"
    said = " ".join(readable(f"{outcome.measure} {outcome.frame}").replace('"', "'").split())[:400]
    return f'investigator judges "{said}"', "write the response, the change or the event"


def _unsettled(record: Record) -> Iterator[str]:
    """What else the record states, and where it contradicts itself."""
    facts = {
        "sponsor": record.sponsor,
        "status": record.status,
        "sex": record.sex,
        "minimum age": record.minimum_age,
        "maximum age": record.maximum_age,
        **{f"date of {name}": day for name, day in record.dates.items()},
        "locations": "; ".join(record.locations[:20]),
    }
    stated = {name: said for name, said in facts.items() if said}
    contradictions = list(_contradictions(record))
    if stated or contradictions:
        yield "unsettled:"
    for name, said in stated.items():
        yield f"  - {{about: {name}, says: {_text(said, 900)}, taken: as registered}}"
    for about, said in contradictions:
        yield f"  - {{about: {about}, says: {_text(said)}, taken: to be decided}}"


def _contradictions(record: Record) -> Iterator[tuple[str, str]]:
    model = record.model.casefold()
    if "crossover" in model and len(record.arms) > 2:
        yield "design", f"crossover, and {len(record.arms)} groups"
    if "single" in model and len(record.arms) > 1:
        yield "design", f"a single group, and {len(record.arms)} groups"
    if "parallel" in model and len(record.arms) == 1:
        yield "design", "parallel groups, and one group"
    given = {name.partition(": ")[2] or name for arm in record.arms for name in arm.interventions}
    unused = [one.name for one in record.interventions if given and one.name not in given]
    if unused:
        yield "interventions", f"in no arm: {', '.join(unused)}"
