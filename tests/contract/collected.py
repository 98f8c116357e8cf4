"""Parents with a collection of children of any class, and ears for all that happens to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .heard import Recorder
from .oracle import Orm

KEYED = ("append", "append_wo_mutation", "remove")


def family(
    orm: Orm, collection_class: Any = None, engine: Engine | None = None, **options: Any
) -> Any:
    """Declare Parent and Child, tied by `Parent.children` of the given class.

    `options` are those of that relationship. Makes the tables on `engine`.
    """
    Base: Any = orm.declarative_base()

    class Parent(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "parents"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        children = orm.relationship(
            "Child", back_populates="parent", collection_class=collection_class, **options
        )

    class Child(Base):  # type: ignore[misc] # as above
        __tablename__ = "children"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        parent_id: Any = Column(ForeignKey("parents.id"))
        parent = orm.relationship("Parent", back_populates="children")

    # A registry holds its classes weakly: one class must keep the other alive.
    Base.classes = (Parent, Child)
    try:
        Base.registry.configure()
    except Exception:
        # A mapper that cannot be configured would fail every later scenario.
        Base.registry.dispose()
        raise
    if engine is not None:
        Base.metadata.create_all(engine)
    return SimpleNamespace(Base=Base, Parent=Parent, Child=Child)


def children(world: Any, heard: Recorder, names: str = "abcdef") -> list[Any]:
    """Make a child for each letter, labelled by it."""
    made = [world.Child(name=name) for name in names]
    for child in made:
        heard.labels.name(child, child.name)
    return made


def hear_all(heard: Recorder, world: Any) -> None:
    """Hear both sides; the collection with keys and with what its owner holds at that moment."""
    no_key = heard.orm.attributes.NO_KEY

    def content(target: Any) -> list[str]:
        held = vars(target).get("children")
        return [] if held is None else members(heard.orm, held)

    def write(name: str, target: Any, value: Any, initiator: Any, key: Any) -> None:
        told = "no key" if key is no_key else key
        by = f"{initiator.op.name} by {initiator.key}"
        heard.note(name, target, value, by, told, content(target))

    def keyed(name: str) -> Callable[..., None]:
        def hear(target: Any, value: Any, initiator: Any, key: Any) -> None:
            write(name, target, value, initiator, key)

        return hear

    def hear_bulk(target: Any, values: Any, initiator: Any, keys: Any) -> None:
        write("bulk_replace", target, values, initiator, keys)

    def made(name: str) -> Callable[..., None]:
        def hear(target: Any, collection: Any, adapter: Any) -> None:
            kind = "dict" if isinstance(collection, dict) else type(collection).__name__
            heard.note(name, target, kind, members(heard.orm, collection))

        return hear

    for name in KEYED:
        heard.orm.event.listen(world.Parent.children, name, keyed(name), include_key=True)
    heard.orm.event.listen(world.Parent.children, "bulk_replace", hear_bulk, include_key=True)
    for name in ("init_collection", "dispose_collection"):
        heard.orm.event.listen(world.Parent.children, name, made(name))
    heard.listen(world.Parent.children, {"modified": ("target", "initiator")})
    heard.listen(world.Child.parent, {"set": ("target", "value", "oldvalue", "initiator")})


def members(orm: Orm, collection: Any) -> list[str]:
    """Return the names of the children in a collection; sorted where it has no order."""
    adapted = getattr(collection, "_sa_adapter", None) is not None
    found = list(orm.collections.collection_adapter(collection) if adapted else collection)
    names = [None if child is None else child.name for child in found]
    return sorted(names) if isinstance(collection, set) else names


def play(heard: Recorder, parent: Any, acts: Mapping[str, Callable[[], object]]) -> list[Any]:
    """Do one thing after the other, each under its mark; return what the parent holds then."""
    told: list[Any] = []
    for what, act in acts.items():
        heard.mark(what)
        error = heard.error(act)
        told.append([what, error, members(heard.orm, parent.children)])
    return told


def without_echo(heard: Recorder) -> None:
    """Forget the removals that the oracle tells a second time, on their way back.

    A wanted difference: the subject tells of each member that leaves a replaced list once.
    """
    heard.log = [
        each
        for each in heard.log
        if each.name != "remove" or "'REPLACE by parent'" not in each.arguments
    ]
