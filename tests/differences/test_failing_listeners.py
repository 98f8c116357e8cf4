"""Where a failing listener leaves more in order than under sqlalchemy.orm, on purpose."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.databases import fresh_database
from tests.contract.heard import Recorder
from tests.contract.oracle import Orm
from tests.contract.refusals import refused
from tests.contract.test_failing_listeners import BETTER_HERE

from .sides import FINE, both

pytestmark = [
    pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning"),
    pytest.mark.filterwarnings("ignore::cormorant.exc.RollbackListenerWarning"),
]
STUCK = (["LookupError", False, True], "InvalidRequestError")
COMMITTED = (["SQLAlchemyError", True, False], FINE)
"""The first is AfterCommitErrors: the data is committed, and the session works on."""
TOLD = (["LookupError", True, False], FINE)
ROLLED_BACK = ([FINE, True, False], FINE)
HALF_ROLLED_BACK = (["LookupError", False, True], FINE)

EXPECTED: dict[str, tuple[Any, Any]] = {
    "SessionEvents.after_transaction_create": ((["LookupError", True, True], FINE), TOLD),
    "SessionEvents.after_transaction_end": (TOLD, ROLLED_BACK),
    "SessionEvents.after_commit": (STUCK, COMMITTED),
    "SessionEvents.after_rollback": (TOLD, ROLLED_BACK),
    "SessionEvents.after_soft_rollback": (TOLD, ROLLED_BACK),
    "SessionEvents.persistent_to_transient": (HALF_ROLLED_BACK, ROLLED_BACK),
    "SessionEvents.deleted_to_persistent": (HALF_ROLLED_BACK, ROLLED_BACK),
    "SessionEvents.deleted_to_detached": (STUCK, COMMITTED),
    "InstrumentationEvents.class_uninstrument": (
        (["LookupError", True, False], "TypeError"),
        (["LookupError", True, False], "UnmappedInstanceError"),
    ),
}
"""Error, is_active and in_transaction() afterwards; and what storing another object comes to."""


@pytest.mark.parametrize("label", sorted(BETTER_HERE))
def test_a_failing_listener_leaves_the_session_in_order(label: str) -> None:
    def scenario(orm: Orm) -> Any:
        heard = Recorder(orm)
        with fresh_database(None) as engine:
            told = refused(label, orm, heard, engine)
            orm.close_all_sessions()
        return told[:3], told[-1]

    assert both(scenario) == EXPECTED[label]
