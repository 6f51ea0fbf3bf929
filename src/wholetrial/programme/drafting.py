"""Makes a draft trial file of a record."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from wholetrial.drafting.draft import draft
from wholetrial.drafting.drafted import Drafted, drafted_items
from wholetrial.drafting.read_record import read_record
from wholetrial.drafting.record import Record
from wholetrial.programme.outputs import write_whole


@dataclass(frozen=True, slots=True)
class Imported:
    """A record, its items as they were read, and the text of the draft."""

    record: Record
    items: tuple[Drafted, ...]
    text: str

    @property
    def totals(self) -> dict[str, int]:
        """How many items are complete, partial and text only."""
        counts = Counter(one.reading.how for one in self.items)
        return {how: counts[how] for how in ("complete", "partial", "text only")}


def import_record(path: Path) -> Imported:
    """Read a record and draft a trial file. Raises RecordError."""
    record = read_record(path)
    items = drafted_items(record)
    return Imported(record, items, draft(record, items))


def write_draft(imported: Imported, file: Path, *, force: bool = False) -> None:
    """Write the draft; raises FileExistsError rather than replace a file unasked."""
    if file.exists() and not force:
        raise FileExistsError(f"'{file}' exists; name another with --out, or say --force")
    write_whole({file: imported.text})
