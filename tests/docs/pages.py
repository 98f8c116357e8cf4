"""Reads the pages of the manual: their fenced blocks, in order."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).parents[2]
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Block:
    """One fenced block: its language, its first line in the page, and its text."""

    language: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Example:
    """Python code of a page, and what the page says it prints: the `text` block right after."""

    line: int
    code: str
    printed: str


def examples(text: str) -> list[Example]:
    """Return the Python examples of a page, in order."""
    found: list[Example] = []
    code_ended = -1
    for match in BLOCK.finditer(text):
        block = Block(match[1], text.count("\n", 0, match.start()) + 2, match[2])
        if block.language == "python":
            found.append(Example(block.line, block.text, ""))
            code_ended = match.end()
        elif block.language == "text" and code_ended >= 0:
            if not text[code_ended : match.start()].strip():
                found[-1] = Example(found[-1].line, found[-1].code, block.text)
            code_ended = -1
    return found
