"""Results known from the literature, each with its source, in `published.yaml` beside the trial."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from wholetrial.protocol.analysis_plan import Contrast, read_contrast
from wholetrial.protocol.design import Quantity
from wholetrial.protocol.document import plain, read_document
from wholetrial.protocol.explain import explained
from wholetrial.protocol.finding import InvalidTrialFileError
from wholetrial.protocol.lift import lift
from wholetrial.protocol.load import read_file
from wholetrial.protocol.provenance import Provenance
from wholetrial.protocol.quantity import Share, SharePhrase, read_share
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.source import Source
from wholetrial.protocol.time import DurationPhrase, PointPhrase
from wholetrial.protocol.value import Name, Value, Words, parse_phrase, phrase, tuples


class PublishedP(Value):
    """A printed P value: 0.19, or an upper limit: "below 0.001"."""

    contrast: Contrast
    value: Annotated[float, Field(ge=0, le=1)]
    below: bool = False

    def __str__(self) -> str:
        return f"{'<' if self.below else '='}{number_text(self.value)}"


def _read_p(reader: Reader) -> tuple[float, bool]:
    return (reader.number(), True) if reader.take("below") else (reader.number(), False)


def _p_values(value: object) -> object:
    """Read {"each experimental with placebo": "below 0.001"}."""
    if not isinstance(value, dict):
        return tuples(value)
    found = []
    for contrast, printed in value.items():
        number, below = (
            parse_phrase(printed, _read_p) if isinstance(printed, str) else (printed, False)
        )
        found.append(
            {"contrast": parse_phrase(contrast, read_contrast), "value": number, "below": below}
        )
    return tuple(found)


class PublishedResult(Value):
    """One endpoint's published result, by arm or role."""

    set: Name
    """The analysis set of the counts."""
    printed: dict[Name, SharePhrase] = {}
    """What the publication prints."""
    counts: dict[Name, SharePhrase] = {}
    """Participants with the outcome, of how many."""
    p_value: Annotated[tuple[PublishedP, ...], BeforeValidator(_p_values)] = ()
    """The printed P values."""
    also_fits: dict[Name, SharePhrase] = {}
    """Other counts that fit what is printed."""


Figure = Share | Quantity
"""A published number: a share ("37 of 91", "82.2 %") or an amount ("-7.1 points", "20 weeks")."""


def read_figure(reader: Reader) -> Figure:
    """Read "37 of 91", "82.2 %", "-7.1 points" or "20 weeks".

    >>> str(read_figure(Reader("37 of 91"))), str(read_figure(Reader("-7.1 points")))
    ('37 of 91', '-7.1 points')
    """
    if reader.sees("%", "of", ahead=1):
        return read_share(reader)
    number = reader.number()
    return Quantity(
        number=number, unit=reader.word("'%', 'of' or a unit (82 %, 37 of 91, -7.1 points)")
    )


class NearbyFigure(Value):
    """One number of another study, and the question of this trial that it is held against.

    Of a time to an event, a share is that of the participants who had the event, and an amount is
    the median time.
    """

    what: Words
    """What the study counted or measured."""
    group: Words | None = None
    """In which of its groups."""
    value: Annotated[Figure, phrase(read_figure)]
    """What it found."""
    at: PointPhrase | None = None
    """When, counted from the study's own start."""
    endpoint: Name | None = None
    """The endpoint of this trial that asks the same; none where no endpoint does."""
    arm: Name | None = None
    """The arm, or role of arms, of this trial that it is held against."""
    beside: Words | None = None
    """The time of that endpoint it is held against, as results name it; `at` unless named."""
    after: DurationPhrase | None = None
    """How long after what that endpoint counts from (the withdrawal), where the study counts from
    its own start."""
    fitted: bool = False
    """Whether the simulator was fitted to this number: then agreement shows nothing."""

    @model_validator(mode="after")
    def _is_held_against_an_arm(self) -> "NearbyFigure":
        if (self.endpoint is None) != (self.arm is None):
            raise ValueError("a figure is held against an endpoint of an arm: name both or neither")
        if self.beside is not None and self.endpoint is None:
            raise ValueError("beside names a time of an endpoint: name the endpoint too")
        return self


class Nearby(Value):
    """Results of another study, to be read beside those of this trial."""

    study: Words
    """The study."""
    population: Words | None = None
    """The people it speaks of."""
    why: Words
    """Why it is near."""
    differs: Words | None = None
    """In what it differs."""
    result: Words | None = None
    """What it found, in words."""
    figures: tuple[NearbyFigure, ...] = ()
    """What it found, in numbers."""

    @model_validator(mode="after")
    def _found_something(self) -> "Nearby":
        if not (self.result or self.figures):
            raise ValueError("a study nearby has a result in words or figures")
        return self


class Published(Value):
    """What is known of a trial's results."""

    wholetrial: Literal[1]
    published: Name
    sources: dict[Name, Words]
    results: dict[Name, PublishedResult] = {}
    nearby: tuple[Nearby, ...] = ()
    not_found: tuple[Words, ...] = ()
    provenance: Provenance = Provenance()


def load_published(path: Path) -> Published:
    """Load `published.yaml`; raises InvalidTrialFileError with every finding."""
    lifted = lift(read_document(read_file(path), str(path)), str(path))
    source = Source(str(path), lifted.tree)
    data = plain(lifted.tree)
    if not isinstance(data, dict):
        raise InvalidTrialFileError([source.finding("", "names with values", "other data")])
    data["provenance"] = lifted.provenance()
    try:
        published = Published.model_validate(tuples(data))
    except ValidationError as error:
        raise InvalidTrialFileError(explained(error, source, Published)) from None
    if lifted.findings:
        raise InvalidTrialFileError(lifted.findings)
    return published
