"""The same class bodies give the same tables and attributes as under sqlalchemy.orm."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from .declarations import CASES
from .orms import OURS, PEER, outcome


@pytest.mark.parametrize("declare", CASES, ids=lambda declare: declare.__name__)
def test_a_class_body_gives_the_table_that_the_peer_makes(declare: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = outcome(declare, PEER)
        assert outcome(declare, OURS) == expected
