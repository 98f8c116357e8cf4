"""The pages of events hold what the catalog holds; the picture is what a run gives."""

from __future__ import annotations

import re

import pytest

from cormorant.event.catalog import FAMILIES
from cormorant.event.family import Event, Family
from tools import draw_commit

from .pages import TOP, examples

FOLDER = TOP / "docs" / "events"
ROW = re.compile(r"^\| `(\w+\(.*?\))` \| .+ \|$", re.MULTILINE)


def page(family: type[Family]) -> str:
    """Return the page of a family."""
    return (FOLDER / f"{family.__name__.removesuffix('Events').lower()}.md").read_text()


def signature(event: Event) -> str:
    """Return an event with its arguments, as the pages write it."""
    key = f", [{event.keyword}]" if event.keyword else ""
    return f"{event.name}({', '.join(event.plain_arguments)}{key})"


def section(text: str, title: str) -> str:
    """Return what stands under one heading."""
    return text.split(f"\n## {title}\n")[1].split("\n## ")[0]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_event_has_its_row_with_its_arguments(family: type[Family]) -> None:
    rows = ROW.findall(section(page(family), "What a listener may do"))
    assert rows == [signature(event) for event in family.events.values()]


@pytest.mark.parametrize("family", FAMILIES)
def test_every_event_has_its_place_in_the_order(family: type[Family]) -> None:
    order = section(page(family), "The order")
    assert [name for name in family.events if f"`{name}`" not in order] == []


@pytest.mark.parametrize("family", FAMILIES)
def test_every_page_names_pitfalls_and_has_an_example(family: type[Family]) -> None:
    text = page(family)
    assert section(text, "Pitfalls").count("\n- ") >= 2
    assert any(example.printed for example in examples(section(text, "Example")))


def test_the_picture_is_what_a_run_gives_now() -> None:
    drawn = draw_commit.drawn(draw_commit.recorded())
    assert draw_commit.PICTURE.read_text() == drawn, "run tools/draw_commit.py"


def test_the_picture_shows_only_events_of_the_catalog() -> None:
    names = {name for family in FAMILIES for name in family.events}
    lines = draw_commit.recorded()
    assert {line.text for line in lines if line.kind == "event"} <= names
    assert [line.text for line in lines if line.kind == "sql"] == [
        "SELECT ... FROM user",
        "UPDATE user",
        "INSERT INTO user",
        "DELETE FROM user",
        "COMMIT",
    ]
