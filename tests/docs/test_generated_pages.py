"""What is generated in the pages is what would be written now; `make docs` writes it anew."""

import doctest

import generate
import pytest
from parts import page as page_module
from parts import tables
from parts.page import PageError, grown, output_of, rendered


@pytest.mark.parametrize("name", generate.pages())
def test_a_page_is_as_it_would_be_written_now(name: str) -> None:
    assert generate.drift(name) == [], f"{name} has drifted: make docs"


def test_a_block_replaces_the_fields_it_names_and_adds_the_others() -> None:
    file = "a: 1\nb:\n  c: 2\n\nd: 3\n"
    assert grown(file, "b:\n  c: 4\ne: 5\n") == "a: 1\nb:\n  c: 4\nd: 3\ne: 5\n"


@pytest.mark.parametrize("module", [page_module, tables])
def test_the_examples_of_the_generator_run(module) -> None:
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_a_page_that_has_drifted_is_seen() -> None:
    page = "<!-- generated: greeting -->\nold\n<!-- end -->\n"
    assert rendered(page, {"greeting": lambda: "new"}) == page.replace("old", "new")


@pytest.mark.parametrize(
    ("page", "message"),
    [
        ("<!-- generated: no such part -->\n<!-- end -->\n", "no part 'no such part'"),
        ("<!-- generated: greeting -->\n", "'<!-- end -->' is missing"),
        ("<!-- generated: $ rm -rf . -->\n<!-- end -->\n", "a page runs wholetrial only"),
    ],
)
def test_a_page_that_cannot_be_written_says_why(page: str, message: str) -> None:
    with pytest.raises(PageError, match=message):
        rendered(page, {"greeting": lambda: "hello"})


def test_tail_keeps_the_last_lines(tmp_path) -> None:
    whole = output_of("wholetrial list", tmp_path).splitlines()
    assert output_of("wholetrial list | tail -n 2", tmp_path).splitlines() == whole[-2:]


def test_head_keeps_the_first_lines(tmp_path) -> None:
    assert output_of("wholetrial --help | head -n 1", tmp_path) == (
        "Usage: wholetrial [OPTIONS] COMMAND [ARGS]..."
    )
