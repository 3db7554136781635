"""What the days of each month do to each portfolio of a menu: simulated once, then every policy is judged daily."""

from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ...scenarios.paths import Model, Stream, simulate
from ..menu.menu import Menu
from ..processes import threads_allowed

DAYS = 21  # trading days of a month
_BLOCKS = 4  # blocks of daily returns in memory at a time, on each thread
_KEPT = 4  # sets kept: 65 MB each at 10,000 paths x 36 months x 15 portfolios


@lru_cache(maxsize=_KEPT)
def daily_extremes(
    model: Model, menu: Menu, months: int, paths: int, seed: int, stream: Stream
) -> NDArray[np.float32]:
    """`month_extremes_of`, kept: every policy of a setting is judged on the same."""
    return month_extremes_of(model, menu, months, paths, seed, stream)


def month_extremes_of(
    model: Model, menu: Menu, months: int, paths: int, seed: int, stream: Stream
) -> NDArray[np.float32]:
    """Lowest value, largest drawdown and highest value of each portfolio within each month.

    The mix is bought at the start of the month, net of its product fees, and held. The days are those of
    ``simulate(..., steps_per_month=21)``, whose monthly products are the returns of the same paths by month, so a
    drawdown judged from the extremes equals one judged on the days (see `_watch_kernels.observe_month`).

    Returns
    -------
    (B, T, K, 3, lane) float32
        Relative to the start of the month, paths in blocks of lanes as the judge walks them (the last ones repeat
        the last path); read-only.

    """
    from ._kernels import LANES
    from ._watch_kernels import month_extremes

    kept = menu.weights * (1.0 - menu.fee / 12.0)
    weights = np.ascontiguousarray((kept / kept.sum(axis=1, keepdims=True)).T)
    out = np.empty((-(-paths // LANES), months, menu.size, 3, LANES), dtype=np.float32)

    def fill(block: int) -> None:
        first = block * LANES
        count = min(_BLOCKS * LANES, paths - first)
        days = simulate(model, months, count, seed, stream, steps_per_month=DAYS, first=first)
        month_extremes(days.assets, DAYS, weights, out[block : block + _BLOCKS])

    with ThreadPoolExecutor(threads_allowed()) as pool:  # a path is the same on any of them
        list(pool.map(fill, range(0, len(out), _BLOCKS)))
    out.flags.writeable = False
    return out
