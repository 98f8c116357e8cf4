"""The facts that every adapter writes and reads, and the slotted classes of the raw one."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, ClassVar

CHILDREN = 5
START = datetime(2024, 2, 29, 23, 59, 58, 7)
STAMP = datetime(2025, 1, 2, 3, 4, 5, 678901)
LIMIT = 20

Fact = tuple[str, str, int, float, datetime]


@lru_cache(maxsize=4)
def facts(rows: int) -> list[Fact]:
    """Return `rows` facts: name, email, age, score, joined; the same ones on every call."""
    return [
        (
            f"Person {number}",
            f"Person.{number}@Example.org",
            number % 80 + 18,
            number / 4,
            START + timedelta(seconds=61 * number, microseconds=number),
        )
        for number in range(rows)
    ]


@lru_cache(maxsize=4)
def shuffled_keys(rows: int) -> list[int]:
    """Return the keys 1..rows in an order that no page cache follows, the same every time."""
    # A step without a common factor with `rows` visits each key exactly once.
    step = next(number for number in range(7919, 7919 + rows + 2) if _coprime(number, rows))
    return [place * step % rows + 1 for place in range(rows)]


def _coprime(first: int, second: int) -> bool:
    while second:
        first, second = second, first % second
    return first == 1


class Person:
    """The row of `person` as the raw adapter holds it."""

    __slots__ = ("age", "email", "id", "joined", "name", "score")

    def __init__(
        self,
        id: int | None,
        name: str,
        email: str,
        age: int,
        score: float,
        joined: datetime,
    ) -> None:
        self.id = id
        self.name = name
        self.email = email
        self.age = age
        self.score = score
        self.joined = joined


class HeardPerson:
    """A person's age with a hand-written set event: what one writes without an ORM."""

    __slots__ = ("_age",)
    heard: ClassVar[Any]

    def __init__(self, age: int) -> None:
        self._age = age

    @property
    def age(self) -> int:
        """Return the age; setting it calls `heard(target, value, oldvalue, initiator)` first."""
        return self._age

    @age.setter
    def age(self, value: int) -> None:
        self.heard(self, value, self._age, None)
        self._age = value


class Parent:
    """The row of `parent` with its list of children."""

    __slots__ = ("children", "id", "name")

    def __init__(self, id: int | None, name: str) -> None:
        self.id = id
        self.name = name
        self.children: list[Child] = []


class Child:
    """The row of `child` with a link to its parent."""

    __slots__ = ("id", "name", "parent", "parent_id", "rank")

    def __init__(
        self, id: int | None, parent_id: int | None, name: str, rank: int, parent: Parent | None
    ) -> None:
        self.id = id
        self.parent_id = parent_id
        self.name = name
        self.rank = rank
        self.parent = parent


class Tag:
    """The row of `tag`."""

    __slots__ = ("id", "name")

    def __init__(self, id: int | None, name: str) -> None:
        self.id = id
        self.name = name


class Post:
    """The row of `post` with its list of tags."""

    __slots__ = ("id", "name", "tags")

    def __init__(self, id: int | None, name: str) -> None:
        self.id = id
        self.name = name
        self.tags: list[Tag] = []


def tags(rows: int) -> list[Tag]:
    """Return the tags that the posts of `rows` rows share, without keys."""
    return [Tag(None, f"Tag {number}") for number in range(max(CHILDREN, rows // 100))]


def tagged_posts(rows: int, known: list[Tag]) -> list[Post]:
    """Return posts that have `CHILDREN` of the known tags each, without keys."""
    posts = []
    for number in range(family_count(rows)):
        post = Post(None, f"Post {number}")
        post.tags = [known[(number + step) % len(known)] for step in range(CHILDREN)]
        posts.append(post)
    return posts


def people(rows: int) -> list[Person]:
    """Return `rows` new people without keys."""
    return [Person(None, *fact) for fact in facts(rows)]


def families(rows: int) -> list[Parent]:
    """Return parents with `CHILDREN` children each, about `rows` objects in all, without keys."""
    parents = []
    for number in range(family_count(rows)):
        parent = Parent(None, f"Parent {number}")
        parent.children = [
            Child(None, None, f"Child {number}.{rank}", rank, parent) for rank in range(CHILDREN)
        ]
        parents.append(parent)
    return parents


def family_count(rows: int) -> int:
    """Return how many parents make about `rows` rows together with their children."""
    return max(1, rows // (CHILDREN + 1))
