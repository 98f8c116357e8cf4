"""Private and undocumented names of Core: each must be there and mean what we take it for."""

from __future__ import annotations

import inspect
import uuid

import pytest
import sqlalchemy as sa
from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection
from sqlalchemy.sql import coercions, roles
from sqlalchemy.sql.base import CompileState
from sqlalchemy.sql.cache_key import HasCacheKey
from sqlalchemy.sql.dml import DMLState
from sqlalchemy.sql.selectable import SelectState
from sqlalchemy.sql.util import ClauseAdapter
from sqlalchemy.sql.visitors import anon_map

from cormorant.sql.plans import CACHE

table = sa.Table(
    "t", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.String)
)


def test_connections_have_the_flags_of_the_fast_road(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        state = vars(connection)
        assert state["_transaction"] is None
        assert state["_nested_transaction"] is None
        assert state["_echo"] is False
        assert state["_execution_options"] == {}
        assert connection._has_events is False
        assert state["_dbapi_connection"] is not None
        assert connection.engine._has_events is False
        assert connection.dialect._has_events is False
        with connection.begin() as outer:
            assert vars(connection)["_transaction"] is outer
            with connection.begin_nested() as inner:
                assert vars(connection)["_nested_transaction"] is inner
            assert vars(connection)["_nested_transaction"] is None
    event.listen(sqlite_engine, "before_cursor_execute", lambda *_args: None)
    with sqlite_engine.connect() as connection:
        assert connection.engine._has_events is True
        assert list(connection.dispatch.before_cursor_execute)


def test_options_set_on_a_connection_stand_in_its_flag(sqlite_engine: Engine) -> None:
    with sqlite_engine.connect() as connection:
        connection.execution_options(logging_token="x")
        assert vars(connection)["_execution_options"] == {"logging_token": "x"}


def test_a_driver_error_is_handled_by_this_method() -> None:
    handle = inspect.signature(Connection._handle_dbapi_exception)
    assert list(handle.parameters)[:6] == [
        "self",
        "e",
        "statement",
        "parameters",
        "cursor",
        "context",
    ]


def test_a_statement_of_ours_is_executed_by_this_method(sqlite_engine: Engine) -> None:
    class Statement:
        def _execute_on_connection(
            self, connection: Connection, parameters: object, options: object
        ) -> str:
            return "executed"

    with sqlite_engine.connect() as connection:
        assert connection.execute(Statement()) == "executed"  # type: ignore[call-overload] # a duck


def test_compiled_statements_tell_their_parameters(sqlite_engine: Engine) -> None:
    bind = sa.bindparam("x", type_=sa.Integer(), unique=True)
    statement = sa.select(table).where(table.c.id == bind, table.c.a == "v")
    compiled = statement.compile(dialect=sqlite_engine.dialect)
    assert compiled.positional
    assert compiled.positiontup == ["x_1", "a_1"]
    assert compiled.bind_names[bind] == "x_1"
    assert compiled.binds["x_1"].required
    assert compiled.binds["a_1"].effective_value == "v"
    assert not compiled.post_compile_params
    assert not compiled.literal_execute_params
    assert compiled.escaped_bind_names == {}
    assert [column.keyname for column in compiled._result_columns] == ["id", "a"]
    expanding = sa.select(table).where(table.c.id.in_([1])).compile(dialect=sqlite_engine.dialect)
    assert expanding.post_compile_params


def test_compiled_writes_tell_which_defaults_they_compute(sqlite_engine: Engine) -> None:
    made = sa.Table(
        "m",
        sa.MetaData(),
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.String, default=lambda: "x", onupdate=lambda: "y"),
    )
    dialect = sqlite_engine.dialect
    insert = made.insert().compile(dialect=dialect, column_keys=["id"])
    update = made.update().compile(dialect=dialect, column_keys=["id"])
    assert insert.insert_prefetch == [made.c.a]
    assert update.update_prefetch == [made.c.a]


@pytest.mark.parametrize("visit_name", ["select", "insert", "update", "delete"])
def test_compile_states_can_be_registered(visit_name: str) -> None:
    assert ("default", visit_name) in CompileState.plugins
    assert callable(CompileState.plugin_for("cormorant surface test", visit_name))


def test_select_states_have_the_hooks_that_ours_override() -> None:
    for name in ("all_selected_columns", "get_column_descriptions", "_get_filter_by_entities"):
        assert isinstance(inspect.getattr_static(SelectState, name), classmethod)
    for name in (
        "_get_crud_kv_pairs",
        "get_entity_description",
        "get_returning_column_descriptions",
    ):
        assert isinstance(inspect.getattr_static(DMLState, name), classmethod)


def test_selects_keep_their_parts_under_these_names() -> None:
    statement = sa.select(table).join(table.alias("u"), sa.true())
    assert statement._raw_columns == [table]
    assert [len(join) for join in statement._setup_joins] == [4]
    assert statement._from_obj == ()
    assert statement._memoized_select_entities == ()
    assert statement._where_criteria == ()
    assert statement._with_options == ()
    assert statement._clone() is not statement


def test_writes_keep_their_parts_under_these_names() -> None:
    assert sa.insert(table).returning(table.c.id)._returning == (table.c.id,)
    assert sa.insert(table).from_select(["a"], sa.select(table.c.a))._select_names == ["a"]
    assert len(sa.insert(table).values([{"a": 1}])._multi_values) == 1
    assert list(sa.update(table).values(a=1)._values) == ["a"]
    assert sa.update(table).where(table.c.a == 1)._where_criteria != ()


def test_elements_tell_their_names_and_tables() -> None:
    assert table.c.a._proxy_key == "a"
    assert sa.func.count()._proxy_key == "count"
    assert (table.c.a + 1)._proxy_key is None
    assert table.c.a.label(None)._proxy_key is None
    assert list(sa.func.count(table.c.a)._from_objects) == [table]
    assert list(sa.select(table.c.a).scalar_subquery()._from_objects) == []


def test_elements_take_annotations_and_pass_attributes_on() -> None:
    marked = table.c.a._annotate({"proxy_key": "b"})._set_propagate_attrs(
        sa.util.immutabledict({"compile_state_plugin": "default"})
    )
    assert marked._annotations["proxy_key"] == "b"
    assert sa.select(marked)._propagate_attrs == {"compile_state_plugin": "default"}
    assert sa.select(marked).subquery().c.keys() == ["b"]
    assert sa.select(table)._raw_columns[0]._is_from_clause
    assert list(table._select_iterable) == list(table.c)


def test_join_targets_are_kept_as_they_are() -> None:
    class Target(roles.JoinTargetRole):
        def __clause_element__(self) -> sa.Table:
            return table

    target = Target()
    assert coercions.expect(roles.JoinTargetRole, target) is target


def test_dialects_take_our_plans_as_an_attribute(sqlite_engine: Engine) -> None:
    setattr(sqlite_engine.dialect, CACHE, {})
    assert CACHE in vars(sqlite_engine.dialect)


def test_uuids_hold_nothing_but_a_number_and_a_mark() -> None:
    assert set(uuid.UUID.__slots__) == {"int", "is_safe", "__weakref__"}


def test_a_join_goes_under_another_name_as_a_subquery_or_flat() -> None:
    other = sa.Table("o", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True))
    joined = table.join(other, table.c.id == other.c.id)
    assert isinstance(joined._anonymous_fromclause(name=None, flat=False), sa.Subquery)
    assert isinstance(joined._anonymous_fromclause(name=None, flat=True), sa.Join)
    assert table._anonymous_fromclause(name="x").name == "x"


def test_a_part_of_a_statement_numbers_itself_in_the_cache_key() -> None:
    numbers = anon_map()
    assert hasattr(HasCacheKey, "_gen_cache_key")
    first, second = object(), object()
    assert [numbers.get_anon(each)[1] for each in (first, second, first)] == [False, False, True]
    assert numbers.get_anon(first)[0] != numbers.get_anon(second)[0]


def test_columns_move_to_the_selectable_that_is_made_of_theirs() -> None:
    alias = table.alias("x")
    adapter = ClauseAdapter(alias, adapt_on_names=False, anonymize_labels=True)
    assert adapter.replace(table.c.a) is alias.c.a
    assert str(adapter.traverse(table.c.a == table.c.id)) == "x.a = x.id"


def test_a_criterion_may_bring_its_own_negation() -> None:
    criterion = sa.and_(table.c.id == 1, table.c.a == "x")
    criterion.negation_clause = table.c.id.is_(None)
    assert str(~criterion) == str(sa.not_(criterion)) == "t.id IS NULL"


def test_a_parameter_asks_for_its_value_at_each_execution(sqlite_engine: Engine) -> None:
    values = iter([1, 2])
    late = sa.bindparam(None, callable_=lambda: next(values), type_=sa.Integer(), unique=True)
    statement = sa.select(late)
    with sqlite_engine.connect() as connection:
        assert [connection.scalar(statement), connection.scalar(statement)] == [1, 2]
