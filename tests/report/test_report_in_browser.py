"""The report in a browser: nothing wider than the page, on a desk and on a phone."""

from dataclasses import replace

import pytest

from wholetrial.report.figures_page import render_figures
from wholetrial.report.page import render_report

LONG = "A very long label " * 17


@pytest.fixture(scope="module")
def files(whole, only_planned, followed, tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    pages = {
        "whole": render_report(whole),
        "planned": render_report(only_planned),
        "figures": render_figures(whole, followed),
        "long": render_report(replace(whole, labels={"a": LONG[:300], "p": "y" * 300})),
    }
    for name, page in pages.items():
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return folder


def opened(browser, files, name, width):
    page = browser.new_page(viewport={"width": width, "height": 900})
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto((files / f"{name}.html").as_uri())
    return page, requests


@pytest.mark.parametrize("width", [1280, 390, 360])
@pytest.mark.parametrize("name", ["whole", "planned", "long", "figures"])
def test_nothing_is_wider_than_the_page(browser, files, name, width):
    page, requests = opened(browser, files, name, width)
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    assert requests == [page.url]
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["whole", "figures"])
def test_text_in_pictures_is_never_small(browser, files, name, width):
    page, _ = opened(browser, files, name, width)
    heights = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect().height)"
        ".filter(height => height > 0)"
    )
    assert heights
    assert min(heights) >= 10
    page.close()


@pytest.mark.parametrize("width", [1280, 360])
def test_the_labels_of_the_design_do_not_meet(browser, files, width):
    page, _ = opened(browser, files, "whole", width)
    meeting = page.evaluate(
        """[...document.querySelectorAll('.picture svg.strip')].flatMap(strip => {
          const boxes = [...strip.querySelectorAll('text')].map(text => text.getBoundingClientRect())
            .filter(box => box.width > 0);
          return boxes.flatMap((one, index) => boxes.slice(index + 1).filter(other =>
            one.left < other.right && other.left < one.right &&
            one.top + 2 < other.bottom && other.top + 2 < one.bottom).map(other => [one.left, other.left]));
        })"""
    )
    assert meeting == []
    page.close()
