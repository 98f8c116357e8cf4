"""Database errors that say what happened, where, and what to do, but never show a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import exc as core

from cormorant import exc


@dataclass(frozen=True, slots=True)
class Facts:
    """What the statement was about: class, table and columns, as their names."""

    owner: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    step: str = "statement"


class NamedError:
    """What our errors add to Core's: a text of names, and values only on request."""

    def __init__(
        self,
        message: str,
        statement: str | None = None,
        params: Any = None,
        orig: BaseException | None = None,
        hide_parameters: bool = True,
        connection_invalidated: bool = False,
        code: str | None = None,
        ismulti: bool | None = None,
    ) -> None:
        shown = None if hide_parameters else params
        core.StatementError.__init__(
            self,  # type: ignore[arg-type] # always mixed into a StatementError
            message,
            statement,
            shown,
            orig,
            hide_parameters=hide_parameters,
            code=code,
            ismulti=ismulti,
        )
        self.connection_invalidated = connection_invalidated

    def __reduce__(self) -> Any:
        # The driver's error stays behind: its text holds values and many cannot be pickled.
        state: Any = self
        return (
            type(self),
            (state.args[0], state.statement, None, None, True, self.connection_invalidated),
        )


class DBAPIError(NamedError, core.DBAPIError):
    """An error of the driver that fits no narrower class."""


class InterfaceError(NamedError, core.InterfaceError):
    """The driver refused what it was given."""


class DatabaseError(NamedError, core.DatabaseError):
    """The database refused, and the driver tells no narrower class."""


class DataError(NamedError, core.DataError):
    """A value does not fit its column."""


class OperationalError(NamedError, core.OperationalError):
    """The database could not do its work: lock, lost connection, full disk."""


class IntegrityError(NamedError, core.IntegrityError):
    """A row breaks a constraint."""


class InternalError(NamedError, core.InternalError):
    """The database met an inner error."""


class ProgrammingError(NamedError, core.ProgrammingError):
    """The statement itself is wrong: a missing table or column, a wrong type."""


class NotSupportedError(NamedError, core.NotSupportedError):
    """The database does not know this feature."""


OURS: dict[type[core.DBAPIError], type[Any]] = {
    core.DBAPIError: DBAPIError,
    core.InterfaceError: InterfaceError,
    core.DatabaseError: DatabaseError,
    core.DataError: DataError,
    core.OperationalError: OperationalError,
    core.IntegrityError: IntegrityError,
    core.InternalError: InternalError,
    core.ProgrammingError: ProgrammingError,
    core.NotSupportedError: NotSupportedError,
}

CURES = {
    "unique": "Use another value, or load the row that is there and change it.",
    "not null": "Give the attribute a value, or make the column nullable or give it a default.",
    "foreign key": "Add the parent before its children, or delete the children first.",
    "check": "Give the attribute a value that the constraint allows.",
    "exclusion": "Choose values that do not overlap with those of another row.",
    "too long": "Shorten the value, or make the column longer.",
    "out of range": "Use a value that the column type can hold.",
    "nul": "Remove the NUL character: this database cannot store it in text.",
    "wrong type": "Give the attribute a value of the column's type.",
    "deadlock": "Roll back and run the transaction again; keep one order of writing everywhere.",
    "locked": "Roll back and try again; commit other writers sooner or raise the lock timeout.",
    "serialization": "Roll back and run the transaction again.",
    "lost": "Roll back and run the transaction again on a new connection.",
    "missing": "Create it (metadata.create_all or a migration) or correct the mapping.",
    "other": "See .orig for the driver's own words; they may hold values.",
}
WORDS = {
    "unique": "a value is there already: unique constraint",
    "not null": "a value is missing: NOT NULL constraint",
    "foreign key": "a row that is referred to is not there, or still referred to: foreign key",
    "check": "a value is not allowed: check constraint",
    "exclusion": "a row collides with another: exclusion constraint",
    "too long": "a value is too long",
    "out of range": "a value is out of range",
    "nul": "a text holds a NUL character",
    "wrong type": "a value has a type that the column or driver does not take",
    "deadlock": "the database ended a deadlock",
    "locked": "the database is locked by another writer",
    "serialization": "the transaction could not be put in order with others",
    "lost": "the connection to the database is lost",
    "missing": "a table or column is not in the database",
    "other": "the database refused it",
}

OF_VALUES = frozenset(("too long", "out of range", "nul", "wrong type"))
"""Kinds for which drivers name no column."""

SQLSTATES = {
    "23505": "unique",
    "23502": "not null",
    "23503": "foreign key",
    "23001": "foreign key",
    "23514": "check",
    "23P01": "exclusion",
    "22001": "too long",
    "22003": "out of range",
    "22021": "nul",
    "22P02": "wrong type",
    "42804": "wrong type",
    "22007": "wrong type",
    "22008": "out of range",
    "40P01": "deadlock",
    "40001": "serialization",
    "55P03": "locked",
    "42P01": "missing",
    "42703": "missing",
    "57P01": "lost",
    "57P02": "lost",
    "57P03": "lost",
}
"""PostgreSQL's codes."""

MYSQL_CODES = {
    1062: "unique",
    1048: "not null",
    1364: "not null",
    1451: "foreign key",
    1452: "foreign key",
    4025: "check",
    3819: "check",
    1406: "too long",
    1264: "out of range",
    1366: "wrong type",
    1292: "wrong type",
    1213: "deadlock",
    1205: "locked",
    1146: "missing",
    1054: "missing",
    2006: "lost",
    2013: "lost",
    2014: "lost",
    2055: "lost",
}
"""MySQL's and MariaDB's codes."""

SQLITE_TEXTS: tuple[tuple[str, str], ...] = (
    (r"^UNIQUE constraint failed: (?P<columns>[^\n]+)", "unique"),
    (r"^NOT NULL constraint failed: (?P<columns>[^\n]+)", "not null"),
    (r"^FOREIGN KEY constraint failed", "foreign key"),
    (r"^CHECK constraint failed: (?P<constraint>\w+)$", "check"),
    (r"^CHECK constraint failed", "check"),
    (r"^database (table |schema )?is locked", "locked"),
    (r"^no such (table|column)", "missing"),
    (r"has no column named", "missing"),
    (r"[Ee]rror binding parameter", "wrong type"),
    (r"^datatype mismatch", "wrong type"),
    (r"too large to convert to SQLite INTEGER", "out of range"),
    (r"string or blob too big", "too long"),
    (r"Cannot operate on a closed database", "lost"),
)
DRIVER_TEXTS: tuple[tuple[str, str], ...] = (
    (r"cannot contain NUL", "nul"),
    (r"cannot adapt type|can not be used as parameter|cannot dump", "wrong type"),
    (r"connection (is|was|has been) (lost|closed)|server closed the connection", "lost"),
    (r"terminating connection|consuming input failed|[Ll]ost connection", "lost"),
)
MYSQL_NAMES = {
    "unique": r" for key '(?P<constraint>[^'\n]+)'\Z",
    "foreign key": r"CONSTRAINT `(?P<constraint>[^`\n]+)` FOREIGN KEY",
    "check": r"CONSTRAINT `(?P<constraint>[^`\n]+)` failed",
    "not null": r"^(?:Column|Field) '(?P<columns>[\w ]+)'",
    "too long": r"^Data too long for column '(?P<columns>[\w ]+)' at row \d+\Z",
    "out of range": r"^Out of range value for column '(?P<columns>[\w ]+)' at row \d+\Z",
}
"""Where the server writes names; each pattern keeps clear of the value that may stand beside."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a driver's error tells, reduced to names."""

    kind: str
    constraint: str = ""
    table: str = ""
    columns: tuple[str, ...] = ()
    sqlstate: str = ""


def diagnose(orig: BaseException | None) -> Finding:
    """Read the kind of failure and the names in it from the driver's error."""
    sqlstate = getattr(orig, "sqlstate", None)
    module = type(orig).__module__.partition(".")[0]
    if module in ("pymysql", "MySQLdb", "mariadb"):
        return _mysql(orig)
    if sqlstate:
        return _postgresql(orig, str(sqlstate))
    text = str(orig)
    for pattern, kind in SQLITE_TEXTS if module == "sqlite3" else ():
        found = re.search(pattern, text)
        if found:
            return _sqlite(found, kind)
    for pattern, kind in DRIVER_TEXTS:
        if re.search(pattern, text):
            return Finding(kind)
    if isinstance(orig, OverflowError):
        return Finding("out of range")
    if isinstance(orig, UnicodeEncodeError):
        return Finding("wrong type")
    return Finding("other")


def _postgresql(orig: Any, sqlstate: str) -> Finding:
    kind = SQLSTATES.get(sqlstate, "lost" if sqlstate.startswith("08") else "other")
    about = getattr(orig, "diag", None)
    column = getattr(about, "column_name", None)
    return Finding(
        kind,
        getattr(about, "constraint_name", None) or "",
        getattr(about, "table_name", None) or "",
        (column,) if column else (),
        sqlstate,
    )


def _mysql(orig: Any) -> Finding:
    code = orig.args[0] if orig.args and isinstance(orig.args[0], int) else 0
    text = str(orig.args[1]) if len(orig.args) > 1 else str(orig)
    kind = MYSQL_CODES.get(code)
    if kind is None:
        texts = (kind for pattern, kind in DRIVER_TEXTS if re.search(pattern, text))
        kind = next(texts, "lost" if code == 0 and "closed" in text else "other")
    found = re.search(MYSQL_NAMES[kind], text) if kind in MYSQL_NAMES else None
    names = found.groupdict() if found else {}
    columns = (names["columns"],) if "columns" in names else ()
    return Finding(kind, names.get("constraint", ""), "", columns, str(code) if code else "")


def _sqlite(found: re.Match[str], kind: str) -> Finding:
    names = found.groupdict()
    listed = (names.get("columns") or "").split(", ")
    tables = {name.partition(".")[0] for name in listed if "." in name}
    columns = tuple(name.partition(".")[2] for name in listed if "." in name)
    constraint = names.get("constraint") or ""
    if kind == "unique" and listed[0].startswith("index "):
        constraint = listed[0][len("index ") :].strip("'")
    return Finding(kind, constraint, tables.pop() if len(tables) == 1 else "", columns)


def describe(finding: Finding, facts: Facts) -> str:
    """Write the text of an error from names alone."""
    where = facts.table or finding.table
    subject = f"{facts.step} of {facts.owner}" if facts.owner else facts.step
    place = f" (table {where!r})" if where else ""
    text = f"The {subject}{place} failed: {WORDS[finding.kind]}"
    if finding.constraint:
        text += f" {finding.constraint!r}"
    if finding.columns:
        text += f", column{'s' if len(finding.columns) > 1 else ''} {_listed(finding.columns)}"
    elif finding.kind in OF_VALUES and facts.columns:
        text += f" (one of the columns {_listed(facts.columns)})"
    if finding.sqlstate:
        text += f" [SQLSTATE or code {finding.sqlstate}]"
    return f"{text}. {CURES[finding.kind]}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(map(repr, names))


def translate(
    error: BaseException, facts: Facts, show_values: bool = False
) -> core.StatementError | BaseException:
    """Return our error for one of Core's; raise it `from None`, for its cause shows values.

    A number or text that the driver cannot encode becomes a DataError. What is no error of
    Core, or ours already, comes back unchanged.
    """
    if isinstance(error, (OverflowError, UnicodeEncodeError)):
        return DataError(describe(diagnose(error), facts), orig=error)
    if isinstance(error, TypeError) and diagnose(error).kind == "wrong type":
        # PyMySQL refuses a value so, and Core lets it through.
        return StatementError(describe(diagnose(error), facts), orig=error)
    if isinstance(error, NamedError) or not isinstance(error, core.StatementError):
        return error
    kind = _class_for(error)
    if kind is None:
        return error
    finding = diagnose(error.orig)
    if kind is StatementError and finding.kind == "other" and _came_from_a_type(error.orig):
        finding = Finding("wrong type")
    message = describe(finding, facts)
    if isinstance(error.orig, exc.UnresolvedValueError):
        message = str(error.orig)
    ours: core.StatementError = kind(
        message,
        error.statement,
        error.params if show_values else None,
        error.orig,
        hide_parameters=not show_values,
        connection_invalidated=getattr(error, "connection_invalidated", False),
        ismulti=error.ismulti,
    )
    return ours


def _came_from_a_type(orig: BaseException | None) -> bool:
    """Tell whether a column's type refused a value: Core's own complaints are errors of Core."""
    return orig is not None and not isinstance(orig, core.SQLAlchemyError)


def refused_value(error: Exception, facts: Facts, sql: str, column: str = "") -> StatementError:
    """Return our error for a value that the type of its column refused: no driver saw it."""
    finding = Finding("wrong type", columns=(column,) if column else ())
    error.__traceback__ = None  # its frames hold the values
    return StatementError(describe(finding, facts), sql, None, error)


def _class_for(error: core.StatementError) -> type[Any] | None:
    if isinstance(error.orig, (OverflowError, UnicodeEncodeError)):
        return DataError
    for base in type(error).__mro__:
        if base in OURS:
            return OURS[base]
    # Core wraps a driver's OverflowError and its like in a bare StatementError.
    return StatementError if isinstance(error, core.StatementError) else None


class StatementError(NamedError, core.StatementError):
    """A statement failed before it came to the database."""
