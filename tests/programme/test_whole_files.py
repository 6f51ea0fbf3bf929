"""Results on disk are whole or as they were; what cannot be written is known before the work."""

from pathlib import Path

import pytest

from wholetrial.programme.outputs import check_folder, write_whole


def test_both_files_are_written_or_neither(tmp_path: Path) -> None:
    report, results = tmp_path / "report.html", tmp_path / "results.json"
    report.write_text("old report")
    with pytest.raises(UnicodeEncodeError):
        write_whole({report: "new report", results: "a sign that no file holds: \ud800"})
    assert report.read_text() == "old report"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]
    write_whole({report: "new report", results: "±"})
    assert (report.read_text(), results.read_text("utf-8")) == ("new report", "±")
    assert report.stat().st_mode & 0o777 == 0o644


def test_a_file_where_a_folder_should_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for out in ("out", "out/below/it"):
        with pytest.raises(
            NotADirectoryError, match="out' is a file; name a folder for the results"
        ):
            check_folder(tmp_path / out)


def test_a_folder_that_may_not_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wholetrial.programme.outputs.os.access", lambda path, mode: False)
    with pytest.raises(
        PermissionError, match=r"nothing may be written into .*; name another folder"
    ):
        check_folder(tmp_path / "out")


def test_a_new_folder_is_not_made_by_looking(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
