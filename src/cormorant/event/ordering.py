"""Put the listeners of one event into order: bands, insert, priority, before and after."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from graphlib import CycleError, TopologicalSorter
from operator import attrgetter
from typing import TYPE_CHECKING

from cormorant.event.check import name_of
from cormorant.exc import ListenError

if TYPE_CHECKING:
    from cormorant.event.adapt import Registration

    Key = tuple[int, int, int]
    Graph = dict[Registration, set[Registration]]

BANDS = ("class-wide listeners", "listeners of the class and its bases", "listeners of one object")
"""The order of the bands, which no option changes."""

_by_rank = attrgetter("rank")


def in_order(*bands: Sequence[Registration]) -> list[Registration]:
    """Join `bands` in the order of `BANDS`, each in the order of its options.

    Raises ListenError when `before` and `after` contradict each other or the bands.
    """
    placed = [_band_in_order(band) for band in bands]
    joined = [each for band in placed for each in band]
    if any(each.before or each.after for each in joined):
        _check_bands(placed)
    return joined


def _band_in_order(band: Sequence[Registration]) -> list[Registration]:
    by_rank = sorted(band, key=_by_rank)
    if not any(each.before or each.after for each in by_rank):
        return by_rank
    earlier = _wanted_earlier(by_rank)
    try:
        possible = list(TopologicalSorter(earlier).static_order())
    except CycleError as problem:
        raise _contradiction(problem.args[1]) from None
    return _by_key(earlier, _keys(possible, earlier))


def _wanted_earlier(band: Sequence[Registration]) -> Graph:
    """Return, for each listener, those which somebody wants before it."""
    at: dict[object, list[Registration]] = {}
    for each in band:
        at.setdefault(each.identity, []).append(each)
    earlier: Graph = {each: set() for each in band}
    for each in band:
        for identity in each.after:
            earlier[each].update(at.get(identity, ()))
        for identity in each.before:
            for other in at.get(identity, ()):
                earlier[other].add(each)
    return earlier


def _keys(possible: Sequence[Registration], earlier: Graph) -> dict[Registration, Key]:
    """Return where each listener would stand: with `before`, where the first such one stands."""
    keys: dict[Registration, Key] = {each: each.rank for each in possible}
    for each in reversed(possible):
        for other in earlier[each]:
            if each.identity in other.before:
                keys[other] = min(keys[other], keys[each])
    return keys


def _by_key(earlier: Graph, keys: dict[Registration, Key]) -> list[Registration]:
    """Take again and again the first listener before which no other is wanted."""
    later: dict[Registration, list[Registration]] = {each: [] for each in earlier}
    waiting = {each: len(others) for each, others in earlier.items()}
    for each, others in earlier.items():
        for other in others:
            later[other].append(each)
    # The rank decides between equal keys; it is different for each, so no third is compared.
    free = [(keys[each], each.rank, each) for each, count in waiting.items() if not count]
    heapq.heapify(free)
    placed = []
    while free:
        each = heapq.heappop(free)[2]
        placed.append(each)
        for other in later[each]:
            waiting[other] -= 1
            if not waiting[other]:
                heapq.heappush(free, (keys[other], other.rank, other))
    return placed


def _contradiction(cycle: Sequence[Registration]) -> ListenError:
    """Name the listeners of a cycle, each wanted before the next."""
    chain = " before ".join(name_of(each.listener) for each in cycle)
    return ListenError(
        f"Listeners to {cycle[0].event.name!r} cannot be put into order: {chain}. "
        f"Take one `before` or `after` away."
    )


def _check_bands(bands: Sequence[Iterable[Registration]]) -> None:
    """Raise ListenError where `before` or `after` asks for what the bands rule out."""
    number = {each: place for place, band in enumerate(bands) for each in band}
    for each, own in number.items():
        for other, place in number.items():
            if place < own and other.identity in each.before:
                raise _against_bands(each, "before", other, own, place)
            if place > own and other.identity in each.after:
                raise _against_bands(each, "after", other, own, place)


def _against_bands(
    each: Registration, word: str, other: Registration, own: int, place: int
) -> ListenError:
    first, second = BANDS[min(own, place)], BANDS[max(own, place)]
    return ListenError(
        f"{name_of(each.listener)} cannot listen to {each.event.name!r} {word} "
        f"{name_of(other.listener)}: {first} always come before {second}. "
        f"Leave {word!r} out, or listen to the same target as {name_of(other.listener)} does."
    )
