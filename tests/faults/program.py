"""The work that is disturbed at every step: two classes, a savepoint, and what it leaves."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine

from cormorant import Session
from tests.people import People

BEFORE = (
    [(1, "Ann", 30), (2, "Bob", 25)],
    [(1, "ann@a.org", 1), (2, "bob@a.org", 2), (3, "bob@b.org", 2)],
)
AFTER = (
    [(1, "Anna", 31), (3, "Cid", None), (4, "Dan", 4)],
    [
        (1, "ann@a.org", 1),
        (3, "bob@b.org", 3),
        (4, "ann@s.org", 1),
        (5, "cid@a.org", 3),
        (6, "cid@b.org", 3),
    ],
)


def prepare(people: People, engine: Engine) -> None:
    """Bring the tables to where the work begins, counters of the server included."""
    people.Base.metadata.drop_all(engine)
    people.Base.metadata.create_all(engine)
    users, addresses = people.User.__table__, people.Address.__table__
    with engine.begin() as connection:
        for row in BEFORE[0]:
            connection.execute(users.insert().values(name=row[1], age=row[2]))
        for row in BEFORE[1]:
            connection.execute(addresses.insert().values(email=row[1], user_id=row[2]))


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
        ann, bob = session.get_one(User, 1), session.get_one(User, 2)
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
        users = self.session.query(self.people.User).order_by(self.people.User.id).all()
        addresses = self.session.query(self.people.Address).order_by(self.people.Address.id).all()
        return (
            [(user.id, user.name, user.age) for user in users],
            [(address.id, address.email, address.user_id) for address in addresses],
        )
