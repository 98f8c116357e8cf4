"""Values that the type of a column refuses before any driver sees them."""

from __future__ import annotations

import traceback
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, Date, Engine, Integer, Numeric, Uuid, create_engine
from sqlalchemy.exc import StatementError

import cormorant


def forms(orm: Any, engine: Engine) -> Any:
    base = orm.declarative_base()

    class Form(base):
        __tablename__ = "forms"
        id = Column(Integer, primary_key=True)
        day = Column(Date)
        price = Column(Numeric(5, 2))
        token = Column(Uuid)
        signed = Column(Boolean)

    base.metadata.create_all(engine)
    return Form


VALUES = {"day": "s3cret", "price": "s3cret", "token": "s3cret", "signed": "s3cret"}


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("step", ["insert", "update"])
def test_a_value_of_the_wrong_type_is_a_statement_error_and_the_session_works_on(
    orm: Any, sqlite_engine: Engine, name: str, step: str
) -> None:
    Form = forms(orm, sqlite_engine)  # a class
    with orm.Session(sqlite_engine) as session:
        form = Form()
        session.add(form)
        if step == "update":
            session.commit()
        setattr(form, name, VALUES[name])
        with pytest.raises(StatementError):
            session.commit()
        session.rollback()
        session.add(Form())
        session.commit()


@pytest.mark.parametrize("name", VALUES)
def test_the_error_names_the_column_and_shows_no_value(name: str) -> None:
    engine = create_engine("sqlite://")
    Form = forms(cormorant, engine)  # a class
    with cormorant.Session(engine) as session:
        session.add(Form(**VALUES | dict.fromkeys(set(VALUES) - {name})))
        with pytest.raises(StatementError) as caught:
            session.flush()
    shown = "".join(traceback.format_exception(caught.value))
    assert f"column {name!r}" in str(caught.value)
    assert "s3cret" not in shown
    engine.dispose()


@pytest.mark.parametrize("fast", [True, False], ids=["fast", "open"])
def test_a_refused_value_in_a_criterion_is_a_statement_error(
    orm: Any, sqlite_engine: Engine, fast: bool
) -> None:
    Form = forms(orm, sqlite_engine)  # a class
    with orm.Session(sqlite_engine) as session:
        query = session.query(Form) if fast else session.query(Form).filter(Form.id + 0 == 1)
        with pytest.raises(StatementError):
            query.filter(Form.token == "s3cret").all()
