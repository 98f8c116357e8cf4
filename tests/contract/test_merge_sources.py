"""Merging by what the source is: loaded or not, of another session, expired, a version."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Engine, ForeignKey, Integer, String

from .databases import BOTH
from .heard import Recorder
from .models import names, stored
from .oracle import Orm
from .runner import contract


@contract(*BOTH)
def test_merging_without_load(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        given = session.get(world.User, 1)
        given.addresses[0].user
        session.expunge_all()
    with heard.at_work(engine) as session:
        heard.classes(world.User, world.Address)
        merged = session.merge(given, load=False)
        told = [
            merged is given,
            merged in session,
            merged in session.dirty,
            names(merged.addresses),
            merged.addresses[0] is given.addresses[0],
            merged.addresses[0].user is merged,
            orm.inspect(merged).persistent,
            sorted(orm.inspect(merged).unloaded),
            sorted(orm.inspect(merged.addresses[1]).unloaded),
        ]
        again = session.merge(given, load=False)
        told.append(again is merged)
        session.commit()
        return told


@contract(*BOTH)
def test_merging_without_load_onto_what_is_here(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        given = session.get(world.User, 1)
        given.addresses
        session.expunge_all()
    with orm.Session(engine) as session:
        here = session.get(world.User, 1)
        here.name = "mine"
        here.addresses[0].email = "mine"
        heard.session(session)
        heard.classes(world.User, world.Address)
        merged = session.merge(given, load=False)
        return [
            merged is here,
            merged.name,
            merged.addresses[0].email,
            here in session.dirty,
            here.addresses[0] in session.dirty,
        ]


@contract(*BOTH)
def test_what_merging_without_load_refuses(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        clean, dirty = session.get(world.User, 1), session.get(world.User, 2)
        clean.addresses
        session.expunge_all()
    dirty.name = "other"
    fresh = world.User(name="new")
    with orm.Session(engine) as session:
        told = [
            heard.error(lambda: session.merge(fresh, load=False)),
            heard.error(lambda: session.merge(dirty, load=False)),
            heard.error(lambda: session.merge(None)),
            heard.error(lambda: session.merge("text")),
            heard.error(lambda: session.merge(world.User)),
            len(session.new),
            len(list(session.identity_map)),
        ]
        clean.addresses.append(world.Address(email="x"))
        told.append(heard.error(lambda: session.merge(clean, load=False)))
        return told


@contract(*BOTH)
def test_persistent_and_pending_and_deleted_sources(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = stored(orm, engine, "all")
    with heard.at_work(engine) as session:
        user = session.get(world.User, 1)
        fresh = world.User(name="Fay")
        session.add(fresh)
        told = [session.merge(user) is user, session.merge(fresh) is fresh]
        doomed = session.get(world.User, 2)
        session.delete(doomed)
        with session.no_autoflush:
            told += [session.merge(doomed) is doomed, doomed in session.deleted]
        session.flush()
        told.append(heard.error(lambda: session.merge(doomed)))
        session.commit()
        return told


@contract(*BOTH)
def test_merging_from_another_session(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    source = orm.Session(engine)
    user = source.get(world.User, 1)
    with source.no_autoflush:
        user.name = "changed"
        pending = world.Address(email="pending")
        user.addresses.append(pending)
    with heard.at_work(engine) as session:
        merged = session.merge(user)
        told = [merged.name, names(merged.addresses), pending in session, pending in source]
        session.flush()
        session.rollback()
    source.close()
    return told


@contract(*BOTH)
def test_an_expired_source_is_read_or_refused(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = stored(orm, engine, "all")
    with orm.Session(engine) as session:
        user, other = session.get(world.User, 1), session.get(world.User, 2)
        session.expire(user)
        session.expire(other, ["name"])
    with heard.at_work(engine) as session:
        merged = session.merge(user)
        heard.mark("without load")
        second = session.merge(other, load=False)
        third = session.merge(user, load=False)
        return [merged.name, second.name, third is merged]


@contract(*BOTH)
def test_versions_are_compared(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base: Any = orm.declarative_base()

    class Page(Base):  # type: ignore[misc] # the base is made at run time
        __tablename__ = "pages"
        id = Column(Integer, primary_key=True)
        text = Column(String(20))
        version = Column(Integer, nullable=False)
        lines = orm.relationship("Line", cascade="all, delete-orphan")
        __mapper_args__ = {"version_id_col": version}

    class Line(Base):  # type: ignore[misc] # as above
        __tablename__ = "lines"
        id = Column(Integer, primary_key=True)
        text = Column(String(20))
        page_id: Any = Column(ForeignKey("pages.id"))
        version = Column(Integer, nullable=False)
        __mapper_args__ = {"version_id_col": version}

    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        page = Page(text="1", lines=[Line(text="1"), Line(text="2")])
        session.add(page)
        session.commit()
        page.text, page.lines[0].text, page.lines[1].text
        session.expunge_all()
        current = session.get(Page, 1)
        current.lines[1].text = "3"
        session.commit()
    with orm.Session(engine) as session:
        told = [heard.error(lambda: session.merge(page))]
        session.rollback()
        page.lines[:] = page.lines[:1]
        page.text = "4"
        merged = session.merge(page)
        told.append([line.text for line in merged.lines])
        session.commit()
        fresh = Page(id=1, text="5")
        told.append(session.merge(fresh).version)
        stale = Page(id=1, text="6", version=1)
        told.append(heard.error(lambda: session.merge(stale)))
        session.commit()
        return told
