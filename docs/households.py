"""Write docs/results/households.md: three households solved four ways on the embedded market.

Run as ``python docs/households.py``; minutes. Policies are made by `solve_policy` and its two simpler relatives on the
menus of the reference assumptions, before costs and fees, and followed on Gaussian months of the same menus: what the
policies do, not what a plan promises (that is judged daily, with costs and uncertain means).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from goalplan.engine.menu.stressed import stressed_menu
from goalplan.engine.policy import (
    LognormalMenu,
    Policy,
    PolicyGoal,
    PolicyTask,
    best_fixed_mix,
    best_glide_path,
    solve_task,
)
from goalplan.engine.request import Limits
from goalplan.engine.setting import stress_of
from goalplan.scenarios.market import load_market
from goalplan.scenarios.reference import reference_assumptions

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results" / "households.md"
sys.path.insert(0, str(ROOT / "tests" / "engine" / "policy"))
from walk import walk  # noqa: E402 - the tests' own simulation of a policy

PATHS = 40_000
AVERSION = 4.0  # the default objective of a plan
MIXES = 121  # fixed mixes tried
MARKET = load_market()
ASSUMPTIONS = reference_assumptions(MARKET)
HEAD = """# Three households

Each solved four ways on the embedded market with the reference assumptions: the dynamic policy, the best path of
mixes by date and the best of {mixes} fixed mixes, which keep a drawdown of 12 % at 95 % in every window of 36 months,
and 60/40 (large Chinese shares, treasury bonds), which does not. Written by `docs/households.py`: {paths:,} paths of
Gaussian months, no costs, watched by month (standard error of a probability .0025 at most). Success is that of each
goal, of a stream the share of its payments made; shortfall and outcome are shares of all money due, what is left
counted in. The objective is the default of a plan, shortfall aversion 4.
"""
STRESS = stress_of(MARKET, ASSUMPTIONS.asset_ids)


@dataclass(frozen=True)
class Household:
    """A name, what it has and wants, and its limit; the menu of the task is filled in."""

    name: str
    told: str
    names: tuple[str, ...]  # of the goals as reported
    task: PolicyTask


def menu(size: int, stress: dict[str, float] | None = None) -> tuple[LognormalMenu, np.ndarray]:
    """Return a frontier of `size` portfolios, perhaps under stress limits, and the loss of each in 2008."""
    limits = Limits(stress=stress or {})
    found = stressed_menu(ASSUMPTIONS, MARKET.assets, limits, STRESS, size=size)
    [episode] = [path for path in STRESS.paths if path.id == "2008"]
    return found.lognormal(), np.array([episode.loss(weights) for weights in found.weights])


def sixty_forty() -> LognormalMenu:
    """60 % large Chinese shares, 40 % treasury bonds: a menu of one."""
    ids = list(ASSUMPTIONS.asset_ids)
    chosen = [ids.index("cn_equity_large"), ids.index("cn_treasury")]
    mean, covariance = ASSUMPTIONS.monthly_log_moments()
    gross = np.exp(mean[chosen] + 0.5 * np.diag(covariance)[chosen])
    weights = np.array([0.6, 0.4])
    expected = float(weights @ gross)
    spread = np.outer(gross, gross) * np.expm1(covariance[np.ix_(chosen, chosen)])
    variance = float(weights @ spread @ weights)
    return LognormalMenu(
        drift=np.array([12.0 * np.log(expected)]),
        volatility=np.array([np.sqrt(12.0 * np.log1p(variance / expected**2))]),
    )


def task(
    wealth: float, monthly: float, paying: int, goals: list[PolicyGoal], steps: int, spacing: float
) -> PolicyTask:
    """Lay out a household: `monthly` at months 1..`paying`, 12 % a window of 36 months at 95 %."""
    flows = np.zeros(steps + 1)
    flows[1 : paying + 1] = monthly
    return PolicyTask(
        menu=menu(15)[0], wealth=wealth, steps=steps, step_years=1.0 / 12.0, goals=goals, flows=flows,
        ruin="survivable", shortfall_aversion=AVERSION, drawdown_limit=0.12, confidence=0.95,
        reset_every=36 if steps > 36 else None, spacing=spacing,
    )  # fmt: skip


def households() -> Iterator[Household]:
    """Return the three, the last twice; amounts of later years are nominal."""
    yield Household(
        "First home",
        "250,000 now and 8,000 at months 1..35; 600,000 at month 36.",
        ("home",),
        task(250e3, 8e3, 35, [PolicyGoal(step=36, amount=600e3)], 36, 0.005),
    )
    fees = [PolicyGoal(step=108 + 12 * i, amount=160e3, utility=0.25, stream=0) for i in range(4)]
    yield Household(
        "Education and a car",
        "120,000 now and 4,000 a month for nine years; a car of 165,000 at month 48 (worth half), four yearly fees of "
        "160,000 from month 108.",
        ("car", "fees"),
        task(120e3, 4e3, 108, [PolicyGoal(step=48, amount=165e3, utility=0.5), *fees], 144, 0.01),
    )
    for amount, name in ((290e3, "Home, retirement, bequest"), (380e3, "The same, with more to live on")):
        income = [
            PolicyGoal(step=240 + 12 * i, amount=amount, utility=1.0 / 20.0, stream=0) for i in range(20)
        ]
        yield Household(
            name,
            "600,000 now and 10,000 a month for 20 years; a down payment of 500,000 at month 60 (worth half), 20 "
            f"yearly incomes of {amount:,.0f} from month 240, a bequest of 1,000,000 at month 480 (worth a quarter).",
            ("home", "income", "bequest"),
            task(
                600e3, 10e3, 239,
                [
                    PolicyGoal(step=60, amount=500e3, utility=0.5), *income,
                    PolicyGoal(step=480, amount=1000e3, utility=0.25),
                ],
                480, 0.02,
            ),
        )  # fmt: skip


def figures(policy: Policy) -> list[str]:
    """Success by goal, expected and conditional shortfall, 5 % outcome and breach of a policy, simulated."""
    task = policy.task
    found = walk(policy, PATHS, seed=11)
    streams = [g.stream for g in task.goals]
    groups: dict[object, list[int]] = {}
    for i, stream in enumerate(streams):
        groups.setdefault(("goal", i) if stream is None else ("stream", stream), []).append(i)
    success = [found.paid[:, columns].mean() for columns in groups.values()]
    amounts = np.array([g.cost for g in task.goals])
    outcome = (found.paid @ amounts + found.left) / amounts.sum()
    missing = np.maximum(1.0 - outcome, 0.0) * (found.paid.min(axis=1) < 1.0)
    missed = missing > 0.0
    conditional = f"{missing[missed].mean():.3f}" if missed.any() else "-"
    breach = f"{found.breach.mean(axis=0).max():.3f}" if task.drawdown_limit else f"{_breach(policy):.3f}"
    broken = found.drawdown[found.breach] if task.drawdown_limit else np.zeros(0)
    deep = f"{np.quantile(broken, 0.95):.3f}" if broken.size > 100 else "-"
    return [
        *(f"{p:.3f}" for p in success), f"{missing.mean():.3f}", conditional, f"{np.quantile(outcome, 0.05):.2f}",
        breach, deep,
    ]  # fmt: skip


def _breach(policy: Policy) -> float:
    """Share of paths that would break 12 % in the worst window of a policy made without a limit."""
    return float((walk(policy, PATHS, seed=11).drawdown > 0.12).mean(axis=0).max())


def compared(household: Household) -> Iterator[list[str]]:
    """Rows of one household: dynamic, glide path, fixed mix, 60/40, and dynamic without its limit."""
    task = household.task
    yield ["dynamic", *figures(solve_task(task))]
    simple = replace(task, menu=menu(MIXES)[0])
    yield ["best glide path", *figures(best_glide_path(simple))]
    yield [f"best fixed mix of {MIXES}", *figures(best_fixed_mix(simple))]
    free = {"drawdown_limit": None, "reset_every": None}
    yield ["60/40, breaks the limit", *figures(best_fixed_mix(replace(task, menu=sixty_forty(), **free)))]
    yield ["dynamic without the limit", *figures(solve_task(replace(task, **free)))]


def floors(home: PolicyTask) -> Iterator[list[str]]:
    """Rows of the home under limits on the loss in 2008 and under floors on drawdown and loss together."""
    bound = {"2008": 0.12}
    yield ["2008 at most 12 %: dynamic", *figures(solve_task(replace(home, menu=menu(15, bound)[0])))]
    yield [
        f"2008 at most 12 %: best fixed mix of {MIXES}",
        *figures(best_fixed_mix(replace(home, menu=menu(MIXES, bound)[0]))),
    ]
    loss = menu(15)[1]
    for floor in (0.15, 0.20, 0.25, 0.30, 0.40):
        limited = replace(home, worst_loss=loss, stress_floor=floor)
        yield [f"floor {floor:.2f}: dynamic", *figures(solve_task(limited))]


def table(head: list[str], rows: Iterator[list[str]]) -> str:
    """Return a markdown table."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def rendered() -> str:
    """Return the page."""
    rest = ["expected shortfall", "shortfall if missed", "5 % outcome", "breach", "95 % drawdown if broken"]
    out = [HEAD.format(mixes=MIXES, paths=PATHS)]
    for household in households():
        head = ["policy", *household.names, *rest]
        out.append(f"\n## {household.name}\n\n{household.told}\n\n{table(head, compared(household))}")
        if household.name == "First home":
            out.append(
                "\nThe same home with every mix limited to a loss of 12 % in a replay of 2008, and with a floor F: at\n"
                "drawdown d only mixes whose loss L in 2008 keeps (1 - d)(1 - L) >= 1 - F may be held.\n\n"
                + table(head, floors(household.task))
            )
    return "".join(out)


if __name__ == "__main__":
    PAGE.write_text(rendered(), encoding="utf-8", newline="\n")
