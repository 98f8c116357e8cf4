"""Every Python example of the manual runs, and prints what the page says it prints."""

from __future__ import annotations

import contextlib
import io
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .pages import PAGES, TOP, Example, examples

WITH_EXAMPLES = [page for page in PAGES if examples(page.read_text())]


@contextlib.contextmanager
def module_of(page: Path) -> Iterator[dict[str, Any]]:
    """Yield the namespace of an importable module in which a page's examples run."""
    module = ModuleType(f"manual_{page.stem}")
    sys.modules[module.__name__] = module
    try:
        yield vars(module)
    finally:
        del sys.modules[module.__name__]


def printed_by(example: Example, page: Path, namespace: dict[str, Any]) -> str:
    """Run one example; tracebacks show the line of the page."""
    code = compile("\n" * (example.line - 1) + example.code, str(page), "exec")
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(code, namespace)
    return printed.getvalue()


@pytest.mark.parametrize("page", WITH_EXAMPLES, ids=lambda page: str(page.relative_to(TOP)))
@pytest.mark.filterwarnings("ignore::cormorant.exc.RollbackListenerWarning")
def test_the_examples_of_a_page_run_in_order_and_print_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    caplog.set_level(logging.CRITICAL + 1, "cormorant.session")  # failing on purpose
    with module_of(page) as namespace:
        for example in examples(page.read_text()):
            assert printed_by(example, page, namespace) == example.printed, f"line {example.line}"


def test_the_readme_and_the_pages_on_code_have_examples() -> None:
    names = {page.name for page in WITH_EXAMPLES}
    assert names >= {"README.md", "transactions.md", "migrating.md"}


def test_code_and_what_it_prints_are_read_together() -> None:
    page = "a\n```python\nprint(1)\n```\n\n```text\n1\n```\n"
    page += "```python\nx = 2\n```\nthen\n```text\nno\n```\n"
    assert examples(page) == [Example(3, "print(1)\n", "1\n"), Example(10, "x = 2\n", "")]
