"""UPDATE of rows by primary key: each dict of parameters names its row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy import exc as core_exc

from cormorant import exc
from cormorant.load.results import written_result
from cormorant.mapping.inherit import key_columns
from cormorant.session.given_rows import Names, batches, part_of, passed_on
from cormorant.sql import wire
from cormorant.sql.bulk import criterion_of, has_returning, parameter_names
from cormorant.sql.errors import Facts

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from cormorant.mapping.mapper import Mapper

Given = Mapping[str, Any]


class KeyedUpdate:
    """An UPDATE of many rows of a class; `rows` are by attribute name, with their keys.

    `extra`: what each row has for the parameters of the user's own criteria.
    """

    def __init__(
        self,
        connection: Connection,
        mapper: Mapper,
        statement: Any,
        parameters: Sequence[Given],
        options: Mapping[str, Any],
    ) -> None:
        self.connection = connection
        self.mapper = mapper
        self.statement = statement
        self.options = passed_on(options)
        self.names = Names(mapper)
        _refuse_more(mapper, statement)
        wanted = parameter_names(statement)
        self.rows = self.names.of_update(
            [{k: v for k, v in row.items() if k not in wanted} for row in parameters]
            if wanted
            else parameters
        )
        self.extra = [{k: v for k, v in row.items() if k in wanted} for row in parameters]

    def run(self) -> Any:
        """Write the rows; return a result that tells how many there were."""
        if len(self.mapper.tables) > 1:
            self._write_all_tables()
        else:
            self._write_one_table()
        return written_result(len(self.rows))

    def _write_one_table(self) -> None:
        keys = self.mapper.pk_keys
        binds = [f"key of {key}" for key in keys]
        properties: Any = self.mapper._properties
        statement = self.statement
        for name, column in zip(binds, self.mapper.primary_key, strict=True):
            statement = statement.where(column == sa.bindparam(name, type_=column.type))
        given = []
        for row, extra in zip(self.rows, self.extra, strict=True):
            new = {
                properties[key].columns[0].key: value
                for key, value in row.items()
                if key not in keys
            }
            if new or self.statement._values:
                found = zip(binds, [row[key] for key in keys], strict=True)
                given.append({**new, **extra, **dict(found)})
        self._write(self.mapper.local_table, statement, given)

    def _write_all_tables(self) -> None:
        """Update each table that rows have new values for."""
        named = [self.names.by_column(row) for row in self.rows]
        for table in self.mapper.tables:
            where = key_columns(self.mapper, table)
            binds = [f"key_{number}" for number in range(len(where))]
            statement = sa.update(table).where(
                *[c == sa.bindparam(n, type_=c.type) for c, n in zip(where, binds, strict=True)]
            )
            given = []
            for row in named:
                own = part_of(table, row)
                new = {key: value for key, value in own.items() if table.c[key] not in where}
                if new:
                    keys = [row[column] for column in self.mapper.primary_key]
                    given.append({**new, **dict(zip(binds, keys, strict=True))})
            self._write(table, statement, given)

    def _write(self, table: Any, statement: Any, rows: Iterable[dict[str, Any]]) -> None:
        facts = Facts(self.mapper.class_.__name__, table.name, (), "UPDATE")
        dialect = self.connection.dialect
        for part in batches(rows):
            result = wire.execute(self.connection, statement, part, facts, self.options)
            one = len(part) == 1
            told = dialect.supports_sane_rowcount if one else dialect.supports_sane_multi_rowcount
            # Criteria of the user may leave rows out; keys may not.
            if told and criterion_of(self.statement) is None and result.rowcount != len(part):
                raise exc.StaleDataError(
                    f"UPDATE statement on table {table.name!r} expected to update {len(part)} "
                    f"row(s) of class {self.mapper.class_.__name__!r}; {result.rowcount} were "
                    f"matched. Rows with some of the primary keys given are not there."
                )


def _refuse_more(mapper: Mapper, statement: Any) -> None:
    """Refuse what an UPDATE by primary key cannot do."""
    name = mapper.class_.__name__
    if has_returning(statement):
        raise core_exc.InvalidRequestError(
            f"An UPDATE of rows of class {name!r} by primary key returns no rows: leave out "
            f"returning(), and select the rows afterwards."
        )
    if len(mapper.tables) > 1 and (statement._values or criterion_of(statement) is not None):
        raise core_exc.InvalidRequestError(
            f"An UPDATE of rows of class {name!r}, which has {len(mapper.tables)} tables, by "
            f"primary key takes no values() and no criteria: give the values with the rows."
        )
