"""What the adviser's desk hands over with a plan: its labels, today's orders, and where the client stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from ...scenarios.market import Market
from ..errors import RequestError
from ..follow import Followed
from ..plan import Alternative, GoalResult, Status
from ..setting import Setting, stress_of
from ..suitability.firm import Firm
from .buckets import Pots, pots_of
from .desk import Desk
from .diagnosis import Diagnosis, GoalChance, diagnose
from .holdings import Book
from .labels import Label, plan_label, product_labels
from .order_types import Orders
from .orders import orders
from .unchanged import if_nothing_changes

_ORDERED = frozenset({"on_target", "at_risk", "off_target"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """Parts of a plan that speak of products.

    Attributes
    ----------
    label, labels
        Of the plan as a whole, and of every product of today's mix.
    orders
        None where a person must look first or there is no plan.
    diagnosis
        None without money today.
    pots
        The plan's money by when it is needed.
    """

    label: Label | None = None
    labels: tuple[Label, ...] = ()
    orders: Orders | None = None
    diagnosis: Diagnosis | None = None
    pots: Pots | None = None


def desk_of(market: Market, firm: Firm) -> Desk:
    """The firm's desk for a market."""
    return Desk(
        market=market,
        assumptions=firm.assumptions_for(market),
        stress=stress_of(market, market.asset_ids),
        shelf=firm.shelf_for(market),
        rules=firm.rules,
    )


def advice(
    setting: Setting,
    followed: Followed,
    status: Status,
    goals: Sequence[GoalResult],
    others: Sequence[Alternative],
) -> Advice:
    """Label, diagnose and order.

    Parameters
    ----------
    followed
        The plan's policy; orders lead to what it holds today.
    status
        The plan's: nothing is ordered of a plan that needs review or is infeasible.
    goals, others
        Judged results, and those of the other policies, today's mix among them.
    """
    desk, request = desk_of(setting.whole_market, setting.firm), setting.request
    menu, products = setting.menu, setting.gate.products
    mix = menu.weights[followed.policy.first]
    target = {a: float(w) for a, w in zip(menu.asset_ids, mix, strict=True) if w > 0.0}
    used = np.unique(np.concatenate([followed.table.hold.ravel(), followed.table.broken.ravel()]))
    return Advice(
        label=plan_label(
            target,
            products,
            desk,
            setting.schedule.months,
            advisory_fee=request.advisory_fee,
            highest_volatility=float(menu.volatility[used].max()),
        ),
        labels=product_labels([products[a] for a in target], desk, setting.schedule.months),
        orders=_orders(setting, target, desk) if status in _ORDERED else None,
        diagnosis=_diagnosis(setting, target, desk, goals, others),
        pots=pots_of(request),
    )


def _orders(setting: Setting, target: dict[str, float], desk: Desk) -> Orders | None:
    """Orders of the first day; what falls due that day is kept out."""
    client = setting.request.client
    due = sum(p.amount for p in setting.schedule.payments if p.month == 0)
    if client.wealth <= 0.0 or setting.request.start is None:
        return None
    return orders(
        client.holdings, client.cash, target, setting.gate, desk, setting.request.start, due_today=due
    )


def _diagnosis(
    setting: Setting,
    target: dict[str, float],
    desk: Desk,
    goals: Sequence[GoalResult],
    others: Sequence[Alternative],
) -> Diagnosis | None:
    client = setting.request.client
    if client.wealth <= 0.0:
        return None
    return diagnose(
        Book(holdings=client.holdings, cash=client.cash),
        setting.gate,
        desk,
        target=target,
        goals=_chances(setting, goals, others),
    )


def _chances(
    setting: Setting, goals: Sequence[GoalResult], others: Sequence[Alternative]
) -> tuple[GoalChance, ...]:
    """Probabilities if nothing changes: those of today's mix among the alternatives, where it could be judged there."""
    planned = [goal.probability.value for goal in goals]
    kept = next((other for other in others if other.policy == "today"), None)
    if kept is None:
        try:
            found = if_nothing_changes(
                setting.request,
                setting.whole_market,
                setting.firm,
                seed=setting.seed,
                paths=setting.paths,
            )
        except RequestError:  # no class of the market stands for money on accounts
            return ()
        return tuple(each.model_copy(update={"planned": p}) for each, p in zip(found, planned, strict=True))
    return tuple(
        GoalChance(
            name=goal.name,
            unchanged=p,
            standard_error=sqrt(p * (1.0 - p) / setting.paths),
            planned=planned[n],
        )
        for n, (goal, p) in enumerate(zip(goals, kept.probabilities, strict=True))
    )
