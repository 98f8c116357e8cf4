"""Build the compiled modules: every `*_cy.py` under src, where a C compiler is.

CORMORANT_PURE=1 builds an interpreted wheel; CORMORANT_REQUIRE_COMPILED=1 makes a build
that cannot compile fail, instead of falling back to the interpreted wheel.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext

try:
    from Cython.Build import cythonize
except ImportError:
    cythonize = None

SOURCE = Path("src")
# Generated C stays outside src, so that it lands neither in the tree nor in the wheel.
GENERATED = Path("build", "cython")
DIRECTIVES = {
    "language_level": "3",
    # Annotations type C locals and fields. `x: int` would turn 1.5 into 1 and `x: list` refuse a
    # subclass, so parameters take none but Any and cython.*: tests/packaging holds that rule.
    "annotation_typing": True,
    # Without it a field of None silently takes writes.
    "nonecheck": True,
    # Lets inspect.signature() answer for compiled functions as for interpreted ones.
    "embedsignature": True,
    "embedsignature.format": "clinic",
}
# Faster and unchecked indexing (boundscheck, wraparound) is chosen per file, in its header.

WANT_PURE = os.environ.get("CORMORANT_PURE") == "1"
REQUIRE_COMPILED = os.environ.get("CORMORANT_REQUIRE_COMPILED") == "1"


def warn(reason: str) -> None:
    """Say loudly that the wheel will be interpreted; exit when it has to be compiled."""
    if REQUIRE_COMPILED:
        sys.exit(f"cormorant: CORMORANT_REQUIRE_COMPILED=1, but {reason}")
    rule = "*" * 78
    print(
        f"{rule}\ncormorant: building the INTERPRETED (slower) wheel: {reason}\n"
        f"Install a C compiler and Python's headers (Debian: gcc, python3-dev) and build "
        f"again.\n{rule}",
        file=sys.stderr,
    )


def compiler_problem() -> str | None:
    """Compile one small extension; return why that fails, or None."""
    with tempfile.TemporaryDirectory() as folder:
        probe = Path(folder, "probe.c")
        probe.write_text("#include <Python.h>\nint probe(void) { return PY_VERSION_HEX != 0; }\n")
        extension = Extension("probe", [str(probe)])
        command = build_ext(Distribution({"name": "probe", "ext_modules": [extension]}))
        command.build_lib = command.build_temp = folder
        try:
            command.ensure_finalized()
            command.run()
        except (Exception, SystemExit) as problem:
            return f"no C compiler works here ({problem})"
    return None


def extensions() -> list[Extension]:
    """Return one extension per `*_cy.py`, its C generated; none for an interpreted wheel."""
    sources = sorted(SOURCE.rglob("*_cy.py"))
    if WANT_PURE or not sources:
        return []
    problem = compiler_problem() if cythonize else "Cython is not installed"
    if problem is not None:
        warn(problem)
        return []
    modules = [
        Extension(".".join(source.relative_to(SOURCE).with_suffix("").parts), [str(source)])
        for source in sources
    ]
    try:
        return cythonize(modules, build_dir=str(GENERATED), compiler_directives=DIRECTIVES)
    except Exception as problem:
        warn(f"Cython does not translate a module ({problem})")
        return []


class BuildAllOrNone(build_ext):
    """Compile every module; when one fails, leave none compiled, so that no wheel is mixed."""

    def run(self) -> None:
        """As build_ext.run: a failure takes the built files away and warns."""
        try:
            super().run()
        except (Exception, SystemExit) as problem:
            for path in self.get_outputs():
                Path(path).unlink(missing_ok=True)
            self.extensions = []
            warn(f"a module does not compile ({problem})")


setup(
    ext_modules=extensions(),
    cmdclass={"build_ext": BuildAllOrNone},
    options={"build_ext": {"parallel": os.cpu_count()}},
)
