"""In which order the save-update cascade takes objects in, and so in which order rows are made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Column, Engine, ForeignKey, Integer, String, Table

from .databases import SQLITE
from .heard import Recorder
from .oracle import Orm
from .runner import Contract, contract


def nodes(orm: Orm, engine: Engine) -> Any:
    """Declare Node with a tree (`kids`, `up`) and two lists of any others (`near`, `far`)."""
    Base = orm.declarative_base()
    nears, fars = [
        Table(
            name,
            Base.metadata,
            Column("one", ForeignKey("nodes.id"), primary_key=True),
            Column("other", ForeignKey("nodes.id"), primary_key=True),
        )
        for name in ("near", "far")
    ]

    class Node(Base):
        __tablename__ = "nodes"
        id = Column(Integer, primary_key=True)
        name = Column(String(20))
        up_id: Any = Column(ForeignKey("nodes.id"))
        kids = orm.relationship("Node", back_populates="up", order_by="Node.id")
        up = orm.relationship("Node", back_populates="kids", remote_side=id)
        near = orm.relationship(
            "Node",
            secondary=nears,
            primaryjoin=id == nears.c.one,
            secondaryjoin=id == nears.c.other,
        )
        far = orm.relationship(
            "Node",
            secondary=fars,
            primaryjoin=id == fars.c.one,
            secondaryjoin=id == fars.c.other,
        )

    Base.metadata.create_all(engine)
    return Node


def tree(Node: Any) -> Any:
    """Build three generations."""

    def node(name: str, *kids: Any) -> Any:
        return Node(name=name, kids=list(kids))

    first = node("a", node("a1", node("a1x"), node("a1y")), node("a2"))
    return node("root", first, node("b", node("b1"), node("b2")), node("c"))


def diamonds(Node: Any) -> Any:
    """Let several ways lead to the same objects, and one back to the first."""
    root, a, b, c, d, f = [Node(name=name) for name in ("root", *"abcdf")]
    root.near, a.near, root.far, a.far = [a, c, b], [b], [d], [d, f]
    c.near, f.kids = [f, root], [Node(name="g"), Node(name="h")]
    return root


def added(session: Any, Node: Any, root: Any) -> None:
    session.add(root)


def added_with_others(session: Any, Node: Any, root: Any) -> None:
    session.add_all([Node(name="before"), root, Node(name="after", near=[root, Node(name="n")])])


def appended(session: Any, Node: Any, root: Any) -> None:
    stored = Node(name="stored")
    session.add(stored)
    session.flush()
    stored.kids.append(root)


@pytest.mark.parametrize("told", [False, True], ids=["untold", "told"])
@pytest.mark.parametrize("way", [added, added_with_others, appended])
@pytest.mark.parametrize("build", [tree, diamonds])
def test_objects_come_in_one_order(build: Callable[..., Any], way: Any, told: bool) -> None:
    def story(orm: Orm, heard: Recorder, engine: Engine) -> object:
        Node = nodes(orm, engine)
        heard.listen(Node, {"before_insert": ("mapper", "connection", "target")})
        with orm.Session(engine) as session:
            if told:
                heard.session(session, only=["before_attach"])
            way(session, Node, build(Node))
            names = [node.name for node in session.new]
            session.commit()
            return names

    Contract(story, SQLITE, ("fast",), in_order=True).check("fast")


@contract(in_order=True)
def test_new_members_come_before_the_others_and_who_left_comes_last(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    Node = nodes(orm, engine)
    with orm.Session(engine) as session:
        root = Node(name="root", kids=[Node(name=name) for name in "abcd"])
        session.add(root)
        session.commit()
        a, _b, c, _d = root.kids
        assert [root.name, *[kid.kids for kid in root.kids]]
        session.expunge_all()
        root.kids = [c, Node(name="x", kids=[Node(name="x1")]), a, Node(name="y")]
        a.kids.append(Node(name="a1"))
        heard.session(session, only=["before_attach"])
        session.add(root)
        names = [node.name for node in session.new]
        session.commit()
        return names
