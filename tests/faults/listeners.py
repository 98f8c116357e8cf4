"""Listeners of everything that classes and sessions announce; a call that is due is disturbed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from cormorant import Session, event
from tests.music import Music

SESSION = (
    "after_transaction_create",
    "after_begin",
    "before_attach",
    "after_attach",
    "transient_to_pending",
    "pending_to_transient",
    "persistent_to_transient",
    "loaded_as_persistent",
    "before_flush",
    "pending_to_persistent",
    "persistent_to_deleted",
    "deleted_to_persistent",
    "deleted_to_detached",
    "detached_to_persistent",
    "persistent_to_detached",
    "after_flush",
    "after_flush_postexec",
    "before_commit",
    "after_commit",
    "after_rollback",
    "after_soft_rollback",
    "after_transaction_end",
    "do_orm_execute",
)
MAPPER = tuple(
    f"{when}_{what}" for what in ("insert", "update", "delete") for when in ("before", "after")
)
INSTANCE = ("init", "load", "refresh", "refresh_flush", "expire")
COLUMN = ("set", "init_scalar", "modified")
COLLECTION = (
    "init_collection",
    "bulk_replace",
    "append",
    "append_wo_mutation",
    "remove",
    "dispose_collection",
    "modified",
)
COLLECTIONS = {
    "Folder": ("inner", "albums"),
    "Album": ("tracks",),
    "Track": ("tags",),
    "LiveTrack": ("tags",),
    "Tag": ("tracks",),
}
ATTRIBUTES = {
    "Folder": ("name", "parent", "parent_id"),
    "Album": ("title", "rating", "version", "folder", "folder_id"),
    "Track": ("title", "album", "album_id"),
    "LiveTrack": ("title", "album", "album_id", "city"),
    "Tag": ("name",),
}


@dataclass(slots=True)
class Listeners:
    """Count the calls of all listeners and callbacks; `disturb` runs where `due` says so.

    `due`: whether the call of this number (1 is the first) and name is disturbed.
    """

    disturb: Callable[[str], None]
    due: Callable[[int, str], bool] = lambda number, name: False
    called: list[str] = field(default_factory=list)
    armed: bool = False

    def arm(self, due: Callable[[int, str], bool]) -> None:
        """Begin to count anew."""
        self.called.clear()
        self.due, self.armed = due, True

    def disarm(self) -> None:
        """Let all calls go through, uncounted."""
        self.armed = False

    def heard(self, name: str) -> None:
        """Count one call."""
        if not self.armed:
            return
        self.called.append(name)
        if self.due(len(self.called), name):
            self.disturb(name)

    def _listener(self, name: str) -> Callable[..., None]:
        def listen(*arguments: Any) -> None:
            self.heard(name)

        return listen

    def attach_to_classes(self, music: Music) -> None:
        """Listen to all classes and their attributes."""
        for cls in music.classes:
            kind = cls.__name__
            name: Any
            for name in (*MAPPER, *INSTANCE):
                event.listen(cls, name, self._listener(f"{name} {kind}"), propagate=False)
            for keys, names in ((ATTRIBUTES, COLUMN), (COLLECTIONS, COLLECTION)):
                for key in keys[kind]:
                    for name in names:
                        listener = self._listener(f"{name} {kind}.{key}")
                        event.listen(getattr(cls, key), name, listener, propagate=False)

    def attach_to_session(self, session: Session) -> None:
        """Listen to one session, with which the listeners go."""
        name: Any
        for name in SESSION:
            event.listen(session, name, self._listener(name))
