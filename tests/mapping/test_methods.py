"""Validators and reconstructors are marked on functions and found through the bases."""

from typing import Any

import pytest
from sqlalchemy.exc import InvalidRequestError

from cormorant.mapping.methods import (
    reconstructor,
    reconstructor_of,
    validates,
    validators_of,
)


class Base:
    @validates("name", "email", include_removes=True)
    def check(self, key: str, value: Any, is_remove: bool) -> Any:
        return value

    @reconstructor
    def wake(self) -> None:
        return None


class Child(Base):
    @validates("age", include_backrefs=False)
    def check_age(self, key: str, value: Any) -> Any:
        return value


def test_validators_of_bases_come_after_those_of_the_class() -> None:
    found = [
        (key, function.__name__, options.include_removes, options.include_backrefs)
        for key, function, options in validators_of(Child)
    ]
    assert found == [
        ("age", "check_age", False, False),
        ("name", "check", True, True),
        ("email", "check", True, True),
    ]


def test_a_hidden_validator_is_not_found() -> None:
    class Other(Base):
        check = None  # type: ignore[assignment] # hides the validator on purpose

    assert list(validators_of(Other)) == []


def test_two_validators_of_one_attribute_are_refused() -> None:
    class Other(Base):
        @validates("name")
        def again(self, key: str, value: Any) -> Any:
            return value

    with pytest.raises(InvalidRequestError) as caught:
        list(validators_of(Other))
    assert str(caught.value) == (
        "A validation function for mapped attribute 'name' of class 'Other' already exists: "
        "'again', and now 'check'. Keep one of them."
    )


def test_one_method_is_marked_once() -> None:
    with pytest.raises(InvalidRequestError, match="is marked with @validates twice"):
        validates("other")(Base.check)


def test_the_nearest_reconstructor_is_found() -> None:
    class Other(Child):
        @reconstructor
        def own(self) -> None:
            return None

    assert reconstructor_of(Child) is Base.wake
    assert reconstructor_of(Other) is Other.own
    assert reconstructor_of(object) is None
