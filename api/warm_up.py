"""Plans that between them run every kernel a plan can need, for a warm start."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from .engine.request import PlanRequest
from .engine.solve import solve_plan
from .scenarios.market import Market, load_market

_KINDS: tuple[tuple[str, dict[str, object]], ...] = (
    ("a goal", {}),
    ("a goal, by the calendar alone", {"policy": "glide_path"}),
    ("a goal within a drawdown limit", {"limits": {"max_drawdown": 0.12}}),
)


def plans(folder: Path | None = None) -> Iterator[tuple[str, Callable[[], object]]]:
    """Name and work of each plan, on the market in `folder` or the embedded one."""
    market = load_market(folder)
    for name, more in _KINDS:
        yield name, partial(solve_plan, _request(market, more), market, paths=1_000, detail="core")


def _request(market: Market, more: dict[str, object]) -> PlanRequest:
    due = market.as_of.replace(year=market.as_of.year + 3, day=1)
    return PlanRequest.model_validate(
        {
            "client": {"risk_level": "C5", "cash": 250_000.0},
            "currency": market.currency,
            "goals": [{"kind": "purchase", "name": "warm-up", "due": due, "amount": 500_000.0}],
            "contributions": {"monthly": 8_000.0},
            **more,
        }
    )
