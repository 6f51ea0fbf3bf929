"""A trial on one page of plain English, all of it derived from the protocol."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from textwrap import fill

from wholetrial.protocol.analysis_in_words import analysis_sentences, handling_sentences
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.design_in_words import (
    design_sentences,
    endpoint_in_words,
    observed_in_words,
)
from wholetrial.protocol.differences import Difference, differences
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.endpoint import LEVELS, Level
from wholetrial.protocol.english import (
    amount,
    listed,
    listed_apart,
    measure_in_words,
    name_in_words,
    plan_in_words,
    point_in_words,
    sentence,
    small_first,
    window_in_words,
)
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.provenance import ASSUMED
from wholetrial.protocol.quantity import Distribution, Share

WIDTH = 88
_ROUTES = {
    "subcutaneous": "by injection under the skin",
    "intravenous": "into a vein",
    "oral": "by mouth",
    "topical": "on the skin",
    "intramuscular": "by injection into a muscle",
}


def describe(protocol: Protocol, others: Mapping[str, Protocol] | None = None) -> str:
    """The trial in words: question, design, visits, people, rules, endpoints, analyses, doubts.

    `others` are other versions of the protocol by name, told by what they change.
    """
    parts = {
        "Question": [protocol.design.question, *protocol.design.objectives],
        "Design": [*design_sentences(protocol), *_interventions(protocol)],
        "Visits": list(_schedule(protocol)),
        "Who may take part": list(_people(protocol)),
        "Endpoints": [*_endpoints(protocol), *handling_sentences(protocol)],
        "Analyses": list(analysis_sentences(protocol)),
        "What is assumed": list(_assumed(protocol)),
        "What is unsettled": list(_unsettled(protocol)),
        "Other versions": list(_versions(protocol, others or {})),
    }
    told = [_wrapped(f"{protocol.title} ({protocol.trial})")]
    for heading, sentences in parts.items():
        text = " ".join(sentence(one) for one in sentences if one)
        if text:
            told.append(f"{heading}\n{_wrapped(text)}")
    return "\n\n".join(told) + "\n"


def _wrapped(text: str) -> str:
    return fill(text, WIDTH, break_on_hyphens=False, break_long_words=False)


def _interventions(protocol: Protocol) -> Iterator[str]:
    by_route = defaultdict(list)
    for intervention in protocol.interventions.values():
        by_route[intervention.route].append(intervention.name)
    for route, names in by_route.items():
        if route in _ROUTES:
            yield f"Given {_ROUTES[route]}: {'; '.join(names)}"


def _schedule(protocol: Protocol) -> Iterator[str]:
    start = {"first_dose": "the first dose", "randomization": "randomization"}
    yield f"Week 0 is the day of {start[protocol.schedule.counted_from]}"
    for name, point in protocol.schedule.events.items():
        yield f"{name_in_words(name)} is at {point_in_words(point)}"
    by_window = defaultdict(list)
    for name, epoch in protocol.schedule.epochs.items():
        if epoch.window:
            by_window[window_in_words(epoch.window)].append(name_in_words(name))
    windows = [f"{window} ({listed(names)})" for window, names in by_window.items()]
    if windows:
        yield f"A visit may fall {listed(windows)}"
    by_plan = defaultdict(list)
    for name, plan in protocol.schedule.measure.items():
        used = protocol.instruments.get(name)
        taken = used is not None and used.sample is not None
        measure = name_in_words(name) if taken else measure_in_words(name, protocol)
        by_plan[plan_in_words(plan)].append(measure)
    told = [f"{listed(names)} {plan}" for plan, names in by_plan.items()]
    if told:
        yield f"The visits record {listed_apart(told)}"


def _people(protocol: Protocol) -> Iterator[str]:
    eligibility = protocol.eligibility
    needed = _criteria(eligibility.include, protocol)
    if needed:
        when = name_in_words(eligibility.anchor)
        yield f"A person may take part if, at {when}, {_numbered(needed, 'and')}"
    forbidden = _criteria(eligibility.exclude, protocol)
    if forbidden:
        yield f"A person may not take part if {_numbered(forbidden, 'or')}"
    permitted = [small_first(criterion.text) for criterion in eligibility.permit.values()]
    if permitted:
        yield f"The trial allows {'; '.join(permitted)}"
    unseen = eligibility.unseen
    if unseen:
        yield (
            "Criteria that the source does not show: "
            f"{_hidden(unseen.include)} for inclusion, {_hidden(unseen.exclude)} for exclusion"
        )


def _numbered(told: list[str], joint: str) -> str:
    """Clauses in one sentence, numbered because they may hold commas and semicolons."""
    if len(told) == 1:
        return told[0]
    return listed_apart((f"({number}) {clause}" for number, clause in enumerate(told, 1)), joint)


def _hidden(count: int | str) -> str:
    return "an unknown number" if count == "not known" else str(count)


def _criteria(criteria: Mapping[str, Criterion], protocol: Protocol) -> list[str]:
    told = dict[str, None]()
    for criterion in criteria.values():
        if criterion.rule is not None:
            told[condition_in_words(criterion.rule, protocol, person="the person")] = None
        elif not criterion.heads:
            told[f'the following holds: "{criterion.text.rstrip(".")}"'] = None
    return list(told)


def _endpoints(protocol: Protocol) -> Iterator[str]:
    for level in LEVELS:
        told = list(_of_level(level, protocol))
        if told:
            plural = "endpoint is" if len(told) == 1 else "endpoints are"
            yield f"The {level} {plural} {_one_after_another(told)}"


def _one_after_another(told: list[str]) -> str:
    """Endpoints in one sentence; whose shares they are is said of the first."""
    share = "the share of participants "
    first = next((at for at, one in enumerate(told) if one.startswith(share)), len(told))
    told = [one.replace(share, "the share ") if at > first else one for at, one in enumerate(told)]
    return listed_apart(told)


def _of_level(level: Level, protocol: Protocol) -> Iterator[str]:
    """The endpoints of a level; a subset that was just named is not named again."""
    before = None
    for stood, endpoint in protocol.endpoints.named().values():
        if stood != level:
            continue
        if endpoint.among is not None and endpoint.among == before:
            yield f"{observed_in_words(endpoint, protocol)}, among the same participants"
        else:
            yield endpoint_in_words(endpoint, protocol)
        before = endpoint.among


def _assumed(protocol: Protocol) -> Iterator[str]:
    yield from _assumed_parts(protocol)
    taken = list(_readings(protocol))
    if taken:
        yield f"Where a source can be read in several ways, it is read so: {'; '.join(taken)}"
    assumed = protocol.assumptions
    if assumed is None:
        return
    drawn = [drawn_in_words(name, one, protocol) for name, one in assumed.baseline.items()]
    if drawn:
        yield f"The simulator draws people with {listed_apart(drawn)}"
    worlds = (
        f"{name_in_words(name)} (it should {'succeed' if one.succeeds else 'fail'})"
        for name, one in assumed.scenarios.items()
    )
    if assumed.scenarios:
        yield f"It tries the design in these worlds: {listed(worlds)}"


def _readings(protocol: Protocol) -> Iterator[str]:
    for path, found in protocol.provenance.readings.items():
        others = listed((name_in_words(n) for n in found.readings if n != found.taken), "or")
        rest = f", not {others}" if others else ""
        yield f"{name_in_words(found.taken)}{rest} ({_path_in_words(path)})"


def _assumed_parts(protocol: Protocol) -> Iterator[str]:
    blocks = [path for path, source in protocol.provenance.marks.items() if source == ASSUMED]
    if "" in blocks:
        yield "Where no other source is named, the statements are assumptions"
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for path in blocks:
        if path and not path.startswith(("unsettled", "public")):
            block, _, rest = path.partition(".")
            parts[block] += [_steps_in_words(rest)] if rest else []
    told = [
        f"{name_in_words(block)} ({listed(rest)})" if rest else name_in_words(block)
        for block, rest in parts.items()
    ]
    if told:
        yield f"Assumed, not found in a source: {'; '.join(told)}"


def _path_in_words(path: str) -> str:
    block, _, rest = path.partition(".")
    told = _steps_in_words(rest.removesuffix(".rule"))
    return f"{name_in_words(block)}: {told}" if told else name_in_words(block)


def _steps_in_words(path: str) -> str:
    """The steps of a path in words, without places in a list and without repetition."""
    steps = [step for step in path.split(".") if not step.isdigit() and step != "one_of"]
    return " ".join(name_in_words(step) for step in dict.fromkeys(steps))


def drawn_in_words(name: str, drawn: Distribution | Share, protocol: Protocol) -> str:
    """How a baseline value is spread: "age of mean 45 years, SD 12.5 years"."""
    if isinstance(drawn, Share):
        share = str(drawn).replace(" %", "%")
        return f"{share} {name_in_words(name)}"
    concept = protocol.eligibility.concepts.get(name)
    since = f"time since the beginning of {concept.lay}" if concept else ""
    measure = since or measure_in_words(name, protocol)
    labels = {"sd": "SD", "log_sd": "log SD"}
    numbers = [
        f"{labels.get(one.name, one.name)} {amount(one.value, one.unit)}"
        for one in drawn.parameters
    ]
    numbers += [f"{amount(value)} in {amount(100 * share, '%')}" for value, share in drawn.choices]
    kind = "" if drawn.distribution in ("normal", "lognormal") else f"{drawn.distribution}: "
    return f"{measure} ({kind}{', '.join(numbers)})"


def _unsettled(protocol: Protocol) -> Iterator[str]:
    for doubt in protocol.unsettled:
        says, taken = doubt.says.rstrip("."), doubt.taken.rstrip(".")
        yield f"{doubt.about}: {says}; taken: {taken}"


def _versions(protocol: Protocol, others: Mapping[str, Protocol]) -> Iterator[str]:
    for name, other in others.items():
        version = protocol.versions.get(name)
        dated = f" ({version.dated})" if version else ""
        changes = "; ".join(_changed(one) for one in differences(protocol, other))
        people = f"{other.n} participants instead of {protocol.n}"
        yield f"{name_in_words(name)}{dated}, {people}: {changes}"


def _changed(one: Difference) -> str:
    where = _path_in_words(one.path).replace(": ", " ")
    before, after = name_in_words(one.before), name_in_words(one.after)
    if not before:
        return f"{where} added ({after})"
    return f"{where} {after} instead of {before}" if after else f"{where} gone ({before})"
