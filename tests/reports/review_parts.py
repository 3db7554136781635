"""Reviews made by hand, in an instant."""

import datetime as dt

from goalplan.engine.desk.order_types import Order, Orders
from goalplan.engine.findings import Finding
from goalplan.engine.plan import Allocation, Estimate, Provenance
from goalplan.engine.review.types import (
    Education,
    Event,
    GoalReview,
    Headroom,
    MarketReturn,
    Reason,
    Review,
    Unit,
    WealthSince,
)

from .desk_parts import both, gate_of, label_of

DAY = dt.date(2026, 8, 3)
CODES = ("time", "returns", "contributions", "assumptions", "facts")


def make_review(
    plan, *, advice="orders", changes=(0.006, -0.031, 0.0, 0.004), orders=3, events=(), limits=1, **given
):
    """Return a review of the goals of `plan`, by default one with orders and one limit."""
    goals = tuple(_goal(goal, changes) for goal in plan.goals)
    made = _orders(orders) if advice == "orders" else None
    told = events or (("fall", False), ("drawdown_half_limit", True))
    return Review(
        **{
            "as_of": DAY,
            "month": 3,
            "months": plan.months,
            "plan_digest": "a" * 64,
            "request": plan.request,
            "followed": "stored_policy",
            "advice": advice,
            "status": "at_risk",
            "reason": Finding(
                code="goal_at_risk",
                severity="warning",
                params={},
                text=both("“首套房首付”的达成概率为 82.1%。", "“首套房首付” is reached with 82.1%."),
            ),
            "wealth": WealthSince(
                start=250_000.0,
                paid_in=24_000.0,
                planned_in=24_000.0,
                paid_out=0.0,
                now=268_500.0,
                gain=-5_500.0,
                expected=276_300.0,
                low=262_000.0,
                high=291_000.0,
            ),
            "unit": Unit(
                value=0.979,
                peak=1.012,
                drawdown=0.033,
                deepest=0.041,
                broken=False,
                since=dt.date(2026, 5, 1),
                followed_market=True,
            ),
            "markets": tuple(
                MarketReturn(asset=a, name=both(zh, en), total=total, weight=weight)
                for a, zh, en, total, weight in (
                    ("gold", "黄金", "Gold", 0.021, 0.2),
                    ("cn_equity_large", "沪深300", "China large-cap equity", -0.083, 0.5),
                )
            ),
            "goals": goals,
            "limits": tuple(
                Headroom(
                    id=f"e{n}",
                    name=both(f"情景{n}", f"Episode {n}"),
                    limit=0.12,
                    used=0.033 + 0.01 * n,
                    left=0.087 - 0.01 * n,
                    broken=n == 3,
                )
                for n in range(limits)
            ),
            "hold": Allocation(weights={"gold": 1.0}, expected_return=0.04, volatility=0.1),
            "drift": 0.06,
            "orders": made,
            "label": label_of(),
            "labels": tuple(
                label_of(product=f"{n:06d}", asset="gold", name=both(f"某某黄金{n}", f"Gold fund {n}"))
                for n in range(orders)
            ),
            "events": tuple(
                Event(
                    code=code, early=early, params={}, text=both(f"事件{n}的说明。", f"What event {n} was.")
                )
                for n, (code, early) in enumerate(told)
            ),
            "education": Education(
                id="falls",
                title=both("下跌与回撤", "Falls"),
                text=both("回撤从最高点算起。" * 22, "It is counted from the peak. " * 20),
            ),
            "tier": gate_of().tier,
            "next_review": dt.date(2026, 11, 3),
            "provenance": Provenance(**dict(plan.provenance)),
            **given,
        }
    )


def _goal(goal, changes):
    now = Estimate(value=0.821, standard_error=0.0038)
    moved = changes is not None
    return GoalReview(
        name=goal.name,
        priority=goal.priority,
        due=goal.due,
        months=max(goal.month - 3, 0),
        amount=goal.amount,
        wanted_probability=goal.wanted_probability,
        then=Estimate(value=now.value - sum(changes), standard_error=0.003) if moved else None,
        now=now,
        status="at_risk",
        reasons=tuple(
            Reason(code=code, change=change, text=both("原因", "Reason"))
            for code, change in zip(CODES, changes or (), strict=False)
        ),
        expected_shortfall=9_000.0,
        conditional_shortfall=41_000.0,
    )


def _orders(count):
    listed = tuple(
        Order(side="buy", product=f"{n:06d}", asset="gold", amount=1_000_000 + n, cost=500)
        for n in range(1, count)
    )
    sold = Order(
        side="sell", asset="cn_cash", account="某某银行", amount=2_000_000, cost=0, redemption_fee=700
    )
    return Orders(
        on=DAY,
        orders=(*listed, sold),
        waiting=(),
        before={},
        after={},
        target={},
        cash_before=0,
        cash_after=12_345,
        cash_needed=0,
        charges=1_700,
        tracking_error_before=0.05,
        tracking_error=0.003,
        bound=0.01,
        findings=(),
    )
