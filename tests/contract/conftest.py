"""Tells in pytest's header which mapper the contract is checked against."""

from __future__ import annotations

import pytest

from .oracle import subject_name


def pytest_report_header(config: pytest.Config) -> str:
    """Return the line for the header."""
    return f"contract: {subject_name()} against sqlalchemy.orm"
