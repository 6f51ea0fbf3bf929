"""Why people leave a trial, in the terms of CDISC (codelist NCOMPLT, reason for not completing)."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Discriminator, Tag, model_validator

from wholetrial.protocol.quantity import Share, SharePhrase, read_share
from wholetrial.protocol.value import Value, phrase

Reason = Literal[
    "lack_of_efficacy",
    "adverse_event",
    "lost_to_follow_up",
    "withdrawal_by_subject",
    "other",
]
REASONS: tuple[Reason, ...] = (
    "lack_of_efficacy",
    "adverse_event",
    "lost_to_follow_up",
    "withdrawal_by_subject",
    "other",
)


class LeavingCauses(Value):
    """The shares of an arm that leave, each for one reason; together at most everybody."""

    lack_of_efficacy: SharePhrase | None = None
    """Those whom treatment does not help: the worse their disease, the more of them leave."""
    adverse_event: SharePhrase | None = None
    """Those with an adverse event on the day on which they leave."""
    lost_to_follow_up: SharePhrase | None = None
    """Those who do not come any more, spread evenly."""
    withdrawal_by_subject: SharePhrase | None = None
    """Those who no longer wish to take part, spread evenly."""
    other: SharePhrase | None = None
    """Those who leave for another reason, spread evenly."""

    @model_validator(mode="after")
    def _are_some_and_at_most_everybody(self) -> "LeavingCauses":
        stated = self.shares
        if not stated:
            raise ValueError(f"a reason for leaving is one of: {', '.join(REASONS)}")
        total = sum(share.fraction for share in stated.values())
        if total > 1 + 1e-9:
            raise ValueError(f"the shares that leave add up to {total:.1%}, more than all of them")
        return self

    @property
    def shares(self) -> Mapping[Reason, Share]:
        """The reasons stated, each with its share."""
        every = {reason: getattr(self, reason) for reason in REASONS}
        return {reason: share for reason, share in every.items() if share is not None}


def _leaving_kind(value: object) -> str:
    by_reason = isinstance(value, LeavingCauses) or (
        isinstance(value, dict) and not {"percent", "count"} & set(value)
    )
    return "reasons" if by_reason else "share"


Leavers = Annotated[
    Annotated[LeavingCauses, Tag("reasons")] | Annotated[Share, Tag("share")],
    Discriminator(_leaving_kind),
    phrase(read_share),
]


def shares_of(leavers: Share | LeavingCauses) -> Mapping[Reason | None, Share]:
    """The share that leaves for each reason; None where the file gives no reason."""
    if isinstance(leavers, Share):
        return {None: leavers}
    return dict(leavers.shares.items())
