"""``solve_plan``: one request in, one judged plan out."""

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.metadata import version
from typing import Literal

import numpy as np

from ..scenarios.assumptions import Assumptions
from ..scenarios.market import Market, load_market
from ..scenarios.stress_set import StressSet
from .changes.curves import curves
from .changes.table import other_levers
from .compare import alternatives
from .desk.advice import Advice, advice
from .findings import Finding, Text, finding
from .follow import Followed, judged
from .infeasible.explain import explain_infeasible
from .infeasible.types import Conflict, Repair
from .menu.attempts import Attempt
from .menu.year_loss import year_loss
from .model_spread import model_spread
from .plan import Allocation, Drawdown, GoalResult, Plan, Provenance, SolverRun, Status, StressLoss
from .prices import price_of_limits
from .record import record
from .request import PlanRequest
from .required import contribution_levers
from .results import drawdown_figures, goal_results, return_figures, wealth_figures
from .serve import Served, serve
from .setting import NoPlan, Setting, prepare
from .suitability.firm import Firm
from .told.standings import standings, surfaces

_MIXES = 256
_version = cache(version)  # reads a file


def solve_plan(
    request: PlanRequest,
    market: Market | None = None,
    *,
    seed: int = 0,
    paths: int = 10_000,
    detail: Literal["core", "full"] = "full",
    firm: Firm | None = None,
) -> Plan:
    """Make the plan for `request`: gate, schedule, scenarios, menu, policy, judge, levers.

    The policy is made on the model's moments, tuned on validation paths and reported on judge paths that were
    never used to choose. The same request, market, seed and paths give the same plan, byte for byte.

    Parameters
    ----------
    request
        What the client asks for.
    market
        The embedded market by default.
    seed
        0 to 2^64 - 1.
    paths
        Paths of each stream, at least 100.
    detail
        ``"core"``: policy, judge and required monthly contribution. ``"full"``: also the lump sum, the simpler
        policies and today's mix on the same paths, the same policy under every other return model, the price of each
        limit, and what the adviser's desk hands
        over: risk labels, today's orders, the diagnosis of what is held, the four pots.
    firm
        Its product shelf, suitability rules and questionnaire; by default each asset class of the market stands
        for itself, under the rules of mainland China. Also what it expects of markets (`Firm.assumptions`), its views
        included; by default the reference set.

    Returns
    -------
    Plan

    Raises
    ------
    pydantic.ValidationError
        The request does not fit the market or its dates; each problem names its field.
    DataError
        The market has too little history.
    SolverError
        A solver failed numerically.

    """
    if paths < 100:
        raise ValueError(f"paths is {paths}; give at least 100, since a probability is counted on them")
    market = load_market() if market is None else market

    def explained(
        dated: PlanRequest, served: Served | None = None
    ) -> tuple[tuple[Conflict, ...], tuple[Repair, ...]]:
        if detail == "core":
            return (), ()
        return explain_infeasible(dated, market, seed=seed, paths=paths, firm=firm, served=served)

    try:
        setting = prepare(request, market, seed, paths, firm)
    except NoPlan as answer:
        conflicts, repairs = explained(answer.request)
        return Plan(
            status="infeasible",
            reason=answer.reason,
            request=answer.request,
            months=answer.months,
            suitability=answer.gate,
            findings=answer.findings,
            conflicts=conflicts,
            repairs=repairs,
            provenance=provenance(
                market, (firm or Firm()).assumptions_for(market), "none", seed, paths, answer.attempts
            ),
        )
    served = serve(setting, setting.request.policy)
    setting, solved = served.setting, served.solved
    followed, limited = solved.followed, setting.request.limits.max_drawdown is not None
    outcome = judged(setting, followed.table, "judge", daily=limited or detail == "full")
    goals = goal_results(setting, outcome)
    drawdown = drawdown_figures(setting, outcome, followed.policy)
    status, reason = verdict(served, goals)
    conflicts, repairs = explained(setting.request, served) if status == "infeasible" else ((), ())
    full = detail == "full"
    levers = contribution_levers(setting, solved, full=full) if solved.kept else ()
    others = alternatives(setting, solved) if full else ()
    models, doubts = model_spread(setting, followed.table, outcome) if full else ((), ())
    desk = advice(setting, followed, status, goals, others) if full else Advice()
    return Plan(
        status=status,
        reason=reason,
        request=setting.request,
        months=setting.schedule.months,
        today=allocation(setting, followed),
        goals=goals,
        wealth=wealth_figures(setting, outcome),
        returns=return_figures(outcome),
        drawdown=drawdown,
        stress=stress_losses(setting, followed),
        levers=(*levers, *other_levers(setting, solved)) if full and levers else levers,
        standings=standings(setting, followed.table, outcome) if full else (),
        surfaces=surfaces(setting, followed.table, outcome) if full else (),
        curves=curves(setting, solved, levers[0]) if full and levers else (),
        alternatives=others,
        models=models,
        price_of_limits=price_of_limits(setting) if full else (),
        conflicts=conflicts,
        repairs=repairs,
        policy=record(
            followed.table,
            setting.menu.asset_ids,
            setting.menu.weights,
            setting.menu.mean - setting.request.advisory_fee,
            setting.menu.volatility,
        ),
        findings=(*setting.findings, *limit_findings(drawdown), *doubts),
        suitability=setting.gate,
        label=desk.label,
        labels=desk.labels,
        orders=desk.orders,
        diagnosis=desk.diagnosis,
        pots=desk.pots,
        provenance=provenance(
            market, setting.assumptions, setting.model.name, seed, paths, setting.menu.attempts
        ),
    )


def verdict(served: Served, goals: tuple[GoalResult, ...]) -> tuple[Status, Finding]:
    """Status of the worst need, else of the worst want, else of the worst wish; with the reason."""
    setting, solved = served.setting, served.solved
    limits = setting.request.limits
    if setting.gate.needs_review:
        return "needs_review", finding("needs_review", count=len(setting.gate.refused))
    if not solved.kept and limits.max_drawdown is not None:
        peak = limits.measured_from == "peak"
        return "infeasible", finding(
            "drawdown_limit_unattainable" if peak else "paid_in_limit_unattainable",
            limit=limits.max_drawdown,
            confidence=limits.confidence,
            least=solved.breach,
        )
    for number, share in served.missed.items():
        asked = setting.request.goals[number]
        return "infeasible", finding(
            "required_goal_missed", goal=asked.name, probability=share, wanted=asked.wanted_probability
        )
    return goal_verdict(goals)


def goal_verdict(goals: Sequence[GoalResult]) -> tuple[Status, Finding]:
    """Verdict of the goals alone: status of the worst need, else of the worst want, else of the worst wish."""

    def margin(goal: GoalResult) -> float:
        return goal.probability.value - goal.wanted_probability

    def told(code: str, goal: GoalResult) -> Finding:
        return finding(
            code, goal=goal.name, probability=goal.probability.value, wanted=goal.wanted_probability
        )

    first = min(("need", "want", "wish").index(goal.priority) for goal in goals)
    worst = min(
        (goal for goal in goals if ("need", "want", "wish").index(goal.priority) == first), key=margin
    )
    return worst.status, told(f"goal_{worst.status}", worst)


def limit_findings(drawdown: Drawdown) -> tuple[Finding, ...]:
    """What to say of the drawdown limit: what happens after a breach, and a judged share above the allowance."""
    share = drawdown.promised_breach
    if drawdown.limit is None or drawdown.confidence is None or share is None:
        return ()
    found = []
    if drawdown.measured_from == "peak":
        found.append(finding("policy_uses_lowest_risk_after_breach", limit=drawdown.limit))
    allowance = 1.0 - drawdown.confidence
    if share.value > allowance + 3.0 * share.standard_error:
        found.append(finding("breach_above_allowance", share=share.value, allowance=allowance))
    return tuple(found)


def stress_losses(setting: Setting, followed: Followed) -> tuple[StressLoss, ...]:
    """Loss of today's mix in every named episode and shock."""
    limits = setting.request.limits.stress
    losses = _losses(setting.stress, setting.menu.weights[followed.policy.first].tobytes())
    return tuple(
        StressLoss(
            id=path.id,
            name=Text(zh=path.name_zh, en=path.name_en),
            loss=loss,
            limit=limits.get(path.id),
            proxy=path.proxy,
        )
        for path, loss in zip(setting.stress.paths, losses, strict=True)
    )


@lru_cache(maxsize=_MIXES)
def _losses(stress: StressSet, mix: bytes) -> tuple[float, ...]:
    """Loss of a mix in every event, kept: clients of one menu share its portfolios."""
    weights = np.frombuffer(mix)
    return tuple(path.loss(weights) for path in stress.paths)


def allocation(setting: Setting, followed: Followed) -> Allocation:
    """Mix to hold today and what it promises for a year, net of fees."""
    k, menu, limits = followed.policy.first, setting.menu, setting.request.limits
    cvar = None
    if limits.cvar is not None:
        year = year_loss(setting.model, tuple(map(float, menu.fee)), limits.confidence)
        cvar = float(year.mean_of_worst(menu.weights[k : k + 1])[0])
    return Allocation(
        weights={a: float(w) for a, w in zip(menu.asset_ids, menu.weights[k], strict=True) if w > 0.0},
        expected_return=float(menu.mean[k]) - setting.request.advisory_fee,
        volatility=float(menu.volatility[k]),
        cvar=cvar,
    )


def provenance(
    market: Market,
    assumptions: Assumptions,
    model: str,
    seed: int,
    paths: int,
    attempts: tuple[Attempt, ...] = (),
) -> Provenance:
    """What the plan was made from."""
    return Provenance(
        seed=seed,
        paths=paths,
        model=model,
        market=market.name,
        market_as_of=market.as_of,
        market_digest=market.digest,
        assumptions=assumptions.name,
        assumptions_digest=assumptions.digest,
        version=_version("goalplan"),
        numpy=_version("numpy"),
        numba=_version("numba"),
        solvers=tuple(SolverRun(solver=a.solver, outcome=a.outcome, count=a.times) for a in attempts),
    )
