"""Writes the commented starter file of a new trial."""

from pathlib import Path


def write_starter(file: Path) -> None:
    """Write the starter file, whole or not at all.

    Raises FileExistsError where the file exists: nobody's work is overwritten.
    """
    from wholetrial.protocol.starter import starter_text

    text = starter_text()
    try:
        new = file.open("x", encoding="utf-8", newline="\n")
    except FileExistsError:
        message = f"'{file}' exists, and is never overwritten; name another file"
        raise FileExistsError(message) from None
    try:
        with new:
            new.write(text)
    except BaseException:
        file.unlink()
        raise
