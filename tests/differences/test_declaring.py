"""Where declaring classes differs from sqlalchemy.orm, on purpose."""

from __future__ import annotations

from typing import Any, Literal, Optional

from sqlalchemy import ForeignKey, Integer

from tests.contract.oracle import Orm

from .sides import FINE, both, message, problem


def declared(
    orm: Orm, annotations: dict[str, Any], *mixins: type, base: Any = None, **body: Any
) -> Any:
    """Declare one class with an id, on a base of its own unless one is given."""
    base = base or type(orm.DeclarativeBase)("Base", (orm.DeclarativeBase,), {})
    given = {
        "__tablename__": "things",
        "__module__": __name__,
        "__annotations__": annotations,
        "id": orm.mapped_column(Integer, primary_key=True),
    }
    return type(base)("Thing", (*mixins, base), given | body)


def test_the_annotation_of_a_class_wins_over_that_of_its_mixin() -> None:
    def scenario(orm: Orm) -> Any:
        body = {"__annotations__": {"x": orm.Mapped[int]}, "x": orm.mapped_column()}
        Thing = declared(orm, {"x": orm.Mapped[str]}, type("Mixin", (), body))
        return repr(Thing.__table__.c.x.type)

    assert both(scenario) == ("Integer()", "String()")


def test_none_in_a_literal_makes_the_column_nullable() -> None:
    def scenario(orm: Orm) -> Any:
        columns = []

        def declare() -> None:
            column = declared(orm, {"x": orm.Mapped[Literal["a", None]]}).__table__.c.x
            columns.append((column.type.enums, column.nullable))

        return problem(declare), columns

    theirs, ours = both(scenario)
    assert theirs == ("ArgumentError", [])
    assert ours == (FINE, [(["a"], True)])


def test_an_unknown_name_in_optional_is_an_error_of_the_annotation() -> None:
    def scenario(orm: Orm) -> Any:
        wrong: Any = Optional["Unknown"]  # noqa: F821
        return problem(lambda: declared(orm, {"x": orm.Mapped[wrong]}))

    assert both(scenario) == ("NameError", "MappedAnnotationError")


def test_add_mapped_attribute_refuses_a_class_that_is_not_mapped() -> None:
    def scenario(orm: Orm) -> Any:
        class Plain:
            pass

        return problem(lambda: orm.add_mapped_attribute(Plain, "x", orm.mapped_column(Integer)))

    assert both(scenario) == (FINE, "UnmappedClassError")


def test_configuring_a_registry_includes_those_it_depends_on() -> None:
    def scenario(orm: Orm) -> Any:
        Parent = declared(orm, {})
        base = type(orm.DeclarativeBase)("Base", (orm.DeclarativeBase,), {})
        Child = declared(
            orm,
            {},
            base=base,
            __tablename__="children",
            parent_id=orm.mapped_column(ForeignKey(Parent.__table__.c.id)),
            parent=orm.relationship(Parent),
        )
        refused = problem(base.registry.configure)
        return refused, orm.inspect(Child).configured and orm.inspect(Parent).configured

    theirs, ours = both(scenario)
    assert theirs == ("InvalidRequestError", False)
    assert ours == (FINE, True)


def test_the_constructor_names_the_nearest_attribute() -> None:
    def scenario(orm: Orm) -> Any:
        Thing = declared(orm, {"name": orm.Mapped[str]})
        return message(lambda: Thing(nmae="Ann"))

    theirs, ours = both(scenario)
    assert theirs == "'nmae' is an invalid keyword argument for Thing"
    assert ours == (
        "'nmae' is an invalid keyword argument for Thing; did you mean 'name'? Its attributes "
        "are: id, name."
    )
