"""Infeasible requests, and the checks that what a plan says of them is true."""

import numpy as np
from goalplan.engine.infeasible.conflict import without
from goalplan.engine.infeasible.demands import eased
from goalplan.engine.infeasible.explain import read_demands
from goalplan.engine.menu.bounds import menu_bounds
from goalplan.engine.request import PlanRequest
from goalplan.engine.risk import Constraints, Limit, minimise_risk
from goalplan.engine.setting import prepare_gate, stress_of
from goalplan.engine.solve import solve_plan
from goalplan.engine.suitability.firm import Firm
from goalplan.engine.suitability.gate import narrowed, open_assets
from goalplan.scenarios import reference_assumptions
from goalplan.scenarios.market import load_market

HOME = {"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}


def request(**changes):
    given = {
        "client": {"risk_level": "C4", "cash": 250_000.0},
        "goals": [HOME],
        "contributions": {"monthly": 8_000.0},
    }
    return PlanRequest.model_validate(given | changes)


def some_portfolio(dated):
    """Whether the risk programmes find a portfolio: another solver and other code than the menu's.

    Rows of plus and minus the columns of a Cholesky factor have the menu's covariance exactly.
    """
    market = load_market()
    box = prepare_gate(dated, market, Firm())
    if not box.allowed:
        return False
    whole = reference_assumptions(market)
    assumptions = whole.select(box.allowed, ())
    try:
        limits = narrowed(dated.limits, box, market, whole)
        bounds = menu_bounds(open_assets(box, market), limits, assumptions.max_weight)
    except ValueError:
        return False
    stress = stress_of(market, box.allowed)
    rows = [
        "".join(f"{c:+.17g} {a} " for a, c in zip(box.allowed, row, strict=True) if c).lstrip("+")
        + f"<= {end:.17g}"
        for row, end in zip(bounds.rows, bounds.row_limits, strict=True)
    ]
    N = len(box.allowed)
    mean, covariance = assumptions.monthly_log_moments()
    fee = np.array([asset.fee for asset in market.select(box.allowed).assets])
    gross = (1.0 - fee / 12.0) * np.exp(mean[:N] + 0.5 * np.diag(covariance[:N, :N]))
    factor = np.linalg.cholesky(np.outer(gross, gross) * np.expm1(covariance[:N, :N]))
    found = minimise_risk(
        "variance",
        np.sqrt(N) * np.vstack([factor.T, -factor.T]),
        limits=[
            Limit(measure="max_drawdown", at_most=most, name=name, scenarios=stress.get(name).returns)
            for name, most in dated.limits.stress.items()
        ],
        constraints=Constraints(assets=box.allowed, lower=bounds.lower, upper=bounds.upper, rows=rows),
    )
    if found.status != "optimal":
        return False
    volatility = np.sqrt(12.0 * np.log1p(found.value / (found.weights @ gross) ** 2))
    return box.max_volatility is None or bool(volatility <= box.max_volatility)


def check(plan, paths):
    """Every conflict is infeasible and minimal, every repair feasible and the step before it not; count of repairs."""
    market = load_market()
    assert plan.status == "infeasible"
    assert plan.conflicts
    base, wanted = read_demands(plan.request, market, Firm())

    def feasible(asked, *, portfolios):
        if portfolios:
            return some_portfolio(asked)
        return solve_plan(asked, market, paths=paths, detail="core").status != "infeasible"

    for conflict in plan.conflicts:
        named = {demand.key for demand in conflict.demands}
        members = [demand for demand in wanted if demand.key in named]
        assert len(members) == len(named)
        others = [demand for demand in wanted if demand.key not in named]
        portfolios = conflict.sample == "portfolios"
        assert not feasible(without(base, others), portfolios=portfolios), f"{named} can be met"
        for member in members:
            rest = without(base, [*others, member])
            assert feasible(rest, portfolios=portfolios), f"{member.key} is not needed in {named}"
    mended = [repair for repair in plan.repairs if repair.value is not None]
    for repair in mended:
        changed = eased(base, repair.assignment)
        assert changed is not None
        assert feasible(changed, portfolios=False), f"{repair.assignment} does not mend it"
        if repair.just_short != repair.now:
            shorter = eased(base, repair.assignment.replace(_tail(repair.value), _tail(repair.just_short)))
            assert shorter is not None
            assert shorter != changed
            assert not feasible(shorter, portfolios=False), f"{repair.just_short} would do for {repair.key}"
    return len(mended)


def _tail(value):
    return value if isinstance(value, str) else repr(float(value))
