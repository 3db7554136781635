"""Documents: the plan and the letter after a review as PDF, tear sheets of backtests and cohorts.

Names are loaded on first use: the fonts and matplotlib are needed by those who print.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .cohort_sheet import cohort_sheet_pdf as cohort_sheet_pdf
    from .errors import ReportError as ReportError
    from .letterhead import Letterhead as Letterhead
    from .tear_sheet import charts_png as charts_png
    from .tear_sheet import tear_sheet_pdf as tear_sheet_pdf
    from .write import letter_pdf as letter_pdf
    from .write import plan_pdf as plan_pdf
    from .write import write_letter as write_letter
    from .write import write_pdf as write_pdf

_HOMES = {
    "Letterhead": "letterhead",
    "ReportError": "errors",
    "charts_png": "tear_sheet",
    "cohort_sheet_pdf": "cohort_sheet",
    "letter_pdf": "write",
    "plan_pdf": "write",
    "tear_sheet_pdf": "tear_sheet",
    "write_letter": "write",
    "write_pdf": "write",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value
