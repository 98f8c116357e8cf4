"""A registry knows its classes by name, gives types and constructors, and lets classes go."""

import gc
import weakref
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import InvalidRequestError

from cormorant.exc import UnmappedClassError
from cormorant.instrument._state_cy import Instrumented
from cormorant.sql.attributes import Mapped

from .orms import OURS as orm


@pytest.fixture
def base() -> Any:
    """Return a declarative base of the old style with two classes."""
    made = orm.declarative_base()

    class User(made):
        __tablename__ = "user"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column("user_name", sa.String)

    class Address(made):
        __tablename__ = "address"
        __table_args__ = {"schema": "post"}
        id = sa.Column(sa.Integer, primary_key=True)
        user_id = sa.Column(sa.ForeignKey("user.id"))

    made.User, made.Address = User, Address
    return made


def test_late_names_mean_classes_columns_tables_and_functions(base: Any) -> None:
    resolve = base.registry.resolver(base.User.__mapper__)
    users, addresses = base.User.__table__, base.Address.__table__
    assert resolve("User") is base.User
    assert resolve("User.name") is users.c.user_name
    assert resolve(f"{__name__}.User.id") is users.c.id
    assert resolve("[User.id, Address.user_id]") == [users.c.id, addresses.c.user_id]
    assert resolve("user") is users
    assert resolve("post.address.c.id") is addresses.c.id
    assert str(resolve("and_(User.id == Address.user_id, func.lower(User.name) == 'x')")) == (
        '"user".id = post.address.user_id AND lower("user".user_name) = :lower_1'
    )
    assert str(resolve("User.name.desc()")) == '"user".user_name DESC'
    assert resolve(lambda: base.Address) is base.Address
    assert resolve(base.Address) is base.Address
    assert resolve(False) is False


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "Adress",
            "When initializing mapper Mapper[User(user)], expression 'Adress' failed to locate a "
            "name ('Adress'). Did you mean 'Address'? If this is a class name, make sure that "
            "its module is imported before the mappers are configured, or add this "
            "relationship() to class 'User' after both classes have been declared.",
        ),
        (
            "Address.user",
            "Class 'Address' does not have a mapped column named 'user'. Did you mean 'user_id'?",
        ),
        (
            "User.id ==",
            "When initializing mapper Mapper[User(user)], expression 'User.id ==' cannot be "
            "evaluated (SyntaxError: invalid syntax (<string>, line 1)). Write it as a Python "
            "expression of class names, table names and SQL functions.",
        ),
        (
            "__import__('os')",
            "When initializing mapper Mapper[User(user)], expression \"__import__('os')\" failed "
            "to locate a name ('__import__'). If this is a class name, make sure that its module "
            "is imported before the mappers are configured, or add this relationship() to class "
            "'User' after both classes have been declared.",
        ),
    ],
)
def test_a_late_name_that_means_nothing_is_reported(base: Any, text: str, message: str) -> None:
    with pytest.raises(InvalidRequestError) as caught:
        base.registry.resolver(base.User.__mapper__)(text)
    assert str(caught.value) == message


def test_two_classes_of_one_name_need_their_module_path(base: Any) -> None:
    User = type(base)(
        "User",
        (base,),
        {
            "__module__": "elsewhere.models",
            "__tablename__": "other",
            "id": sa.Column(sa.Integer, primary_key=True),
        },
    )
    with pytest.raises(InvalidRequestError) as caught:
        base.registry.class_named("User")
    assert str(caught.value) == (
        "Multiple classes found for path 'User' in the registry of this declarative base: "
        f"elsewhere.models.User, {__name__}.User. Use a module path that fits one of them only."
    )
    assert base.registry.class_named("models.User") is User
    assert base.registry.resolver(User.__mapper__)("models.User.id") is User.__table__.c.id


def test_an_unknown_class_is_reported_with_near_names(base: Any) -> None:
    with pytest.raises(UnmappedClassError) as caught:
        base.registry.class_named("Usr")
    assert str(caught.value) == "No mapped class has the name 'Usr'. Did you mean 'User'?"


def test_the_default_constructor_refuses_unknown_names(base: Any) -> None:
    assert base.User(id=1, name="x").name == "x"
    with pytest.raises(TypeError, match="'nme' is an invalid keyword argument for User; did you"):
        base.User(nme="x")


def test_a_constructor_given_to_the_registry_is_used() -> None:
    def construct(self: Any, **values: Any) -> None:
        self.name = "constructed"

    made = orm.declarative_base(constructor=construct)

    class A(made):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)
        name = sa.Column(sa.String)

    class Style(orm.DeclarativeBase):
        registry = orm.registry(constructor=construct)

    class B(Style):
        __tablename__ = "b"
        id: Mapped[int] = orm.mapped_column(primary_key=True)
        name: Mapped[str]

    assert (A(id=5).name, B(id=5).name) == ("constructed", "constructed")


def test_no_constructor_means_that_of_object() -> None:
    made = orm.declarative_base(constructor=None)

    class A(made):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    A()
    with pytest.raises(TypeError):
        A(id=5)


def test_plain_classes_get_the_constructor_unless_they_have_one() -> None:
    registry = orm.registry()

    class A:
        pass

    class B:
        def __init__(self, first: int) -> None:
            self.id = first

    for number, cls in enumerate((A, B)):
        key = sa.Column("id", sa.Integer, primary_key=True)
        registry.map_imperatively(cls, sa.Table(f"t{number}", registry.metadata, key))
    assert A(id=5).id == 5  # type: ignore[call-arg,attr-defined] # mapped at run time
    assert B(6).id == 6


@pytest.mark.parametrize("bases", [(Exception,), (dict,), ()])
@pytest.mark.parametrize("first", [True, False])
def test_state_lies_in_a_compiled_base_where_the_layout_allows(bases: Any, first: bool) -> None:
    class Base(orm.DeclarativeBase):
        pass

    order = (*bases, Base) if first else (Base, *bases)
    cls = type(Base)(
        "A", order, {"__tablename__": "a", "id": sa.Column(sa.Integer, primary_key=True)}
    )
    assert issubclass(cls, Instrumented) is (bases == ())
    obj = cls()
    obj.id = 5
    assert (obj.id, orm.Mapper is type(cls.__mapper__)) == (5, True)


def test_the_constructor_of_a_mixin_after_the_base_is_not_used() -> None:
    class Base(orm.DeclarativeBase):
        pass

    class Mixin:
        def __init__(self) -> None:
            raise AssertionError("the base comes first")

    class A(Base, Mixin):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    assert A(id=5).id == 5


def test_a_base_may_have_a_metaclass_of_its_own() -> None:
    class Meta(type(orm.DeclarativeBase)):  # type: ignore[misc] # a metaclass by expression
        def shout(cls) -> str:
            return str(cls.__name__).upper()

    class Base(orm.DeclarativeBase, metaclass=Meta):
        pass

    class OldMeta(orm.DeclarativeMeta):
        def __init__(cls, name: str, bases: Any, body: Any, **options: Any) -> None:
            if "__tablename__" not in body and "__abstract__" not in body:
                cls.__tablename__ = name.lower()
            super().__init__(name, bases, body, **options)

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    class B(orm.declarative_base(metaclass=OldMeta)):  # type: ignore[misc] # made at run time
        id = sa.Column(sa.Integer, primary_key=True)

    assert (A.shout(), B.__table__.name) == ("A", "b")


def test_an_explicit_base_with_the_metaclass_works() -> None:
    own = orm.registry()

    class Base(metaclass=orm.DeclarativeMeta):
        __abstract__ = True
        registry = own
        metadata = own.metadata
        __init__ = own.constructor

    class A(Base):
        __tablename__ = "a"
        id = sa.Column(sa.Integer, primary_key=True)

    assert own.mappers == {A.__mapper__}
    assert A(id=7).id == 7


def test_dispose_takes_the_mappings_off() -> None:
    class Base(orm.DeclarativeBase):
        pass

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)

    Base.registry.dispose()
    assert not hasattr(A, "__mapper__")
    assert not hasattr(A, "_sa_class_manager")
    assert Base.registry.mappers == frozenset()
    with pytest.raises(UnmappedClassError):
        Base.registry.class_named("A")


def test_a_class_that_nobody_uses_goes_away() -> None:
    class Base(orm.DeclarativeBase):
        pass

    def declare() -> weakref.ref[type[Any]]:
        class A(Base):
            __tablename__ = "a"
            id: Mapped[int] = orm.mapped_column(primary_key=True)

        Base.registry.configure()
        return weakref.ref(A)

    gone = declare()
    Base.metadata.clear()
    gc.collect()
    assert gone() is None
    assert Base.registry.mappers == frozenset()


def test_listeners_of_a_registry_give_sql_types() -> None:
    questions = []

    class Base(orm.DeclarativeBase):
        type_annotation_map = {str: sa.String(4)}

    def answer(question: Any) -> Any:
        questions.append((question.cls.__name__, question.key, question.raw_type))
        return sa.BigInteger() if question.resolved_type is int else None

    orm.event.listen(Base.registry, "resolve_type_annotation", answer)

    class A(Base):
        __tablename__ = "a"
        id: Mapped[int] = orm.mapped_column(primary_key=True)
        name: Mapped[str | None]
        given: Mapped[int] = orm.mapped_column(sa.SmallInteger)

    assert questions == [("A", "id", int), ("A", "name", str | None)]
    assert [repr(column.type) for column in A.__table__.columns] == [
        "BigInteger()",
        "String(length=4)",
        "SmallInteger()",
    ]
