"""What a process keeps between plans: every cache of the package, how full it is and how full it can get."""

import sys
from collections.abc import Iterator
from functools import _lru_cache_wrapper
from typing import Any, NamedTuple

_PACKAGE = __name__.partition(".")[0]


class CacheSize(NamedTuple):
    """Entries that a cache holds and the most it can hold; None for what takes no arguments and has one at most."""

    entries: int
    most: int | None


def cache_sizes() -> dict[str, CacheSize]:
    """Size of every cache of the modules that are loaded, by module and function.

    All are bounded: the least recently used entry makes room for a new one. Keys are whole values (a market by its
    digest, assumptions, limits), so that two threads, or two firms, never see each other's.
    """
    sizes = {}
    for name, kept in sorted(caches()):
        info = kept.cache_info()
        sizes[name] = CacheSize(info.currsize, info.maxsize)
    return sizes


def caches() -> Iterator[tuple[str, "_lru_cache_wrapper[Any]"]]:
    """Every cache at the top of a loaded module of the package."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] == _PACKAGE:
            for value in list(vars(module).values()):
                if isinstance(value, _lru_cache_wrapper) and value.__module__ == name:
                    yield f"{name.removeprefix(_PACKAGE + '.')}.{value.__name__}", value
