"""One switch for compiling the scalar path: numba when installed, the plain function otherwise.

The functions are the same source either way, tested to give identical findings. Set numba's own
variable NUMBA_DISABLE_JIT=1 to run plainly although it is installed.
"""

from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, TypeVar

_Function = TypeVar("_Function", bound=Callable[..., Any])


def _compiler() -> Callable[..., Any] | None:
    if find_spec("numba") is None:
        return None
    numba = import_module("numba")
    if numba.config.DISABLE_JIT:
        return None
    return numba.njit


_COMPILER: Final = _compiler()

COMPILED: Final = _COMPILER is not None
"""Whether the scalar path runs compiled in this process."""


def compiled(function: _Function) -> _Function:
    """Return `function` compiled when numba is there, else the same object.

    The function must use floats and indexed sequences only, and divide by nothing that is zero.
    """
    if _COMPILER is None:
        return function
    try:
        return _COMPILER(cache=True, error_model="numpy")(function)
    except RuntimeError:  # nowhere to keep compiled code (read-only): compile in each process
        return _COMPILER(cache=False, error_model="numpy")(function)


def plain(function: _Function) -> _Function:
    """Return the plain Python function behind a `compiled` one, for comparison."""
    return getattr(function, "py_func", function)
