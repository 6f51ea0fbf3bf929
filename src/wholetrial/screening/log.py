"""The screening log and the reasons as tables, ready for a file (ICH E6: who was screened)."""

from collections.abc import Iterator, Sequence

import polars as pl

from wholetrial.screening.answer import Answer, CriterionAnswer
from wholetrial.screening.days import in_words
from wholetrial.screening.funnel import funnel

LONGEST_REASON = 400


def screening_log(answers: Sequence[Answer]) -> pl.DataFrame:
    """One row per person: the day, the answer, the criteria behind it, what would settle it."""
    rows = [
        {
            "person": answer.person,
            "screened": answer.screened,
            "answer": answer.overall,
            "not met": " ".join(found.name for found in answer.of("blocks")),
            "not known": " ".join(found.name for found in answer.of("unknown")),
            "would settle it": "; ".join(answer.missing),
        }
        for answer in answers
    ]
    schema = {"person": pl.String, "screened": pl.Date, "answer": pl.String}
    texts = dict.fromkeys(("not met", "not known", "would settle it"), pl.String)
    return pl.DataFrame(rows, schema={**schema, **texts})


def reasons(answers: Sequence[Answer]) -> pl.DataFrame:
    """One row per person and criterion: the verdict, why, what would settle or change it."""
    rows = [
        {
            "person": answer.person,
            "criterion": found.name,
            "kind": found.kind,
            "text": found.criterion.text,
            "verdict": found.verdict,
            "because": because(found),
            "would settle it": "; ".join(found.missing),
            "would change it": found.change or "",
        }
        for answer in answers
        for found in answer.criteria
    ]
    names = ("person", "criterion", "kind", "text", "verdict", "because")
    both = ("would settle it", "would change it")
    return pl.DataFrame(rows, schema=dict.fromkeys((*names, *both), pl.String))


def funnel_table(answers: Sequence[Answer]) -> pl.DataFrame:
    """One row per criterion: kept out, not known, left surely and perhaps, its price alone."""
    return pl.DataFrame([step._asdict() for step in funnel(answers)])


def because(found: CriterionAnswer) -> str:
    """The reasons of a criterion in one line: those of the atoms that lead to its verdict."""
    if found.criterion.rule is None:
        return "no rule: the investigator decides"
    told = dict.fromkeys(answer.because for answer in found.atoms)
    return "; ".join(told)


def answer_in_words(answer: Answer) -> Iterator[str]:
    """A person's answer, a line for each criterion that decides, as it is printed."""
    yield f"{answer.person}: {answer.overall} on {in_words(answer.screened)}"
    for verdict in ("blocks", "unknown"):
        for found in answer.of(verdict):
            yield f"  {found.name} {verdict}: {found.criterion.text}"
            yield f"    {because(found)}"
            if found.change:
                yield f"    {found.change}"
            if found.missing:
                yield f"    would settle it: {'; '.join(found.missing)}"
    if answer.hidden:
        yield "  the source hides criteria: whoever meets those shown may still not be eligible"
