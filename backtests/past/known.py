"""A market as it was known on a day."""

from __future__ import annotations

import datetime as dt

import numpy as np

from ...scenarios.market import Market

_LEAST_FIGURES = 48  # of an index: fewer give no volatility and no correlation


def known_on(market: Market, day: dt.date) -> Market:
    """Return what was known at the close of `day`: no index that too short a history leaves without moments."""
    known = market.until(day)
    months, _ = known.common_returns()
    inside = (known.index_months >= months[0] - 12 // known.periods_per_year) & (
        known.index_months <= months[-1]
    )
    there = np.count_nonzero(~np.isnan(known.index_levels[inside]), axis=0)
    kept = [name for name, n in zip(known.index_ids, there, strict=True) if n >= _LEAST_FIGURES]
    return known if tuple(kept) == known.index_ids else known.select_indices(kept)
