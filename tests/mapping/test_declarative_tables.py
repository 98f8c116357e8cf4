"""The same class bodies give the same tables and attributes as under sqlalchemy.orm."""

from __future__ import annotations

import re
import warnings
from typing import Any

import pytest

from . import declared_bodies, declared_classes, declared_columns, declared_wrongly
from .orms import OURS, PEER, outcome

CASES = [
    case
    for module in (declared_columns, declared_bodies, declared_classes, declared_wrongly)
    for case in module.CASES
]


def without_address(declare: Any) -> str:
    """Name a case alike in every process: workers must collect the same tests."""
    return re.sub(r" at 0x[0-9a-f]+", "", declare.__name__)


@pytest.mark.parametrize("declare", CASES, ids=without_address)
def test_a_class_body_gives_the_table_that_the_peer_makes(declare: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = outcome(declare, PEER)
        assert outcome(declare, OURS) == expected
