"""A family reads its signatures once; classes below a family are none."""

from __future__ import annotations

from typing import Any

from cormorant.event.boards import AttributeBoard, ClassBoard
from cormorant.event.catalog import AttributeEvents, MapperEvents
from cormorant.event.family import Family
from cormorant.event.places import OfClass


class ShipEvents(Family):
    """A family of its own."""

    options = frozenset({"raw"})
    event_options = {"sunk": frozenset({"retval"})}
    object_argument = "ship"
    value_arguments = {"sunk": "depth"}

    def launched(self, yard: Any, ship: Any) -> None: ...
    def sunk(self, ship: Any, depth: Any, *, key: Any = None) -> Any: ...


def test_signatures_become_records() -> None:
    launched, sunk = ShipEvents.events.values()
    assert (launched.arguments, launched.object_position, launched.keyword) == (
        ("yard", "ship"),
        1,
        None,
    )
    assert (sunk.arguments, sunk.keyword, sunk.value_position) == (
        ("ship", "depth", "key"),
        "key",
        1,
    )
    assert (str(launched), str(sunk)) == ("launched(yard, ship)", "sunk(ship, depth)")
    assert (launched.returns, sunk.returns) == (False, True)
    assert sunk.options - launched.options == {"retval"}


def test_each_family_has_resolvers_wrappers_and_a_board_of_its_own() -> None:
    class Other(Family):
        """Another family."""

    Other.add_resolver(lambda target: OfClass(target))
    Other.wrappers["restore"] = lambda listener: listener
    assert (ShipEvents.resolvers, ShipEvents.wrappers) == ([], {})
    place = Other.resolve(int)
    assert ShipEvents.resolve(int) is None
    assert isinstance(place, OfClass)
    assert place.cls is int
    assert isinstance(ShipEvents.board, ClassBoard)
    assert isinstance(AttributeEvents.board, AttributeBoard)


def test_a_class_below_a_family_keeps_the_events_of_the_family() -> None:
    class Stamps(MapperEvents):
        """A class whose methods listen."""

        def before_insert(self, mapper: Any, connection: Any, target: Any) -> None: ...

        def _helper(self) -> None: ...

    assert Stamps.events is MapperEvents.events
    assert Stamps.board is MapperEvents.board
