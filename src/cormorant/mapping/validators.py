"""Turn @validates and @reconstructor methods of a class into listeners of its events."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from cormorant.event.register import listen
from cormorant.instrument.constants import OP_BULK_REPLACE
from cormorant.mapping.methods import ValidatorOptions, reconstructor_of, validators_of

if TYPE_CHECKING:
    from cormorant.mapping.mapper import Mapper


def attach_methods(mapper: Mapper) -> None:
    """Listen with the marked methods of the mapper's class."""
    found = mapper.memo_forever.setdefault("validators", {})
    for key, method, options in validators_of(mapper.class_):
        attribute = mapper.class_manager.attributes.get(key)
        if attribute is None:
            continue
        found[key] = (method, options)
        _listen(attribute, key, method, options)
    reconstruct = reconstructor_of(mapper.class_)
    if reconstruct is not None:
        listen(
            mapper.class_, "load", lambda target, _context: reconstruct(target), propagate=False
        )


def _listen(
    attribute: Any, key: str, method: Callable[..., Any], options: ValidatorOptions
) -> None:
    removes, backrefs = options.include_removes, options.include_backrefs

    def from_here(initiator: Any) -> bool:
        return backrefs or initiator.key == key

    def on_set(target: Any, value: Any, _old: Any, initiator: Any) -> Any:
        if not from_here(initiator):
            return value
        return method(target, key, value, False) if removes else method(target, key, value)

    def on_append(target: Any, value: Any, initiator: Any) -> Any:
        if initiator.op is OP_BULK_REPLACE:
            return value  # as one of all members that were assigned
        return on_set(target, value, None, initiator)

    def on_bulk(target: Any, values: list[Any], initiator: Any) -> None:
        values[:] = [on_set(target, value, None, initiator) for value in values]

    def on_remove(target: Any, value: Any, initiator: Any) -> None:
        if from_here(initiator):
            method(target, key, value, True)

    # Not to subclasses: each has the methods that it inherits as listeners of its own.
    place = attribute.on_class
    listen(place, "append", on_append, retval=True, propagate=False)
    listen(place, "bulk_replace", on_bulk, propagate=False)
    listen(place, "set", on_set, retval=True, propagate=False)
    if removes:
        listen(place, "remove", on_remove, propagate=False)
