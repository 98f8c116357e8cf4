"""The functions by which users declare relationships."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Any

from cormorant.mapping.relationships import USUAL_CASCADE, Relationship


def relationship(
    argument: Any = None,
    secondary: Any = None,
    *,
    uselist: bool | None = None,
    collection_class: Any = None,
    primaryjoin: Any = None,
    secondaryjoin: Any = None,
    back_populates: str | None = None,
    order_by: Any = False,
    backref: Any = None,
    overlaps: str | None = None,
    post_update: bool = False,
    cascade: str = USUAL_CASCADE,
    viewonly: bool = False,
    init: Any = None,
    repr: Any = None,
    default: Any = None,
    default_factory: Any = None,
    compare: Any = None,
    kw_only: Any = None,
    hash: Any = None,
    dataclass_metadata: Any = None,
    lazy: Any = "select",
    passive_deletes: bool | str = False,
    passive_updates: bool = True,
    active_history: bool = False,
    enable_typechecks: bool = True,
    foreign_keys: Any = None,
    remote_side: Any = None,
    join_depth: int | None = None,
    comparator_factory: Any = None,
    single_parent: bool = False,
    innerjoin: bool | str = False,
    distinct_target_key: bool | None = None,
    load_on_pending: bool = False,
    query_class: Any = None,
    info: dict[Any, Any] | None = None,
    omit_join: bool | None = None,
    sync_backref: bool | None = None,
    doc: str | None = None,
    **kw: Any,
) -> Relationship[Any]:
    """Relate a class to another one along their foreign keys.

    As sqlalchemy.orm.relationship. `argument`: the class, its name, or a function; it may be
    left to the annotation. `order_by`, `primaryjoin`, `foreign_keys` and `remote_side` may be
    texts or functions, evaluated when all classes are known.
    """
    options = dict(locals())
    if kw:
        raise TypeError(_unexpected(list(kw), list(options)))
    del options["argument"], options["kw"]
    if viewonly and cascade == USUAL_CASCADE:
        del options["cascade"]
    return Relationship(argument, **options)


def _unexpected(names: list[str], legal: list[str]) -> str:
    given = ", ".join(f"{name!r}" for name in names)
    near = get_close_matches(names[0], legal, 1)
    advice = f"Did you mean {near[0]!r}?" if near else "Leave it out."
    return f"relationship() got unexpected keyword argument(s) {given}. {advice}"


def backref(name: str, **kwargs: Any) -> tuple[str, dict[str, Any]]:
    """Name the other side of a relationship with options of its own."""
    return name, kwargs
