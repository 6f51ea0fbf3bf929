"""The command that lists what a volunteer is asked: questions."""

from typing import TYPE_CHECKING

import typer

from wholetrial.cli.file_commands import AsJson, Trial
from wholetrial.cli.terminal import clear_errors, print_json, print_table

if TYPE_CHECKING:
    from wholetrial.screening.questions import Question

_DETAILS = {
    "which": "which",
    "since": "since when",
    "last": "when last",
    "unchanged": "since when the same",
}


def register(app: typer.Typer) -> None:
    """Add this command."""
    app.command("questions")(questions)


@clear_errors
def questions(trial: Trial, as_json: AsJson = False) -> None:
    """List what a volunteer is asked: the facts, each once, and what the visit finds out."""
    from wholetrial.programme.trials import load_checked
    from wholetrial.screening.questions import questions as asked

    found = asked(load_checked(trial).protocol)
    if as_json:
        print_json([one._asdict() for one in found])
        return
    rows = [(" ".join(one.criteria), one.text, _how(one), one.unit) for one in found]
    print_table(("needed by", "question", "answered by", "in"), rows)


def _how(one: "Question") -> str:
    """How a question is answered: "yes or no, since when"."""
    return ", ".join([one.kind, *(_DETAILS[detail] for detail in one.details)])
