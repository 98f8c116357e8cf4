"""Random programs: how long they are, and how many a test runs of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .playing import Step

Make = Callable[[Callable[..., None]], Any]


def steps_of(acts: Iterable[str]) -> st.SearchStrategy[Step]:
    """Return steps, each one of `acts` with two small numbers."""
    numbers = st.integers(0, 7)
    return st.builds(Step, st.sampled_from(list(acts)), numbers, numbers)


def short_programs(acts: Iterable[str]) -> Make:
    """Make a test of what takes a `program`: it runs 200 of up to 30 steps."""
    return _runs(200, st.lists(steps_of(acts), max_size=30))


def long_programs(acts: Iterable[str]) -> Make:
    """Make a test of what takes a `program`: when asked for, it runs 5000 of up to 60 steps."""
    make = _runs(5000, st.lists(steps_of(acts), max_size=60))
    return lambda test: pytest.mark.soak(make(test))


def _runs(count: int, programs: st.SearchStrategy[list[Step]]) -> Make:
    return lambda test: settings(max_examples=count)(given(program=programs)(test))
