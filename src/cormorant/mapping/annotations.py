"""Read `Mapped[...]` annotations: which Python type, NULL or not, which class a relation means."""

from __future__ import annotations

import builtins
import collections.abc
import inspect
import sys
import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

from sqlalchemy.types import TypeEngine

from cormorant.exc import MappedAnnotationError
from cormorant.sql.attributes import Mapped

if sys.version_info >= (3, 14):
    import annotationlib

CONCRETE: dict[Any, type[Any]] = {
    collections.abc.Sequence: list,
    collections.abc.MutableSequence: list,
    collections.abc.Collection: list,
    collections.abc.Iterable: list,
    collections.abc.Set: set,
    collections.abc.MutableSet: set,
    collections.abc.Mapping: dict,
    collections.abc.MutableMapping: dict,
}
"""What a relationship keeps its objects in where the annotation names an abstract collection."""


class LateName:
    """A name in an annotation that its module does not know: perhaps a class mapped later."""

    __slots__ = ("path",)

    def __init__(self, path: str) -> None:
        self.path = path

    def __getattr__(self, name: str) -> LateName:
        if name.startswith("__"):
            raise AttributeError(name)
        return LateName(f"{self.path}.{name}")

    def __or__(self, other: Any) -> Any:
        return Union[self, other]  # noqa: UP007  # the operator is what is being defined

    def __ror__(self, other: Any) -> Any:
        return Union[other, self]  # noqa: UP007  # the operator is what is being defined

    def __getitem__(self, _arguments: Any) -> LateName:
        return self

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LateName) and other.path == self.path

    def __hash__(self) -> int:
        return hash(self.path)

    def __call__(self) -> None:
        """Do nothing: `typing` takes only callable objects for types."""

    def __repr__(self) -> str:
        return self.path


class _Names(dict[str, Any]):
    """The names that a string annotation may use, looked up as Python does."""

    def __init__(self, owner: type[Any]) -> None:
        super().__init__()
        self.owner = owner

    def __missing__(self, name: str) -> Any:
        owner = self.owner
        inner = vars(owner).get(name)
        if isinstance(inner, type):
            return inner
        module = vars(sys.modules.get(owner.__module__, builtins))
        for names in (module, vars(builtins), {owner.__name__: owner, "Mapped": Mapped}):
            if name in names:
                return names[name]
        return LateName(name)


@dataclass(frozen=True, slots=True)
class PythonType:
    """A Python type as annotated, taken apart: Optional, Annotated and type aliases."""

    raw: Any
    nullable: bool
    resolved: Any
    """The innermost type, without None, Annotated and aliases."""
    steps: tuple[Any, ...]
    """All forms on the way from `raw` to `resolved`, the outermost first."""
    annotated: Any = None
    annotated_type: Any = None
    alias: Any = None
    alias_value: Any = None

    @property
    def notes(self) -> tuple[Any, ...]:
        """Return what stands beside the type in `Annotated[...]`."""
        return () if self.annotated is None else self.annotated.__metadata__


@dataclass(frozen=True, slots=True)
class RelationTarget:
    """What the annotation of a relationship says."""

    target: str | type[Any]
    collection_class: type[Any] | None
    optional: bool


def own_annotations(cls: type[Any]) -> dict[str, Any]:
    """Return the annotations in the body of `cls` itself, not evaluated."""
    if sys.version_info >= (3, 14):
        return annotationlib.get_annotations(cls, format=annotationlib.Format.FORWARDREF)
    return inspect.get_annotations(cls)


def evaluate(annotation: Any, owner: type[Any]) -> Any:
    """Replace the strings in `annotation` by what they mean in the module of `owner`."""
    if isinstance(annotation, ForwardRef):
        annotation = annotation.__forward_arg__
    if isinstance(annotation, str):
        return evaluate(_evaluate_text(annotation, owner), owner)
    origin = get_origin(annotation)
    if origin is None or origin is Literal:
        return annotation
    arguments = get_args(annotation)
    if origin is Annotated:
        base = evaluate(arguments[0], owner)
        return annotation if base is arguments[0] else Annotated[(base, *arguments[1:])]
    evaluated = tuple(evaluate(each, owner) for each in arguments)
    if all(new is old for new, old in zip(evaluated, arguments, strict=True)):
        return annotation
    if origin in (Union, types.UnionType):
        return Union[evaluated]  # noqa: UP007  # a union of what is known at run time only
    if hasattr(annotation, "copy_with"):
        return annotation.copy_with(evaluated)
    return origin[evaluated]


def _evaluate_text(text: str, owner: type[Any]) -> Any:
    try:
        # Globals stay empty: every name goes through the lookup that knows late names.
        return eval(text, {"__builtins__": {}}, _Names(owner))
    except Exception as problem:
        if "Mapped" not in text:
            return LateName(text)  # not ours; whoever needs its meaning reports it
        raise MappedAnnotationError(
            f"The annotation {text!r} in class {owner.__name__!r} cannot be evaluated "
            f"({type(problem).__name__}: {problem}). Write it as valid Python, and import its "
            f"names in module {owner.__module__!r}."
        ) from problem


def is_class_variable(annotation: Any) -> bool:
    """Return True for `ClassVar` and `ClassVar[...]`."""
    return annotation is ClassVar or get_origin(annotation) is ClassVar


def mapped_argument(annotation: Any) -> tuple[Any, ...]:
    """Return `(X,)` for `Mapped[X]`, else an empty tuple."""
    origin = get_origin(annotation)
    if isinstance(origin, type) and issubclass(origin, Mapped):
        return (get_args(annotation)[0],)
    return ()


def without_none(python_type: Any) -> tuple[Any, bool]:
    """Take None out of a type; say whether it was there."""
    origin, arguments = get_origin(python_type), get_args(python_type)
    none: Any = None
    if origin in (Union, types.UnionType):
        none = types.NoneType
    elif origin is not Literal:
        return python_type, python_type is None or python_type is types.NoneType
    rest = tuple(each for each in arguments if each is not none)
    if len(rest) == len(arguments):
        return _in_one_form(python_type), False
    if not rest:
        return types.NoneType, True
    return (Literal[rest] if origin is Literal else Union[rest]), True  # noqa: UP007  # a union of what is known at run time only


def _in_one_form(python_type: Any) -> Any:
    """Return `X | Y` as `Union[X, Y]`, so that both are found under one key."""
    if isinstance(python_type, types.UnionType):
        return Union[get_args(python_type)]  # noqa: UP007  # a union of what is known at run time only
    return python_type


def is_alias(python_type: Any) -> bool:
    """Return True for `type X = ...` of Python 3.12 and its like in typing_extensions."""
    return type(python_type).__name__ == "TypeAliasType"


def analyse(raw: Any) -> PythonType:
    """Take an evaluated type apart."""
    facts: dict[str, Any] = {}
    steps, nullable, current = [_in_one_form(raw)], False, raw
    while True:
        inner, has_none = without_none(current)
        nullable = nullable or has_none
        if has_none and inner is not current:
            pass
        elif is_alias(inner):
            facts.setdefault("alias", inner)
            inner = inner.__value__
            facts["alias_value"] = without_none(inner)[0]
        elif get_origin(inner) is Annotated:
            facts.setdefault("annotated", inner)
            inner = get_args(inner)[0]
            facts["annotated_type"] = without_none(inner)[0]
        else:
            break
        current = inner
        steps.append(_in_one_form(inner))
    resolved = types.NoneType if current is None else _in_one_form(current)
    return PythonType(raw, nullable, resolved, tuple(steps), **facts)


def unresolved_name(python_type: Any) -> str | None:
    """Return a name within the type that nothing in its module stands for."""
    if isinstance(python_type, LateName):
        return python_type.path
    for each in get_args(python_type):
        name = unresolved_name(each)
        if name is not None:
            return name
    return None


def refuse_sql_type(python_type: Any, where: str) -> None:
    """Raise MappedAnnotationError if a SQL type stands where a Python type belongs."""
    if isinstance(python_type, TypeEngine) or (
        isinstance(python_type, type) and issubclass(python_type, TypeEngine)
    ):
        name = python_type.__name__ if isinstance(python_type, type) else repr(python_type)
        raise MappedAnnotationError(
            f"The annotation of {where} holds the SQL type {name!r}; Mapped[] takes a Python "
            f"type. Write the Python type there and give the SQL type to mapped_column()."
        )


def relation_target(argument: Any, where: str) -> RelationTarget:
    """Read `X`, `X | None`, `list[X]`, `dict[key, X]` of a relationship."""
    inner, optional = without_none(argument)
    origin = get_origin(inner)
    if isinstance(origin, type) and issubclass(origin, collections.abc.Iterable):
        collection = CONCRETE.get(origin, origin)
        return RelationTarget(_class_or_name(get_args(inner)[-1], where), collection, optional)
    return RelationTarget(_class_or_name(inner, where), None, optional)


def _class_or_name(target: Any, where: str) -> str | type[Any]:
    if isinstance(target, LateName):
        return target.path
    if isinstance(target, (str, type)):
        return target
    origin = get_origin(target)
    if isinstance(origin, type):
        return origin
    # A name of the module that hides the class: the registry knows the class by it.
    name = getattr(target, "__name__", None)
    if isinstance(name, str) and not isinstance(target, typing.TypeVar):
        return name
    raise MappedAnnotationError(
        f"The annotation of the relationship {where} names no class: {target!r}. "
        f"Write Mapped['Target'], Mapped['Target | None'] or Mapped[list['Target']]."
    )
