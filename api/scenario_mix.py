"""What a model says of money in a mix of assets: the tables of ``goalplan scenarios --mix``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .scenarios.errors import DataError
from .tables import Table

if TYPE_CHECKING:
    from .scenarios.market import Market
    from .scenarios.paths import Model

PATHS = 100_000  # of a model that is simulated and accounted for in one pass


def read_mix(text: str, asset_ids: tuple[str, ...]) -> dict[str, float]:
    """Return weights by asset of ``us_equity=0.6,cn_treasury=0.4``; DataError if they do not sum to 1."""
    mix: dict[str, float] = {}
    for part in text.split(","):
        name, _, number = (piece.strip() for piece in part.partition("="))
        try:
            weight = float(number)
        except ValueError:
            raise DataError(
                f"mix: {part.strip()!r}; write asset=weight with commas, such as us_equity=0.6,cn_treasury=0.4."
            ) from None
        if name not in asset_ids or name in mix or not 0.0 <= weight <= 1.0:
            raise DataError(
                f"mix: {part.strip()!r}; give each of {', '.join(asset_ids)} once at most, with a weight from 0 to 1."
            )
        mix[name] = weight
    if abs(sum(mix.values()) - 1.0) > 1e-6:
        raise DataError(f"mix: the weights sum to {sum(mix.values()):g}; they must sum to 1.")
    return mix


def mix_table(
    model: Model,
    market: Market,
    mix: dict[str, float],
    *,
    years: int,
    paths: int,
    seed: int,
    wealth: float,
    monthly: float,
) -> Table:
    """Return percentiles of wealth by year, and the drawdowns by month, of `mix` rebalanced each month at its costs."""
    import os

    import numpy as np

    from .scenarios.wealth import LEVELS, simulate_wealth

    cost = {asset.id: asset.trading_cost for asset in market.assets}
    weights = np.tile([mix.get(name, 0.0) for name in model.asset_ids], (12 * years, 1))
    inflows = np.append(0.0, np.full(12 * years, monthly))
    found = simulate_wealth(
        model,
        weights,
        paths,
        seed,
        "judge",
        wealth=wealth,
        inflows=inflows,
        trading_cost=np.array([cost[name] for name in model.asset_ids]),
        threads=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
    )
    paid = wealth + np.cumsum(inflows)
    rows = [
        (f"wealth, year {year}", f"{paid[12 * year]:,.0f}", *(f"{w:,.0f}" for w in found.wealth[12 * year]))
        for year in range(years + 1)
    ]
    falls = np.percentile(found.drawdown, LEVELS)
    rows.append(("maximum drawdown", "", *(f"{fall:.1%}" for fall in falls)))
    named = ", ".join(f"{name} {weight:.0%}" for name, weight in mix.items())
    title = (
        f"{wealth:,.0f} now and {monthly:,.0f} a month in {named}, rebalanced monthly at its costs: {paths:,} paths\n"
        f"Costs {found.cost.mean():,.0f} on average; below the money paid in {np.mean(found.final < paid[-1]):.1%}"
    )
    return Table(title=title, head=("percentile", "paid in", *(f"{q:g}%" for q in LEVELS)), rows=tuple(rows))
