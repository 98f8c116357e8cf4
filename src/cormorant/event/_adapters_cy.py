# cython: boundscheck=False, wraparound=False
"""Stand between the arguments as they are fired and the arguments that a listener takes."""

from __future__ import annotations

from typing import Any

try:
    import cython
except ImportError:
    from cormorant import _cython as cython


@cython.cclass
class WithoutKey:
    """Call a listener of collection events without the key that is fired last."""

    listener = cython.declare(object, visibility="readonly")

    def __init__(self, listener: Any) -> None:
        self.listener = listener

    def __call__(self, target: Any, value: Any, initiator: Any, key: Any) -> Any:
        return self.listener(target, value, initiator)


def without_adapters(listeners: Any) -> Any:
    """Return the listeners of collection events as they are, or None where one takes the key."""
    bare = []
    for each in listeners:
        if type(each) is not WithoutKey:
            return None
        bare.append(each.listener)
    return tuple(bare)


@cython.cclass
class WithKey:
    """Call a listener of collection events with the key under its name."""

    listener = cython.declare(object, visibility="readonly")
    name = cython.declare(object)

    def __init__(self, listener: Any, name: Any) -> None:
        self.listener = listener
        self.name = name

    def __call__(self, target: Any, value: Any, initiator: Any, key: Any) -> Any:
        return self.listener(target, value, initiator, **{self.name: key})


@cython.cclass
class Named:
    """Call a listener with the arguments by name; what is fired beyond `names` is dropped."""

    listener = cython.declare(object, visibility="readonly")
    names = cython.declare(object)

    def __init__(self, listener: Any, names: Any) -> None:
        self.listener = listener
        self.names = names

    def __call__(self, *fired: Any) -> Any:
        arguments = {}
        for index, name in enumerate(self.names):
            arguments[name] = fired[index]
        return self.listener(**arguments)


@cython.cclass
class InShortForm:
    """Call a listener with the older argument list that it has."""

    listener = cython.declare(object, visibility="readonly")
    take = cython.declare(object)

    def __init__(self, listener: Any, take: Any) -> None:
        self.listener = listener
        self.take = take

    def __call__(self, context: Any) -> Any:
        return self.listener(*self.take(context))


@cython.cclass
class WithState:
    """Call a listener with the state of the object instead of the object."""

    listener = cython.declare(object, visibility="readonly")
    position = cython.declare(object)
    family = cython.declare(object)

    def __init__(self, listener: Any, position: Any, family: Any) -> None:
        self.listener = listener
        self.position = position
        self.family = family

    def __call__(self, *fired: Any) -> Any:
        arguments = list(fired)
        arguments[self.position] = self.family.to_state(fired[self.position])
        return self.listener(*arguments)


@cython.cclass
class Once:
    """Call a listener at the first event only, whichever thread comes first, and forget it."""

    listener = cython.declare(object, visibility="readonly")
    forget = cython.declare(object)
    position = cython.declare(object)
    otherwise = cython.declare(object)
    claims = cython.declare(object)

    def __init__(self, listener: Any, forget: Any, position: Any, otherwise: Any) -> None:
        self.listener = listener
        self.forget = forget
        self.position = position
        self.otherwise = otherwise
        self.claims = [True]

    def __call__(self, *fired: Any) -> Any:
        try:
            self.claims.pop()  # one step that no thread can share
        except IndexError:
            return self.otherwise if self.position is None else fired[self.position]
        self.forget()
        return self.listener(*fired)


@cython.cclass
class Unchanged:
    """Call a listener without return value among others with one: what came in goes on."""

    listener = cython.declare(object, visibility="readonly")
    position = cython.declare(object)
    otherwise = cython.declare(object)

    def __init__(self, listener: Any, position: Any, otherwise: Any) -> None:
        self.listener = listener
        self.position = position
        self.otherwise = otherwise

    def __call__(self, *fired: Any) -> Any:
        self.listener(*fired)
        return self.otherwise if self.position is None else fired[self.position]
