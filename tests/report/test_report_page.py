"""The report is one whole page: every section, nothing from elsewhere, the same bytes each time."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest

from wholetrial.report.page import render_report

ALL = [
    "design",
    "flow",
    "baseline",
    "response",
    "comparisons",
    "time-to-event",
    "adverse-events",
    "power",
    "schedule",
    "assumptions",
    "open-questions",
    "methods",
    "sources",
]
PLANNED = ["design", "schedule", "assumptions", "open-questions", "methods", "sources"]
VOID = {"meta", "br", "link", "img", "hr", "input"}


class Structure(HTMLParser):
    """Headings, identifiers, references and whether every element is closed where it should."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.references, self.headings = [], [], [], []
        self.tables, self.captions, self.text, self.unnamed = 0, 0, [], []

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.ids += [found["id"]] if "id" in found else []
        for name in ("href", "aria-labelledby"):
            value = found.get(name) or ""
            if value.startswith("#") or (value and name == "aria-labelledby"):
                self.references.append(value.removeprefix("#"))
        self.references += re.findall(r"url\(#([^)]+)\)", " ".join(v or "" for v in found.values()))
        self.headings += [int(tag[1])] if re.fullmatch(r"h[1-6]", tag) else []
        self.tables += tag == "table"
        self.captions += tag == "caption"
        if tag == "th" and "scope" not in found:
            self.unnamed.append(attributes)
        inside = [name for name, _ in self.open]
        if tag == "svg" and "svg" not in inside and not {"role", "aria-hidden"} & set(found):
            self.unnamed.append(attributes)
        if tag not in VOID and not self.get_starttag_text().endswith("/>"):
            self.open.append((tag, self.getpos()))

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)

    def handle_endtag(self, tag):
        name, where = self.open.pop()
        assert name == tag, f"<{name}> of line {where} is closed by </{tag}> in {self.getpos()}"

    def handle_data(self, data):
        self.text.append(data)


def structure(page):
    found = Structure()
    found.feed(page)
    found.close()
    assert not found.open
    return found


@pytest.fixture(scope="module")
def page(whole):
    return render_report(whole)


def sections(page):
    return re.findall(r'<section id="([^"]+)"', page)


def test_every_section_is_there_in_the_order_of_a_paper(page):
    assert sections(page) == ALL


def test_a_trial_that_is_only_planned_shows_its_plan_and_says_why_no_more(only_planned):
    page = render_report(only_planned)
    assert sections(page) == PLANNED
    assert "Not yet simulated: A has no model" in page
    assert "None known" in page


def test_nothing_comes_from_elsewhere(page):
    assert not re.search(r"https?:|//[a-z]|@import|<script|<link|<img|url\((?!#)", page)


def test_the_same_contents_give_the_same_bytes(whole, page):
    assert render_report(whole) == page


def test_drawing_is_loaded_only_where_something_is_drawn():
    program = "import sys, wholetrial.report.page; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_titles_are_escaped(page):
    assert "<b>markup</b>" not in page
    assert "&lt;b&gt;markup&lt;/b&gt; &amp; signs" in page


def test_the_page_is_well_formed_and_named_for_a_screen_reader(page):
    found = structure(page)
    assert sorted(set(found.ids)) == sorted(found.ids)
    assert set(found.references) <= set(found.ids)
    assert found.tables == found.captions
    assert not found.unnamed
    assert found.headings[0] == 1
    assert found.headings.count(1) == 1
    assert all(
        later <= earlier + 1
        for earlier, later in zip(found.headings, found.headings[1:], strict=False)
    )
    assert '<html lang="en-US">' in page


def test_a_model_beyond_its_data_says_so_before_anything_else(page):
    main = page[page.index("<main>") :]
    assert main.index("The model is used beyond its data.") < main.index("Two arms of four.")
    for name in ("response", "comparisons", "time-to-event", "adverse-events", "power"):
        section = page[page.index(f'<section id="{name}"') :]
        assert "The model is used beyond its data." in section[: section.index("</section>")]


def test_the_program_and_the_verdict_on_the_file_are_named(page):
    assert "wholetrial 0.1.0; seed 7, 50 simulated trials, scenario as modeled." in page
    assert "<dt>Trial file</dt><dd>No findings</dd>" in page


def test_recorded_and_simulated_data_are_told_apart(page):
    flow = page[page.index('<section id="flow"') : page.index('<section id="baseline"')]
    assert "Recorded data: a folder of tables" in flow
    assert "One simulated trial, the first of 50" in flow


def test_recorded_data_alone_make_a_report(whole):
    alone = replace(whole, published=None, simulated=None)
    assert sections(render_report(alone)) == [name for name in ALL if name != "power"]
    structure(render_report(alone))


def test_published_results_alone_make_a_report(whole):
    alone = replace(whole, recorded=None, simulated=None)
    assert sections(render_report(alone)) == ["design", "comparisons", *PLANNED[1:]]


def test_one_simulated_trial_shows_its_own_intervals(whole):
    one = replace(whole.simulated, replicates=1, forecasts=(), powers=())
    page = render_report(replace(whole, simulated=one))
    assert "Simulated, one trial" in page
    assert 'id="power"' not in page


def test_labels_of_300_letters_stay_whole(whole):
    long = "x" * 300
    page = render_report(replace(whole, labels={"a": long, "p": f"<i>{long}"}))
    assert long in page
    assert "<i>x" not in page
    structure(page)


def test_records_without_anybody_make_a_report(whole):
    nobody = np.zeros(8, np.bool_)
    empty = replace(
        whole.recorded, records=whole.recorded.records.chosen(nobody), outcomes=(), statistics=()
    )
    page = render_report(replace(whole, published=None, simulated=None, recorded=empty))
    structure(page)
