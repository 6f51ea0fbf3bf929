"""Reads a record, whatever its form: JSON of a registry, its old XML, or the text of a page."""

from pathlib import Path

from wholetrial.drafting.page_text import read_page
from wholetrial.drafting.record import Record, RecordError
from wholetrial.drafting.registry_json import read_registry_json
from wholetrial.drafting.registry_xml import read_registry_xml

LARGEST = 20_000_000


def read_record(path: Path) -> Record:
    """Read a record from a file. Raises RecordError with what is wrong with it."""
    name = str(path)
    if not path.is_file():
        found = "a folder" if path.is_dir() else "no file"
        raise RecordError(f"{name}: expected a record, found {found}; check the path")
    if path.stat().st_size > LARGEST:
        raise RecordError(
            f"{name}: expected at most {LARGEST:,} bytes, found more; give one record"
        )
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordError(f"{name}: expected text in UTF-8, found other bytes") from None
    if "\x00" in text:
        raise RecordError(f"{name}: expected text, found other bytes")
    start = text.lstrip()[:200]
    if path.suffix == ".json" or start.startswith(("{", "[")):
        return read_registry_json(text, path.name)
    if path.suffix == ".xml" or start.startswith(("<?xml", "<clinical_study")):
        return read_registry_xml(text, path.name)
    if start.casefold().startswith(("<!doctype html", "<html")):
        raise RecordError(f"{name}: expected the text of a page, found HTML; copy the text alone")
    return read_page(text, path.name)
