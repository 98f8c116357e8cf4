"""Mark methods of mapped classes: validators of attributes, and what runs after a load."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy.exc import InvalidRequestError

F = TypeVar("F", bound=Callable[..., Any])

VALIDATOR = "__sa_validators__"
RECONSTRUCTOR = "__sa_reconstructor__"


@dataclass(frozen=True, slots=True)
class ValidatorOptions:
    """Which attributes a validator is for, and which of their changes it sees."""

    names: tuple[str, ...]
    include_removes: bool
    include_backrefs: bool


def validates(
    *names: str, include_removes: bool = False, include_backrefs: bool = True
) -> Callable[[F], F]:
    """Mark a method `(self, key, value)` that returns the value to be set.

    `include_removes`: it also sees removals, as `(self, key, value, is_remove)`.
    `include_backrefs=False`: it does not see changes that come from the other side.
    """
    options = ValidatorOptions(names, include_removes, include_backrefs)

    def mark(function: F) -> F:
        if hasattr(function, VALIDATOR):
            raise InvalidRequestError(
                f"Method {getattr(function, '__qualname__', function)!r} is marked with "
                f"@validates twice. Give all attribute names to one @validates."
            )
        setattr(function, VALIDATOR, options)
        return function

    return mark


def reconstructor(fn: F) -> F:
    """Mark a method that runs on each object after it was loaded from the database."""
    setattr(fn, RECONSTRUCTOR, True)
    return fn


def validators_of(cls: type[Any]) -> Iterator[tuple[str, Callable[..., Any], ValidatorOptions]]:
    """Yield (attribute name, function, options) of each validator of a class and its bases.

    Raises InvalidRequestError when two methods validate one attribute.
    """
    owners: dict[str, str] = {}
    for name, function in _methods(cls):
        options: ValidatorOptions | None = getattr(function, VALIDATOR, None)
        for key in options.names if options is not None else ():
            if key in owners:
                raise InvalidRequestError(
                    f"A validation function for mapped attribute {key!r} of class "
                    f"{cls.__name__!r} already exists: {owners[key]!r}, and now {name!r}. "
                    f"Keep one of them."
                )
            owners[key] = name
            assert options is not None
            yield key, function, options


def reconstructor_of(cls: type[Any]) -> Callable[..., Any] | None:
    """Return the function of the class or its bases that is marked with @reconstructor."""
    for _name, function in _methods(cls):
        if hasattr(function, RECONSTRUCTOR):
            return function
    return None


def _methods(cls: type[Any]) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Yield each function of a class and its bases that no nearer name hides."""
    seen: set[str] = set()
    for base in cls.__mro__:
        for name, value in list(vars(base).items()):
            if name not in seen and callable(value):
                yield name, value
            seen.add(name)
