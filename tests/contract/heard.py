"""The recorder of a scenario: hears events, writes them down as text and forgets nothing."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine

from . import catalog
from .labels import Labels
from .oracle import Orm
from .words import Heard

Listener = Callable[..., None]

# Arguments whose whole content belongs to the mapper: only presence is compared.
OPAQUE = frozenset(
    {
        "context",
        "flush_context",
        "state_dict",
        "collection_adapter",
        "dict_",
        "manager",
        "query",
        "registry",
        "attribute",
    }
)
EXECUTIONS = (
    "select",
    "insert",
    "update",
    "delete",
    "orm_statement",
    "column_load",
    "relationship_load",
)
SORTED = frozenset({"attrs", "instances"})


class Recorder:
    """Listens on behalf of one scenario under one mapper."""

    def __init__(self, orm: Orm) -> None:
        """Begin with an empty log."""
        self.orm = orm
        self.labels = Labels(orm)
        self.log: list[Heard] = []
        self._listening: list[tuple[object, str, Listener]] = []

    @property
    def names(self) -> list[str]:
        """Names of the events heard so far, in order."""
        return [heard.name for heard in self.log]

    def mark(self, text: str) -> None:
        """Write a line of the scenario's own; it is a barrier too."""
        self.write("mark", repr(text))

    def write(self, name: str, *arguments: str, copies_key: bool = False) -> None:
        """Write one event down."""
        self.log.append(Heard(name, arguments, copies_key))

    def note(self, name: str, *values: object) -> None:
        """Write down an event that a listener of the scenario itself received."""
        self.write(name, *map(self.labels.of, values))

    def classes(self, *classes: type, attributes: bool = True, **options: Any) -> None:
        """Hear the flush, instance and attribute events of mapped classes.

        Where a flush copies keys, hear the session too: its barriers tell what is left to chance.
        """
        for class_ in classes:
            self.listen(class_, catalog.MAPPER_FLUSH, **options)
            self.listen(class_, catalog.INSTANCE, **options)
            if attributes:
                for prop in self.orm.inspect(class_).attrs:
                    self.attribute(getattr(class_, prop.key), **options)

    def attribute(self, attribute: object, **options: Any) -> None:
        """Hear every event of one attribute."""
        self.listen(attribute, catalog.ATTRIBUTE, **options)

    def session(self, target: object, only: Iterable[str] = catalog.SESSION) -> None:
        """Hear the events of a session, a session class or a sessionmaker."""
        self.listen(target, {name: catalog.SESSION[name] for name in only})

    @contextmanager
    def at_work(self, engine: Engine, *classes: type, **options: Any) -> Iterator[Any]:
        """Give a session and hear it, with the flush and instance events of classes."""
        self.classes(*classes, attributes=False, **options)
        with self.orm.Session(engine) as session:
            self.session(session)
            yield session

    def listen(self, target: Any, events: Mapping[str, tuple[str, ...]], **options: Any) -> None:
        """Hear `events`, a map of names to argument names, on `target`."""
        for name, arguments in events.items():
            listener = taking(len(arguments), self._writer(name, arguments))
            self.orm.event.listen(target, name, listener, **options)
            self._listening.append((target, name, listener))

    def stop(self) -> None:
        """Hear nothing any more: listeners on classes of the mapper itself would outlive us."""
        for target, name, listener in reversed(self._listening):
            if self.orm.event.contains(target, name, listener):
                self.orm.event.remove(target, name, listener)
        self._listening.clear()

    def error(self, act: Callable[[], object]) -> str:
        """Return the name of the class of the error that `act` raises, or "no error"."""
        try:
            act()
        except Exception as problem:
            return self.labels.of(problem)
        return "no error"

    @contextmanager
    def catching(self, what: str) -> Iterator[None]:
        """Write the name of the error that the block raises into the log."""
        try:
            yield
        except Exception as problem:
            self.write("mark", repr(what), self.labels.of(problem))
        else:
            self.write("mark", repr(what), "no error")

    @contextmanager
    def warned(self) -> Iterator[None]:
        """Write down the classes of the warnings that the block gives, each once."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        self.write("mark", *sorted({each.category.__name__ for each in caught}))

    def _writer(self, name: str, arguments: tuple[str, ...]) -> Listener:
        def write(*values: Any) -> None:
            if name == "refresh" and self.orm.is_oracle:
                names = self._filled(values[0], values[2])
                if names == set():
                    return
                values = (*values[:2], names)
            copies = name == "set" and self._is_foreign(values[0], values[3].key)
            self.write(name, *map(self._text, arguments, values), copies_key=copies)

        return write

    def _filled(self, target: Any, names: Any) -> set[str] | None:
        """Return the names in `refresh` without relations that no row filled: see allowed.py."""
        if names is None:
            return None
        state = self.orm.inspect(target)
        return set(names) - (set(state.mapper.relationships.keys()) & state.unloaded)

    def _is_foreign(self, target: Any, key: str) -> bool:
        """Tell whether an attribute is a column that refers to another table."""
        columns = self.orm.inspect(target).mapper.column_attrs
        return key in columns and any(column.foreign_keys for column in columns[key].columns)

    def _text(self, argument: str, value: Any) -> str:
        """Return one argument of an event as text."""
        if value is None:
            return "None"
        if argument in OPAQUE:
            return argument
        if argument in SORTED:
            return f"{argument} {sorted(map(self.labels.of, value))}"
        reader = READERS.get(argument)
        return reader(self, value) if reader else self.labels.of(value)

    def _initiator(self, token: Any) -> str:
        return f"{token.op.name} by {token.key}"

    def _transaction(self, transaction: Any) -> str:
        label = self.labels.numbered(transaction, "transaction")
        parent = transaction.parent
        return f"{label} {transaction.origin.name}" + (
            f" in {self.labels.numbered(parent, 'transaction')}" if parent else ""
        )

    def _execution(self, state: Any) -> str:
        told = [kind for kind in EXECUTIONS if getattr(state, f"is_{kind}")]
        mapper = state.bind_mapper
        return " ".join(told) + (f" of {mapper.class_.__name__}" if mapper else "")

    def _bulk(self, context: Any) -> str:
        # Before the statement runs there is no result yet.
        result = getattr(context, "result", None)
        rows = f" {result.rowcount} rows" if result is not None else ""
        values = getattr(context, "values", None)
        return f"{self.labels.of(context.session)} {self.labels.of(values)}{rows}"

    def _resolve(self, resolve: Any) -> str:
        return f"{self.labels.of(resolve.raw_type)}"


READERS: dict[str, Callable[[Recorder, Any], str]] = {
    "initiator": Recorder._initiator,
    "transaction": Recorder._transaction,
    "previous_transaction": Recorder._transaction,
    "orm_execute_state": Recorder._execution,
    "update_context": Recorder._bulk,
    "delete_context": Recorder._bulk,
    "resolve_type": Recorder._resolve,
}


def taking(count: int, write: Listener) -> Listener:
    """Return `write` as a function with exactly `count` arguments: no argument list is guessed."""
    return (
        lambda: write(),
        lambda a: write(a),
        lambda a, b: write(a, b),
        lambda a, b, c: write(a, b, c),
        lambda a, b, c, d: write(a, b, c, d),
    )[count]
