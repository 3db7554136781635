"""Long proof: of 100 random levers fed back, 99 reach the wanted probability within 3 standard errors."""

import numpy as np
import pytest
from goalplan.engine.calibrate import calibrated
from goalplan.engine.changes.changes import delayed, growing, scaled
from goalplan.engine.changes.table import other_levers
from goalplan.engine.follow import judged
from goalplan.engine.plan import Lever
from goalplan.engine.request import PlanRequest
from goalplan.engine.required import contribution_levers
from goalplan.engine.results import goal_probabilities
from goalplan.engine.setting import Setting, prepare
from goalplan.scenarios import load_market

PATHS = 2000
CASES = 100


def random_request(rng: np.random.Generator) -> PlanRequest:
    """A home in three to eight years, neither certain nor hopeless, some with a car as a wish or a drawdown limit."""
    years, wealth = int(rng.integers(3, 9)), float(rng.integers(5, 60)) * 1e4
    monthly = float(rng.integers(2, 20)) * 500.0
    cost = (wealth + 12 * years * monthly) * rng.uniform(1.02, 1.25)
    goals = [{"kind": "home", "name": "Home", "due": f"{2026 + years}-05-01", "amount": round(cost, 2)}]
    if rng.random() < 0.3:
        car = {"kind": "purchase", "name": "Car", "due": f"{2025 + years}-05-01", "priority": "wish"}
        goals.append(car | {"amount": round(0.05 * cost, 2)})
    level = f"C{rng.integers(3, 6)}"
    return PlanRequest.model_validate(
        {
            "client": {"risk_level": level, "cash": wealth},
            "goals": goals,
            "contributions": {"monthly": monthly},
            "limits": {"max_drawdown": round(rng.uniform(0.08, 0.25), 2)} if rng.random() < 0.3 else {},
        }
    )


def changed(setting: Setting, lever: Lever) -> Setting:
    assert lever.value is not None
    which = [g for g, goal in enumerate(setting.request.goals) if goal.name in lever.goals]
    if lever.kind == "monthly_contribution":
        return setting.paying(monthly=lever.value)
    if lever.kind == "lump_sum":
        return setting.paying(lump_sum=lever.value)
    if lever.kind == "contribution_growth":
        return growing(setting, lever.value)
    if lever.kind == "delay":
        return delayed(setting, which, round(lever.value))
    return scaled(setting, which, lever.value)


@pytest.mark.verify
def test_ninety_nine_of_a_hundred_levers_fed_back_reach_what_was_wanted() -> None:
    rng = np.random.default_rng(2026)
    fed, reached, missed = 0, 0, []
    while fed < CASES:
        setting = prepare(random_request(rng), load_market(), fed, PATHS)
        solved = calibrated(setting, "dynamic")
        levers = [*contribution_levers(setting, solved, full=True), *other_levers(setting, solved)]
        for lever in levers:
            if lever.value is None or lever.step is None or fed == CASES:
                continue
            again = changed(setting, lever)
            table = calibrated(again, "dynamic").followed.table
            found = goal_probabilities(judged(again, table, "judge"))
            error = np.sqrt(2.0 * found * (1.0 - found) / PATHS)  # validation and judge are two samples
            enough = bool((found >= again.wanted - 3.0 * error).all())
            fed, reached = fed + 1, reached + enough
            missed += [] if enough else [(lever.kind, lever.value, found.tolist())]
    assert reached >= 0.99 * fed, f"{reached} of {fed}; missed: {missed}"
