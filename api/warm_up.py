"""Plans that between them run every kernel a plan can need, for a warm start."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from .engine.follow import followed_by, judged, policy_task
from .engine.policy import policy_at_price, solve_task, weights_at_price
from .engine.processes import processes
from .engine.request import PlanRequest
from .engine.setting import Setting, prepare
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


def side_by_side(folder: Path | None = None) -> None:
    """Compile the largest kernels into the cache in two processes, which share none of them.

    A plan needs them one after the other.
    """
    with processes(2) as pool:
        for half in [pool.submit(_free, folder), pool.submit(_limited, folder)]:
            half.result()


def _free(folder: Path | None) -> None:
    """The policy without a limit, and nothing that is simulated."""
    solve_task(policy_task(_setting(folder, {})))


def _limited(folder: Path | None) -> None:
    """The policy under a drawdown limit, paths, and the judge by days."""
    setting = _setting(folder, {"limits": {"max_drawdown": 0.12}})
    task = policy_task(setting)
    problem = task.problem(task.spacing, limited=True)
    policy = policy_at_price(task, problem, weights_at_price(task, problem, 1.0), 1.0)
    judged(setting, followed_by(setting, policy).table, "judge", daily=True)


def _setting(folder: Path | None, more: dict[str, object]) -> Setting:
    market = load_market(folder)
    return prepare(_request(market, more), market, seed=0, paths=200)


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
