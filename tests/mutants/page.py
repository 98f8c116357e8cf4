"""The page of the docs that says which tests notice which fault of which event."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from .kinds import Mutation

HEAD = """\
# Events under test

`make mutants` wrote this page. It puts one fault after the other into each event: nobody hears
it, two neighbouring arguments change places, or `propagate`, `raw` or what a `retval` listener
returns is not heeded. Then it runs the tests that could notice, those that hear least first, until
{enough} fail; fewer than {enough} fail the run. The ORM fires every event of the catalog
(`tests/event/test_wired.py`).

| fault | tests that notice |
| --- | --- |
"""


def written(mutants: Iterable[tuple[Mutation, Sequence[str]]], enough: int) -> str:
    """Return the page: one part per event, one line per fault."""
    parts = [HEAD.format(enough=enough)]
    for event, group in groupby(mutants, key=lambda pair: pair[0].event):
        parts.append(f"| **{event}** | |\n")
        for mutation, failed in group:
            tests = "<br>".join(f"`{short(name)}`" for name in failed) or "none"
            parts.append(f"| {mutation.said} | {tests} |\n")
    return "".join(parts)


def short(name: str) -> str:
    """Return the test's name without the folder and without what is the same in all."""
    return name.removeprefix("tests/").removesuffix("[sqlite-fast]").replace("|", "\\|")
