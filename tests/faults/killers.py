"""Ending the connection that a session works on, from a second one, as an administrator would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.pool import NullPool, QueuePool

PATIENCE_SECONDS = 5


@dataclass(frozen=True, slots=True)
class Server:
    """How a driver's connection is known to its server, ended there, and looked for."""

    number: Callable[[Any], int]
    kill: str
    alive: str


SERVERS = {
    "postgresql": Server(
        number=lambda connection: int(connection.info.backend_pid),
        kill="SELECT pg_terminate_backend(:number)",
        alive="SELECT count(*) FROM pg_stat_activity WHERE pid = :number",
    ),
    "mariadb": Server(
        number=lambda connection: int(connection.thread_id()),
        kill="KILL CONNECTION :number",
        alive="SELECT count(*) FROM information_schema.processlist WHERE id = :number",
    ),
}
CORE = ("savepoint", "release_savepoint", "rollback_savepoint", "commit", "rollback")
"""Events of Core just before a statement of the transaction: a kill there meets that statement."""


@dataclass(slots=True)
class Killer:
    """Kills the connection that an engine gave out last, over `admin`."""

    admin: Connection
    server: Server
    number: int = 0

    def take(self, connection: Any, record: Any, proxy: Any) -> None:
        """Remember the connection that is given out."""
        self.number = self.server.number(connection)

    def kill(self, name: str) -> None:
        """End the connection, and wait until the server has."""
        limit = time.monotonic() + PATIENCE_SECONDS
        number = {"number": self.number}
        if not self.admin.scalar(text(self.server.alive), number):
            return
        self.admin.execute(text(self.server.kill), number)
        while self.admin.scalar(text(self.server.alive), number):
            assert time.monotonic() < limit, "the server does not end a connection"
            time.sleep(0.001)


@contextmanager
def killer_of(sound: Engine, heard: Callable[[str], None]) -> Iterator[tuple[Engine, Killer]]:
    """Give another engine on the same database, and who kills its connections.

    `heard` is called with the name of each event of Core around a transaction.
    """
    server = SERVERS[sound.dialect.name]
    admins = create_engine(sound.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    engine = create_engine(sound.url, poolclass=QueuePool, pool_size=2, pool_pre_ping=True)
    with admins.connect() as admin:
        killer = Killer(admin, server)
        event.listen(engine, "checkout", killer.take)
        for name in CORE:
            event.listen(engine, name, _teller(name, heard))
        yield engine, killer
    engine.dispose()


def _teller(name: str, heard: Callable[[str], None]) -> Callable[..., None]:
    def tell(*arguments: Any) -> None:
        heard(f"{name} of the engine")

    return tell
