"""Plans made by hand, in an instant: what they hold is plausible, what they print is exact."""

import datetime as dt
from math import exp, sqrt
from statistics import NormalDist

import numpy as np
import pytest
from goalplan.engine.findings import Finding, Text
from goalplan.engine.plan import (
    Allocation,
    Alternative,
    Band,
    Drawdown,
    Estimate,
    GoalResult,
    Lever,
    Plan,
    Provenance,
    Returns,
    Wealth,
)
from goalplan.engine.policy.table import PolicyTable
from goalplan.engine.record import record
from goalplan.engine.request import PlanRequest

from .desk_parts import START, STRESS, with_desk

LEVELS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
ASSETS = ("cn_cash", "cn_treasury", "cn_credit", "gold", "cn_dividend", "cn_equity_large")
HOME = {"kind": "home", "name": "首套房首付", "due": "2029-05-01", "amount": 600_000.0}


def request_of(goals, contributions, name, holdings, policy, fee):
    return PlanRequest.model_validate(
        {
            "start": START,
            "policy": policy,
            "advisory_fee": fee,
            "client": {"name": name, "risk_level": "C4", "cash": 250_000.0, "holdings": holdings},
            "goals": goals,
            "contributions": contributions,
        }
    )


def table_of(months, menu, policy):
    nodes = 24 if policy == "dynamic" else 1
    hold = np.zeros((months + 1, 1, nodes), dtype=np.int16)
    for t in range(months + 1):
        left = (months - t) / months
        hold[t, 0] = np.clip(np.rint((menu - 1) * left * np.linspace(1.2, 0.4, nodes)), 0, menu - 1)
    return PolicyTable(
        origin=np.full(months + 1, np.log(100_000.0)),
        spacing=0.1,
        hold=hold,
        drawdown_spacing=float("inf"),
        limit=float("inf"),
        broken=np.zeros((months + 1, 0), dtype=np.int16),
        reset_every=0,
        pay=np.ones((1, 1, nodes), dtype=np.int8),
        fractions=np.array([[0.0, 1.0]]),
        payment_month=np.array([months], dtype=np.int64),
    )


def wealth_of(months, monthly):
    paid_in = [250_000.0 + monthly * t for t in range(months + 1)]
    rows = []
    for level in LEVELS:
        z = NormalDist().inv_cdf(level)
        growth = [exp(0.035 * t / 12 + 0.08 * z * sqrt(t / 12)) for t in range(months + 1)]
        rows.append(tuple(round(p * g, 2) for p, g in zip(paid_in, growth, strict=True)))
    real = tuple(tuple(v / 1.02 ** (t / 12) for t, v in enumerate(row)) for row in rows)
    return Wealth(
        nominal=Band(levels=LEVELS, values=tuple(rows)),
        real=Band(levels=LEVELS, values=real),
        paid_in=tuple(paid_in),
        below_paid_in=Estimate(value=0.031, standard_error=0.0017),
    )


def goal_result(asked, number):
    due = asked.due or START
    month = (due.year - START.year) * 12 + due.month - START.month
    probability = round(0.971 - 0.067 * number, 3)
    return GoalResult(
        name=asked.name,
        kind=asked.kind,
        priority=asked.priority,
        due=due,
        month=month,
        payments=1,
        amount=asked.amount,
        expected_amount=asked.amount * 1.02 ** (month / 12) if asked.index else asked.amount,
        wanted_probability=asked.wanted_probability,
        probability=Estimate(value=probability, standard_error=0.0037),
        completion=probability,
        expected_shortfall=asked.amount * (1 - probability) * 0.07,
        funded_ratio=0.97,
        funded_today=0.93,
        conditional_shortfall=asked.amount * 0.063,
        expected_gap=0.063 * (1 - probability),
        conditional_gap=0.063,
        status="on_target" if probability >= asked.wanted_probability else "at_risk",
    )


def make_plan(
    *,
    goals=(HOME,),
    monthly=8_000.0,
    name="林女士",
    holdings=(),
    policy="dynamic",
    assets=ASSETS,
    status="on_target",
    reason=None,
    limit=None,
    prices=(),
    findings=(),
    contributions=None,
    fee=0.0,
    levers=None,
):
    """Return a plan of any status that speaks of all that a full plan speaks of."""
    request = request_of(goals, contributions or {"monthly": monthly}, name, holdings, policy, fee)
    months = max((g.due.year - START.year) * 12 + g.due.month - START.month for g in request.goals if g.due)
    results = tuple(goal_result(goal, n) for n, goal in enumerate(request.goals))
    menu = 7
    weights = np.array([_mix(len(assets), k / (menu - 1)) for k in range(menu)])
    returns, volatilities = np.linspace(0.018, 0.065, menu), np.linspace(0.004, 0.13, menu)
    table = table_of(months, menu, policy)
    first = table.holding(0, 250_000.0)
    code = "drawdown_limit_unattainable" if status == "infeasible" else f"goal_{status}"
    told = reason or Text(
        zh=f"“{results[0].name}”的达成概率为 97.1%。", en=f"“{results[0].name}” is reached with 97.1%."
    )
    made = status != "infeasible"
    return Plan(
        status=status,
        reason=Finding(code=code, severity="info" if made else "conflict", params={}, text=told),
        request=request,
        months=months,
        today=Allocation(
            weights={a: float(w) for a, w in zip(assets, weights[first], strict=True) if w > 0},
            expected_return=float(returns[first]),
            volatility=float(volatilities[first]),
        )
        if made
        else None,
        goals=results,
        wealth=wealth_of(months, monthly) if made else None,
        returns=Returns(median=0.041, low=-0.012, high=0.083) if made else None,
        drawdown=Drawdown(
            daily=True,
            median=0.062,
            high=0.118,
            monthly_high=0.095,
            loss_of_paid_in_high=0.05,
            **(limit or {}),
        )
        if made
        else None,
        stress=STRESS if made else (),
        price_of_limits=tuple(prices),
        levers=levers
        or (
            Lever(
                kind="monthly_contribution",
                now=monthly,
                value=8_460.0,
                probability=Estimate(value=0.853, standard_error=0.0035),
                reaches=True,
                searched_to=33_340.0,
            ),
            Lever(kind="lump_sum", now=0.0, reaches=False, searched_to=1_200_000.0),
        ),
        alternatives=tuple(
            Alternative(
                policy=kind,
                probabilities=tuple(max(g.probability.value - 0.1 * n, 0.0) for g in results),
                feasible=kind != "fixed_mix",
                expected_gaps=tuple(0.002 for _ in results),
                conditional_gaps=tuple(0.06 for _ in results),
                low_wealth=510_000.0 - 9_000.0 * n,
                drawdown_high=0.118 - 0.02 * n,
                breach=0.04,
            )
            for n, kind in enumerate(("dynamic", "glide_path", "fixed_mix", "today"))
        )
        if made
        else (),
        policy=record(table, tuple(assets), weights, returns, volatilities) if made else None,
        findings=tuple(findings),
        provenance=Provenance(
            seed=0,
            paths=10_000,
            model="lognormal with uncertain means",
            market="cn_core",
            market_as_of=dt.date(2026, 4, 30),
            market_digest="7b" * 32,
            assumptions="reference",
            assumptions_digest="49" * 32,
            version="0.1.0",
            numpy="2.4.6",
            numba="0.68.1",
        ),
    )


def _mix(count, risk):
    """Weights that move from the first assets to the last as `risk` goes from 0 to 1."""
    centre = risk * (count - 1)
    raw = np.array([exp(-(((i - centre) / max(count / 4.0, 1.0)) ** 2)) for i in range(count)])
    raw[raw < 0.01] = 0.0
    return raw / raw.sum()


@pytest.fixture(name="with_desk", scope="session")
def _with_desk():
    return with_desk


@pytest.fixture(name="make_plan", scope="session")
def _make_plan():
    return make_plan


@pytest.fixture(scope="session")
def plan():
    """Return an ordinary plan."""
    return make_plan()


@pytest.fixture(scope="session")
def ten_goals():
    """Return ten goals, long names among them, some close together."""
    names = [
        "为女儿准备的海外大学本科四年学费与生活费（含往返机票、住宿以及医疗保险等全部费用，按人民币计算）",
        "换购改善型住房首付款",
        "父母医疗备用",
        "旅行",
        "新能源汽车",
        "婚礼",
        "创业启动资金",
        "装修",
        "进修",
        "给家人的礼物",
    ]
    years = [2038, 2031, 2029, 2027, 2030, 2029, 2034, 2031, 2028, 2036]
    priorities = ["need", "need", "need", "wish", "want", "want", "want", "want", "want", "wish"]
    return [
        {
            "kind": "purchase",
            "name": name,
            "due": f"{year}-0{n % 9 + 1}-01",
            "amount": 1_234_567.0 if n == 0 else 60_000.0 + 10_000.0 * n,
            "priority": priority,
            "index": "cpi" if n % 2 else None,
        }
        for n, (name, year, priority) in enumerate(zip(names, years, priorities, strict=True))
    ]
