"""100 random infeasible requests: the conflict named is infeasible and minimal, every repair feasible, 100 of 100."""

import numpy as np
import pytest
from goalplan.engine.solve import solve_plan
from goalplan.scenarios.market import load_market

from .conftest import HOME, check, request, some_portfolio

PATHS = 400
RISKY = ("cn_equity_large", "cn_equity_small", "hk_equity", "us_nasdaq", "cn_treasury", "cn_credit", "gold")
EPISODES = ("2008", "2015", "2018", "2020-03", "equity_down_40")


def limits_without_portfolio(draw):
    """Random limits, drawn until the risk programmes find no portfolio under them."""
    market = load_market()
    while True:
        limits = {"max_weight": float(draw.choice([0.1, 0.2, 0.35]))}
        chosen = draw.choice(RISKY, size=int(draw.integers(0, 4)), replace=False)
        lows = np.round(draw.uniform(0.05, 0.4, size=len(chosen)), 3)
        limits["bounds"] = {
            str(a): (float(low), float(min(1.0, low + 0.3))) for a, low in zip(chosen, lows, strict=True)
        }
        if draw.random() < 0.5:
            limits["bounds"]["cn_cash"] = (0.0, float(np.round(draw.uniform(0.0, 0.3), 3)))
        if draw.random() < 0.6:
            limits["groups"] = {"equity": (float(np.round(draw.uniform(0.1, 0.7), 2)), 1.0)}
        named = draw.choice(EPISODES, size=int(draw.integers(0, 3)), replace=False)
        limits["stress"] = {str(e): float(np.round(draw.uniform(0.01, 0.2), 3)) for e in named}
        level = str(draw.choice(["C3", "C4", "C5"]))
        try:
            asked = request(limits=limits, client={"risk_level": level, "cash": 250_000.0})
        except ValueError:
            continue  # lowest weights of more than 1 are refused at the edge
        if not some_portfolio(asked.starting(market.as_of)):
            return asked


def limit_out_of_reach(draw):
    """A drawdown limit against a lowest weight of equity."""
    limits = {
        "max_drawdown": float(np.round(draw.uniform(0.02, 0.06), 3)),
        "groups": {"equity": (float(np.round(draw.uniform(0.5, 0.8), 2)), 1.0)},
    }
    return request(limits=limits, policy=str(draw.choice(["fixed_mix", "glide_path"])))


def goal_out_of_reach(draw):
    """One or two required goals that want more than there is, some of them under a drawdown limit."""
    goals = [HOME | {"required": True, "amount": float(np.round(draw.uniform(650_000.0, 800_000.0), -3))}]
    if draw.random() < 0.4:
        goals.append(
            {"kind": "purchase", "name": "Car", "due": "2027-11-01", "amount": 100_000.0, "required": True}
        )
    limited = draw.random() < 0.4
    limits = {"max_drawdown": float(np.round(draw.uniform(0.08, 0.15), 3))} if limited else {}
    policy = "fixed_mix" if limited else str(draw.choice(["fixed_mix", "glide_path", "dynamic"]))
    return request(goals=goals, limits=limits, policy=policy)


KINDS = (limits_without_portfolio,) * 3 + (limit_out_of_reach, goal_out_of_reach)


@pytest.mark.parametrize(
    "number", [pytest.param(n, marks=pytest.mark.verify if n > 2 else ()) for n in range(100)]
)
def test_the_answer_to_a_random_infeasible_request_is_true(number):
    asked = KINDS[number % len(KINDS)](np.random.default_rng(number))
    plan = solve_plan(asked, paths=PATHS)
    check(plan, PATHS)
