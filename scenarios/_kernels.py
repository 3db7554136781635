"""Compiled kernels of the room: raw float64 arrays in, raw float64 arrays out, no checks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba

_F = TypeVar("_F", bound=Callable[..., Any])


def njit(function: _F) -> _F:
    """Compile `function` with numba: GIL released, cached on disk where a cache can be written.

    In a locked-down container (read-only site-packages, no writable home, no ``NUMBA_CACHE_DIR``) numba
    refuses to cache and would fail at import; then the function is compiled anew in each process.
    """
    try:
        compiled: _F = numba.njit(function, nogil=True, cache=True)
    except RuntimeError:
        compiled = numba.njit(function, nogil=True)
    return compiled
