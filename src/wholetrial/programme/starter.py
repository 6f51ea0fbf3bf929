"""Writes the commented starter file of a new trial."""

from pathlib import Path


def write_starter(file: Path) -> None:
    """Write the starter file.

    Raises FileExistsError where the file exists: nobody's work is overwritten.
    """
    from wholetrial.protocol.starter import starter_text

    with file.open("x", encoding="utf-8", newline="\n") as new:
        new.write(starter_text())
