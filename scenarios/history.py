"""The monthly history that a model of the assets is fitted to."""

from __future__ import annotations

import numpy as np

from ._table import Dates, FloatArray
from .assumptions import Assumptions
from .errors import DataError
from .estimation import is_positive_definite
from .market import Market
from .paths import canonical

MIN_MONTHS = 60


def asset_history(
    market: Market, assumptions: Assumptions, model: str, least: int = MIN_MONTHS
) -> tuple[Dates, FloatArray]:
    """Return months (R,) and monthly log growth (R, N) of the assets of `assumptions`, in canonical order.

    Indices are left out: their months are smoothed and their spans differ. Models fitted to assets alone let
    the indices follow them linearly (`mixture.law_of`).

    Raises
    ------
    DataError
        If `model` needs more months than the assets share, a series is constant, or two move as one.
    """
    ids = [assumptions.asset_ids[j] for j in canonical(assumptions.asset_ids)]
    chosen = market.select(ids)
    if chosen.frequency == "annual":
        raise DataError(f"{market.name}: {model} needs monthly or daily levels; this market is annual.")
    months, simple = chosen.common_returns()
    if months.size < least:
        raise DataError(
            f"{market.name}: {months.size} months in which all of {ids} have a return; {model} needs {least}. "
            "Drop the shortest series or use the lognormal model."
        )
    logs = np.log1p(simple)
    deviation = logs.std(axis=0)
    still = [name for name, s in zip(ids, deviation, strict=True) if not s > 1e-9]
    if still:
        raise DataError(f"{market.name}: {still} never move; {model} needs moving series. Drop them.")
    if not is_positive_definite(np.corrcoef(logs.T).reshape(len(ids), len(ids)), 1e-8):
        raise DataError(
            f"{market.name}: the covariance of {ids} is singular, some move as one; {model} needs it regular. "
            "Drop one of two series that move as one."
        )
    return months, logs
