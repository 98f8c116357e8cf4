"""Random programs on users and addresses: one step after another on one session."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .heard import Recorder
from .oracle import Orm
from .playing import ACTS_OF_ALL, Play


class Run(Play):
    """A program at work: its users and addresses."""

    def __init__(self, orm: Orm, world: Any, session: Any, heard: Recorder) -> None:
        """Begin without users and addresses."""
        super().__init__(orm, world, session, heard)
        self.users: list[Any] = []
        self.addresses: list[Any] = []

    def user(self, number: int) -> Any:
        """Return one of the users, or None when there is none."""
        return self.one_of(self.users, number)

    def address(self, number: int) -> Any:
        """Return one of the addresses, or None when there is none."""
        return self.one_of(self.addresses, number)

    def add_user(self, first: int, second: int) -> Any:
        """Add a new user."""
        self.made += 1
        self.users.append(self.world.User(name=f"user {self.made}", age=first))
        self.session.add(self.users[-1])

    def add_address(self, first: int, second: int) -> Any:
        """Add a new address, with or without a user."""
        self.made += 1
        address = self.world.Address(email=f"address {self.made}")
        self.addresses.append(address)
        self.session.add(address)
        if second % 3:
            address.user = self.held(self.users, first)

    def rename(self, first: int, second: int) -> Any:
        """Change a user's name; now and then to what the table refuses."""
        user = self.held(self.users, first)
        if user is not None:
            user.name = f"name {second}" if second != 7 else None

    def grow(self, first: int, second: int) -> Any:
        """Count a user's age up from what it is."""
        user = self.user(first)
        if user is not None:
            user.age = (user.age or 0) + 1
            return user.age

    def move(self, first: int, second: int) -> Any:
        """Give an address to a user, or to nobody."""
        address = self.held(self.addresses, first)
        if address is not None:
            address.user = self.held(self.users, second) if second % 4 else None

    def append(self, first: int, second: int) -> Any:
        """Append an address to the collection of a user."""
        user, address = self.held(self.users, first), self.held(self.addresses, second)
        if user is not None and address is not None and address not in user.addresses:
            user.addresses.append(address)

    def emails(self, first: int, second: int) -> Any:
        """Read the collection of a user; one that is not held may refuse.

        Not of transient users: what a rollback leaves of an expired list is another one here.
        """
        user = self.held(self.users, first) if second % 2 else self.lost(self.users, first)
        if user is not None and not self.orm.inspect(user).transient:
            return sorted(item.email for item in user.addresses)

    def delete_user(self, first: int, second: int) -> Any:
        """Delete a user, with the value read that may be expired.

        The oracle asks the database for it, which has no row any more; the subject knows.
        """
        user = self.held(self.users, first)
        if user is not None:
            self.session.flush()
            assert user.age is None or user.age >= 0
            self.session.delete(user)

    def delete_address(self, first: int, second: int) -> Any:
        """Delete an address, in a flush in which it is not moved."""
        address = self.held(self.addresses, first)
        if address is not None:
            self.session.flush()
            self.session.delete(address)

    def expire(self, first: int, second: int) -> Any:
        """Expire a user, whole or in part, with nothing left to write: see `one_of`."""
        self.session.flush()
        user = self.user(first)
        if user is not None:
            self.session.expire(user, ["age"] if second % 2 else None)

    def expunge(self, first: int, second: int) -> Any:
        """Take a user out of the session, in whatever state it is; it stays detached.

        Where more is pending, it is written first: the oracle numbers what comes by how much is
        pending, and after a gap two objects have one number and an order by chance.
        """
        user = self.user(first)
        if user is not None:
            if user in self.session.new and len(self.session.new) > 1:
                self.session.flush()
            self.session.expunge(user)

    def rename_lost(self, first: int, second: int) -> Any:
        """Change a user that the session does not hold."""
        user = self.lost(self.users, first)
        if user is not None:
            user.name = f"lost {second}"
            return user.name

    def get(self, first: int, second: int) -> Any:
        """Get by primary key and remember what comes."""
        class_, known = (
            (self.world.User, self.users) if second % 2 else (self.world.Address, self.addresses)
        )
        found = self.session.get(class_, first + 1)
        if found is not None and not any(found is item for item in known):
            known.append(found)
        return found


ACTS: dict[str, Callable[[Run, int, int], Any]] = {
    "add user": Run.add_user,
    "add address": Run.add_address,
    "rename": Run.rename,
    "grow": Run.grow,
    "move": Run.move,
    "append": Run.append,
    "emails": Run.emails,
    "delete user": Run.delete_user,
    "delete address": Run.delete_address,
    "expire": Run.expire,
    "expunge": Run.expunge,
    "rename lost": Run.rename_lost,
    "get": Run.get,
} | ACTS_OF_ALL
Run.acts = ACTS
