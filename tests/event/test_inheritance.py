"""A listener that mapped subclasses skip is told of once, unless somebody said so."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import cormorant
from cormorant import event
from cormorant.exc import ListenError, SkippedSubclassWarning

from .fakes import Attribute, Mapper, Model, Session, map_attribute, map_class

TEXT = (
    "stamp listens to 'before_insert' of 'User' and skips the mapped subclass 'Admin'. Say "
    "propagate=True to hear subclasses too, or propagate=False if 'User' alone is meant."
)


def stamp(mapper: Any, connection: Any, target: Any) -> None:
    """Listen to a mapper event."""


def changed(target: Any, initiator: Any) -> None:
    """Listen to an attribute event."""


def told(act: Callable[[], object]) -> list[tuple[str, str]]:
    """Return text and file of every warning of ours that `act` gives."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        act()
    return [
        (str(each.message), each.filename)
        for each in caught
        if issubclass(each.category, SkippedSubclassWarning)
    ]


@pytest.fixture
def strictly() -> Iterator[None]:
    """Make skipped subclasses errors for one test."""
    event.strict()
    yield
    event.strict(False)


class User(Model):
    """The class under test."""


class Admin(User):
    """Its subclass."""


def test_a_mapped_subclass_that_would_be_skipped_is_told_of_at_registration() -> None:
    map_class(Admin)
    assert told(lambda: event.listen(User, "before_insert", stamp)) == [(TEXT, __file__)]


def test_a_subclass_mapped_later_is_told_of_when_it_is_mapped() -> None:
    class Root(Admin): ...

    event.listen(User, "before_insert", stamp)
    assert [text for text, _ in told(lambda: map_class(Admin))] == [TEXT]
    assert told(lambda: map_class(Root)) == []


def test_one_warning_stands_for_all_subclasses() -> None:
    class Guest(User): ...

    map_class(Admin)
    map_class(Guest)
    assert len(told(lambda: event.listen(User, "before_insert", stamp))) == 1


def test_removed_and_registered_again_it_is_told_again() -> None:
    map_class(Admin)

    def again() -> None:
        for _ in range(2):
            event.listen(User, "before_insert", stamp)
            event.remove(User, "before_insert", stamp)

    assert len(told(again)) == 2


@pytest.mark.parametrize("propagate", [True, False])
def test_who_says_propagate_is_told_nothing(propagate: bool) -> None:
    map_class(Admin)
    assert told(lambda: event.listen(User, "before_insert", stamp, propagate=propagate)) == []


def test_a_subclass_with_the_same_listener_is_not_skipped() -> None:
    map_class(Admin)
    event.listen(Admin, "before_insert", stamp)
    assert told(lambda: event.listen(User, "before_insert", stamp)) == []


def test_unmapped_subclasses_and_everyone_are_no_matter() -> None:
    def act() -> None:
        event.listen(Mapper, "before_insert", stamp)
        event.listen(User, "before_insert", stamp)
        event.listen(Session, "before_commit", lambda session: None)

    class Sub(Session): ...

    assert told(act) == told(Sub) == []


def test_a_mixin_that_never_fires_is_told_of() -> None:
    class Mixin: ...

    class Ship(Mixin, Model): ...

    event.listen(Mixin, "before_insert", stamp)
    assert [text for text, _ in told(lambda: map_class(Ship))] == [
        TEXT.replace("User", "Mixin").replace("Admin", "Ship")
    ]


def test_an_attribute_of_a_subclass_is_told_of() -> None:
    map_attribute(Admin, "email")
    map_attribute(Admin, "name")
    found = told(lambda: event.listen(Attribute(User, "email"), "modified", changed))
    assert [text for text, _ in found] == [
        "changed listens to 'modified' of 'User.email' and skips the mapped subclass "
        "'Admin.email'. Say propagate=True to hear subclasses too, or propagate=False if "
        "'User.email' alone is meant."
    ]


@pytest.mark.usefixtures("strictly")
class TestStrict:
    """`event.strict()` refuses what would be a warning."""

    def test_the_listener_is_refused_and_not_stored(self) -> None:
        dispatch = map_class(User)
        map_class(Admin)
        with pytest.raises(ListenError) as caught:
            event.listen(User, "before_insert", stamp)
        assert str(caught.value) == TEXT
        assert dispatch.before_insert == ()
        assert event.contains(User, "before_insert", stamp) is False

    def test_the_subclass_is_refused_when_it_is_mapped(self) -> None:
        event.listen(User, "before_insert", stamp)
        with pytest.raises(ListenError) as caught:
            map_class(Admin)
        assert str(caught.value) == TEXT

    @pytest.mark.parametrize("propagate", [True, False])
    def test_who_says_propagate_is_not_refused(self, propagate: bool) -> None:
        map_class(Admin)
        event.listen(User, "before_insert", stamp, propagate=propagate)
        assert event.contains(User, "before_insert", stamp)


class TestMapped:
    """The same with classes of the ORM."""

    @pytest.fixture
    def own_event_system(self) -> None:
        """Leave the boards of the ORM in place."""

    def declare(self) -> tuple[type[Any], Callable[[], type[Any]]]:
        """Return a mapped class, and what maps a subclass of it."""

        class Base(cormorant.DeclarativeBase): ...

        class Person(Base):
            __tablename__ = "person"
            id: cormorant.Mapped[int] = cormorant.mapped_column(primary_key=True)
            kind: cormorant.Mapped[str]
            __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}

        def subclass() -> type[Any]:
            class Engineer(Person):
                __mapper_args__ = {"polymorphic_identity": "engineer"}

            return Engineer

        return Person, subclass

    def test_the_line_of_the_class_statement_is_told(self) -> None:
        person, subclass = self.declare()
        event.listen(person, "before_insert", stamp)
        text = TEXT.replace("User", "Person").replace("Admin", "Engineer")
        assert told(subclass) == [(text, __file__)]

    def test_every_attribute_is_told_of_under_its_name(self) -> None:
        person, subclass = self.declare()
        event.listen(person.kind, "modified", changed)
        (found,) = told(subclass)
        assert found[0].startswith("changed listens to 'modified' of 'Person.kind' and skips")

    @pytest.mark.usefixtures("strictly")
    def test_strict_mapping_is_refused(self) -> None:
        person, subclass = self.declare()
        event.listen(person, "before_insert", stamp)
        with pytest.raises(ListenError, match="skips the mapped subclass 'Engineer'"):
            subclass()
