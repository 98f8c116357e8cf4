"""One event of a log, as it was heard."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Heard:
    """One event as it was heard: its name and the text of its arguments.

    `copies_key`: the event is the `set` of a foreign key, which a flush may copy from a parent.
    """

    name: str
    arguments: tuple[str, ...]
    copies_key: bool = False

    def __str__(self) -> str:
        """Return the event as one line."""
        return f"{self.name}({', '.join(self.arguments)})"
