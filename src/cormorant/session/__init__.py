"""The unit of work: sessions, their transactions, and the states of their objects."""

from __future__ import annotations

from cormorant.session.factory import scoped_session, sessionmaker
from cormorant.session.functions import (
    close_all_sessions,
    make_transient,
    make_transient_to_detached,
    object_session,
)
from cormorant.session.session import Session
from cormorant.session.transaction import SessionTransaction, SessionTransactionOrigin

__all__ = [
    "Session",
    "SessionTransaction",
    "SessionTransactionOrigin",
    "close_all_sessions",
    "make_transient",
    "make_transient_to_detached",
    "object_session",
    "scoped_session",
    "sessionmaker",
]
