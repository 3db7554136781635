"""Goal cohorts: how would this client have done, planned in every month of history with what was known then."""

from __future__ import annotations

from .config import CohortConfig, Planner
from .result import CohortFigures, CohortResult, CohortRow
from .run import cohort_starts, goal_cohorts

__all__ = [
    "CohortConfig",
    "CohortFigures",
    "CohortResult",
    "CohortRow",
    "Planner",
    "cohort_starts",
    "goal_cohorts",
]
