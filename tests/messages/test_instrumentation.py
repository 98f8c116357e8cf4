"""The texts of errors about class instrumentation of a user's own."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Column, Integer

import cormorant
from cormorant.ext.instrumentation import InstrumentationManager


class Lists(InstrumentationManager):
    """Keeps values in a list, which cannot be."""

    def get_instance_dict(self, class_: type[Any], instance: Any) -> Any:
        """Return what is no dict."""
        return []


class Dicts(InstrumentationManager):
    """Another one."""


def mapped(name: str, bases: tuple[type, ...], custom: Any = None) -> Any:
    """Declare a class."""
    body: dict[str, Any] = {"__tablename__": name.lower()}
    if custom is not None:
        body["__sa_instrumentation_manager__"] = custom
    if not any(hasattr(base, "__table__") for base in bases):
        body["id"] = Column(Integer, primary_key=True)
    else:
        del body["__tablename__"]
    return type(name, bases, body)


def test_values_that_are_in_no_dict() -> None:
    Ship = mapped("Ship", (cormorant.declarative_base(),), Lists)
    with pytest.raises(TypeError) as caught:
        Ship(id=1)
    assert str(caught.value) == (
        "get_instance_dict() of Lists returned an object of the class 'list' for 'Ship'; return "
        "a dict."
    )


def test_a_subclass_of_other_instrumentation() -> None:
    Ship = mapped("Ship", (cormorant.declarative_base(),), Dicts)
    with pytest.raises(TypeError) as caught:
        mapped("Boat", (Ship,), Lists)
    assert str(caught.value) == (
        "Class 'Boat' and its mapped base 'Ship' want different class instrumentation. Give "
        "__sa_instrumentation_manager__ to the base alone."
    )
