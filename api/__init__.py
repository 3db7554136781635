"""goalplan: from a client's goals to a plan that says what to hold, what it will reach, and how surely.

The names below load on first use, so that ``import goalplan`` costs next to nothing.

Examples
--------
>>> import goalplan
>>> request = goalplan.PlanRequest(
...     client={"risk_level": "C4", "cash": 250_000.0},
...     goals=[{"kind": "home", "name": "First home", "due": "2029-05-01", "amount": 600_000.0}],
...     contributions={"monthly": 8_000.0},
... )
>>> plan = goalplan.solve_plan(request)  # doctest: +SKIP
"""

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__ as __version__

if TYPE_CHECKING:
    from .book.solve import Refusal as Refusal
    from .book.solve import solve_plans as solve_plans
    from .engine.errors import RequestError as RequestError
    from .engine.errors import SolverError as SolverError
    from .engine.plan import Plan as Plan
    from .engine.request import Client as Client
    from .engine.request import Holding as Holding
    from .engine.request import Limits as Limits
    from .engine.request import PlanRequest as PlanRequest
    from .engine.review.review import review_plan as review_plan
    from .engine.review.types import Review as Review
    from .engine.solve import solve_plan as solve_plan
    from .engine.suitability.firm import Firm as Firm
    from .engine.suitability.shelf import Shelf as Shelf
    from .goals import Contributions as Contributions
    from .goals import Education as Education
    from .goals import HomePurchase as HomePurchase
    from .goals import LumpSum as LumpSum
    from .goals import Purchase as Purchase
    from .goals import Reserve as Reserve
    from .goals import Retirement as Retirement
    from .reports.letterhead import Letterhead as Letterhead
    from .reports.write import write_letter as write_letter
    from .reports.write import write_pdf as write_pdf
    from .scenarios.assumptions import Assumptions as Assumptions
    from .scenarios.assumptions_toml import load_assumptions as load_assumptions
    from .scenarios.errors import DataError as DataError
    from .scenarios.market import Market as Market
    from .scenarios.market import load_market as load_market

_HOMES = {
    "Assumptions": "scenarios.assumptions",
    "Client": "engine.request",
    "Contributions": "goals",
    "DataError": "scenarios.errors",
    "Education": "goals",
    "Firm": "engine.suitability.firm",
    "Holding": "engine.request",
    "HomePurchase": "goals",
    "Letterhead": "reports.letterhead",
    "Limits": "engine.request",
    "LumpSum": "goals",
    "Market": "scenarios.market",
    "Plan": "engine.plan",
    "PlanRequest": "engine.request",
    "Purchase": "goals",
    "Refusal": "book.solve",
    "RequestError": "engine.errors",
    "Reserve": "goals",
    "Retirement": "goals",
    "Review": "engine.review.types",
    "Shelf": "engine.suitability.shelf",
    "SolverError": "engine.errors",
    "load_assumptions": "scenarios.assumptions_toml",
    "load_market": "scenarios.market",
    "review_plan": "engine.review.review",
    "solve_plan": "engine.solve",
    "solve_plans": "book.solve",
    "write_letter": "reports.write",
    "write_pdf": "reports.write",
}

__all__ = [
    "Assumptions",
    "Client",
    "Contributions",
    "DataError",
    "Education",
    "Firm",
    "Holding",
    "HomePurchase",
    "Letterhead",
    "Limits",
    "LumpSum",
    "Market",
    "Plan",
    "PlanRequest",
    "Purchase",
    "Refusal",
    "RequestError",
    "Reserve",
    "Retirement",
    "Review",
    "Shelf",
    "SolverError",
    "__version__",
    "load_assumptions",
    "load_market",
    "review_plan",
    "solve_plan",
    "solve_plans",
    "write_letter",
    "write_pdf",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
