"""The list of workloads with their units and targets."""

from dataclasses import dataclass
from typing import Literal

Scale = Literal["ratio", "absolute"]


@dataclass(frozen=True, slots=True)
class Workload:
    """One thing measured; an adapter has a method of the same name.

    `now` and `final` are limits by database: ratios to raw, or absolute costs in `measure`
    where `scale` says so. `now` is the present stage's, `final` the one to end with.
    """

    name: str
    unit: str
    what: str
    now: dict[str, float]
    final: dict[str, float]
    measure: str = "us"
    scale: Scale = "ratio"
    sqlite_only: bool = False


def _limits(sqlite: float | None, postgresql: float | None) -> dict[str, float]:
    limits = {"sqlite": sqlite, "postgresql": postgresql}
    return {database: limit for database, limit in limits.items() if limit is not None}


def _both(
    name: str,
    unit: str,
    what: str,
    now: float | None = None,
    final: tuple[float | None, float | None] = (None, None),
    scale: Scale = "ratio",
) -> Workload:
    return Workload(name, unit, what, _limits(now, None), _limits(*final), scale=scale)


def _local(
    name: str,
    unit: str,
    what: str,
    now: float | None = None,
    final: float | None = None,
    measure: str = "us",
    scale: Scale = "ratio",
) -> Workload:
    """A workload that never talks to the database: one database is enough."""
    return Workload(
        name, unit, what, _limits(now, None), _limits(final, None), measure, scale, True
    )


WORKLOADS = (
    _both("insert", "row", "construct, add_all, commit", 2.2, (1.5, 1.25)),
    _both(
        "insert_events",
        "row",
        "the same with four listeners: set, before_insert, before_flush, after_commit",
        2.8,
        (2.0, 1.4),
    ),
    _both(
        "insert_children",
        "row",
        "parents with 5 children each, appended, committed",
        None,
        (2.2, 1.3),
    ),
    _both("load", "row", "select all, as objects", 1.8, (1.3, 1.5)),
    _both("get_miss", "get", "get by key, not in the identity map", 2.5, (1.6, 1.2)),
    _both("get_hit", "get", "get by key, in the identity map", None, (3.0, 3.0)),
    _both(
        "query",
        "query",
        "select built each time: two conditions, order, limit 20, as objects",
        None,
        (3.0, 1.8),
    ),
    _both("update", "row", "change one column of each loaded object, commit", 2.5, (1.7, 1.5)),
    _both("lazy", "parent", "lazy load of 5 children", 3.5, (2.5, 1.3)),
    _both(
        "selectin",
        "row",
        "parents with 5 children each, children by SELECT ... IN",
        2.2,
    ),
    _both("joined", "row", "parents with 5 children each, in one LEFT JOIN", 2.4),
    _both(
        "load_m2m",
        "link",
        "posts with 5 of the tags each, tags by SELECT ... IN",
        2.4,
    ),
    _both(
        "insert_m2m",
        "link",
        "posts with 5 of the stored tags each, committed",
        3.0,
    ),
    _both("delete", "row", "delete each loaded object, commit"),
    _both(
        "delete_cascade",
        "row",
        "delete each loaded parent with its 5 children, commit",
        None,
        (3.0, 2.5),
    ),
    _both("session", "session", "open and close, unused", None, (1.0, 1.0), "absolute"),
    _local("construct", "object", "keyword constructor", None, 2.0),
    _local("attribute_read", "read", "beside a plain attribute in the same loop", 2.8, 2.4),
    _local("attribute_write", "write", "beside a plain attribute in the same loop", 5.0, 3.5),
    _local(
        "attribute_write_heard",
        "write",
        "with one set listener, beside a plain call and write",
        None,
        1.3,
    ),
    _local(
        "event_fire",
        "event",
        "a set event with one listener; raw = the plain call, others = time above it",
        60.0,
        None,
        "ns",
        "absolute",
    ),
    _local("append", "append", "to a list with a backref", None, 4.0),
    _local("memory", "object", "bytes per loaded object (tracemalloc)", 2.2, 2.0, "B"),
)

BY_NAME = {workload.name: workload for workload in WORKLOADS}
