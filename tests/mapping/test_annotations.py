"""Annotations are read as text, under TYPE_CHECKING, with future annotations, in any form."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from cormorant.exc import MappedAnnotationError
from cormorant.mapping.annotations import analyse, relation_target, without_none

from .orms import OURS, PEER, described_class

TEXTS = {
    "future annotations": """
        from __future__ import annotations
        from typing import Annotated, Optional
        import datetime as dt
        key = Annotated[int, mapped_column(primary_key=True)]
        class Base(DeclarativeBase): pass
        class User(Base):
            __tablename__ = "u"
            id: Mapped[key]
            when: Mapped[dt.datetime | None]
            day: Mapped[Optional[dt.date]]
            name: Mapped["str | None"]
            date: Mapped[dt.date] = mapped_column()
    """,
    "quoted annotations": """
        from typing import Optional, Union
        class Base(DeclarativeBase): pass
        class User(Base):
            __tablename__ = "u"
            id: "Mapped[int]" = mapped_column(primary_key=True)
            a: Mapped["Optional[int]"]
            b: Mapped[Optional["int"]]
            c: "Mapped[Union[str, None]]" = mapped_column(sa.String(5))
            d: "Mapped['int']"
    """,
    "mixins of the same module": """
        from __future__ import annotations
        class Base(DeclarativeBase): pass
        class Mixin:
            x: Mapped[int]
            @declared_attr
            def y(cls) -> Mapped[str]: return mapped_column()
            @declared_attr
            def z(cls) -> Mapped[str | None]: return mapped_column(sa.Text)
        class User(Mixin, Base):
            __tablename__ = "u"
            id: Mapped[int] = mapped_column(primary_key=True)
    """,
}


@pytest.fixture
def declare() -> Iterator[Any]:
    """Run a module text under an ORM; returns the module."""
    made: list[str] = []

    def run(text: str, orm: SimpleNamespace) -> ModuleType:
        name = f"declared_by_{orm.name.replace('.', '_')}_{len(made)}"
        module = ModuleType(name)
        sys.modules[name] = module
        made.append(name)
        vars(module).update(vars(orm), sa=__import__("sqlalchemy"), __name__=name)
        exec(compile(textwrap.dedent(text), name, "exec", dont_inherit=True), vars(module))
        return module

    yield run
    for name in made:
        del sys.modules[name]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_annotations_as_text_give_the_columns_of_the_peer(declare: Any, text: str) -> None:
    ours, peers = (described_class(declare(text, orm).User) for orm in (OURS, PEER))
    assert ours == peers


RELATIONS = """
    from __future__ import annotations
    from typing import TYPE_CHECKING, Optional
    if TYPE_CHECKING:
        from nowhere import Pet, Street
    class Base(DeclarativeBase): pass
    class User(Base):
        __tablename__ = "u"
        id: Mapped[int] = mapped_column(primary_key=True)
        pets: Mapped[list[Pet]] = relationship(back_populates="owner")
        one_pet: Mapped[Optional[Pet]] = relationship(viewonly=True)
        given: Mapped[list[Pet]] = relationship("Pet", viewonly=True)
    class Pet(Base):
        __tablename__ = "p"
        id: Mapped[int] = mapped_column(primary_key=True)
        owner_id: Mapped[int] = mapped_column(sa.ForeignKey("u.id"))
        owner: Mapped[User] = relationship(back_populates="pets")
    configure_mappers()
"""


def test_relationships_take_class_and_collection_from_the_annotation(declare: Any) -> None:
    def relations(orm: Any) -> dict[str, Any]:
        module = declare(RELATIONS, orm)
        return {
            prop.key: (prop.mapper.class_.__name__, prop.uselist)
            for cls in (module.User, module.Pet)
            for prop in cls.__mapper__.relationships
        }

    expected = {
        "pets": ("Pet", True),
        "one_pet": ("Pet", False),
        "given": ("Pet", True),
        "owner": ("User", False),
    }
    assert relations(OURS) == expected
    assert relations(PEER) == expected


@pytest.mark.parametrize(
    ("python_type", "expected"),
    [
        (int, (int, False)),
        (int | None, (int, True)),
        (None, (None, True)),
    ],
)
def test_none_is_taken_out_of_a_type(python_type: Any, expected: Any) -> None:
    assert without_none(python_type) == expected


def test_a_late_class_is_named_in_the_target_of_a_relationship(declare: Any) -> None:
    module = declare(
        "from cormorant.mapping.annotations import evaluate, mapped_argument\n"
        "class Owner: pass\n"
        "found = [mapped_argument(evaluate(text, Owner))[0] for text in ("
        "'Mapped[Late]', 'Mapped[list[app.models.Late]]', 'Mapped[set[Late] | None]',"
        "'Mapped[dict[str, Late]]', 'Mapped[Owner]')]\n",
        OURS,
    )
    targets = [relation_target(each, "A.x") for each in module.found]
    assert [(t.target, t.collection_class, t.optional) for t in targets] == [
        ("Late", None, False),
        ("app.models.Late", list, False),
        ("Late", set, True),
        ("Late", dict, False),
        (module.Owner, None, False),
    ]


def test_the_steps_of_a_type_lead_from_the_outside_inwards() -> None:
    found = analyse(int | None)
    assert (found.nullable, found.resolved, found.steps) == (True, int, (int | None, int))


REFUSED = {
    "id: Mapped[int] = mapped_column(primary_key=True)\n    x: Mapped[Nowhere]": (
        "The annotation of A.x names 'Nowhere', which module 'M' does not know. Import it there "
        "(not under TYPE_CHECKING only), or add relationship() if it is a mapped class."
    ),
    "x: Mapped[complex]": (
        "The Python type 'complex' of A.x has no SQL type in this registry. Give one to "
        "mapped_column(), or add the type to the registry's type_annotation_map."
    ),
    "x: Mapped[sa.String]": (
        "The annotation of A.x holds the SQL type 'String'; Mapped[] takes a Python type. Write "
        "the Python type there and give the SQL type to mapped_column()."
    ),
    "x: int": (
        'Type annotation for "A.x" does not use Mapped[], so it says nothing about a column or '
        "relationship. Write Mapped[...] around the type, ClassVar[...] for a name that is not "
        "to be mapped, or set __allow_unmapped__ = True on the class or a base."
    ),
    "x: Mapped[int": (
        "The annotation 'Mapped[int' in class 'A' cannot be evaluated (SyntaxError: '[' was "
        "never closed (<string>, line 1)). Write it as valid Python, and import its names in "
        "module 'M'."
    ),
    "x: Mapped[5] = relationship()": (
        "The annotation of the relationship A.x names no class: 5. Write Mapped['Target'], "
        "Mapped['Target | None'] or Mapped[list['Target']]."
    ),
}


@pytest.mark.parametrize(("body", "message"), REFUSED.items())
def test_a_wrong_annotation_is_refused_with_a_cure(declare: Any, body: str, message: str) -> None:
    name, _colon, rest = body.rpartition("x: ")
    annotation, _equals, value = rest.partition(" = ")
    line = f"{name}x: {annotation!r}" + (f" = {value}" if value else "")
    text = (
        f"class Base(DeclarativeBase): pass\nclass A(Base):\n    __tablename__ = 'a'\n    {line}\n"
    )
    with pytest.raises(MappedAnnotationError) as caught:
        declare(text, OURS)
    module = "declared_by_cormorant_0"
    assert str(caught.value).replace(module, "M") == message
