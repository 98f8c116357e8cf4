"""For every event one thing to do that fires it, and things close to it that must not."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, Integer

from . import catalog
from .stage import Act, Stage


def several(*acts: Act) -> Act:
    """Return the acts one after the other as one."""

    def act(stage: Stage) -> None:
        for each in acts:
            each(stage)

    return act


def committed(act: Act) -> Act:
    """Return an act with a commit after it."""
    return lambda s: (act(s), s.session.commit())


def rolled_back(act: Act) -> Act:
    """Return an act with a rollback after it."""
    return lambda s: (act(s), s.session.rollback())


def flushed(act: Act) -> Act:
    """Return an act with a flush after it."""
    return lambda s: (act(s), s.session.flush())


def failing(act: Act) -> Act:
    """Return an act that must raise an error, without the error."""

    def without_error(stage: Stage) -> None:
        try:
            act(stage)
        except Exception:
            return
        raise AssertionError("no error came")

    return without_error


def ship(stage: Stage) -> Any:
    """Listen to the class Ship."""
    return stage.world.Ship


def attribute(key: str) -> Callable[[Stage], Any]:
    """Listen to an attribute of Ship."""
    return lambda stage: getattr(stage.world.Ship, key)


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where an event is listened to, what must not fire it, and what fires it."""

    target: Callable[[Stage], Any]
    quiet: Act
    loud: Act
    options: dict[str, Any] = field(default_factory=dict)


def boats_given(stage: Stage) -> Any:
    """Return the first ship with its boats loaded."""
    found = stage.first()
    assert len(found.boats) == 2
    return found


ATTRIBUTE: dict[str, Occasion] = {
    "append": Occasion(
        attribute("boats"),
        lambda s: (boats_given(s).boats.pop(), s.first().boats.reverse()),
        lambda s: s.first().boats.append(s.boat()),
    ),
    "append_wo_mutation": Occasion(
        attribute("boats"),
        lambda s: (boats_given(s).boats.append(s.boat()), setattr(s.ship(), "boats", [s.boat()])),
        lambda s: setattr(s.first(), "boats", list(s.first().boats)),
    ),
    "bulk_replace": Occasion(
        attribute("boats"),
        lambda s: (boats_given(s).boats.extend([s.boat()]), s.first().boats.clear()),
        lambda s: setattr(s.first(), "boats", [s.boat()]),
    ),
    "remove": Occasion(
        attribute("boats"),
        lambda s: (boats_given(s).boats.append(s.boat()), s.session.expire(s.first())),
        lambda s: s.first().boats.pop(),
    ),
    "set": Occasion(
        attribute("name"),
        lambda s: (
            s.session.refresh(s.first()),
            s.orm.attributes.set_committed_value(s.first(), "name", "Argo"),
            s.session.expire(s.first()),
            s.all(),
        ),
        lambda s: setattr(s.first(), "name", "Argo II"),
    ),
    "init_scalar": Occasion(
        attribute("crew"),
        lambda s: (
            s.second().crew,
            s.session.expire(s.second()),
            s.second().crew,
            s.ship(crew=3).crew,
        ),
        lambda s: s.ship().crew,
    ),
    "init_collection": Occasion(
        attribute("boats"),
        lambda s: (s.first().name, s.ship(name="without")),
        lambda s: s.ship().boats.append(s.boat()),
    ),
    "dispose_collection": Occasion(
        attribute("boats"),
        lambda s: (boats_given(s).boats.append(s.boat()), s.first().boats.clear()),
        lambda s: setattr(s.first(), "boats", [s.boat()]),
    ),
    "modified": Occasion(
        attribute("name"),
        lambda s: setattr(s.changed(), "crew", 3),
        lambda s: s.orm.attributes.flag_modified(s.first(), "name"),
    ),
}


def everyone(stage: Stage) -> Any:
    """Listen to all mappers."""
    return stage.orm.Mapper


def base(stage: Stage) -> Any:
    """Listen to the declarative base."""
    return stage.Base


BELOW = {"propagate": True}
CONFIGURATION: dict[str, Occasion] = {
    "instrument_class": Occasion(base, Stage.configure, Stage.declare, BELOW),
    "after_mapper_constructed": Occasion(base, Stage.configure, Stage.declare, BELOW),
    "before_mapper_configured": Occasion(
        base, several(Stage.configure, Stage.declare), Stage.configure, BELOW
    ),
    "mapper_configured": Occasion(
        base, several(Stage.configure, Stage.declare), Stage.configure, BELOW
    ),
    "before_configured": Occasion(
        everyone, several(Stage.configure, Stage.declare), Stage.configure
    ),
    "after_configured": Occasion(
        everyone, several(Stage.configure, Stage.declare), Stage.configure
    ),
}
other_writes = several(
    lambda s: s.query().update({"crew": 4}),
    lambda s: s.session.connection().execute(s.world.Ship.__table__.insert().values(name="raw")),
    lambda s: s.session.execute(s.world.Ship.__table__.delete().where(s.world.Ship.id == 9)),
)
FLUSH: dict[str, Occasion] = {
    "before_insert": Occasion(
        ship,
        several(flushed(Stage.changed), flushed(Stage.doomed), other_writes, Stage.added),
        lambda s: s.session.flush(),
    ),
    "after_insert": Occasion(
        ship,
        several(flushed(Stage.changed), flushed(Stage.doomed), other_writes, Stage.added),
        lambda s: s.session.flush(),
    ),
    "before_update": Occasion(
        ship,
        several(Stage.flushed, flushed(Stage.doomed), Stage.all, Stage.changed),
        lambda s: s.session.flush(),
    ),
    "after_update": Occasion(
        ship,
        several(Stage.flushed, flushed(Stage.doomed), Stage.all, Stage.changed),
        lambda s: s.session.flush(),
    ),
    "before_delete": Occasion(
        ship,
        several(
            Stage.flushed,
            flushed(Stage.changed),
            lambda s: s.session.expunge(s.added()),
            Stage.doomed,
        ),
        lambda s: s.session.flush(),
    ),
    "after_delete": Occasion(
        ship,
        several(
            Stage.flushed,
            flushed(Stage.changed),
            lambda s: s.session.expunge(s.added()),
            Stage.doomed,
        ),
        lambda s: s.session.flush(),
    ),
}
INSTANCE: dict[str, Occasion] = {
    "init": Occasion(ship, several(Stage.all, Stage.boat), Stage.ship),
    "init_failure": Occasion(
        ship,
        several(Stage.ship, Stage.all, failing(lambda s: setattr(s.ship(), "boats", [3]))),
        lambda s: s.ship(masts=3),
    ),
    "load": Occasion(
        ship,
        lambda s: (
            s.ship(),
            s.session.add(s.ship(name="Vasa")),
            s.session.flush(),
            s.session.get(s.world.Boat, 1),
        ),
        Stage.first,
    ),
    "refresh": Occasion(
        ship,
        lambda s: (s.first(), s.all(), s.first().boats, s.session.expire(s.first())),
        lambda s: s.session.refresh(s.first(), ["name"]),
    ),
    "refresh_flush": Occasion(
        ship,
        lambda s: (s.session.add(s.ship(name="Vasa", crew=3)), s.changed(), s.session.flush()),
        Stage.flushed,
    ),
    "expire": Occasion(
        ship,
        lambda s: (s.changed(), s.session.flush(), s.all(), s.session.expunge(s.second())),
        lambda s: s.session.expire(s.first(), ["name"]),
    ),
    "pickle": Occasion(
        ship,
        lambda s: pickle.loads(pickle.dumps(s.world.Boat())),
        lambda s: pickle.dumps(s.detached()),
    ),
    "unpickle": Occasion(
        ship,
        lambda s: pickle.dumps(s.detached()),
        lambda s: pickle.loads(pickle.dumps(s.ship(name="Argo"))),
    ),
}


def session(stage: Stage) -> Any:
    """Listen to the session."""
    return stage.session


in_savepoint = several(lambda s: s.session.begin_nested(), Stage.added)
SESSION: dict[str, Occasion] = {
    "do_orm_execute": Occasion(
        session,
        several(
            Stage.flushed, lambda s: s.session.connection().execute(s.orm.select(s.world.Ship.id))
        ),
        Stage.all,
    ),
    "after_transaction_create": Occasion(
        session,
        lambda s: (s.ship(), s.session.in_transaction(), s.session.rollback()),
        lambda s: s.session.begin(),
    ),
    "after_transaction_end": Occasion(
        session,
        several(Stage.all, Stage.added),
        lambda s: s.session.rollback(),
    ),
    "before_commit": Occasion(
        session, several(rolled_back(Stage.all), Stage.all), lambda s: s.session.commit()
    ),
    "after_commit": Occasion(
        session,
        several(rolled_back(Stage.flushed), Stage.flushed),
        lambda s: s.session.commit(),
    ),
    "after_rollback": Occasion(
        session,
        several(committed(Stage.added), lambda s: s.session.rollback(), Stage.added),
        lambda s: s.session.rollback(),
    ),
    "after_soft_rollback": Occasion(
        session,
        several(committed(Stage.added), lambda s: s.session.rollback(), Stage.added),
        lambda s: s.session.rollback(),
    ),
    "before_flush": Occasion(
        session,
        several(Stage.all, lambda s: s.session.flush(), Stage.added),
        lambda s: s.session.flush(),
    ),
    "after_flush": Occasion(
        session,
        several(Stage.all, lambda s: s.session.flush(), Stage.added),
        lambda s: s.session.flush(),
    ),
    "after_flush_postexec": Occasion(
        session,
        several(Stage.all, lambda s: s.session.flush(), Stage.added),
        lambda s: s.session.flush(),
    ),
    "after_begin": Occasion(
        session,
        lambda s: (s.session.begin(), s.added()),
        lambda s: s.session.connection(),
    ),
    "before_attach": Occasion(
        session,
        lambda s: (s.all(), s.session.add(s.first()), s.session.delete(s.second())),
        lambda s: s.session.add(s.ship(name="Vasa")),
    ),
    "after_attach": Occasion(
        session,
        lambda s: (s.all(), s.session.add(s.first()), s.session.delete(s.second())),
        lambda s: s.session.add(s.ship(name="Vasa")),
    ),
    "after_bulk_update": Occasion(
        session,
        lambda s: (flushed(Stage.changed)(s), s.query().filter_by(id=9).delete()),
        lambda s: s.query().update({"crew": 4}),
    ),
    "after_bulk_delete": Occasion(
        session,
        lambda s: (flushed(Stage.doomed)(s), s.query().update({"crew": 4})),
        lambda s: s.query().filter_by(id=9).delete(),
    ),
    "transient_to_pending": Occasion(
        session,
        lambda s: (s.session.add(s.detached()), s.session.merge(s.ship(id=1))),
        Stage.added,
    ),
    "pending_to_transient": Occasion(
        session,
        lambda s: (s.session.expunge(s.flushed()), s.detached()),
        lambda s: s.session.expunge(s.added()),
    ),
    "persistent_to_transient": Occasion(
        session,
        several(rolled_back(Stage.changed), rolled_back(Stage.added), Stage.flushed),
        lambda s: s.session.rollback(),
    ),
    "pending_to_persistent": Occasion(
        session,
        several(flushed(Stage.changed), Stage.added),
        lambda s: s.session.flush(),
    ),
    "detached_to_persistent": Occasion(
        session,
        several(Stage.added, lambda s: s.session.merge(s.detached())),
        lambda s: s.session.add(s.detached()),
    ),
    "loaded_as_persistent": Occasion(
        session,
        several(Stage.flushed, lambda s: s.session.execute(s.orm.select(s.world.Ship.name)).all()),
        Stage.first,
    ),
    "persistent_to_deleted": Occasion(
        session,
        several(Stage.flushed, Stage.doomed),
        lambda s: s.session.flush(),
    ),
    "deleted_to_persistent": Occasion(
        session,
        several(rolled_back(Stage.flushed), rolled_back(Stage.changed), Stage.deleted),
        lambda s: s.session.rollback(),
    ),
    "deleted_to_detached": Occasion(
        session,
        several(rolled_back(Stage.deleted), Stage.detached, Stage.deleted),
        lambda s: s.session.commit(),
    ),
    "persistent_to_detached": Occasion(
        session,
        several(committed(Stage.deleted), lambda s: s.session.expunge(s.added())),
        Stage.detached,
    ),
}


def query(stage: Stage) -> Any:
    """Listen to the query class of the session."""
    return stage.Query


QUERY: dict[str, Occasion] = {
    "before_compile": Occasion(
        query,
        lambda s: (s.all(), s.query().filter_by(id=1).order_by(s.world.Ship.name)),
        lambda s: s.query().all(),
    ),
    "before_compile_update": Occasion(
        query,
        lambda s: (s.query().all(), s.query().filter_by(id=9).delete()),
        lambda s: s.query().update({"crew": 4}),
    ),
    "before_compile_delete": Occasion(
        query,
        lambda s: (s.query().all(), s.query().update({"crew": 4})),
        lambda s: s.query().filter_by(id=9).delete(),
    ),
}
INSTRUMENTATION: dict[str, Occasion] = {
    "class_instrument": Occasion(base, several(Stage.configure, Stage.ship), Stage.declare),
    "attribute_instrument": Occasion(
        base, several(Stage.configure, Stage.ship), several(Stage.declare, Stage.configure)
    ),
    "class_uninstrument": Occasion(
        base, several(Stage.configure, Stage.declare), lambda s: s.Base.registry.dispose()
    ),
}


def registry(stage: Stage) -> Any:
    """Listen to the registry of the base."""
    return stage.Base.registry


def other_registry(stage: Stage) -> None:
    """Configure a class of another registry."""
    other: Any = stage.orm.declarative_base()
    body = {"__tablename__": "others", "id": Column(Integer, primary_key=True)}
    stage.keep(type("Other", (other,), body))
    other.registry.configure()


REGISTRY: dict[str, Occasion] = {
    "resolve_type_annotation": Occasion(registry, Stage.declare, Stage.annotated),
    "before_configured": Occasion(
        registry,
        several(Stage.configure, other_registry, Stage.declare),
        lambda s: s.Base.registry.configure(),
    ),
    "after_configured": Occasion(
        registry,
        several(Stage.configure, other_registry, Stage.declare),
        lambda s: s.Base.registry.configure(),
    ),
}
OCCASIONS: dict[str, dict[str, Occasion]] = {
    "AttributeEvents": ATTRIBUTE,
    "MapperEvents": CONFIGURATION | FLUSH,
    "InstanceEvents": INSTANCE,
    "SessionEvents": SESSION,
    "QueryEvents": QUERY,
    "InstrumentationEvents": INSTRUMENTATION,
    "RegistryEvents": REGISTRY,
}
ALL = [f"{family}.{name}" for family, events in OCCASIONS.items() for name in events]


def occasion_of(label: str) -> tuple[Occasion, tuple[str, ...]]:
    """Return the occasion of Family.event and the names of the event's arguments."""
    family, name = label.split(".")
    return OCCASIONS[family][name], catalog.FAMILIES[family][name]
