"""Results of ORM reads: Core's Result API over rows that hold objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import exc as core_exc
from sqlalchemy.engine.result import IteratorResult, Result, ScalarResult, SimpleResultMetaData

Row = tuple[Any, ...]


def metadata_of(names: Sequence[str | None], entities: Sequence[Any]) -> SimpleResultMetaData:
    """Return the description of rows; objects are told apart by identity in `unique()`.

    `entities`: the mapped class of each element, None for plain values. `names`:
    None for an alias without a name.
    """
    filters = [None if entity is None else id for entity in entities]
    extra = [() if entity is None else (entity,) for entity in entities]
    return SimpleResultMetaData(
        tuple(names),  # type: ignore[arg-type] # None is the name of nothing
        extra=extra,
        _create_unique_filters=lambda _result: filters,
    )


def row_result(
    names: Sequence[str | None],
    entities: Sequence[Any],
    rows: Sequence[Row],
    uniquing: bool = False,
) -> Result[Any]:
    """Return Core's Result over finished rows; `uniquing`: it wants `unique()` first."""
    result: Result[Any] = IteratorResult(metadata_of(names, entities), iter(rows))
    if uniquing:
        result._unique_filter_state = (set(), _want_unique)
    return result


def _want_unique(_row: Any) -> Any:
    raise core_exc.InvalidRequestError(
        "The unique() method must be invoked on this Result, as it contains results that "
        "include joined eager loads against collections: write .unique() before .all(), or "
        "load the collections with selectinload()."
    )


def refuse_streaming() -> core_exc.InvalidRequestError:
    """Return the error for rows in chunks where all rows of a parent are needed."""
    return core_exc.InvalidRequestError(
        "Can't use yield_per with eager loaders that require uniquing or row buffering, e.g. "
        "joinedload() against collections or subqueryload().  Consider the selectinload() "
        "strategy for better flexibility in loading objects."
    )


class WrittenResult(IteratorResult[Any]):
    """The result of a statement that wrote rows; `rowcount` tells how many."""

    rowcount: int = -1


def written_result(count: int) -> Result[Any]:
    """Return a result without rows: they were the session's own."""
    result = WrittenResult(SimpleResultMetaData(()), iter(()))
    result.rowcount = count
    result.close()
    return result


def streamed_result(
    names: Sequence[str | None],
    entities: Sequence[Any],
    chunks: Iterator[list[Row]],
    size: int | None,
) -> Result[Any]:
    """Return Core's Result over rows that come in chunks."""

    def flow() -> Iterator[Row]:
        for chunk in chunks:
            yield from chunk

    result: Result[Any] = IteratorResult(metadata_of(names, entities), flow())
    return result.yield_per(size) if size else result


class Objects(ScalarResult[Any]):
    """The objects of a one-entity read, at hand as a list.

    `all`, `one`, `first` and iteration answer from the list; whatever else a ScalarResult
    offers is answered by Core's own machinery over the same objects.
    """

    _generate_rows = False

    def __init__(
        self, found: list[Any], name: str, entity: type[Any], uniquing: bool = False
    ) -> None:
        self._uniquing = uniquing
        self._found = found
        self._at = 0
        self._name = name
        self._entity = entity
        self._core: ScalarResult[Any] | None = None

    @property
    def closed(self) -> bool:
        """True once everything was read."""
        return self._at >= len(self._found) and self._core is None

    def _rest(self) -> list[Any]:
        if self._uniquing:
            _want_unique(None)
        return self._all_that_is_left()

    def _all_that_is_left(self) -> list[Any]:
        at, self._at = self._at, len(self._found)
        return self._found[at:] if at else self._found

    def _real(self) -> ScalarResult[Any]:
        if self._core is None:
            rest = [(obj,) for obj in self._all_that_is_left()]
            result = row_result((self._name,), (self._entity,), rest, self._uniquing)
            self._core = result.scalars()
        return self._core

    def all(self) -> list[Any]:
        """Return what is left as a list."""
        return list(self._core.all()) if self._core is not None else list(self._rest())

    def fetchall(self) -> list[Any]:
        """Return what is left as a list."""
        return self.all()

    def first(self) -> Any:
        """Return the first object or None; closes the result."""
        if self._core is not None:
            return self._core.first()
        rest = self._all_that_is_left()
        return rest[0] if rest else None

    def one_or_none(self) -> Any:
        """Return the only object or None; raises MultipleResultsFound."""
        if self._core is not None:
            return self._core.one_or_none()
        rest = self._rest()
        if len(rest) > 1:
            raise core_exc.MultipleResultsFound(
                "Multiple rows were found when one or none was required"
            )
        return rest[0] if rest else None

    def one(self) -> Any:
        """Return the only object; raises NoResultFound or MultipleResultsFound."""
        if self._core is not None:
            return self._core.one()
        rest = self._rest()
        if not rest:
            raise core_exc.NoResultFound("No row was found when one was required")
        if len(rest) > 1:
            raise core_exc.MultipleResultsFound(
                "Multiple rows were found when exactly one was required"
            )
        return rest[0]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._rest()) if self._core is None else iter(self._core)

    def __next__(self) -> Any:
        if self._core is not None:
            return next(self._core)
        if self._uniquing:
            _want_unique(None)
        if self._at >= len(self._found):
            raise StopIteration
        self._at += 1
        return self._found[self._at - 1]

    def fetchmany(self, size: int | None = None) -> Sequence[Any]:
        """Return at most `size` objects."""
        return self._real().fetchmany(size)

    def partitions(self, size: int | None = None) -> Iterator[Sequence[Any]]:
        """Yield lists of at most `size` objects."""
        return self._real().partitions(size)

    def unique(self, strategy: Any = None) -> Any:
        """Return a result that leaves out objects that came before."""
        if strategy is not None or self._core is not None:
            return self._real().unique(strategy)
        rest = self._all_that_is_left()
        if len(rest) > 1:
            rest = list({id(obj): obj for obj in rest}.values())
        return Objects(rest, self._name, self._entity)

    def yield_per(self, num: int) -> Any:
        """Set the size of partitions."""
        return self._real().yield_per(num)

    def columns(self, *expressions: Any) -> Any:
        """Choose elements of the rows."""
        return self._real().columns(*expressions)  # type: ignore[attr-defined] # as Core answers

    def close(self) -> None:
        """Forget what is left."""
        self._at = len(self._found)
        if self._core is not None:
            self._core.close()
