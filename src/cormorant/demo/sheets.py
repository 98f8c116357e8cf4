"""Reading the CSV files: columns by name, every line with its number."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from io import StringIO
from pathlib import Path

from cormorant.demo import refused
from cormorant.demo.refused import Refused
from cormorant.demo.trouble import CannotRun, first_line

SIGNUP_COLUMNS = ("name", "email", "password", "projects")
PREMIUM_COLUMNS = ("plan",)  # a file of sign-ups may be without
EDIT_COLUMNS = ("email", "field", "value")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a file; `number` is where it ends there, the header being line 1."""

    number: int
    cells: tuple[str, ...]
    order: tuple[int | None, ...]  # where each wanted column stands; None where it is left out
    width: int  # how many cells a line of this file has

    def values(self) -> tuple[str, ...]:
        """Return the cells in the wanted order; raises Refused when some are missing."""
        if len(self.cells) != self.width:
            raise Refused(refused.CELLS)
        return tuple("" if place is None else self.cells[place] for place in self.order)

    def key(self, place: int) -> str:
        """Return the wanted cell as a comparable address, empty when it is missing."""
        column = self.order[place]
        if column is None or len(self.cells) != self.width:
            return ""
        return self.cells[column].strip().lower()


def shipped(name: str) -> Traversable:
    """Return the file of this name that came with the package."""
    return files("cormorant.demo.data") / name


def read(
    file: Path | Traversable, columns: Sequence[str], optional: Sequence[str] = ()
) -> list[Line]:
    """Read all lines of a CSV file; raises CannotRun when it is no such file.

    Columns that are optional come last among the values, empty where the file has none.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
        reader = csv.reader(StringIO(text, newline=""), strict=True)
        header = [cell.strip().lower() for cell in next(reader, [])]
        present = [column for column in optional if column in header]
        _check(file.name, header, [*columns, *present])
        order = tuple(
            header.index(column) if column in header else None for column in (*columns, *optional)
        )
        return [
            Line(reader.line_num, tuple(cells), order, len(header)) for cells in reader if cells
        ]
    except OSError as error:
        raise CannotRun(f"Cannot read {str(file)!r}: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CannotRun(f"Cannot read {str(file)!r}: it is not UTF-8 text.") from None
    except csv.Error as error:
        raise CannotRun(f"Cannot read {str(file)!r} as CSV: {first_line(error)}.") from None


def _check(name: str, header: Sequence[str], columns: Sequence[str]) -> None:
    """Raise CannotRun unless the header has every wanted column, once."""
    missing = [column for column in columns if header.count(column) != 1]
    if missing:
        raise CannotRun(
            f"The first line of {name!r} must name the columns {', '.join(columns)} once each; "
            f"wrong or missing: {', '.join(missing)}."
        )
