"""What the ORM fires from: one immutable tuple of callables per event, kept up to date."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cormorant.event.adapt import Registration
    from cormorant.event.boards import Target
    from cormorant.event.family import Family


class Dispatch:
    """The listeners of one target: `for fn in dispatch.before_insert: fn(...)`.

    Every event of its families is an attribute, `()` while nobody listens.
    """

    returning: frozenset[str]
    """Events whose callables all return a value to heed; read it before the tuple."""

    demanded: frozenset[str]
    """Options that some listener asked for once (`active_history`)."""

    def __init__(self, *families: type[Family]) -> None:
        self.returning = frozenset()
        self.demanded = frozenset()
        for family in families:
            for name in family.events:
                setattr(self, name, ())

    if TYPE_CHECKING:

        def __getattr__(self, name: str) -> tuple[Any, ...]: ...

    def update(self, event: str, listeners: tuple[Any, ...], returning: bool) -> None:
        """Take the flattened listeners of `event`."""
        # Who reads `returning` before the tuple never heeds the value of a callable that
        # returns none: a board takes `returning` back only when it attaches anew.
        if not returning:
            self.returning -= {event}
        setattr(self, event, listeners)
        if returning:
            self.returning |= {event}

    def demand(self, option: str) -> None:
        """Take note that a listener asked for `option`; nothing takes it back."""
        self.demanded |= {option}


class OwnDispatch(Dispatch):
    """The dispatch of one object that has listeners of its own after those of its class."""

    def __init__(self, *families: type[Family]) -> None:
        super().__init__(*families)
        self.own: dict[str, list[Registration]] = {}
        self.target: Target
        """How its board hands over the flattened tuples."""
