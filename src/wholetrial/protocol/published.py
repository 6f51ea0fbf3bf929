"""Results known from the literature, each with its source, in `published.yaml` beside the trial."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, ValidationError

from wholetrial.protocol.analysis_plan import Contrast, read_contrast
from wholetrial.protocol.document import plain, read_document
from wholetrial.protocol.explain import explained
from wholetrial.protocol.finding import InvalidTrialFileError
from wholetrial.protocol.lift import lift
from wholetrial.protocol.load import read_file
from wholetrial.protocol.provenance import Provenance
from wholetrial.protocol.quantity import SharePhrase
from wholetrial.protocol.reader import Reader, number_text
from wholetrial.protocol.source import Source
from wholetrial.protocol.value import Name, Value, Words, parse_phrase, tuples


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


class Nearby(Value):
    """A result of another study that the simulated trial is held against."""

    study: Words
    """The study and its population."""
    why: Words
    """Why it is near, and in what it differs."""
    result: Words
    """What it found."""


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
