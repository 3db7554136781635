"""Would it have worked? Walk-forward backtests of strategies, and cohorts of clients with goals."""

from __future__ import annotations

from .cohorts import CohortConfig, CohortResult, CohortRow, Planner, goal_cohorts
from .compare import Comparison, StartSpread, compare, ready, walk_forward_starts
from .config import BacktestConfig, Costs, DatedFlow, Flows, Rebalance, Window
from .figures import (
    CrisisWindow,
    Drawdown,
    Interval,
    Intervals,
    Metrics,
    SharpeCaution,
    bootstrap_intervals,
    crisis_windows,
    deflated_sharpe_ratio,
    measure,
    sharpe_caution,
    worst_drawdowns,
)
from .past import History
from .result import BacktestResult, Event, Trades
from .walk_forward import walk_forward

__all__ = [
    "BacktestConfig",
    "BacktestResult",
    "CohortConfig",
    "CohortResult",
    "CohortRow",
    "Comparison",
    "Costs",
    "CrisisWindow",
    "DatedFlow",
    "Drawdown",
    "Event",
    "Flows",
    "History",
    "Interval",
    "Intervals",
    "Metrics",
    "Planner",
    "Rebalance",
    "SharpeCaution",
    "StartSpread",
    "Trades",
    "Window",
    "bootstrap_intervals",
    "compare",
    "crisis_windows",
    "deflated_sharpe_ratio",
    "goal_cohorts",
    "measure",
    "ready",
    "sharpe_caution",
    "walk_forward",
    "walk_forward_starts",
    "worst_drawdowns",
]
