"""What a listener that raises leaves behind: for every event the error, the session, the rows.

tests/differences/test_failing_listeners.py has the events where ours leaves more in order.
"""

from __future__ import annotations

from functools import partial

import pytest

from .databases import SQLITE
from .occasions import ALL
from .refusals import refused
from .runner import Contract

# The oracle has no such warning; tests/event/test_inheritance.py is about ours.
pytestmark = pytest.mark.filterwarnings("ignore::cormorant.exc.SkippedSubclassWarning")

BETTER_HERE = {
    "SessionEvents.after_transaction_create",
    "SessionEvents.after_transaction_end",
    "SessionEvents.after_commit",
    "SessionEvents.after_rollback",
    "SessionEvents.after_soft_rollback",
    "SessionEvents.persistent_to_transient",
    "SessionEvents.deleted_to_persistent",
    "SessionEvents.deleted_to_detached",
    "InstrumentationEvents.class_uninstrument",
}


@pytest.mark.parametrize("label", [label for label in ALL if label not in BETTER_HERE])
def test_a_failing_listener_is_heard_of_and_leaves_all_in_order(label: str) -> None:
    Contract(partial(refused, label), SQLITE, ("fast",), False).check("fast")
