"""The classes and constants that users name in `isinstance`, in listeners and in annotations."""

from __future__ import annotations

import inspect as signatures
from typing import Any

from sqlalchemy import Column, Engine, Integer, String

from .catalog import FAMILIES
from .heard import Recorder
from .models import blog, people
from .oracle import Orm
from .runner import contract


@contract()
def test_the_families_name_the_arguments_of_their_events(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    families = [
        orm.AttributeEvents,
        orm.MapperEvents,
        orm.InstanceEvents,
        orm.SessionEvents,
        orm.QueryEvents,
        orm.InstrumentationEvents,
        orm.RegistryEvents,
    ]
    events = orm.module("events")
    same = [
        events.AttributeEvents is orm.AttributeEvents,
        events.MapperEvents is orm.MapperEvents,
        events.InstanceEvents is orm.InstanceEvents,
        events.SessionEvents is orm.SessionEvents,
        events.QueryEvents is orm.QueryEvents,
        events.InstrumentationEvents is orm.InstrumentationEvents,
        events.RegistryEvents is orm.RegistryEvents,
    ]
    told = {
        f"{family.__name__}.{name}": list(signatures.signature(getattr(family, name)).parameters)
        for family in families
        for name in FAMILIES[family.__name__]
        if name != "first_init"  # offered by the subject alone: docs/differences.md
    }
    return [told, same]


@contract(in_order=True)
def test_tokens_tell_what_a_modifier_did(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm)
    names = orm.attributes
    kinds = {
        "replace": names.OP_REPLACE,
        "append": names.OP_APPEND,
        "remove": names.OP_REMOVE,
        "bulk replace": names.OP_BULK_REPLACE,
        "modified": names.OP_MODIFIED,
    }

    def told(event: str, token: Any, *values: Any) -> None:
        known = [kind for kind, op in kinds.items() if token.op is op]
        token_classes = [orm.AttributeEventToken, names.AttributeEventToken, names.Event]
        of = [isinstance(token, class_) for class_ in token_classes]
        heard.note(event, token.key, known, of, [value is orm.NO_VALUE for value in values])

    def listen(attribute: Any, *events: str) -> None:
        for event in events:
            orm.event.listen(
                attribute, event, lambda *got, event=event: told(event, got[-1], *got[1:-1])
            )

    listen(world.User.name, "set", "remove", "modified")
    listen(world.User.addresses, "append", "remove", "bulk_replace")
    user = world.User(name="Ann")
    user.name = "Bea"
    names.flag_modified(user, "name")
    del user.name
    first, second = world.Address(), world.Address()
    user.addresses.append(first)
    user.addresses.remove(first)
    user.addresses = [second]
    return [
        names.NO_VALUE is orm.NO_VALUE,
        names.NEVER_SET is names.NO_VALUE,
        isinstance(orm.NO_VALUE, orm.LoaderCallableStatus),
        int(names.NO_CHANGE),
    ]


@contract()
def test_passive_flags_choose_what_a_history_loads(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    names = orm.attributes
    flags = {
        "off": names.PASSIVE_OFF,
        "no fetch": names.PASSIVE_NO_FETCH,
        "no initialize": names.PASSIVE_NO_INITIALIZE,
    }
    with orm.Session(engine) as session:
        heard.session(session, only=["do_orm_execute"])
        told = []
        for flag in ("no initialize", "no fetch", "off"):
            heard.mark(flag)
            user = session.get(world.User, 1)
            session.expire(user)
            history = names.get_history(user, "name", flags[flag])
            told.append([isinstance(history, names.History), history])
        values = [int(flags[flag]) for flag in flags]
        answers = [names.ATTR_EMPTY, names.ATTR_WAS_SET, names.PASSIVE_NO_RESULT]
        return [told, values, [isinstance(each, orm.LoaderCallableStatus) for each in answers]]


@contract()
def test_attributes_and_properties_are_of_public_kinds(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)
    mapper = orm.inspect(world.User)
    name, addresses = mapper.attrs.name, mapper.attrs.addresses
    user = world.Address.user.property
    properties = [
        isinstance(name, kind)
        for kind in (
            orm.ColumnProperty,
            orm.MapperProperty,
            orm.interfaces.MapperProperty,
            orm.Relationship,
            orm.RelationshipProperty,
            orm.InspectionAttr,
            orm.InspectionAttrInfo,
        )
    ] + [
        isinstance(addresses, kind)
        for kind in (orm.ColumnProperty, orm.Relationship, orm.RelationshipProperty)
    ]
    attributes = [
        isinstance(attribute, kind)
        for attribute in (world.User.name, world.User.addresses)
        for kind in (
            orm.InstrumentedAttribute,
            orm.QueryableAttribute,
            orm.attributes.InstrumentedAttribute,
            orm.attributes.QueryableAttribute,
            orm.Mapped,
            orm.PropComparator,
            orm.interfaces.PropComparator,
            orm.SQLORMExpression,
            orm.ORMDescriptor,
            orm.InspectionAttr,
        )
    ]
    directions = [
        addresses.direction is orm.ONETOMANY,
        addresses.direction is orm.interfaces.ONETOMANY,
        user.direction is orm.MANYTOONE,
        user.direction is orm.interfaces.MANYTOONE,
        user.direction is orm.MANYTOMANY,
        user.direction is orm.interfaces.MANYTOMANY,
        isinstance(user.direction, orm.RelationshipDirection),
    ]
    extension = [
        mapper.all_orm_descriptors.name.extension_type is orm.NotExtension.NOT_EXTENSION,
        isinstance(mapper.all_orm_descriptors.name.extension_type, orm.NotExtension),
        issubclass(orm.NotExtension, orm.InspectionAttrExtensionType),
    ]
    return [properties, attributes, directions, extension]


@contract()
def test_what_inspection_gives_is_of_public_kinds(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    with orm.Session(engine) as session:
        user = session.get(world.User, 1)
        state, mapper = orm.inspect(user), orm.inspect(world.User)
        manager = orm.instrumentation.manager_of_class(world.User)
        return [
            isinstance(state, orm.InstanceState),
            orm.module("state").InstanceState is orm.InstanceState,
            isinstance(state.attrs.name, orm.AttributeState),
            isinstance(mapper, orm.Mapper),
            orm.module("mapper").Mapper is orm.Mapper,
            isinstance(manager, orm.ClassManager),
            isinstance(manager, orm.instrumentation.ClassManager),
            manager is mapper.class_manager,
            isinstance(session.identity_map, orm.IdentityMap),
        ]


@contract()
def test_cascades_are_sets_of_names(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, cascade="all, delete-orphan")
    cascade = orm.inspect(world.User).attrs.addresses.cascade
    made = [orm.CascadeOptions(text) for text in ("all", "merge, refresh-expire", "", "delete")]
    return [
        isinstance(cascade, orm.CascadeOptions),
        sorted(cascade),
        [sorted(each) for each in made],
        [made[0].save_update, made[0].delete, made[0].delete_orphan, made[1].merge],
        cascade == orm.CascadeOptions("all, delete-orphan"),
        heard.error(lambda: orm.CascadeOptions("all, everything")),
    ]


@contract(in_order=True)
def test_what_listeners_are_given_is_of_public_kinds(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = people(orm, engine)
    context, unitofwork = orm.module("context"), orm.module("unitofwork")

    def hear(target: Any, event: str, place: int, *kinds: type) -> None:
        def told(*values: Any) -> None:
            heard.note(event, [isinstance(values[place], kind) for kind in kinds])

        listeners = {1: lambda a: told(a), 2: lambda a, b: told(a, b)}
        listeners[3] = lambda a, b, c: told(a, b, c)
        orm.event.listen(target, event, listeners[len(ARGUMENTS[event])])

    with orm.Session(engine) as session:
        hear(world.User, "load", 1, orm.QueryContext, context.QueryContext)
        hear(session, "before_flush", 1, orm.UOWTransaction, unitofwork.UOWTransaction)
        hear(session, "do_orm_execute", 0, orm.ORMExecuteState)
        transactions = (orm.SessionTransaction, orm.session.SessionTransaction)
        hear(session, "after_transaction_create", 1, *transactions)
        user = session.scalars(orm.select(world.User)).first()
        user.name = "Zoe"
        session.commit()
        first = session.begin()
        second = session.begin_nested()
        return [
            first.origin is orm.SessionTransactionOrigin.BEGIN,
            first.origin is orm.session.SessionTransactionOrigin.AUTOBEGIN,
            second.origin is orm.SessionTransactionOrigin.BEGIN_NESTED,
        ]


ARGUMENTS = {
    name: arguments
    for family in ("InstanceEvents", "SessionEvents")
    for name, arguments in FAMILIES[family].items()
}


@contract()
def test_returning_ext_constants_stops_nobody(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = blog(orm, engine)
    constants = [orm.EXT_CONTINUE, orm.EXT_STOP, orm.EXT_SKIP]
    same = [
        orm.interfaces.EXT_CONTINUE is orm.EXT_CONTINUE,
        orm.interfaces.EXT_STOP is orm.EXT_STOP,
        orm.interfaces.EXT_SKIP is orm.EXT_SKIP,
    ]
    for number, constant in enumerate(constants):

        def told(mapper: Any, connection: Any, target: Any, told: Any = (number, constant)) -> Any:
            heard.note("listener", told[0])
            return told[1]

        orm.event.listen(world.User, "after_insert", told, retval=True)
    with orm.Session(engine) as session:
        session.add(world.User(name="Ann"))
        session.commit()
    return same


@contract()
def test_the_mark_of_no_key_is_passed_for_lists(
    orm: Orm, heard: Recorder, engine: Engine
) -> object:
    world = blog(orm)

    def told(target: Any, value: Any, initiator: Any, *, key: Any) -> None:
        heard.note("append", key is orm.NO_KEY, key is orm.attributes.NO_KEY)

    orm.event.listen(world.User.addresses, "append", told, include_key=True)
    user = world.User()
    user.addresses.append(world.Address())
    return len(user.addresses)


@contract()
def test_column_of_declared_kinds(orm: Orm, heard: Recorder, engine: Engine) -> object:
    Base = orm.declarative_base()
    resolved: list[bool] = []

    @orm.event.listens_for(Base.registry, "resolve_type_annotation")
    def told(resolve: Any) -> None:
        resolved.append(isinstance(resolve, orm.TypeResolve))

    column = orm.mapped_column(primary_key=True)
    annotations = {"id": orm.Mapped[int], "name": orm.Mapped[str]}
    body = {"__tablename__": "ships", "__annotations__": annotations, "id": column}
    Ship = type("Ship", (Base,), body)
    protocol = orm.MappedClassProtocol
    return [
        isinstance(column, orm.MappedColumn),
        isinstance(orm.column_property(Column(Integer)), orm.ColumnProperty),
        isinstance(Base, orm.DeclarativeMeta),
        isinstance(Ship, orm.DeclarativeMeta),
        sorted({name for name in vars(protocol)["__annotations__"] if hasattr(Ship, name)}),
        resolved,
        [isinstance(Ship.name.type, String), Ship.id.type.__class__],
    ]


@contract()
def test_the_facades_offer_the_same_session(orm: Orm, heard: Recorder, engine: Engine) -> object:
    world = people(orm, engine)
    maker = orm.session.sessionmaker(engine, class_=orm.session.Session)
    Scoped = orm.scoped_session(maker)
    user = Scoped().get(world.User, 1)
    told = [
        isinstance(Scoped(), orm.Session),
        orm.session.object_session(user) is Scoped(),
        isinstance(Scoped().query(world.User), orm.module("query").Query),
        isinstance(Scoped().query(world.User), orm.Query),
    ]
    Scoped().expunge(user)
    orm.session.make_transient(user)
    told.append(orm.inspect(user).transient)
    orm.session.make_transient_to_detached(user)
    told.append(orm.inspect(user).detached)
    held = Scoped().get(world.User, 2)
    orm.session.close_all_sessions()
    return [*told, held in Scoped(), orm.session.object_session(held) is None]
