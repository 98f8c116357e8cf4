"""How often, and with which parameters, the workloads repeat, and what queries must find."""

from functools import lru_cache
from itertools import islice

from bench.facts import LIMIT, facts

# Reads or writes of each object: one pass over 10,000 objects is too short to time.
PASSES = 20


def queries(rows: int) -> list[tuple[int, int]]:
    """Return (key, age) pairs for the query workload: one for every ten rows, all different."""
    return [(number * 5 % (rows // 2), 18 + number % 5) for number in range(max(2, rows // 10))]


@lru_cache(maxsize=4)
def answers(rows: int) -> tuple[int, int]:
    """Return how many people all queries find, and the sum of the first key of each."""
    given = facts(rows)
    found = [
        list(
            islice((key for key in range(after + 1, rows + 1) if given[key - 1][2] >= age), LIMIT)
        )
        for after, age in queries(rows)
    ]
    return sum(map(len, found)), sum(keys[0] for keys in found)
