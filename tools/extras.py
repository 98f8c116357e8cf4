"""Print what an extra of pyproject.toml needs, with the package's own dependencies, one per line.

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
    print("\n".join([*described["dependencies"], *requirements(described, sys.argv[1])]))
