"""A small trial with hand-made records and results, whose every number can be checked by hand."""

import numpy as np
import pytest

from wholetrial.analysis.operating import Forecast, Power
from wholetrial.analysis.planned.analyze import analyses_of, analyze
from wholetrial.data.records import AdverseEvents, Exposures, Records, repeated
from wholetrial.data.tables import TABLES
from wholetrial.endpoints.counts import outcomes_of_counts
from wholetrial.endpoints.derive import derive
from wholetrial.protocol.load import load
from wholetrial.protocol.published import load_published
from wholetrial.protocol.timeline import visits
from wholetrial.report.contents import Contents, PublishedResults, Recorded, Simulated
from wholetrial.report.forecast_figures import Exposed, FollowedTrials, Quantity

TRIAL = """
wholetrial: 1
trial: SMALL_1
title: A small trial with <b>markup</b> & signs in its title
from: assumed
because: made for a test
sources: {paper: "a paper, 2020"}
design:
  question: Does A clear the skin?
  condition: plaque psoriasis
  phase: 2
  structure: parallel
  masking: none
  allocation: {randomized: permuted blocks, sizes: [4]}
instruments: {PASI: pasi}
interventions:
  A: {name: drug A, route: oral}
  P: {name: placebo, route: oral}
arms:
  a: {label: Drug A, role: experimental, n: 4, doses: ["A 10 mg at weeks 0, 4"]}
  p: {label: Placebo, role: control, n: 4, doses: ["P at weeks 0, 4"]}
terms:
  PASI_75: PASI improvement >= 75 %
  relapse: PASI loss since best > 50 %
rules:
  more: {arms: a, at: week 8, when: not PASI_75, give: A 20 mg}
schedule:
  counted_from: first_dose
  epochs:
    screening: {visits: within 2 weeks before week 0}
    treatment: {visits: "weeks 0, 4, 8", window: 3 days}
    follow_up: {visits: week 12, only_if: PASI_75 at week 8}
  measure: {PASI: all visits, adverse_events: all visits but screening}
eligibility:
  anchor: screening
  include: {I1: {text: Consents, rule: consents}}
endpoints:
  primary:
    pasi_75_week_8: {text: PASI lower by 75% or more at week 8, response: PASI_75 at week 8}
  secondary:
    time_to_relapse: {text: Time to relapse, time_to: relapse, since: week 4, until: week 12, seen: between visits}
  safety:
    any_ae: {text: Any adverse event, events: "adverse_events from week 0 to week 12, by grade"}
missing: {response: no response, time_to: censored at last visit}
analysis_sets: {randomized: "everyone randomized, as assigned", treated: "everyone given a dose, by treatment received"}
analyses:
  main: {of: [pasi_75_week_8], set: randomized, compare: each experimental with control, test: fisher_exact, estimate: "risk_difference, miettinen_nurminen 95 %", alpha: 0.05 two-sided, better: higher, multiplicity: holm}
  relapse: {of: [time_to_relapse], set: randomized, test: none, estimate: "turnbull, bootstrap 95 %"}
  harm: {of: [any_ae], set: treated, compare: each experimental with control, test: none, estimate: "risk_difference, miettinen_nurminen 95 %"}
assumptions:
  baseline: {PASI: "lognormal(median 16, log_sd 0.45)"}
  dropout: {experimental: 10 % by week 8, from: {experimental: paper}}
unsettled:
  - {about: dose, says: two doses are named, taken: both}
"""

PUBLISHED = """
wholetrial: 1
published: SMALL_1
from: paper
sources: {paper: "a paper, 2020"}
results:
  pasi_75_week_8:
    set: randomized
    printed: {a: 75 %, p: 25 %}
    counts: {a: 3 of 4, p: 1 of 4}
    p_value: {each experimental with control: 0.49}
not_found: [scores at each visit]
"""


@pytest.fixture(scope="session")
def protocol(tmp_path_factory):
    """The small trial."""
    path = tmp_path_factory.mktemp("small") / "trial.yaml"
    path.write_text(TRIAL)
    return load(path)


@pytest.fixture(scope="session")
def published(protocol, tmp_path_factory):
    """Its published results: 3 of 4 and 1 of 4."""
    path = tmp_path_factory.mktemp("printed") / "published.yaml"
    path.write_text(PUBLISHED)
    found = load_published(path)
    statistics = []
    for endpoint, result in found.results.items():
        outcomes = outcomes_of_counts(protocol, endpoint, result)
        for name in analyses_of(protocol, endpoint):
            statistics += analyze(protocol, name, [outcomes])
    return PublishedResults(found, tuple(statistics))


def records_of(protocol):
    """Eight people: on A three respond at week 8 and one of them has relapsed at week 12.

    The fourth on A leaves on day 30; the fourth on placebo is never treated.
    """
    planned = visits(protocol)
    none = np.nan
    pasi = np.array(
        [
            [20, 20, 10, 4, 3],
            [16, 16, 8, 4, 12],
            [12, 12, 6, 2, 2],
            [30, 30, 20, none, none],
            [20, 20, 20, 20, none],
            [16, 16, 15, 4, 4],
            [12, 12, 12, 13, none],
            [18, none, none, none, none],
        ]
    )
    days = np.array([float(visit.day) for visit in planned])
    event_day = np.array([[5.0], [none], [none], [10.0], [none], [20.0], [none], [none]])
    doses = np.array([[0.0, 28.0]] * 7 + [[none, none]])
    return Records(
        arms=("a", "p"),
        interventions=("A", "P"),
        visits=planned,
        participants=tuple(f"P{number}" for number in range(1, 9)),
        arm=np.repeat([0, 1], 4).astype(np.int8),
        received=np.array([0, 0, 0, 0, 1, 1, 1, -1], np.int8),
        day=np.where(np.isnan(pasi), none, days),
        values={"PASI": pasi},
        facts={
            "age": np.array([30, 40, 50, 60, 20, 30, 40, none]),
            "male": np.array([1, 1, 0, 0, 1, 0, 0, 0.0]),
        },
        events={
            "leaves_study": np.array([none, none, none, 30, none, none, none, 1]),
            "more": np.full(8, none),
        },
        exposures=Exposures(
            doses, np.where(np.isnan(doses), none, 10.0), np.zeros((8, 2), np.int8)
        ),
        adverse_events=AdverseEvents(
            event_day, np.array([[2], [0], [0], [3], [0], [0], [0], [0]], np.int8), event_day > 9
        ),
    )


def results_of(protocol, records):
    """Every outcome and statistic of some records."""
    outcomes, statistics = [], []
    for endpoint in protocol.endpoints.named():
        for name in analyses_of(protocol, endpoint):
            found = derive(protocol, records, endpoint, protocol.analyses[name].set)
            outcomes += found
            statistics += [one for each in found for one in analyze(protocol, name, [each])]
    return tuple(outcomes), tuple(statistics)


@pytest.fixture(scope="session")
def recorded(protocol):
    """The eight people as recorded data."""
    records = records_of(protocol)
    return Recorded("a folder of tables", records, *results_of(protocol, records), tuple(TABLES))


@pytest.fixture(scope="session")
def simulated(protocol, recorded):
    """The same eight as the first of 50 simulated trials, whose forecasts are set by hand."""
    ranges = {"a": (0.5, 0.3, 0.6), "p": (0.25, 0.1, 0.4)}
    forecasts = [
        Forecast(one, *(ranges[one.arm] if not one.control else (0.25, 0.1, 0.7)), 50, 0)
        for one in recorded.statistics
        if one.endpoint == "pasi_75_week_8" and one.name in ("proportion", "risk_difference")
    ]
    power = Power(
        "main",
        "pasi_75_week_8",
        "week 8",
        "a",
        "p",
        "fisher_exact",
        "0.05 two-sided",
        0.8,
        0.0566,
        50,
        2,
    )
    return Simulated(
        seed=7,
        replicates=50,
        scenario="as_modeled",
        records=recorded.records,
        outcomes=recorded.outcomes,
        statistics=recorded.statistics,
        forecasts=tuple(forecasts),
        powers=(power,),
        screened=11,
        cautions=("The model is used beyond its data.", "A second caution."),
        assumptions=(("Skin heals at one pace", "a card"),),
    )


@pytest.fixture(scope="session")
def whole(protocol, published, recorded, simulated):
    """Everything there can be: published, recorded and simulated."""
    return Contents(
        protocol=protocol,
        design="Two arms of four.\n\nEight weeks.",
        labels={"a": "Drug A", "p": "Placebo"},
        published=published,
        recorded=recorded,
        simulated=simulated,
        references=("Fisher RA. J R Stat Soc 1935;98:39-82.",),
        notes=("A note for every reader.",),
        checked="no findings",
        version="0.1.0",
    )


@pytest.fixture(scope="session")
def only_planned(protocol):
    """A trial of which nothing is known but its plan."""
    return Contents(
        protocol=protocol,
        design="Two arms of four.",
        labels={"a": "Drug A", "p": "Placebo"},
        not_simulated="not yet simulated: A has no model",
    )


def followed_of(recorded, trials=3):
    """The eight people as so many simulated trials, all alike, with made-up hidden quantities.

    On A somebody of high memory relapses last; the drug of A is worked out for two people.
    """
    records = repeated(recorded.records, trials)
    memory = np.broadcast_to([0.9, 0.1, 0.8, 0.5, 0.5, 0.5, 0.5, 0.5], records.shape)
    days = np.array([0.0, 7.0, 28.0, 35.0, 84.0])
    shown = np.array([[0.0, 5.0, 2.0, 7.0, 1.0], [0.0, 6.0, 3.0, 8.0, 0.001]])
    return FollowedTrials(
        records,
        (Exposed("a", "drug", days, shown, shown.mean(axis=0), 2, 0.5, (0.0, 28.0)),),
        (Quantity("memory", "0 to 1", memory, "latent"),),
        {"a": ("drug",), "p": ()},
    )


@pytest.fixture(scope="session")
def followed(recorded):
    """Three simulated trials of the eight people."""
    return followed_of(recorded)


@pytest.fixture(scope="session")
def many_followed(recorded):
    """Two hundred simulated trials of the eight people."""
    return followed_of(recorded, 200)
