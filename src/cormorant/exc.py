"""Every exception of the package, on the Core bases that its users already catch."""

from __future__ import annotations

from typing import Any

from sqlalchemy import exc as core

NoResultFound = core.NoResultFound
MultipleResultsFound = core.MultipleResultsFound


class UnmappedError(core.InvalidRequestError):
    """An operation asked for mapping information that is not there."""


class UnmappedClassError(UnmappedError):
    """A class was used as a mapped class and is none."""


class UnmappedInstanceError(UnmappedError):
    """An object was used as a mapped object and its class is not mapped."""


class UnmappedColumnError(core.InvalidRequestError):
    """A mapper was asked for a column that it does not map."""


class ConfigurationError(core.ArgumentError):
    """A declaration cannot become a mapping; raised while classes are declared or configured."""


class MappedAnnotationError(core.ArgumentError):
    """A `Mapped[]` annotation cannot become a column or a relationship."""


class ListenError(core.InvalidRequestError):
    """A listener was refused at registration: target, name, arguments or options are wrong."""


class SkippedSubclassWarning(core.SAWarning):
    """A listener skips mapped subclasses, and nobody said whether it should (`propagate`)."""


class SessionError(core.InvalidRequestError):
    """A session was asked for something that its present state does not allow."""


class ThreadError(SessionError):
    """Two threads used one session at the same time."""


class FlushError(core.SQLAlchemyError):
    """A flush met a condition that it cannot write."""


class ListenerLoopError(FlushError):
    """Listeners of a flush kept adding work: more than the allowed number of rounds."""


class StaleDataError(core.SQLAlchemyError):
    """A row to be updated or deleted is not there as it was loaded."""


ConcurrentModificationError = StaleDataError


class ObjectDereferencedError(core.SQLAlchemyError):
    """An operation needs an object that has been garbage collected."""


class DetachedInstanceError(core.SQLAlchemyError):
    """An unloaded attribute of an object outside any session was read."""

    code = "bhk3"


class ObjectDeletedError(core.InvalidRequestError):
    """The row of an object is gone when the object is refreshed."""


class UnresolvedValueError(core.InvalidRequestError):
    """An object that a relationship is compared with has no value for its key."""


class UnsupportedOperatorError(core.InvalidRequestError, NotImplementedError):
    """An operator is used on a relationship that it has no meaning for."""


class LoaderStrategyException(core.InvalidRequestError):
    """A loader option does not fit the attribute it is given for."""


class UnknownIdentityError(core.InvalidRequestError, AssertionError):
    """A row has a discriminator that no mapped class has; as SQLAlchemy an AssertionError."""


class AfterCommitErrors(core.SQLAlchemyError, ExceptionGroup[Exception]):
    """Work after a commit failed; the data of the transaction *is* committed.

    As an exception group also for one error: `.exceptions` in the order they were raised.
    """

    committed = True

    def derive(self, excs: Any) -> AfterCommitErrors:  # type: ignore[override] # always of our kind
        """Build the group of a part of the errors, as `except*` needs it."""
        return AfterCommitErrors(self.message, excs)


class RollbackListenerWarning(core.SAWarning):
    """A listener or callback of a rollback or close failed; the rollback itself is done."""


NO_STATE = (AttributeError, KeyError)
"""Exceptions that mean: this object carries no state of ours."""
