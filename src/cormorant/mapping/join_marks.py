"""Read and set the marks "foreign" and "remote" on the columns of a join condition."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.sql import operators, visitors


def bare(element: Any) -> Any:
    """Return the plain table column that an element stands for, else None."""
    plain = element._deannotate() if hasattr(element, "_deannotate") else element
    if hasattr(plain, "foreign_keys") and getattr(plain, "table", None) is not None:
        return plain
    return None


def is_marked(element: Any, mark: str) -> bool:
    """Tell whether a column carries a mark."""
    return bool(getattr(element, "_annotations", {}).get(mark))


def columns_of(given: Any) -> tuple[Any, ...]:
    """Return what was given as a column, an attribute or several of them as plain columns."""
    if given is None:
        return ()
    items = given if isinstance(given, (list, tuple, set, frozenset)) else [given]
    return tuple([_plain(item) for item in items])


def _plain(item: Any) -> Any:
    column = getattr(item, "column", None)
    element = item if column is None else column
    if hasattr(element, "__clause_element__"):
        element = element.__clause_element__()
    return element._deannotate() if hasattr(element, "_deannotate") else element


def marked(
    condition: Any,
    foreign: Callable[[Any], bool] | None,
    remote: Callable[[Any], bool] | None,
) -> Any:
    """Return the condition with columns marked by what the two functions say of them."""

    def mark(element: Any, **_options: Any) -> Any:
        column = bare(element)
        if column is None:
            return None
        marks = {name: True for name in ("foreign", "remote") if is_marked(element, name)}
        if foreign is not None and foreign(column):
            marks["foreign"] = True
        if remote is not None and remote(column):
            marks["remote"] = True
        return column._annotate(marks) if marks else column

    return visitors.replacement_traverse(condition, {}, mark)


def equalities(condition: Any, visit: Callable[[Any, Any], tuple[Any, Any]]) -> Any:
    """Return the condition with the two columns of each equality as `visit` returns them."""

    def enter(binary: Any) -> None:
        both = bare(binary.left) is not None and bare(binary.right) is not None
        if both and binary.operator is operators.eq:
            binary.left, binary.right = visit(binary.left, binary.right)

    return visitors.cloned_traverse(condition, {}, {"binary": enter})


def remote_where_foreign(condition: Any) -> Any:
    """Return the condition with foreign columns marked as remote, unless some are already."""
    if any(is_marked(element, "remote") for element in visitors.iterate(condition)):
        return condition

    def mark(element: Any, **_options: Any) -> Any:
        return element._annotate({"remote": True}) if is_marked(element, "foreign") else None

    return visitors.replacement_traverse(condition, {}, mark)


def turned(condition: Any) -> Any:
    """Return the condition as the other side has it: what was local is remote."""

    def turn(element: Any, **_options: Any) -> Any:
        column = bare(element)
        if column is None:
            return None
        marks = {"foreign": True} if is_marked(element, "foreign") else {}
        marks["local" if is_marked(element, "remote") else "remote"] = True
        return column._annotate(marks)

    return visitors.replacement_traverse(condition, {}, turn)


def without_remote(condition: Any) -> Any:
    """Return the condition with its "foreign" marks only."""

    def strip(element: Any, **_options: Any) -> Any:
        column = bare(element)
        if column is None:
            return None
        return column._annotate({"foreign" if is_marked(element, "foreign") else "local": True})

    return visitors.replacement_traverse(condition, {}, strip)
