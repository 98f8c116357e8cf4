"""Make sessions: sessionmaker, and scoped_session for one session per thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar, Generic
from warnings import warn

from sqlalchemy import exc as core_exc
from typing_extensions import TypeVar

from cormorant.session.functions import close_all_sessions
from cormorant.session.session import Session

S = TypeVar("S", bound=Session, default=Session)


class sessionmaker(Generic[S]):  # the name that users know
    """A factory of sessions with fixed arguments; events may be listened to on it."""

    class_: type[S]

    def __init__(
        self,
        bind: Any = None,
        *,
        class_: type[S] = Session,  # type: ignore[assignment] # the default is the base itself
        autoflush: bool = True,
        expire_on_commit: bool = True,
        info: dict[Any, Any] | None = None,
        **kw: Any,
    ) -> None:
        kw["bind"] = bind
        kw["autoflush"] = autoflush
        kw["expire_on_commit"] = expire_on_commit
        if info is not None:
            kw["info"] = info
        self.kw = kw
        self.class_ = type(class_.__name__, (class_,), {"__module__": class_.__module__})

    def __call__(self, **local_kw: Any) -> S:
        """Make a session; keywords override those of the factory."""
        for key, value in self.kw.items():
            if key == "info" and "info" in local_kw:
                local_kw["info"] = {**value, **local_kw["info"]}
            else:
                local_kw.setdefault(key, value)
        return self.class_(**local_kw)

    @contextmanager
    def begin(self) -> Iterator[S]:
        """Make a session and begin; commits at the end of the block, then closes."""
        with self() as session, session.begin():
            yield session

    def configure(self, **new_kw: Any) -> None:
        """Change the arguments for sessions made from now on."""
        self.kw.update(new_kw)

    @staticmethod
    def close_all() -> None:
        """Close every session in memory."""
        close_all_sessions()

    @classmethod
    def object_session(cls, instance: object) -> Session | None:
        """Return the session an object belongs to, or None."""
        return Session.object_session(instance)

    @classmethod
    def identity_key(cls, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return an identity key, as Session.identity_key."""
        return Session.identity_key(*args, **kwargs)

    def __repr__(self) -> str:
        options = ", ".join(f"{key}={value!r}" for key, value in self.kw.items())
        return f"{type(self).__name__}(class_={self.class_.__name__!r}, {options})"


class _PerThread(Generic[S]):
    """One session per thread."""

    def __init__(self, make: Callable[..., S]) -> None:
        self.make = make
        self.local = threading.local()

    def get(self) -> S | None:
        found: S | None = getattr(self.local, "session", None)
        return found

    def has(self) -> bool:
        """Tell whether there is a session already."""
        return self.get() is not None

    def put(self, session: S) -> None:
        self.local.session = session

    def drop(self) -> None:
        self.local.__dict__.pop("session", None)


class _PerScope(_PerThread[S]):
    """One session per value of a function."""

    def __init__(self, make: Callable[..., S], scope: Callable[[], Any]) -> None:
        super().__init__(make)
        self.scope = scope
        self.sessions: dict[Any, S] = {}

    def get(self) -> S | None:
        return self.sessions.get(self.scope())

    def put(self, session: S) -> None:
        self.sessions[self.scope()] = session

    def drop(self) -> None:
        self.sessions.pop(self.scope(), None)


class scoped_session(Generic[S]):  # the name that users know
    """The session of the current thread (or scope), made on first use."""

    session_factory: Any
    _names: ClassVar[tuple[str, ...]] = (
        "bind",
        "dirty",
        "deleted",
        "new",
        "identity_map",
        "is_active",
        "autoflush",
        "no_autoflush",
        "info",
        "execution_options",
    )

    def __init__(self, session_factory: Any, scopefunc: Callable[[], Any] | None = None) -> None:
        self.session_factory = session_factory
        self.registry: _PerThread[S] = (
            _PerThread(session_factory)
            if scopefunc is None
            else _PerScope(session_factory, scopefunc)
        )

    def _session(self) -> S:
        found = self.registry.get()
        if found is None:
            found = self.session_factory()
            self.registry.put(found)
        return found

    def __call__(self, **kw: Any) -> S:
        """Return the current session; keywords are for making it."""
        if not kw:
            return self._session()
        if self.registry.get() is not None:
            raise core_exc.InvalidRequestError(
                "Scoped session is already present; no new arguments may be specified."
            )
        made: S = self.session_factory(**kw)
        self.registry.put(made)
        return made

    def remove(self) -> None:
        """Close the current session, if there is one, and forget it."""
        found = self.registry.get()
        if found is not None:
            found.close()
        self.registry.drop()

    def configure(self, **kwargs: Any) -> None:
        """Change the arguments of the factory."""
        if self.registry.get() is not None:
            warn(
                core_exc.SAWarning(
                    "At least one scoped session is already present.  configure() can not "
                    "affect sessions that have already been created."
                ),
                stacklevel=2,
            )
        self.session_factory.configure(**kwargs)

    def query_property(self, query_cls: Any = None) -> Any:
        """Return a class property that gives a Query of the class in the current session."""
        return _QueryProperty(self, query_cls)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session(), name)

    def __dir__(self) -> list[str]:
        own = super().__dir__()
        return sorted({*own, *self._names, *[each for each in dir(Session) if each[0] != "_"]})

    def __setattr__(self, name: str, value: Any) -> None:
        if name in ("bind", "autoflush"):
            setattr(self._session(), name, value)
        else:
            object.__setattr__(self, name, value)

    def __contains__(self, instance: object) -> bool:
        return instance in self._session()

    def __iter__(self) -> Iterator[object]:
        return iter(self._session())


class _QueryProperty:
    def __init__(self, scope: scoped_session[Any], query_cls: Any) -> None:
        self.scope = scope
        self.query_cls = query_cls

    def __get__(self, obj: Any, cls: type[Any]) -> Any:
        session = self.scope()
        return self.query_cls([cls], session) if self.query_cls else session.query(cls)
