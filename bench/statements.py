"""Hand-written SQL in the fastest shape found that leaves the keys on the objects."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, Protocol

from bench.facts import LIMIT, Child, Parent, Person, Post, Tag

CHUNK = 500

TABLES = ("person", "parent", "child", "post", "tag", "post_tag")
PERSON = "id, name, email, age, score, joined"


class Statements(Protocol):
    """The SQL of one database, as functions of a driver's cursor."""

    def create(self, cursor: Any) -> None:
        """Create the three tables."""

    def wipe(self, cursor: Any) -> None:
        """Empty the tables and start the keys at 1 again."""

    def settle(self, cursor: Any) -> None:
        """Refresh the planner's statistics after a fill."""

    def insert_people(self, cursor: Any, people: list[Person]) -> None:
        """Insert and put the keys on the objects."""

    def insert_families(self, cursor: Any, parents: list[Parent]) -> None:
        """Insert parents, then their children, and put the keys on the objects."""

    def load_people(self, cursor: Any) -> list[Person]:
        """Return all people by key."""

    def person(self, cursor: Any, key: int) -> Person:
        """Return one person."""

    def query_people(self, cursor: Any, after: int, age: int) -> list[Person]:
        """Return the first people behind a key and not below an age."""

    def load_parents(self, cursor: Any) -> list[Parent]:
        """Return all parents by key, without their children."""

    def load_children(self, cursor: Any, parent: Parent) -> list[Child]:
        """Return the children of one parent, linked to it."""

    def load_families(self, cursor: Any) -> list[Parent]:
        """Return all parents by key with their children, read by the keys of the parents."""

    def load_joined_families(self, cursor: Any) -> list[Parent]:
        """Return all parents by key with their children, read in one LEFT JOIN."""

    def insert_tags(self, cursor: Any, tags: list[Tag]) -> None:
        """Insert tags and put the keys on the objects."""

    def load_tags(self, cursor: Any) -> list[Tag]:
        """Return all tags by key."""

    def insert_posts(self, cursor: Any, posts: list[Post]) -> None:
        """Insert posts and their links to stored tags."""

    def load_posts(self, cursor: Any) -> list[Post]:
        """Return all posts by key with their tags, read by the keys of the posts."""

    def update_ages(self, cursor: Any, people: list[Person]) -> None:
        """Write the age of each person."""

    def delete_people(self, cursor: Any, people: list[Person]) -> None:
        """Delete each person by key."""

    def delete_families(self, cursor: Any, parents: list[Parent]) -> None:
        """Delete the children of each parent, then the parents."""


def _chunks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), CHUNK):
        yield items[start : start + CHUNK]


@lru_cache(maxsize=64)
def _insert(table: str, columns: tuple[str, ...], mark: str, rows: int) -> str:
    row = f"({', '.join([mark] * len(columns))})"
    values = ", ".join([row] * rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values} RETURNING id"


class _Common(ABC):
    """What both databases write alike; `mark` is the driver's placeholder."""

    mark: str
    key_type: str
    moment_type: str

    def create(self, cursor: Any) -> None:
        key = f"id {self.key_type} PRIMARY KEY"
        cursor.execute(
            f"CREATE TABLE person ({key}, name VARCHAR(60) NOT NULL, email VARCHAR(80) NOT NULL,"
            f" age INTEGER NOT NULL, score FLOAT NOT NULL, joined {self.moment_type} NOT NULL)"
        )
        cursor.execute(f"CREATE TABLE parent ({key}, name VARCHAR(60) NOT NULL)")
        cursor.execute(
            f"CREATE TABLE child ({key}, parent_id INTEGER NOT NULL,"
            f" name VARCHAR(60) NOT NULL, rank INTEGER NOT NULL)"
        )
        cursor.execute("CREATE INDEX child_parent ON child (parent_id)")
        cursor.execute(f"CREATE TABLE post ({key}, name VARCHAR(60) NOT NULL)")
        cursor.execute(f"CREATE TABLE tag ({key}, name VARCHAR(60) NOT NULL)")
        cursor.execute(
            "CREATE TABLE post_tag (post_id INTEGER NOT NULL, tag_id INTEGER NOT NULL,"
            " PRIMARY KEY (post_id, tag_id))"
        )

    @abstractmethod
    def values_of_people(self, people: Sequence[Person]) -> list[Any]:
        """Return the parameters of all people in one flat list."""

    def insert_people(self, cursor: Any, people: list[Person]) -> None:
        columns = ("name", "email", "age", "score", "joined")
        for chunk in _chunks(people):
            self._write(cursor, "person", columns, chunk, self.values_of_people(chunk))

    def insert_families(self, cursor: Any, parents: list[Parent]) -> None:
        for chunk in _chunks(parents):
            self._write(cursor, "parent", ("name",), chunk, [parent.name for parent in chunk])
        children = []
        for parent in parents:
            key = parent.id
            for child in parent.children:
                child.parent_id = key
                children.append(child)
        for chunk in _chunks(children):
            values: list[Any] = []
            extend = values.extend
            for child in chunk:
                extend((child.parent_id, child.name, child.rank))
            self._write(cursor, "child", ("parent_id", "name", "rank"), chunk, values)

    def _write(
        self,
        cursor: Any,
        table: str,
        columns: tuple[str, ...],
        objects: Sequence[Any],
        values: list[Any],
    ) -> None:
        cursor.execute(_insert(table, columns, self.mark, len(objects)), values)
        # Keys rise in the order of VALUES; the order of RETURNING is nobody's promise.
        for item, (key,) in zip(objects, sorted(cursor.fetchall()), strict=True):
            item.id = key

    def load_parents(self, cursor: Any) -> list[Parent]:
        cursor.execute("SELECT id, name FROM parent ORDER BY id")
        return [Parent(key, name) for key, name in cursor.fetchall()]

    def load_children(self, cursor: Any, parent: Parent) -> list[Child]:
        cursor.execute(
            f"SELECT id, parent_id, name, rank FROM child WHERE parent_id = {self.mark}",
            (parent.id,),
        )
        return [
            Child(key, parent_id, name, rank, parent)
            for key, parent_id, name, rank in cursor.fetchall()
        ]

    def load_families(self, cursor: Any) -> list[Parent]:
        parents = self.load_parents(cursor)
        by_key = {parent.id: parent for parent in parents}
        columns = "parent_id, id, name, rank"
        for row in self._by_keys(cursor, f"SELECT {columns} FROM child", "parent_id", parents):
            parent_id, key, name, rank = row
            parent = by_key[parent_id]
            parent.children.append(Child(key, parent_id, name, rank, parent))
        return parents

    def load_joined_families(self, cursor: Any) -> list[Parent]:
        cursor.execute(
            "SELECT parent.id, parent.name, child.id, child.name, child.rank FROM parent"
            " LEFT JOIN child ON child.parent_id = parent.id ORDER BY parent.id"
        )
        parents: list[Parent] = []
        last = None
        for parent_id, parent_name, key, name, rank in cursor.fetchall():
            if parent_id != last:
                last = parent_id
                parent = Parent(parent_id, parent_name)
                parents.append(parent)
            if key is not None:
                parent.children.append(Child(key, parent_id, name, rank, parent))
        return parents

    def insert_tags(self, cursor: Any, tags: list[Tag]) -> None:
        for chunk in _chunks(tags):
            self._write(cursor, "tag", ("name",), chunk, [tag.name for tag in chunk])

    def load_tags(self, cursor: Any) -> list[Tag]:
        cursor.execute("SELECT id, name FROM tag ORDER BY id")
        return [Tag(key, name) for key, name in cursor.fetchall()]

    def insert_posts(self, cursor: Any, posts: list[Post]) -> None:
        for chunk in _chunks(posts):
            self._write(cursor, "post", ("name",), chunk, [post.name for post in chunk])
        links = [(post.id, tag.id) for post in posts for tag in post.tags]
        for pairs in _chunks(links):
            row = f"({self.mark}, {self.mark})"
            cursor.execute(
                f"INSERT INTO post_tag (post_id, tag_id) VALUES {', '.join([row] * len(pairs))}",
                [value for pair in pairs for value in pair],
            )

    def load_posts(self, cursor: Any) -> list[Post]:
        cursor.execute("SELECT id, name FROM post ORDER BY id")
        posts = [Post(key, name) for key, name in cursor.fetchall()]
        by_key = {post.id: post for post in posts}
        tags: dict[int, Tag] = {}
        select = (
            "SELECT post_tag.post_id, tag.id, tag.name FROM post_tag"
            " JOIN tag ON tag.id = post_tag.tag_id"
        )
        for post_id, key, name in self._by_keys(cursor, select, "post_tag.post_id", posts):
            tag = tags.get(key)
            if tag is None:
                tag = tags[key] = Tag(key, name)
            by_key[post_id].tags.append(tag)
        return posts

    @abstractmethod
    def _by_keys(
        self, cursor: Any, select: str, column: str, owners: Sequence[Any]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a SELECT whose `column` is the key of one of the owners."""

    def delete_people(self, cursor: Any, people: list[Person]) -> None:
        self._delete(cursor, "person", "id", [person.id for person in people])

    def delete_families(self, cursor: Any, parents: list[Parent]) -> None:
        keys = [parent.id for parent in parents]
        self._delete(cursor, "child", "parent_id", keys)
        self._delete(cursor, "parent", "id", keys)

    @abstractmethod
    def _delete(self, cursor: Any, table: str, column: str, keys: list[int | None]) -> None:
        """Delete the rows whose `column` is one of `keys`."""


class SqliteStatements(_Common):
    """SQLite: moments are text, and every parameter costs little."""

    mark = "?"
    key_type = "INTEGER"
    moment_type = "DATETIME"

    def wipe(self, cursor: Any) -> None:
        for table in TABLES:
            cursor.execute(f"DELETE FROM {table}")

    def settle(self, cursor: Any) -> None:
        """Leave SQLite as it is: without statistics it takes the index here anyway."""

    def values_of_people(self, people: Sequence[Person]) -> list[Any]:
        values: list[Any] = []
        extend = values.extend
        for person in people:
            moment = person.joined.isoformat(" ", "microseconds")
            extend((person.name, person.email, person.age, person.score, moment))
        return values

    def load_people(self, cursor: Any) -> list[Person]:
        cursor.execute(f"SELECT {PERSON} FROM person ORDER BY id")
        moment = datetime.fromisoformat
        return [
            Person(key, name, email, age, score, moment(joined))
            for key, name, email, age, score, joined in cursor.fetchall()
        ]

    def person(self, cursor: Any, key: int) -> Person:
        cursor.execute(f"SELECT {PERSON} FROM person WHERE id = ?", (key,))
        key, name, email, age, score, joined = cursor.fetchone()
        return Person(key, name, email, age, score, datetime.fromisoformat(joined))

    def query_people(self, cursor: Any, after: int, age: int) -> list[Person]:
        cursor.execute(
            f"SELECT {PERSON} FROM person WHERE id > ? AND age >= ? ORDER BY id LIMIT ?",
            (after, age, LIMIT),
        )
        moment = datetime.fromisoformat
        return [
            Person(key, name, email, years, score, moment(joined))
            for key, name, email, years, score, joined in cursor.fetchall()
        ]

    def update_ages(self, cursor: Any, people: list[Person]) -> None:
        cursor.executemany(
            "UPDATE person SET age = ? WHERE id = ?",
            [(person.age, person.id) for person in people],
        )

    def _by_keys(
        self, cursor: Any, select: str, column: str, owners: Sequence[Any]
    ) -> Iterator[tuple[Any, ...]]:
        for chunk in _chunks(owners):
            marks = ", ".join("?" * len(chunk))
            sql = f"{select} WHERE {column} IN ({marks})"
            cursor.execute(sql, [owner.id for owner in chunk])
            yield from cursor.fetchall()

    def _delete(self, cursor: Any, table: str, column: str, keys: list[int | None]) -> None:
        for chunk in _chunks(keys):
            marks = ", ".join("?" * len(chunk))
            cursor.execute(f"DELETE FROM {table} WHERE {column} IN ({marks})", chunk)


class PostgresqlStatements(_Common):
    """PostgreSQL: moments are native, and arrays carry many rows in one parameter."""

    mark = "%s"
    key_type = "SERIAL"
    moment_type = "TIMESTAMP"

    def wipe(self, cursor: Any) -> None:
        cursor.execute(f"TRUNCATE {', '.join(TABLES)} RESTART IDENTITY")

    def settle(self, cursor: Any) -> None:
        for table in TABLES:
            cursor.execute(f"ANALYZE {table}")

    def values_of_people(self, people: Sequence[Person]) -> list[Any]:
        values: list[Any] = []
        extend = values.extend
        for person in people:
            extend((person.name, person.email, person.age, person.score, person.joined))
        return values

    def load_people(self, cursor: Any) -> list[Person]:
        cursor.execute(f"SELECT {PERSON} FROM person ORDER BY id", binary=True)
        return [Person(*row) for row in cursor.fetchall()]

    def person(self, cursor: Any, key: int) -> Person:
        cursor.execute(f"SELECT {PERSON} FROM person WHERE id = %s", (key,), binary=True)
        return Person(*cursor.fetchone())

    def query_people(self, cursor: Any, after: int, age: int) -> list[Person]:
        cursor.execute(
            f"SELECT {PERSON} FROM person WHERE id > %s AND age >= %s ORDER BY id LIMIT %s",
            (after, age, LIMIT),
            binary=True,
        )
        return [Person(*row) for row in cursor.fetchall()]

    def update_ages(self, cursor: Any, people: list[Person]) -> None:
        keys = [person.id for person in people]
        ages = [person.age for person in people]
        cursor.execute(
            "UPDATE person SET age = given.age"
            " FROM unnest(%s::integer[], %s::integer[]) AS given (id, age)"
            " WHERE person.id = given.id",
            (keys, ages),
        )

    def _by_keys(
        self, cursor: Any, select: str, column: str, owners: Sequence[Any]
    ) -> Iterator[tuple[Any, ...]]:
        keys = [owner.id for owner in owners]
        cursor.execute(f"{select} WHERE {column} = ANY(%s::integer[])", (keys,), binary=True)
        yield from cursor.fetchall()

    def _delete(self, cursor: Any, table: str, column: str, keys: list[int | None]) -> None:
        cursor.execute(f"DELETE FROM {table} WHERE {column} = ANY(%s::integer[])", (keys,))
