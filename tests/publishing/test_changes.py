"""The feed of changes: what changed since the last page, once, and nothing lost."""

from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from wholetrial.programme.publish import publish_site
from wholetrial.programme.trials import trial_file
from wholetrial.publishing.changes import ATOM, MOST_ENTRIES, Entry, feed_of, read_feed

TRIAL = "NCT06374979"


def _file(folder: Path, *changes: tuple[str, str]) -> Path:
    text = trial_file(TRIAL).read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = folder / "trial.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_change_is_told_once_and_old_entries_stay(tmp_path: Path) -> None:
    out = tmp_path / "site"
    file = _file(tmp_path)
    (first,) = publish_site(out, trials=[str(file)], on=date(2026, 1, 5)).news
    assert first.title.startswith("Published: Ixekizumab for guttate psoriasis")
    assert "Status: Not yet recruiting" in first.says
    assert publish_site(out, trials=[str(file)], on=date(2026, 1, 6)).news == ()
    file = _file(
        tmp_path,
        ("status: not yet recruiting", "status: recruiting"),
        ("rule: age in 18 to 70 years", "rule: age in 18 to 75 years"),
        ("text: Aged 18 to 70", "text: Aged 18 to 75"),
    )
    (second,) = publish_site(out, trials=[str(file)], on=date(2026, 2, 1)).news
    assert second.says.splitlines() == [
        "Status: Not yet recruiting, now Recruiting",
        "Ages: 18 to 70 years, now 18 to 75 years",
        "Needed I2: Aged 18 to 70 [age in 18 to 70 years], now Aged 18 to 75 [age in 18 to 75 years]",
    ]
    entries = read_feed((out / "feed.xml").read_text(encoding="utf-8"))
    assert [entry.on for entry in entries] == ["2026-02-01", "2026-01-05"]
    assert entries == (second, first)


def test_a_feed_is_atom_and_reads_back() -> None:
    entries = (
        Entry("A-1", "2026-01-02", 'Changed: <b>"x" & y', "Status: old, now new\nPhase: 2\x0b"),
        Entry("B.2", "2026-01-03", "Published: x", "Status: recruiting"),
    )
    text = feed_of(entries)
    feed = ElementTree.fromstring(text)
    assert feed.tag == f"{{{ATOM}}}feed"
    assert feed.findtext(f"{{{ATOM}}}updated") == "2026-01-03T00:00:00Z"
    ids = [entry.findtext(f"{{{ATOM}}}id") for entry in feed.iter(f"{{{ATOM}}}entry")]
    assert len(set(ids)) == 2
    assert read_feed(text) == (
        entries[1],
        entries[0]._replace(says="Status: old, now new\nPhase: 2"),
    )
    assert feed_of(read_feed(text)) == text


def test_a_feed_keeps_its_newest_entries() -> None:
    many = [Entry("A", f"20{n // 12:02}-{n % 12 + 1:02}-01", f"t{n}", "s") for n in range(300)]
    kept = read_feed(feed_of(many))
    assert len(kept) == MOST_ENTRIES
    assert kept[0].title == "t299"


@pytest.mark.parametrize("text", ["", "<feed", "<html></html>", "\x00"])
def test_a_feed_that_cannot_be_read_starts_anew(tmp_path: Path, text: str) -> None:
    out = tmp_path / "site"
    out.mkdir()
    (out / "feed.xml").write_text(text, encoding="utf-8")
    (out / f"{TRIAL}.html").write_text("not a page of ours", encoding="utf-8")
    assert len(publish_site(out, trials=[TRIAL], on=date(2026, 1, 5)).news) == 1
    assert len(read_feed((out / "feed.xml").read_text(encoding="utf-8"))) == 1
