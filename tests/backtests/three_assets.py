"""A monthly market of shares, bonds and cash with consumer prices, for the tests of plans in history."""

import numpy as np
import pandas as pd
from goalplan.scenarios import Asset
from goalplan.scenarios.market import Market

MONTHS = 144
SWITCH = 84  # months known before the futures part


def market(levels, *, cost=0.001, annual=False):
    """Levels by month from January 2005 on, or by year."""
    months = pd.date_range("2005-01-31", periods=len(levels), freq="YE" if annual else "ME")
    assets = [
        Asset(
            id=name, name_zh=name, name_en=name, asset_class=kind, region="none", currency="CNY", risk_level=level,
            fee=0.0, trading_cost=cost, exempt=True, esg=None, source="made for a test",
        )
        for name, kind, level in (("shares", "equity", 3), ("bonds", "bond", 2), ("cash", "cash", 1))
    ]  # fmt: skip
    prices = pd.DataFrame(levels, index=months, columns=["shares", "bonds", "cash"])
    wobble = 0.003 * np.sin(np.arange(len(levels)) ** 2)
    cpi = pd.DataFrame({"cpi": 100.0 * np.exp(0.002 * np.arange(len(levels)) + wobble)}, index=months)
    return Market.from_frames(prices, assets, indices=None if annual else cpi)


def levels(seed, volatility=0.04):
    rng = np.random.default_rng(seed)
    shares = rng.normal(0.006, volatility, MONTHS)
    bonds = rng.normal(0.003, 0.01, MONTHS)
    cash = 0.0015 + 0.0001 * rng.standard_normal(MONTHS)
    return np.exp(np.cumsum(np.column_stack([shares, bonds, cash]), axis=0))


def two_futures(switch=SWITCH):
    """Two markets that agree for the first months and have nothing in common after them."""
    one, noise = levels(1), levels(2, 0.12)
    other = one.copy()
    other[switch:] = one[switch - 1] * noise[switch:] / noise[switch - 1]
    return market(one), market(other)
