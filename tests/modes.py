"""Tell whether the cormorant under test is the compiled or the pure build."""

from __future__ import annotations

import importlib.util
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

COMPILED, PURE = "compiled", "pure"


def package_folder() -> Path:
    """Return the folder of the package under test, without importing it."""
    spec = importlib.util.find_spec("cormorant")
    if spec is None or not spec.submodule_search_locations:
        raise RuntimeError("cormorant is not installed in this Python: use `make test`.")
    return Path(next(iter(spec.submodule_search_locations)))


def modes_of_modules() -> dict[str, str]:
    """Return every `*_cy` module of the package with the mode it will run in."""
    folder = package_folder()
    modes = {}
    for source in sorted(folder.rglob("*_cy.py")):
        name = ".".join(source.relative_to(folder.parent).with_suffix("").parts)
        built = any(source.with_suffix(suffix).exists() for suffix in EXTENSION_SUFFIXES)
        modes[name] = COMPILED if built else PURE
    return modes


def installed_mode() -> str:
    """Return "compiled" or "pure"; raise RuntimeError when the modules disagree."""
    modes = modes_of_modules()
    if len(set(modes.values())) > 1:
        listed = ", ".join(f"{name} is {mode}" for name, mode in modes.items())
        raise RuntimeError(f"cormorant is built half compiled, half pure: {listed}.")
    return next(iter(modes.values()), PURE)
