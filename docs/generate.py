"""Writes what is generated into the pages; with --check, says which pages have drifted, and how.

In a page, what stands between `<!-- generated: NAME -->` and `<!-- end -->` is written by the part
NAME, or is the output of a command where NAME starts with `$`. Run it from anywhere:

    python docs/generate.py            write every page anew
    python docs/generate.py --check    change nothing; 1 where a page has drifted
"""

import json
import sys
from collections.abc import Callable, Iterator
from difflib import unified_diff
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
sys.path.insert(0, str(DOCS))

from parts import PARTS  # noqa: E402
from parts.page import rendered  # noqa: E402
from parts.picture import picture  # noqa: E402

from wholetrial.protocol.schema import trial_schema  # noqa: E402


def schema_text() -> str:
    """The JSON Schema of a trial file."""
    return json.dumps(trial_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def pages() -> dict[str, Callable[[], str]]:
    """Every file that is generated, whole or in part, by its path: how to write it."""
    written = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(DOCS.glob("*.md"))]
    found: dict[str, Callable[[], str]] = {
        str(page.relative_to(ROOT)): lambda page=page: rendered(page.read_text("utf-8"), PARTS)
        for page in written
    }
    return {**found, "docs/picture.svg": picture, "docs/trial.schema.json": schema_text}


def drift(name: str) -> list[str]:
    """How a file differs from what would be written now; empty where it does not."""
    path = ROOT / name
    stands = path.read_text("utf-8") if path.exists() else ""
    return list(
        unified_diff(stands.splitlines(), pages()[name]().splitlines(), name, "now", lineterm="")
    )


def main(arguments: list[str]) -> int:
    """Write every page, or check them."""
    if arguments == ["--check"]:
        differences = [line for name in pages() for line in drift(name)]
        print("\n".join(differences) or "every page is as it would be written now")
        return 1 if differences else 0
    for name in changed():
        print(f"wrote {name}")
    return 0


def changed() -> Iterator[str]:
    """Write what has drifted, and name it."""
    for name, write in pages().items():
        path = ROOT / name
        text = write()
        if not path.exists() or path.read_text("utf-8") != text:
            path.write_text(text, "utf-8")
            yield name


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
