"""The work that is disturbed at every step: two classes, a savepoint, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from cormorant import Session
from tests.people import People

ANN, BOB = 1001, 1002
"""Keys that no counter of a server reaches here."""

BEFORE = (
    [("Ann", 30), ("Bob", 25)],
    [("ann@a.org", "Ann"), ("bob@a.org", "Bob"), ("bob@b.org", "Bob")],
)
AFTER = (
    [("Anna", 31), ("Cid", None), ("Dan", 4)],
    [
        ("ann@a.org", "Anna"),
        ("ann@s.org", "Anna"),
        ("bob@b.org", "Cid"),
        ("cid@a.org", "Cid"),
        ("cid@b.org", "Cid"),
    ],
)


def prepare(people: People, engine: Engine) -> None:
    """Bring the rows to where the work begins."""
    users, addresses = people.User.__table__, people.Address.__table__
    owners = {"Ann": ANN, "Bob": BOB}
    with engine.begin() as connection:
        connection.execute(addresses.delete())
        connection.execute(users.delete())
        rows = [{"id": owners[name], "name": name, "age": age} for name, age in BEFORE[0]]
        connection.execute(users.insert(), rows)
        rows = [
            {"id": 1001 + number, "email": email, "user_id": owners[owner]}
            for number, (email, owner) in enumerate(BEFORE[1])
        ]
        connection.execute(addresses.insert(), rows)


def rows_of(people: People, engine: Engine) -> Any:
    """Return (name and age, e-mail and owner's name) as another connection sees them."""
    users, addresses = people.rows(engine)
    owners = {key: name for key, name, _age in users}
    return (
        sorted((name, age) for _key, name, age in users),
        sorted((email, owners[owner]) for _key, email, owner in addresses),
    )


@dataclass(slots=True)
class Work:
    """The work on one session, and what its callbacks said."""

    people: People
    session: Session
    said: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Load, change, add and delete, with a savepoint in between, and commit."""
        session, User, Address = self.session, self.people.User, self.people.Address
        said = self.said
        session.on_commit(lambda: said.append("committed"))
        session.on_rollback(lambda: said.append("rolled back"))
        ann, bob = session.get_one(User, ANN), session.get_one(User, BOB)
        ann.name = "Anna"
        with session.begin_nested():
            session.on_commit(lambda: said.append("savepoint committed"))
            ann.addresses.append(Address(email="ann@s.org"))
            ann.age = 31
        doomed, moved = bob.addresses
        cid = User(name="Cid")
        cid.addresses = [moved, Address(email="cid@a.org"), Address(email="cid@b.org")]
        session.add(cid)
        session.delete(doomed)
        session.flush()
        session.delete(bob)
        session.add(User(name="Dan", age=4))
        session.commit()

    def seen(self) -> Any:
        """Return the rows as the objects of the session show them."""
        users = self.session.query(self.people.User).all()
        addresses = self.session.query(self.people.Address).all()
        return (
            sorted((user.name, user.age) for user in users),
            sorted((address.email, address.user.name) for address in addresses),
        )
