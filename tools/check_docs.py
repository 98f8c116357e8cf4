"""Check the manual: links between its pages lead somewhere, and its Python examples parse."""

from __future__ import annotations

import ast
import re
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
EXAMPLE = re.compile(r"^([ \t]*)```python\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def pages(top: Path) -> list[Path]:
    """Return every page of the manual and those at the top of the tree."""
    return sorted([*top.glob("*.md"), *top.glob("docs/**/*.md")])


def anchors(page: Path) -> set[str]:
    """Return the names under which the headings of a page can be linked."""
    headings = re.findall(r"^#+ +(.+?) *#*$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(page: Path) -> Iterator[str]:
    """Yield each link of the page whose file or heading does not exist."""
    for link in LINK.findall(CODE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, anchor = link.partition("#")
        target = page.parent / unquote(name) if name else page
        if not target.exists():
            yield f"{page}: the link {link!r} leads to no file"
        elif anchor and target.suffix == ".md" and anchor not in anchors(target):
            yield f"{page}: the link {link!r} leads to no heading of {target}"


def broken_examples(page: Path) -> Iterator[str]:
    """Yield each Python example of the page that does not parse."""
    text = page.read_text()
    for found in EXAMPLE.finditer(text):
        first = text.count("\n", 0, found.start()) + 2
        source = textwrap.dedent(found[2])
        if source.lstrip().startswith(">>>"):
            continue  # a session at the prompt: the tests run those as doctests
        try:
            ast.parse(source)
        except SyntaxError as problem:
            line = first + (problem.lineno or 1) - 1
            yield f"{page}:{line}: the example does not parse: {problem.msg}"


def main() -> None:
    """Check every page; exit with the list of what is wrong."""
    checked = pages(Path())
    problems = [text for page in checked for text in (*broken_links(page), *broken_examples(page))]
    if problems:
        sys.exit("\n".join(problems))
    print(f"{len(checked)} pages checked")


if __name__ == "__main__":
    main()
