"""Stand in for `import cython` in an interpreted run without Cython installed."""

from __future__ import annotations

from typing import Any

compiled = False

int = uint = long = ulong = longlong = ulonglong = short = char = bint = Py_ssize_t = Any
double = float = object = Any


def _unchanged(thing: Any) -> Any:
    return thing


def _switch(*_args: Any, **_options: Any) -> Any:
    return _unchanged


cclass = cfunc = ccall = inline = final = _unchanged
auto_pickle = no_gc = freelist = locals = returns = exceptval = _switch
boundscheck = wraparound = nonecheck = annotation_typing = infer_types = _switch


def cast(_kind: Any, value: Any, typecheck: Any = False) -> Any:
    """Return `value` unchanged: an interpreted run has no C types."""
    return value


def declare(_kind: Any = None, value: Any = None, **_options: Any) -> Any:
    """Return `value`: an interpreted run has no C types."""
    return value
