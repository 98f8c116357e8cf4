"""Find mapped classes by name, and evaluate the string arguments of relationships."""

from __future__ import annotations

import builtins
import difflib
import weakref
from collections.abc import Iterator, MutableMapping
from typing import TYPE_CHECKING, Any

import sqlalchemy
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.sql import func

from cormorant.sql.attributes import QueryableAttribute
from cormorant.sql.marks import foreign, remote

if TYPE_CHECKING:
    from sqlalchemy import MetaData

    from cormorant.mapping.mapper import Mapper

ClassRegistry = MutableMapping[str, Any]

FUNCTIONS: dict[str, Any] = {
    name: value
    for name, value in vars(sqlalchemy).items()
    if callable(value) and not name.startswith("_")
} | {"func": func, "foreign": foreign, "remote": remote}
"""What a string argument may call beside the names of classes and tables."""


class SameName:
    """Two or more mapped classes of one name; a module path tells them apart."""

    def __init__(self, *classes: type[Any]) -> None:
        self.classes: weakref.WeakSet[type[Any]] = weakref.WeakSet(classes)


class ClassNames:
    """The mapped classes of one registry by name, kept weakly unless the user gave the dict."""

    def __init__(self, names: ClassRegistry | None = None) -> None:
        self.names: ClassRegistry = weakref.WeakValueDictionary() if names is None else names
        self._several: list[SameName] = []

    def add(self, cls: type[Any]) -> None:
        """Take one more class; a second one of the same name needs its module path."""
        known = self.names.get(cls.__name__)
        if isinstance(known, SameName):
            known.classes.add(cls)
        elif isinstance(known, type) and known is not cls:
            both = SameName(known, cls)
            self._several.append(both)
            self.names[cls.__name__] = both
        else:
            self.names[cls.__name__] = cls

    def remove(self, cls: type[Any]) -> None:
        """Forget a class."""
        known = self.names.get(cls.__name__)
        if isinstance(known, SameName):
            known.classes.discard(cls)
        elif known is cls:
            del self.names[cls.__name__]

    def __iter__(self) -> Iterator[type[Any]]:
        for entry in list(self.names.values()):
            if isinstance(entry, SameName):
                yield from list(entry.classes)
            elif isinstance(entry, type):
                yield entry

    def find(self, path: str) -> type[Any] | None:
        """Return the class of a bare name or of the end of a module path, or None."""
        name = path.rpartition(".")[2]
        entry = self.names.get(name)
        known = list(entry.classes) if isinstance(entry, SameName) else [entry]
        fitting = [each for each in known if isinstance(each, type) and _fits(each, path)]
        if len(fitting) > 1:
            modules = ", ".join(sorted(f"{c.__module__}.{c.__name__}" for c in fitting))
            raise InvalidRequestError(
                f"Multiple classes found for path {path!r} in the registry of this declarative "
                f"base: {modules}. Use a module path that fits one of them only."
            )
        return fitting[0] if fitting else None

    def has_module(self, path: str) -> bool:
        """Return True if some class lies below this part of a module path."""
        inner = f".{path}."
        return any(inner in f".{each.__module__}." for each in self)

    def near(self, name: str) -> list[str]:
        """Return up to three class names like `name`."""
        known = [str(each) for each in self.names]
        return difflib.get_close_matches(name.rpartition(".")[2], known, n=3)


def _fits(cls: type[Any], path: str) -> bool:
    return f".{cls.__module__}.{cls.__name__}".endswith(f".{path}")


class Resolver:
    """Evaluates the late arguments of one mapper's relationships."""

    def __init__(self, names: ClassNames, metadata: MetaData, mapper: Mapper) -> None:
        self.names = names
        self.metadata = metadata
        self.mapper = mapper

    def __call__(self, argument: Any) -> Any:
        """Return what a string or a callable argument stands for; others as they are."""
        if isinstance(argument, str):
            return _plain(self._evaluate(argument))
        if callable(argument) and not isinstance(argument, (type, QueryableAttribute)):
            return argument()
        return argument

    def class_named(self, path: str) -> type[Any]:
        """Return the class that `path` names; raises with the near names."""
        found = self.names.find(path)
        if found is None:
            raise self._unknown(path, path)
        return found

    def _evaluate(self, text: str) -> Any:
        known = self.names.find(text) if text.replace(".", "").isidentifier() else None
        if known is not None:
            return known
        try:
            # Globals stay empty: names mean classes, tables and functions, nothing else.
            return eval(text, {"__builtins__": {}}, _Namespace(self, text))
        except (InvalidRequestError, NameError):
            raise
        except Exception as problem:
            raise InvalidRequestError(
                f"When initializing mapper {self.mapper}, expression {text!r} cannot be "
                f"evaluated ({type(problem).__name__}: {problem}). Write it as a Python "
                f"expression of class names, table names and SQL functions."
            ) from problem

    def _unknown(self, name: str, text: str) -> InvalidRequestError:
        near = self.names.near(name)
        hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
        return InvalidRequestError(
            f"When initializing mapper {self.mapper}, expression {text!r} failed to locate a "
            f"name ({name!r}).{hint} If this is a class name, make sure that its module is "
            f"imported before the mappers are configured, or add this relationship() to class "
            f"{self.mapper.class_.__name__!r} after both classes have been declared."
        )


class _Namespace(dict[str, Any]):
    """The names that one string argument may use."""

    def __init__(self, resolver: Resolver, text: str) -> None:
        super().__init__()
        self.resolver = resolver
        self.text = text

    def __missing__(self, name: str) -> Any:
        resolver = self.resolver
        cls = resolver.names.find(name)
        if cls is not None:
            return _ClassByName(cls)
        tables = resolver.metadata.tables
        if name in tables:
            return tables[name]
        if any(key.startswith(f"{name}.") for key in tables) or resolver.names.has_module(name):
            return _Path(self, name)
        if name in FUNCTIONS:
            return FUNCTIONS[name]
        if name in ("True", "False", "None", "list", "set", "dict", "tuple"):
            return getattr(builtins, name)
        raise resolver._unknown(name, self.text)


class _Path:
    """A part of a module path or of a table's schema, as far as it was read."""

    def __init__(self, namespace: _Namespace, path: str) -> None:
        self._namespace = namespace
        self._path = path

    def __getattr__(self, name: str) -> Any:
        resolver = self._namespace.resolver
        path = f"{self._path}.{name}"
        cls = resolver.names.find(path)
        if cls is not None:
            return _ClassByName(cls)
        table = resolver.metadata.tables.get(path)
        if table is not None:
            return table
        if resolver.names.has_module(path):
            return _Path(self._namespace, path)
        raise resolver._unknown(path, self._namespace.text)


class _ClassByName:
    """A mapped class in a string: its attributes are columns there."""

    def __init__(self, cls: type[Any]) -> None:
        self._cls = cls

    def __getattr__(self, name: str) -> Any:
        cls = self._cls
        try:
            attribute = getattr(cls, name)
        except AttributeError:
            keys = list(vars(cls)["__mapper__"].class_manager.attributes)
            near = difflib.get_close_matches(name, keys, n=3)
            hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
            raise InvalidRequestError(
                f"Class {cls.__name__!r} does not have a mapped column named {name!r}.{hint}"
            ) from None
        return _plain(attribute)


def _plain(value: Any) -> Any:
    """Return classes and columns themselves for what stood for them in the string."""
    if isinstance(value, _ClassByName):
        return value._cls
    if isinstance(value, (list, tuple, set)):
        return [_plain(each) for each in value]
    if isinstance(value, QueryableAttribute) and value.column is not None:
        return value.column
    return value
