"""Print what extras of pyproject.toml need, with the package's own dependencies, one per line.

So the virtual environments can be filled before, and apart from, the wheel under test.
"""

from __future__ import annotations

import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path


def requirements(project: dict[str, object], extra: str) -> Iterator[str]:
    """Yield the requirements of `extra`, those of `cormorant[...]` in it followed."""
    extras = project["optional-dependencies"]
    assert isinstance(extras, dict)
    for line in extras[extra]:
        if own := re.fullmatch(r"cormorant\[(.+)\]", line):
            for name in own[1].split(","):
                yield from requirements(project, name.strip())
        else:
            yield line


if __name__ == "__main__":
    described = tomllib.loads(Path("pyproject.toml").read_text())["project"]
    wanted = [line for extra in sys.argv[1:] for line in requirements(described, extra)]
    print("\n".join([*described["dependencies"], *wanted]))
