"""The assumption set named `reference`: one formula on a market's history; see docs/assumptions.md."""

from __future__ import annotations

from functools import lru_cache

from .assumptions import Assumptions
from .market import Market
from .moments import expected_index_growth, expected_returns, historic_moments

CASH = 0.018


@lru_cache(maxsize=16)
def reference_assumptions(market: Market, cash: float = CASH, since: str | None = None) -> Assumptions:
    """Return the reference assumptions of `market`; kept, since every plan on a market asks for them.

    Arithmetic mean = 0.75 (cash + 0.22 volatility) + 0.25 history, cash assets: `cash`; index mean =
    0.75 inflation of 2 % + 0.25 history, the cash index: `cash`. At most 35 % per asset except cash.

    Parameters
    ----------
    market : Market
    cash : float
        Long-run cash rate, effective a year.
    since : str or None
        First month of returns to use ("2005-02"); None for all that the assets have in common, which in the
        embedded market begins in 2005-02.

    Raises
    ------
    DataError
        If too little history is left, a series is constant, or an index does not overlap the assets.
    """
    moments = historic_moments(market, since)
    mean, caps = expected_returns(market, moments, cash)
    return Assumptions(
        name="reference",
        asset_ids=market.asset_ids,
        mean=mean,
        volatility=moments.volatility,
        index_ids=market.index_ids,
        index_mean=expected_index_growth(market, moments, cash),
        index_volatility=moments.index_volatility,
        correlation=moments.correlation,
        cash=cash,
        years=moments.years,
        max_weight=caps,
        source=f"market {market.name} {market.digest[:12]}, common history of {moments.years:g} years",
        as_of=market.as_of,
        rationale=(
            f"Mean: 0.75 (cash {cash:g} + 0.22 volatility) + 0.25 history, the posterior of a prior Sharpe "
            f"ratio of 0.22; cash {cash:g}; indices 0.75 inflation 0.02 + 0.25 history. Ledoit-Wolf."
        ),
    )
