"""Options of statements: those of the user's own travel along, nothing is taken in silence."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from cormorant import declarative_base, select
from cormorant.interfaces import UserDefinedOption

Base = declarative_base()


class Ship(Base):  # type: ignore[misc, valid-type] # made at run time
    __tablename__ = "option_ships"
    id = sa.Column(sa.Integer, primary_key=True)


def test_an_option_of_the_users_own_stays_with_the_statement() -> None:
    option = UserDefinedOption("payload")
    assert select(Ship).options(option)._with_options == (option,)


def test_what_is_no_option_is_refused_by_name() -> None:
    with pytest.raises(sa.exc.ArgumentError, match=r"got 'str': options take loader options"):
        select(Ship).options("lazy")
