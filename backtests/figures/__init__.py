"""Figures of backtests: metrics of a series of returns, its falls, and how far to trust them."""

from __future__ import annotations

from .falls import CrisisWindow, Drawdown, crisis_windows, worst_drawdowns
from .metrics import Metrics, measure
from .significance import (
    Interval,
    Intervals,
    SharpeCaution,
    bootstrap_intervals,
    deflated_sharpe_ratio,
    sharpe_caution,
)

__all__ = [
    "CrisisWindow",
    "Drawdown",
    "Interval",
    "Intervals",
    "Metrics",
    "SharpeCaution",
    "bootstrap_intervals",
    "crisis_windows",
    "deflated_sharpe_ratio",
    "measure",
    "sharpe_caution",
    "worst_drawdowns",
]
