"""How far an index has come since a plan began."""

import datetime as dt
from collections.abc import Iterable, Mapping

import numpy as np

from ...scenarios.market import Market


def price_ratios(
    market: Market, ids: Iterable[str], start: dt.date, until: dt.date, expected_growth: Mapping[str, float]
) -> dict[str, float]:
    """Level of each index at `until` over that at `start`, as far as it is published; its expected growth from there.

    Parameters
    ----------
    ids
        Indices of the market.
    expected_growth
        A year, by index.
    """
    return {name: _ratio(market, name, start, until, expected_growth[name]) for name in ids}


def _ratio(market: Market, name: str, start: dt.date, until: dt.date, growth: float) -> float:
    levels = market.index_levels[:, market.index_ids.index(name)]
    known = np.flatnonzero(~np.isnan(levels))
    months = market.index_months[known]
    first, last = (
        int(np.searchsorted(months, np.datetime64(day, "M"), side="right")) - 1 for day in (start, until)
    )
    if first < 0:
        first = last = 0
    ratio = float(levels[known[last]] / levels[known[first]])
    covered = int((months[last] - months[first]).astype(int))
    whole = (until.year - start.year) * 12 + until.month - start.month
    return float(ratio * (1.0 + growth) ** ((whole - covered) / 12.0))
