"""Make the records of events out of the typed signatures of a family."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from cormorant.event.boards import Board, ClassBoard
from cormorant.event.places import OfAttribute, OfClass, OfObject, Place

if TYPE_CHECKING:
    from cormorant.event.constants import EventConstants

Method = TypeVar("Method", bound=Callable[..., Any])

COMMON_OPTIONS = frozenset({"after", "before", "insert", "named", "once", "priority", "propagate"})
"""Options that every event takes; where subclasses always inherit, `propagate` says so again."""


@dataclass(frozen=True, slots=True)
class ShortForm:
    """An older argument list that listeners may still have."""

    arguments: tuple[str, ...]
    take: Callable[[Any], tuple[Any, ...]]
    """From the one argument of today to the arguments of this form."""


@dataclass(frozen=True, slots=True, eq=False)
class Event:
    """One event of one family: its name, arguments, and what listeners may ask of it."""

    name: str
    family: type[Family]
    arguments: tuple[str, ...]
    """As fired, `keyword` included as the last one."""
    keyword: str | None = None
    """The last argument of collection events, which only `include_key=True` hands on."""
    object_position: int | None = None
    """Where the object stands that `raw=True` turns into its state."""
    value_position: int | None = None
    """Where the value stands that a `retval=True` listener replaces."""
    otherwise: EventConstants | None = None
    """What a listener without `retval=True` is taken to return, if not that value."""
    everyone_only: bool = False
    short_forms: tuple[ShortForm, ...] = ()
    options: frozenset[str] = COMMON_OPTIONS
    wrapping: frozenset[str] = frozenset()
    """Options for which a wrapper of the ORM goes around the listener."""

    @property
    def returns(self) -> bool:
        """Tell whether what a `retval=True` listener returns means something here."""
        return self.value_position is not None or self.otherwise is not None

    @property
    def plain_arguments(self) -> tuple[str, ...]:
        """The arguments that a listener takes which did not ask for the key."""
        return self.arguments[:-1] if self.keyword else self.arguments

    def __str__(self) -> str:
        return f"{self.name}({', '.join(self.plain_arguments)})"


class Family:
    """The events of one kind of target; a direct subclass declares them as methods.

    A class below a family is a listener class: its methods listen, see `listener_classes.py`.
    """

    events: ClassVar[dict[str, Event]] = {}
    board_type: ClassVar[type[Board]] = ClassBoard
    board: ClassVar[Any]
    """What keeps the registrations: one `board_type` per family."""
    targets: ClassVar[str]
    """The legal targets, in words, for messages."""
    everyone: ClassVar[str] = ""
    """What stands for every class as a target, in words."""
    everyone_target: ClassVar[str] = ""
    """The same for its events that only the whole family has."""

    options: ClassVar[frozenset[str]] = frozenset()
    event_options: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Options of single events beyond those of the family."""
    wrapping: ClassVar[Mapping[str, frozenset[str]]] = {}
    """Option -> events around whose listeners the wrapper of that option goes."""
    object_argument: ClassVar[str | None] = None
    value_arguments: ClassVar[Mapping[str, str]] = {}
    otherwise: ClassVar[EventConstants | None] = None
    everyone_only: ClassVar[frozenset[str]] = frozenset()
    short_forms: ClassVar[Mapping[str, tuple[ShortForm, ...]]] = {}
    propagate_by_default: ClassVar[bool] = False
    inherits: ClassVar[bool] = False
    """Subclasses always have the listeners of their bases (sessions, queries, registries)."""

    wrappers: ClassVar[dict[str, Callable[[Callable[..., Any]], Callable[..., Any]]]] = {}
    """Option -> wrapper of a listener; it sees the arguments as they are fired."""
    resolvers: ClassVar[list[Callable[[Any], Place | None]]] = []

    class_options: ClassVar[Mapping[str, Any]] = {}
    """Of a listener class: the options given with its bases."""
    attached: ClassVar[tuple[Family, tuple[Any, ...]] | None] = None
    """Of a listener class with `target=`: the object that listens, and to what."""
    attach_class: ClassVar[Callable[[type[Family], dict[str, Any]], None]]
    """Takes in a class below a family; `listener_classes.py` sets it."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__()
        if Family not in cls.__bases__:
            Family.attach_class(cls, options)
            return
        cls.wrappers = {}
        cls.resolvers = []
        cls.events = {
            name: _event(cls, name, method)
            for name, method in vars(cls).items()
            if inspect.isfunction(method)
        }
        cls.board = cls.board_type(cls)

    @classmethod
    def families(cls) -> list[type[Family]]:
        """List the families that `cls` is, or is a listener class of."""
        return [base for base in cls.__mro__ if Family in base.__bases__]

    @classmethod
    def label(cls, place: Place) -> str:
        """Name a place of this family for listings."""
        match place:
            case OfAttribute(owner, key):
                return f"{owner.__name__}.{key}"
            case OfClass(owner):
                return owner.__name__
            case OfObject(obj):
                return f"one {type(obj).__name__}"
        return f"{cls.everyone} (every class)"

    @staticmethod
    def to_state(target: Any) -> Any:
        """Find the state of an object; the floor that knows states replaces this on `Family`."""
        return target

    @classmethod
    def add_resolver(cls, resolver: Callable[[Any], Place | None]) -> Callable[..., Any]:
        """Let `resolver` say where a target of this family stands; usable as a decorator."""
        cls.resolvers.append(resolver)
        return resolver

    @classmethod
    def resolve(cls, target: Any) -> Place | None:
        """Find the place of `target`, or None when no resolver of the family knows it."""
        for resolver in cls.resolvers:
            place = resolver(target)
            if place is not None:
                return place
        return None


def with_key(name: str, default: Any) -> Callable[[Method], Method]:
    """Declare the last argument of an event, which only `include_key=True` hands on.

    It shows in the signature; listener classes need not take it, and type checkers agree.
    """

    def decorate(method: Method) -> Method:
        signature = inspect.signature(method)
        key = inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        parameters = [*signature.parameters.values(), key]
        method.__dict__["__signature__"] = signature.replace(parameters=parameters)
        return method

    return decorate


def _event(family: type[Family], name: str, method: Callable[..., Any]) -> Event:
    """Read one signature of a catalog class."""
    parameters = [p for p in inspect.signature(method).parameters.values() if p.name != "self"]
    arguments = tuple(p.name for p in parameters)
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    value = family.value_arguments.get(name)
    has_object = family.object_argument in arguments
    return Event(
        name=name,
        family=family,
        arguments=arguments,
        keyword=keywords[0] if keywords else None,
        object_position=arguments.index(str(family.object_argument)) if has_object else None,
        value_position=arguments.index(value) if value else None,
        otherwise=None if value else family.otherwise,
        everyone_only=name in family.everyone_only,
        short_forms=family.short_forms.get(name, ()),
        options=COMMON_OPTIONS | family.options | family.event_options.get(name, frozenset()),
        wrapping=frozenset(o for o, names in family.wrapping.items() if name in names),
    )
