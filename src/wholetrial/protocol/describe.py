"""A trial on one page of plain English, all of it derived from the protocol."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from textwrap import fill

from wholetrial.protocol.analysis_plan import INTERVALS, SUMMARIES, TESTS, Analysis
from wholetrial.protocol.condition_in_words import condition_in_words
from wholetrial.protocol.design_in_words import (
    design_sentences,
    endpoint_in_words,
)
from wholetrial.protocol.eligibility import Criterion
from wholetrial.protocol.endpoint import LEVELS
from wholetrial.protocol.english import (
    amount,
    arm_in_words,
    listed,
    measure_in_words,
    name_in_words,
    plan_in_words,
    point_in_words,
    sentence,
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
_CORRECTIONS = {
    "none": "without correction for multiplicity",
    "bonferroni": "with Bonferroni's correction",
    "holm": "with Holm's correction",
    "hochberg": "with Hochberg's correction",
    "hommel": "with Hommel's correction",
    "fixed_sequence": "tested in a fixed sequence",
}
_MISSING = {
    "no response": "counts as no response",
    "as observed": "is left out",
    "last observation": "is replaced by the last observation",
    "worst": "is replaced by the worst value",
    "baseline": "is replaced by the baseline value",
    "multiple imputation": "is imputed several times",
    "mixed model": "is handled by the mixed model",
}


def describe(protocol: Protocol) -> str:
    """The trial in words: question, design, visits, people, rules, endpoints, analyses, doubts."""
    parts = {
        "Question": [protocol.design.question, *protocol.design.objectives],
        "Design": [*design_sentences(protocol), *_interventions(protocol)],
        "Visits": list(_schedule(protocol)),
        "Who may take part": list(_people(protocol)),
        "Endpoints": list(_endpoints(protocol)),
        "Analyses": list(_analyses(protocol)),
        "What is assumed": list(_assumed(protocol)),
        "What is unsettled": list(_unsettled(protocol)),
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
        comma = "," if "," in intervention.name else ""
        by_route[intervention.route].append(f"{intervention.name}{comma}")
    for route, names in by_route.items():
        if route in _ROUTES:
            verb = "are" if len(names) > 1 else "is"
            yield f"{listed(names)} {verb} given {_ROUTES[route]}".replace(",,", ",")


def _schedule(protocol: Protocol) -> Iterator[str]:
    start = {"first_dose": "the first dose", "randomization": "randomization"}
    yield f"Week 0 is the day of {start[protocol.schedule.counted_from]}"
    for name, point in protocol.schedule.events.items():
        yield f"{name_in_words(name)} is at {point_in_words(point)}"
    by_window = defaultdict(list)
    for name, epoch in protocol.schedule.epochs.items():
        if epoch.window:
            by_window[window_in_words(epoch.window)].append(name_in_words(name))
    windows = [f"{window} in {listed(names)}" for window, names in by_window.items()]
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
        yield f"The visits record {'; '.join(told)}"


def _people(protocol: Protocol) -> Iterator[str]:
    eligibility = protocol.eligibility
    needed = _criteria(eligibility.include, protocol)
    if needed:
        when = name_in_words(eligibility.anchor)
        yield f"A person may take part if, at {when}, {_numbered(needed, 'and')}"
    forbidden = _criteria(eligibility.exclude, protocol)
    if forbidden:
        yield f"A person may not take part if {_numbered(forbidden, 'or')}"
    permitted = [criterion.text.rstrip(".") for criterion in eligibility.permit.values()]
    if permitted:
        yield f"The trial allows the following: {'; '.join(permitted)}"
    unseen = eligibility.unseen
    if unseen:
        yield (
            "The source hides criteria: "
            f"{_hidden(unseen.include)} for inclusion and {_hidden(unseen.exclude)} for exclusion"
        )


def _numbered(told: list[str], joint: str) -> str:
    """Clauses in one sentence, numbered because they may hold commas and semicolons."""
    if len(told) == 1:
        return told[0]
    *before, last = (f"({number}) {clause}" for number, clause in enumerate(told, 1))
    return f"{'; '.join(before)}; {joint} {last}"


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
    named = protocol.endpoints.named()
    for level in LEVELS:
        told = [
            endpoint_in_words(endpoint, protocol)
            for stood, endpoint in named.values()
            if stood == level
        ]
        if told:
            plural = "endpoint is" if len(told) == 1 else "endpoints are"
            yield f"The {level} {plural} {'; '.join(told)}"
    by_strategy = defaultdict(list)
    for event, strategy in protocol.intercurrent.items():
        by_strategy[strategy].append(f'"{name_in_words(event)}"')
    for strategy, events in by_strategy.items():
        yield f"For {listed(events)} the {name_in_words(strategy)} strategy applies"
    yield from _missing(protocol)


def _missing(protocol: Protocol) -> Iterator[str]:
    missing = protocol.missing
    if missing.response:
        yield f"A missing response {_MISSING.get(missing.response, missing.response)}"
    if missing.change:
        yield f"A missing change {_MISSING.get(missing.change, missing.change)}"
    if missing.time_to:
        yield "A participant without the event is censored at the last visit"


def _analyses(protocol: Protocol) -> Iterator[str]:
    for name, analysis in protocol.analyses.items():
        yield f"{name_in_words(name)}: {', '.join(filter(None, _analysis(analysis, protocol)))}"


def _analysis(analysis: Analysis, protocol: Protocol) -> Iterator[str]:
    chosen = protocol.analysis_sets.get(analysis.set)
    people = str(chosen) if chosen else name_in_words(analysis.set)
    named = protocol.endpoints.named()
    texts = [named[n][1].text.rstrip(".") if n in named else name_in_words(n) for n in analysis.of]
    yield f"{'; '.join(texts)}; in {people}"
    yield _contrast(analysis, protocol)
    test = TESTS.get(analysis.test, name_in_words(analysis.test))
    level = f" at the {analysis.alpha} level" if analysis.alpha else ""
    yield "without a test" if analysis.test == "none" else f"by {test}{level}"
    yield from _estimate(analysis)
    if analysis.multiplicity:
        how = _CORRECTIONS.get(analysis.multiplicity, name_in_words(analysis.multiplicity))
        yield how
    if analysis.beside:
        factors = listed(measure_in_words(f, protocol) for f in analysis.beside.adjust_for)
        method = name_in_words(analysis.beside.adjusted_by)
        yield f"and beside it an estimate adjusted for {factors} by {method}"


def _estimate(analysis: Analysis) -> Iterator[str]:
    plan = analysis.estimate
    summary = SUMMARIES.get(plan.summary, name_in_words(plan.summary))
    at = f" at {point_in_words(analysis.at)}" if analysis.at else ""
    interval = INTERVALS[plan.interval].words if plan.interval in INTERVALS else plan.interval
    yield f"reporting {summary}{at} with {amount(plan.level, '%')} {interval} intervals"


def _contrast(analysis: Analysis, protocol: Protocol) -> str:
    if analysis.compare:
        names = {"experimental": "experimental arm", "control": "control arm"}
        arms = names.get(analysis.compare.arms) or arm_in_words(analysis.compare.arms, protocol)
        control = arm_in_words(analysis.compare.control, protocol)
        pooled = analysis.compare.how == "pooled"
        lead = f"all of the {arms}s together" if pooled else f"each {arms}"
        if analysis.compare.arms not in names:
            lead = arms
        return f"comparing {lead} with {control}"
    return f"against {analysis.against}" if analysis.against else "each arm described by itself"


def _assumed(protocol: Protocol) -> Iterator[str]:
    yield from _assumed_parts(protocol)
    for path, found in protocol.provenance.readings.items():
        others = listed((name_in_words(n) for n in found.readings if n != found.taken), "or")
        rest = f", not as {others}" if others else ""
        yield f"{_path_in_words(path)} is read as {name_in_words(found.taken)}{rest}"
    assumed = protocol.assumptions
    if assumed is None:
        return
    drawn = [drawn_in_words(name, one, protocol) for name, one in assumed.baseline.items()]
    if drawn:
        yield f"The simulator draws people with {'; '.join(drawn)}"
    worlds = (
        f"{name_in_words(name)} (it should {'succeed' if one.succeeds else 'fail'})"
        for name, one in assumed.scenarios.items()
    )
    if assumed.scenarios:
        yield f"It tries the design in these worlds: {listed(worlds)}"


def _assumed_parts(protocol: Protocol) -> Iterator[str]:
    blocks = [path for path, source in protocol.provenance.marks.items() if source == ASSUMED]
    if "" in blocks:
        yield "Where no other source is named, the statements are assumptions"
    parts: defaultdict[str, list[str]] = defaultdict(list)
    for path in blocks:
        if path and not path.startswith(("unsettled", "public")):
            block, _, rest = path.partition(".")
            parts[block] += [rest.replace(".", " ").replace("_", " ")] if rest else []
    told = [
        f"{name_in_words(block)} ({listed(rest)})" if rest else name_in_words(block)
        for block, rest in parts.items()
    ]
    if told:
        yield f"Assumed, not found in a source: {'; '.join(told)}"


def _path_in_words(path: str) -> str:
    block, _, rest = path.partition(".")
    rest = rest.removesuffix(".rule").replace(".", " ").replace("_", " ")
    return f"{rest} (in {name_in_words(block)})" if rest else name_in_words(block)


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
    return f"{measure} ({drawn.distribution}: {', '.join(numbers)})"


def _unsettled(protocol: Protocol) -> Iterator[str]:
    for doubt in protocol.unsettled:
        says, taken = doubt.says.rstrip("."), doubt.taken.rstrip(".")
        yield f"{doubt.about}: {says}; taken here: {taken}"
