"""Files that are no trial files: each is refused at once, in words, at its line and column."""

import time
from pathlib import Path

import pytest

from wholetrial.protocol.check import check_file
from wholetrial.protocol.finding import InvalidTrialFileError
from wholetrial.protocol.load import load, load_bytes

LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n"
REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (
        b"",
        "1:1: error: expected a trial file, found an empty file; start with `wholetrial new`",
    ),
    "only a comment": (
        b"# nothing\n",
        "1:1: error: expected a trial file, found an empty file; start with `wholetrial new`",
    ),
    "a list": (
        b"- a\n- b\n",
        "1:1: error: expected names with values, such as trial: NCT..., found other data",
    ),
    "a word": (
        b"hello",
        "1:1: error: expected names with values, such as trial: NCT..., found other data",
    ),
    "tabs": (
        b"design:\n\tphase: 2\n",
        "2:1: error: expected YAML, found character that cannot start any token; indent with spaces, not tabs",
    ),
    "NUL bytes": (
        b"trial: a\x00b\n",
        "1:1: error: expected text, found the control character '\\x00'; is this a trial file?",
    ),
    "a picture": (
        b"\x89PNG\r\n\x1a\n\x00\x00",
        "1:1: error: expected text in UTF-8, found other bytes; save it as UTF-8 text",
    ),
    "UTF-16": (
        "trial: a\n".encode("utf-16"),
        "1:1: error: expected text in UTF-8, found other bytes; save it as UTF-8 text",
    ),
    "UTF-16 without a mark": (
        "trial: a\n".encode("utf-16-le"),
        "1:1: error: expected text, found the control character '\\x00'; is this a trial file?",
    ),
    "Latin-1": (
        "title: Sj\xf6gren\n".encode("latin-1"),
        "1:1: error: expected text in UTF-8, found other bytes; save it as UTF-8 text",
    ),
    "an alias": (
        b"a: &x 1\nb: *x\n",
        "1:4: error: expected the text itself, found an anchor or alias (& or *); write it out",
    ),
    "a billion laughs": (
        LAUGHS.encode(),
        "1:4: error: expected the text itself, found an anchor or alias (& or *); write it out",
    ),
    "a tag": (
        b"a: !!python/object/apply:os.system [ls]\n",
        "1:4: error: expected a plain value, found the tag tag:yaml.org,2002:python/object/apply:os.system; remove the tag",
    ),
    "ten thousand levels": (
        b"a: " + b"[" * 10_000 + b"]" * 10_000,
        "1:34: error: expected at most 30 levels, found deeper nesting",
    ),
    "too many values": (
        b"a: [" + b"1," * 100_001 + b"1]",
        "1:200001: error: expected at most 100,000 values, found more",
    ),
    "two documents": (
        b"trial: a\n---\ntrial: b\n",
        "2:1: error: expected one document, found a second one; remove what follows ---",
    ),
    "a name twice": (
        b"trial: a\ntitle: b\ntrial: c\n",
        "3:1: error: expected each name once, found 'trial' again (line 1)",
    ),
    "a list as a name": (
        b"? [a, b]\n: c\n",
        "1:3: error: expected a name, found a list or mapping as a name; use a word",
    ),
    "an endless number": (
        b"a: 1e999\n",
        "1:4: error: expected a number of ordinary size, found 1e999",
    ),
    "an open bracket": (
        b"a: [1, 2\n",
        "2:1: error: expected ',' or ']', found something else; close the bracket, or quote text that holds signs",
    ),
}


def refusal(content: bytes) -> str:
    with pytest.raises(InvalidTrialFileError) as refused:
        load_bytes(content, "trial.yaml")
    (finding,) = refused.value.findings
    return str(finding).removeprefix("trial.yaml:")


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_trial_file_is_refused_in_words(kind: str) -> None:
    content, printed = REFUSED[kind]
    assert refusal(content) == printed


def test_a_byte_order_mark_and_windows_line_ends_are_read(minimal: str) -> None:
    content = b"\xef\xbb\xbf" + minimal.replace("\n", "\r\n").encode()
    assert load_bytes(content, "trial.yaml")[0] == load_bytes(minimal.encode(), "trial.yaml")[0]


def test_100_megabytes_are_refused_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "huge.yaml"
    with file.open("wb") as sparse:
        sparse.truncate(100_000_000)
    began = time.perf_counter()
    protocol, findings = check_file(file)
    assert time.perf_counter() - began < 0.5
    assert protocol is None
    assert str(findings[0]).endswith(
        "expected at most 1,000,000 bytes, found more; a trial file is short: is this another file?"
    )


def test_a_missing_file_a_folder_and_a_locked_file_are_findings(tmp_path: Path) -> None:
    missing = check_file(tmp_path / "none.yaml")
    folder = check_file(tmp_path)
    assert [str(found[1][0]).partition("error: ")[2] for found in (missing, folder)] == [
        "expected a trial file that can be read, found no such file or directory; check the path",
        "expected a trial file that can be read, found is a directory; name a file",
    ]
    assert missing[0] is folder[0] is None


def test_a_path_that_cannot_exist_is_a_finding() -> None:
    assert check_file(Path("a\0b"))[0] is None


def test_a_file_without_permission_is_a_finding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(path: Path) -> bytes:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("wholetrial.protocol.check.read_file", locked)
    assert "found permission denied; check the path" in str(check_file(tmp_path / "a.yaml")[1][0])


def test_load_raises_an_oserror_where_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.yaml")
