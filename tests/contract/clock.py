"""The clock of the article's listings: five seconds later at each look, from a fixed start."""

from __future__ import annotations

from datetime import datetime as moment
from datetime import timedelta
from types import SimpleNamespace


def ticking() -> SimpleNamespace:
    """Return a stand-in for the module `datetime` whose `datetime.utcnow()` ticks."""
    now = moment(2023, 10, 27, 10, 30, 0, 123456)

    def utcnow() -> moment:
        nonlocal now
        now += timedelta(seconds=5)
        return now

    return SimpleNamespace(datetime=SimpleNamespace(utcnow=utcnow))
