"""What the volunteer's page needs beyond the design."""

from typing import Annotated

from pydantic import BeforeValidator, Field, StringConstraints

from wholetrial.protocol.value import Value, Words, one_or_more, tuples

EMAIL = r"^[A-Za-z0-9._+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$"
"""An address of the common shape: no sign in it means anything in a mailto link."""


class Dates(Value):
    """Dates as registered: a month (2003-06) or a day (2025-05-31)."""

    start: Words | None = None
    """When it began or begins."""
    end: Words | None = None
    """When it ended or ends."""
    updated: Words | None = None
    """When the record was last changed."""


class Contact(Value):
    """Whom to ask."""

    name: Words | None = None
    """The person or office to ask."""
    investigator: Words | None = None
    """The principal investigator."""
    overseen_by: Words | None = None
    """Who oversees the trial."""
    email: Annotated[str, StringConstraints(pattern=EMAIL, max_length=254)] | None = None
    """The address to write to."""
    phone: Words | None = None
    """The number to call."""


class SponsorRecord(Value):
    """What the page says of the sponsor's other trials."""

    trials: int
    """How many trials the sponsor has run."""
    recruited: int
    """How many people took part in them."""


class Research(Value):
    """One published study that the page cites, in our own short words."""

    cite: Words
    """The study, as it is cited."""
    says: Words
    """What it found."""


def _contact(value: object) -> object:
    return {"name": value} if isinstance(value, str) else tuples(value)


Lines = Annotated[tuple[Words, ...], BeforeValidator(one_or_more)]


class Public(Value):
    """The facts of the volunteer's page that the design does not already hold."""

    lay_title: Words
    """The title in lay words."""
    lay_condition: Words | None = None
    """The condition in lay words, where that of the design is not."""
    summary: Words | None = None
    """The purpose in a sentence or two."""
    background: Lines = ()
    """Why the question matters."""
    why: Words | None = None
    """Why the treatment may work."""
    medicines: Words | None = None
    """Whether people may keep their medicines."""
    safety: Words | None = None
    """What is known about safety."""
    status: Words
    """The recruitment status."""
    sponsor: Words | None = None
    """Who is responsible."""
    sponsor_record: SponsorRecord | None = None
    """The sponsor's other trials."""
    contact: Annotated[Contact, BeforeValidator(_contact)] | None = None
    """Whom to ask."""
    sites: (
        Annotated[int, Field(ge=1)] | Annotated[tuple[Words, ...], Field(min_length=1)] | None
    ) = None
    """Where it takes place: the places, or how many."""
    dates: Dates | None = None
    """Start, end, last update."""
    approvals: dict[Words, Words] = {}
    """Where the treatment is approved, and under which name."""
    research: tuple[Research, ...] = ()
    """Published studies."""
    keywords: tuple[Words, ...] = ()
    """Subject headings."""
    funding: Words | None = None
    """Who paid."""
    conclusion: Words | None = None
    """What the authors concluded."""
