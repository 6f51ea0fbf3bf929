"""What every report opens with: the design in words, the check's verdict, what to keep in mind."""

from wholetrial import __version__
from wholetrial.programme.trials import Checked
from wholetrial.protocol.design_in_words import design_in_words
from wholetrial.protocol.differences import differences
from wholetrial.protocol.protocol import Protocol
from wholetrial.report.contents import Contents, OtherVersion


def opening(checked: Checked) -> Contents:
    """The contents of a report before any result."""
    protocol = checked.protocol
    return Contents(
        protocol=protocol,
        design=design_in_words(protocol),
        labels={name: arm.label for name, arm in protocol.arms.items()},
        checked=checked.verdict,
        version=__version__,
        notes=_notes(protocol),
        versions=tuple(
            OtherVersion(
                name,
                protocol.versions[name].dated if name in protocol.versions else "",
                design_in_words(other),
                differences(protocol, other),
            )
            for name, other in checked.others.items()
        ),
    )


def _notes(protocol: Protocol) -> tuple[str, ...]:
    notes = []
    if len(protocol.arms) == 1:
        notes.append(
            "A single arm cannot tell the effect of the treatment from recovery without it."
        )
    allocation = protocol.design.allocation
    if allocation is not None and allocation.not_randomized is not None:
        notes.append("People were not randomized: differences between arms may not be effects.")
    return (*notes, *_strategies_not_applied(protocol))


def _strategies_not_applied(protocol: Protocol) -> tuple[str, ...]:
    """What of the estimand is planned and not yet applied: strategies for times to an event."""
    kinds = {endpoint.kind for _, endpoint in protocol.endpoints.named().values()}
    planned = [f"{event} ({how})" for event, how in protocol.intercurrent.items()]
    others = [one for one in planned if "treatment_policy" not in one]
    if not others or "time_to" not in kinds:
        return ()
    events = ", ".join(others).replace("_", " ")
    return (f"Not yet applied to times to an event: {events}.",)
