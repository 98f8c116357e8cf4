"""The manager of one mapped class: its attributes, its events, what its objects have in common."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Callable, Iterator
from itertools import count
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import InvalidRequestError

from cormorant import exc
from cormorant.event.catalog import (
    AttributeEvents,
    InstanceEvents,
    InstrumentationEvents,
    MapperEvents,
)
from cormorant.event.dispatch import Dispatch
from cormorant.event.family import Family
from cormorant.event.places import Everyone, OfAttribute, OfClass, Place
from cormorant.instrument._state_cy import (
    InstanceState,
    Instrumented,
    give_state,
    known_state,
    state_of,
)
from cormorant.instrument.alternate import Alternate, factory_of
from cormorant.instrument.attribute_states import AttributeStates
from cormorant.instrument.extras import StateExtras
from cormorant.instrument.pickling import reduce, reduce_with_class

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper

setattr(Family, "to_state", staticmethod(state_of))  # noqa: B010 # the hook for raw=True


class ClassDispatch(Dispatch):
    """The listeners of one mapped class: mapper and instance events together."""

    def __init__(self, manager: ClassManager) -> None:
        super().__init__(MapperEvents, InstanceEvents)
        self._manager = manager

    def update(self, event: str, listeners: tuple[Any, ...], returning: bool) -> None:
        """Take the flattened listeners of one event; constructors have a road of their own."""
        super().update(event, listeners, returning)
        if event in ("init", "init_failure", "first_init"):
            self._manager.choose_constructor()


class ClassManager:
    """What all objects of one mapped class share.

    `attributes`: the descriptors by name. `expire_keys`: the names an expiry forgets.
    `positions`: numbers for the column attributes, each given once.
    `template`: a dict with all column keys whose copies share their key table.
    `initial`: (name, value) of what every new
    object has from the start. `alternate`: instrumentation of the user's own; `factory` made it.
    """

    make_extras = StateExtras

    def __init__(self, class_: type[Any]) -> None:
        self.class_ = class_
        self.alternate: Alternate | None = None
        self.factory: Callable[[type[Any]], Any] | None = None
        self.mapper: Mapper = None  # type: ignore[assignment] # set by the mapper itself at once
        self.attributes: dict[str, Any] = {}
        self.expire_keys: tuple[str, ...] = ()
        self.initial: tuple[tuple[str, Any], ...] = ()
        self.related_keys: tuple[str, ...] = ()
        self.positions = count()
        self.template: dict[str, Any] | None = None
        self.blank: dict[str, Any] | None = None
        self.blank_key = ""
        self.announces_init = False
        self.constructs_plainly = False
        self.initialized = False
        self.reduces = False
        self.original_init: Callable[..., None] | None = None
        self.dispatch = ClassDispatch(self)
        self.info: dict[Any, Any] = {}

    @property
    def is_mapped(self) -> bool:
        """True while a mapper stands behind the class."""
        return self.mapper is not None

    def instrument_class(self) -> None:
        """Put the manager on the class; fires class_instrument."""
        setattr(self.class_, "_sa_class_manager", self)  # noqa: B010 # a name users know
        if self.alternate is not None:
            self.alternate.custom.manage(self.class_, self)
        MapperEvents.board.attach(self.class_, self.dispatch)
        InstanceEvents.board.attach(self.class_, self.dispatch)
        self._wrap_init()
        self.reduces = not issubclass(self.class_, Instrumented) and reduce_with_class(self.class_)
        for listener in InstrumentationEvents.board.dispatch_of(self.class_).class_instrument:
            listener(self.class_)

    def instrument_attribute(self, key: str, attribute: Any, propagated: bool = False) -> None:
        """Put one descriptor on the class."""
        self.attributes[key] = attribute
        self.expire_keys = tuple(self.attributes)
        if attribute.uses_objects and key not in self.related_keys:
            self.related_keys = (*self.related_keys, key)
        if self.alternate is None:
            setattr(self.class_, key, attribute)
        else:
            self.alternate.install(key, attribute)
        AttributeEvents.board.attach(self.class_, key, attribute)

    def put(self, key: str, shown: Any) -> None:
        """Put a descriptor on the class; `shown`: what the class shows, or another descriptor."""
        attribute = self.attributes.get(key)
        ours = attribute is not None and attribute.on_class is shown
        setattr(self.class_, key, attribute if ours else shown)

    def announce_attribute(self, key: str) -> None:
        """Fire attribute_instrument, once what the attribute is related to is known."""
        attribute = self.attributes[key]
        if self.alternate is not None:
            self.alternate.custom.post_configure_attribute(self.class_, key, attribute.on_class)
        dispatch = InstrumentationEvents.board.dispatch_of(self.class_)
        for listener in dispatch.attribute_instrument:
            listener(self.class_, key, attribute.on_class)

    def replace_attribute(self, key: str, attribute: Any) -> None:
        """Put another descriptor in the place of one; its listeners move along."""
        before = self.attributes.get(key)
        self.attributes[key] = attribute
        if self.alternate is None or vars(self.class_).get(key) is before:
            setattr(self.class_, key, attribute)
        AttributeEvents.board.attach(self.class_, key, attribute)

    def set_template(self, keys: list[str]) -> None:
        """Take the keys that every loaded object has, so that their dicts share one key table.

        Relationships have a place in that table as well, though no row fills it.
        """
        if issubclass(self.class_, Instrumented) and self.alternate is None:
            # A class of its own, for CPython shares one key table per class; and it gives the
            # first thirty objects room for thirty values, each later one less until it fits.
            kind = type("_KeyHolder", (), {})
            for _object in range(32):
                holder = kind()
                for key in (*keys, *self.related_keys):
                    setattr(holder, key, None)
                self.template = holder.__dict__
            # An empty dict has no key table to share: the first key stays, for others to drop.
            for key in self.related_keys:
                del holder.__dict__[key]
            blank = self.blank = holder.__dict__.copy()
            self.blank_key = keys[0]
            for key in keys[1:]:
                del blank[key]

    def unregister(self) -> None:
        """Take the manager and its descriptors off the class; fires class_uninstrument."""
        for listener in InstrumentationEvents.board.dispatch_of(self.class_).class_uninstrument:
            listener(self.class_)
        MapperEvents.board.detach(self.class_)
        InstanceEvents.board.detach(self.class_)
        for key in list(self.attributes):
            AttributeEvents.board.detach(self.class_, key)
            if self.alternate is not None:
                self.alternate.custom.uninstall_descriptor(self.class_, key)
            elif self.class_.__dict__.get(key) is self.attributes[key]:
                delattr(self.class_, key)
        self.attributes.clear()
        if self.original_init is not None:
            if self.alternate is not None:
                self.alternate.custom.uninstall_member(self.class_, "__init__")
            self.class_.__init__ = self.original_init
        if self.reduces:
            del self.class_.__reduce_ex__
        if self.alternate is not None:
            self.alternate.custom.unregister(self.class_, self)
        if "_sa_class_manager" in self.class_.__dict__:
            delattr(self.class_, "_sa_class_manager")

    def _wrap_init(self) -> None:
        original = self.class_.__init__
        if original is Instrumented.__init__ or getattr(original, "_cormorant_wrapped", False):
            if not issubclass(self.class_, Instrumented):
                return
            return
        self.original_init = original
        announcing = _announcing(original)
        if self.alternate is None:
            self.class_.__init__ = announcing
        else:
            self.alternate.custom.install_member(self.class_, "__init__", announcing)

    def collections_of(self, key: str, collection_class: Any) -> Any:
        """Return what makes the collections of a relationship."""
        if self.alternate is None:
            return collection_class
        custom = self.alternate.custom
        return custom.instrument_collection_class(self.class_, key, collection_class or list)

    def choose_constructor(self) -> None:
        """Decide whether somebody hears of new objects, or they take the way of `run_init`."""
        dispatch = self.dispatch
        self.constructs_plainly = (
            getattr(self.mapper, "configured", False)
            and not getattr(self.mapper, "polymorphic_abstract", False)
            and not self.initial
            and (self.initialized or not dispatch.first_init)
        )
        heard = bool(dispatch.init or dispatch.init_failure)
        self.announces_init = heard or not self.constructs_plainly

    def construct(self, target: Any, state: InstanceState, kwargs: dict[str, Any]) -> None:
        """Run the keyword constructor with its events."""
        self.run_init(target, (), kwargs, lambda obj, **values: fill_keywords(self, obj, values))

    def run_init(
        self, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any], original: Any
    ) -> None:
        """Fire first_init and init, call the constructor, fire init_failure when it raises."""
        self.mapper.ready()
        if self.mapper.polymorphic_abstract:
            raise InvalidRequestError(
                f"Can't instantiate class for {self.mapper}; mapper is marked "
                f"polymorphic_abstract=True. Make an object of one of its subclasses."
            )
        if not self.initialized:
            self.initialized = True
            for listener in self.dispatch.first_init:
                listener(self, self.class_)
            self.choose_constructor()
        for key, value in self.initial:
            self.attributes[key].set_quietly(target, value)
        for listener in self.dispatch.init:
            listener(target, args, kwargs)
        try:
            original(target, *args, **kwargs)
        except BaseException:
            for listener in self.dispatch.init_failure:
                listener(target, args, kwargs)
            raise

    def reduce(self, obj: Any) -> Any:
        """Return what a pickle holds of an object."""
        return reduce(obj)

    def after_expire(self, state: InstanceState) -> None:
        """Take note that the values of `state` were dropped; the place for user types."""

    def loads(self, key: str) -> bool:
        """Tell whether an unloaded attribute is a matter for the database."""
        return self.mapper is not None and key in self.attributes

    def attribute_states(self, state: InstanceState) -> AttributeStates:
        """Return the view behind `inspect(obj).attrs`."""
        return AttributeStates(state)

    def detached(self, key: str) -> exc.DetachedInstanceError:
        """Return the error of reading an unloaded attribute outside a session."""
        return exc.DetachedInstanceError(
            f"{self.class_.__name__}.{key} is not loaded and its object belongs to no session. "
            f"Add the object to a session (session.add), or load {key!r} before the session "
            f"closes; expire_on_commit=False keeps loaded values after a commit."
        )

    def lost(self, key: str) -> InvalidRequestError:
        """Return the error of reading what a new object lost to an expiry and a rollback."""
        return InvalidRequestError(
            f"{self.class_.__name__}.{key} cannot be read: its object was expired when a rollback "
            f"took its row. Assign the attribute anew, or add a new object instead."
        )

    def unknown_keyword(self, key: str) -> TypeError:
        """Return the error of a constructor keyword that is no attribute."""
        near = _nearest(key, tuple(self.attributes))
        hint = f"; did you mean {' or '.join(map(repr, near))}?" if near else "."
        names = ", ".join(self.attributes)
        return TypeError(
            f"{key!r} is an invalid keyword argument for {self.class_.__name__}{hint}"
            f" Its attributes are: {names}."
        )

    def new_instance(self) -> Any:
        """Make an object without running its constructor."""
        kind: Any = self.class_
        obj = kind.__new__(kind)
        if known_state(obj) is None:
            give_state(obj, self)
        return obj

    def has_state(self, instance: Any) -> bool:
        """Tell whether an object has a state yet."""
        return known_state(instance) is not None

    def __getitem__(self, key: str) -> Any:
        return self.attributes[key].on_class

    def __contains__(self, key: object) -> bool:
        return key in self.attributes

    def __iter__(self) -> Iterator[str]:
        return iter(self.attributes)

    def keys(self) -> list[str]:
        """Return the names of the instrumented attributes."""
        return list(self.attributes)

    def values(self) -> list[Any]:
        """Return the class-level attributes."""
        return [attribute.on_class for attribute in self.attributes.values()]

    def __repr__(self) -> str:
        return f"<ClassManager of {self.class_.__name__}>"


@functools.lru_cache(maxsize=256)
def _nearest(key: str, names: tuple[str, ...]) -> list[str]:
    """Return the names that are most like `key`; the search takes longer than all the rest."""
    return difflib.get_close_matches(key, names, n=3)


def _spread(
    signature: inspect.Signature, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Return the arguments as init events tell them: by position what has no default.

    Defaults are filled in, by name. Raises TypeError as the constructor itself would.
    """
    bound = signature.bind(target, *args, **kwargs)
    bound.apply_defaults()
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in signature.parameters.values())
    given: list[Any] = []
    named: dict[str, Any] = {}
    for name, value in bound.arguments.items():
        parameter = signature.parameters[name]
        by_name = parameter.default is not parameter.empty and not open_ended
        if parameter.kind is parameter.VAR_POSITIONAL:
            given.extend(value)
        elif parameter.kind is parameter.VAR_KEYWORD:
            named.update(value)
        elif parameter.kind is parameter.KEYWORD_ONLY or (
            by_name and parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        ):
            named[name] = value
        else:
            given.append(value)
    return tuple(given[1:]), named


def _announcing(original: Callable[..., None]) -> Callable[..., None]:
    signature = inspect.signature(original)

    @functools.wraps(original)
    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:
        manager = getattr(type(self), "_sa_class_manager", None)
        if manager is None or known_state(self) is not None:
            original(self, *args, **kwargs)
            return
        if manager.announces_init:
            args, kwargs = _spread(signature, self, args, kwargs)
            give_state(self, manager)
            manager.run_init(self, args, kwargs, original)
        else:
            give_state(self, manager)
            original(self, *args, **kwargs)

    __init__._cormorant_wrapped = True  # type: ignore[attr-defined] # read by _wrap_init
    return __init__


def fill_keywords(manager: ClassManager, target: Any, kwargs: dict[str, Any]) -> None:
    """Set constructor keywords through the descriptors; refuses unknown names."""
    for key, value in kwargs.items():
        if key not in manager.attributes and not hasattr(type(target), key):
            raise manager.unknown_keyword(key)
        setattr(target, key, value)


def keyword_constructor(self: Any, **kwargs: Any) -> None:
    """Set each keyword as an attribute; refuses unknown names with near ones."""
    fill_keywords(manager_or_error(type(self)), self, kwargs)


def own_manager(cls: type[Any]) -> ClassManager | None:
    """Return the manager of a class itself (not of a base), or None."""
    manager: ClassManager | None = vars(cls).get("_sa_class_manager")
    return manager


def manager_of_class(cls: type[Any]) -> ClassManager:
    """Return the manager of a mapped class itself, not of a base.

    Raises UnmappedClassError where there is none.
    """
    manager = own_manager(cls)
    if manager is None:
        raise _unmapped_class(cls)
    return manager


def manager_or_error(class_: type[Any]) -> ClassManager:
    """Return the manager of a mapped class or of its nearest mapped base."""
    manager: ClassManager | None = getattr(class_, "_sa_class_manager", None)
    if manager is None:
        raise _unmapped_class(class_)
    return manager


def _unmapped_class(class_: type[Any]) -> exc.UnmappedClassError:
    return exc.UnmappedClassError(
        f"Class {class_.__module__}.{class_.__qualname__} is not mapped. "
        f"Declare it with a table, or map it imperatively."
    )


def is_instrumented(instance: Any, key: str) -> bool:
    """Tell whether attribute `key` of an object is a mapped one."""
    manager = getattr(type(instance), "_sa_class_manager", None)
    return manager is not None and key in manager.attributes


def new_manager(class_: type[Any]) -> ClassManager:
    """Make the manager of a class, in the way that the class or a finder asks for."""
    factory = factory_of(class_)
    made = ClassManager(class_) if factory is None else factory(class_)
    if not isinstance(made, ClassManager):
        custom, made = made, ClassManager(class_)
        made.alternate = Alternate(class_, custom)
    made.factory = factory
    return made


def register_class(
    class_: type[Any],
    finalize: bool = True,
    mapper: Mapper | None = None,
    registry: Any = None,
    declarative_scan: Any = None,
    expired_attribute_loader: Any = None,
    init_method: Any = None,
) -> ClassManager:
    """Put a manager on a class; returns the one it has if there is one.

    `mapper`: the mapper to stand behind it. The other arguments are accepted as by SQLAlchemy;
    the steps that they steer there are one step here.
    """
    manager = own_manager(class_)
    if manager is None:
        manager = new_manager(class_)
        manager.instrument_class()
    if mapper is not None:
        manager.mapper = mapper
    return manager


def unregister_class(class_: type[Any]) -> None:
    """Take the manager off a class."""
    manager = own_manager(class_)
    if manager is not None:
        manager.unregister()


def _place_of_class(target: Any) -> Place | None:
    return OfClass(target) if isinstance(target, type) else None


def _place_of_instrumentation(target: Any) -> Place | None:
    if target is type:
        return Everyone()
    return _place_of_class(target)


def _place_of_attribute(target: Any) -> Place | None:
    impl = getattr(target, "class_", None)
    key = getattr(target, "key", None)
    if isinstance(impl, type) and isinstance(key, str) and getattr(target, "is_attribute", False):
        return OfAttribute(impl, key)
    return None


InstrumentationEvents.add_resolver(_place_of_instrumentation)
AttributeEvents.add_resolver(_place_of_attribute)
