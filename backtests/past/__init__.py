"""The past as a strategy may see it: the price panel, and windows that end at each decision."""

from __future__ import annotations

from .known import known_on
from .panel import (
    DAYS_PER_YEAR,
    Every,
    Frequency,
    Panel,
    build_panel,
    calendar_rows,
    period_starts,
    price_table,
)
from .study import Account, History, NoDecisionError, Study, Targets, build_study

__all__ = [
    "DAYS_PER_YEAR",
    "Account",
    "Every",
    "Frequency",
    "History",
    "NoDecisionError",
    "Panel",
    "Study",
    "Targets",
    "build_panel",
    "build_study",
    "calendar_rows",
    "known_on",
    "period_starts",
    "price_table",
]
