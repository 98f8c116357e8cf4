"""What stands on a class for a relationship until that is configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.mapping.relationships import RelationshipProperty


class Unresolved:
    """Stands on the class until the relationship is configured; the first use configures."""

    collection = False
    uses_objects = True
    deferred = False

    def __init__(self, prop: RelationshipProperty[Any], on_class: Any) -> None:
        self.prop = prop
        self.on_class = on_class
        self.key = prop.key
        self.waiting: dict[str, tuple[tuple[Any, ...], bool]] = {}

    def update(self, event: str, listeners: tuple[Any, ...], returning: bool) -> None:
        """Leave the listeners to the descriptor that comes: it is attached anew."""

    def demand(self, option: str) -> None:
        """Leave the option to the descriptor that comes."""

    def _real(self, obj: Any) -> Any:
        self.prop.parent.ready()
        return type(obj).__mro__ and getattr(type(obj), self.key).impl

    def __get__(self, obj: Any, cls: Any) -> Any:
        if obj is None:
            return self.on_class
        return self._real(obj).__get__(obj, cls)

    def __set__(self, obj: Any, value: Any) -> None:
        self._real(obj).__set__(obj, value)

    def __delete__(self, obj: Any) -> None:
        self._real(obj).__delete__(obj)
