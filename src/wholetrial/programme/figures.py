"""Gathers what the figures of a forecast are drawn from, out of the simulator."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from wholetrial.data.records import Exposures, Floats, Records, empty_events, joined
from wholetrial.protocol.protocol import Protocol
from wholetrial.protocol.timeline import administrations, day_of
from wholetrial.report.contents import Simulated
from wholetrial.report.forecast_exposure import interventions_of
from wholetrial.report.forecast_figures import (
    COUNTED,
    SHOWN,
    Exposed,
    FollowedTrials,
    Kind,
    Quantity,
    some_of,
)
from wholetrial.simulation.hidden import (
    Hidden,
    HiddenQuantity,
    concentrations,
    drugs_of,
    exposures_to,
    hidden_of,
    modes_of_some,
)
from wholetrial.simulation.simulate import HowDrawn, Simulation, in_blocks, prepare

MOST = 200
"""How many of the simulated trials the figures follow: the first ones."""
_ON_THE_WAY = (0.5, 1.0, 2.0, 3.5, 5.5, 8.0, 11.0)
_GRID = 160


def follow(
    protocol: Protocol, simulated: Simulated, parameters: HowDrawn = "drawn"
) -> FollowedTrials:
    """The first trials of a forecast once more, with what lies behind their records."""
    known = protocol.assumptions.scenarios if protocol.assumptions else {}
    scenario = simulated.scenario if simulated.scenario in known else None
    simulation = prepare(protocol, simulated.seed, scenario, parameters)
    replicates = min(simulated.replicates, MOST)
    acts_as = drugs_of(simulation)
    records = _joined([_slim(one, set(acts_as)) for one in in_blocks(simulation, replicates)])
    hidden = hidden_of(simulation, range(replicates))
    planned = {arm: _drugs_in(protocol, arm, acts_as) for arm in protocol.arms}
    return FollowedTrials(
        records,
        tuple(_exposed(simulation, records, hidden)),
        (
            *(_quantity(one) for one in hidden.quantities),
            *_in_blood(simulation, records, hidden),
        ),
        planned,
        drawn=parameters == "drawn" and bool(simulation.world.drugs),
    )


def _quantity(one: HiddenQuantity) -> Quantity:
    kind: Kind = "laboratory" if one.from_blood else "latent"
    return Quantity(one.name, one.unit, one.values, kind, one.drug)


def _drugs_in(protocol: Protocol, arm: str, acts_as: Mapping[str, str]) -> tuple[str, ...]:
    """The drugs with pharmacokinetics that an arm is planned to receive."""
    given = interventions_of(protocol, arm)
    return tuple(dict.fromkeys(acts_as[name] for name in given if name in acts_as))


def _slim(records: Records, drugs: set[str]) -> Records:
    """The records without adverse events, and with the doses of these interventions only."""
    codes = [place for place, name in enumerate(records.interventions) if name in drugs]
    given = records.exposures
    used = np.isin(given.intervention, np.asarray(codes, np.int8)).reshape(-1, given.day.shape[-1])
    columns = used.any(axis=0)
    kept = Exposures(
        given.day[..., columns], given.amount[..., columns], given.intervention[..., columns]
    )
    return replace(records, exposures=kept, adverse_events=empty_events(records.shape))


def _joined(blocks: list[Records]) -> Records:
    """Blocks of trials as one, with room for as many doses as the block with most of them has."""
    width = max(one.exposures.day.shape[-1] for one in blocks)
    return joined(tuple(replace(one, exposures=_wider(one.exposures, width)) for one in blocks))


def _wider(given: Exposures, width: int) -> Exposures:
    room = [(0, 0)] * (given.day.ndim - 1) + [(0, width - given.day.shape[-1])]
    return Exposures(
        np.pad(given.day, room, constant_values=np.nan),
        np.pad(given.amount, room, constant_values=np.nan),
        np.pad(given.intervention, room),
    )


def _exposed(simulation: Simulation, records: Records, hidden: Hidden) -> Iterator[Exposed]:
    """The concentration of each drug in some participants of every arm that receives it.

    An arm receives what its plan or a rule gives it.
    """
    if hidden.biology is None:
        return
    last = float(max(visit.day for visit in simulation.visits))
    for arm in records.arms:
        who = some_of(records, arm, COUNTED)
        for drug, action in hidden.biology.drugs.items():
            given = exposures_to(records, drugs_of(simulation), drug)
            mine = Exposures(*(_flat(part)[who] for part in _parts(given)))
            if np.isnan(mine.day).all():
                continue
            weeks = np.unique(7.0 * np.rint(mine.day[~np.isnan(mine.day)] / 7.0))
            days = _days(last, weeks.tolist())
            found = concentrations(modes_of_some(action.modes, who), mine, days)
            half = float(simulation.world.fit[f"ic50_{drug}"])
            shown, median = found[:SHOWN], np.median(found, axis=0)
            doses = _planned_days(simulation, arm, drug)
            yield Exposed(arm, drug, days, shown, median, len(who), half, doses)


def _planned_days(simulation: Simulation, arm: str, drug: str) -> tuple[float, ...]:
    """The days on which an arm is planned to receive a drug; a rule may give more."""
    acts_as = drugs_of(simulation)
    given = administrations(simulation.protocol, arm)
    return tuple(sorted({float(one.day) for one in given if acts_as.get(one.intervention) == drug}))


def _days(last: float, doses: list[float]) -> Floats:
    """Days on which a concentration is worked out: closer together after each week with a dose."""
    after = [day + more for day in doses for more in (0.0, *_ON_THE_WAY)]
    days = np.unique([*np.linspace(0.0, last, _GRID), *after])
    return days[days <= last]


def _in_blood(simulation: Simulation, records: Records, hidden: Hidden) -> Iterator[Quantity]:
    """Each drug's concentration when a time to an event begins to be watched, in everybody."""
    if hidden.biology is None:
        return
    protocol = simulation.protocol
    for name, (_, endpoint) in protocol.endpoints.named().items():
        if endpoint.since is None or endpoint.kind != "time_to":
            continue
        day = np.asarray([float(day_of(protocol, endpoint.since))])
        for drug, action in hidden.biology.drugs.items():
            given = exposures_to(records, drugs_of(simulation), drug)
            found = concentrations(action.modes, given, day)[..., 0]
            when = str(endpoint.since).replace("_", " ")
            yield Quantity(f"{drug} in blood at {when}", "mg/L", found, "laboratory", drug, name)


def _parts(given: Exposures) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return given.day, given.amount, given.intervention


def _flat(part: np.ndarray) -> np.ndarray:
    return part.reshape(-1, part.shape[-1])
