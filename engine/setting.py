"""The setting of a plan: request, schedule, assumptions, menu and model, prepared once and then only read."""

import datetime as dt
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from ..goals import Contributions, Schedule, build_schedule
from ..goals.edge import Problem, refuse
from ..scenarios.assumptions import Assumptions
from ..scenarios.market import Market
from ..scenarios.model_names import ModelName
from ..scenarios.paths import Model, ReturnPaths, Stream, simulate
from ..scenarios.reference import reference_assumptions
from ..scenarios.stress_set import StressSet, stress_set
from .base_model import base_model
from .carried import Carried, carried
from .findings import Finding, finding
from .menu.attempts import Attempt
from .menu.bounds import InfeasibleBounds
from .menu.menu import SIZE, Menu
from .menu.stressed import stressed_menu
from .objectives import amount_due, expected_amount, policy_goals
from .policy import PolicyGoal
from .request import PlanRequest
from .suitability.firm import Firm
from .suitability.gate import Gate, narrowed, open_assets
from .suitability.matching import gate, within

FloatArray = NDArray[np.float64]

STALE_AFTER = 92  # days between the market's end and the plan's start
CPI = "cpi"
_MARKETS = 8
_OPENED = 64
_SHARED = 4  # sets of paths kept: validation and judge of two plans; 35 MB each at 10,000 x 36 x 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Everything a plan is computed from; `market` and `assumptions` hold only the assets the client may use.

    `kind` is the name of `model` in the registry.
    `emphasis` is the weight of each goal where the policy is made for the required ones (see `serve`), else empty.
    """

    request: PlanRequest
    whole_market: Market
    firm: Firm
    gate: Gate
    market: Market
    assumptions: Assumptions
    schedule: Schedule
    stress: StressSet
    menu: Menu
    kind: ModelName
    model: Model
    seed: int
    paths: int
    findings: tuple[Finding, ...]
    emphasis: tuple[float, ...] = ()

    @property
    def index_growth(self) -> dict[str, float]:
        """Expected growth a year of each index used."""
        return dict(zip(self.assumptions.index_ids, map(float, self.assumptions.index_mean), strict=True))

    @property
    def goals(self) -> tuple[PolicyGoal, ...]:
        """The payments as the policy sees them."""
        return policy_goals(self.request.goals, self.schedule, self.assumptions, self.emphasis)

    @property
    def expected(self) -> FloatArray:
        """(M,) nominal amount of each payment with its index at the expected growth."""
        return np.array([expected_amount(p, self.index_growth) for p in self.schedule.payments])

    @property
    def planned(self) -> FloatArray:
        """(M,) mean nominal amount of each payment that the policy is made for, see `amount_due`."""
        return np.array([amount_due(p, self.assumptions)[0] for p in self.schedule.payments])

    @property
    def wanted(self) -> FloatArray:
        """(n_goals,) wanted probabilities."""
        return np.array([goal.wanted_probability for goal in self.request.goals])

    @property
    def carried(self) -> Carried:
        """What a plan under way brings with it."""
        assert self.request.start is not None
        return carried(self.request.client, self.request.limits, self.request.start)

    @property
    def has_money(self) -> bool:
        """Whether there is money at any time: a plan needs some today or to come."""
        return self.request.client.wealth > 0.0 or bool((self.schedule.inflows > 0.0).any())

    def paying(self, monthly: float | None = None, lump_sum: float = 0.0) -> "Setting":
        """The same setting with another monthly contribution or more money today."""
        request = self.request
        if monthly is not None:
            terms = request.contributions.model_dump() | {"monthly": monthly}
            if terms["monthly"] > 0.0 and not request.contributions.monthly:
                terms["until"] = None  # no day of a last payment was meant where nothing was paid
            request = request.model_copy(update={"contributions": Contributions.model_validate(terms)})
        if lump_sum:
            client = request.client.model_copy(update={"cash": request.client.cash + lump_sum})
            request = request.model_copy(update={"client": client})
        return replace(self, request=request, schedule=schedule_of(request, self.index_growth))

    def paths_of(self, stream: Stream) -> ReturnPaths:
        """Monthly paths of a stream from the plan's seed, shared by every policy that is judged on it."""
        return shared_paths(self.model, self.schedule.months, self.paths, self.seed, stream)


@lru_cache(maxsize=_SHARED)
def shared_paths(model: Model, months: int, paths: int, seed: int, stream: Stream) -> ReturnPaths:
    """Simulated paths, kept for the next policy judged on the same ones: common random numbers."""
    return simulate(model, months, paths, seed, stream)


@lru_cache(maxsize=_SHARED)
def first_paths(paths: ReturnPaths, count: int) -> ReturnPaths:
    """The first `count` of `paths`, kept like them."""
    return replace(paths, assets=paths.assets[:count], indices=paths.indices[:count])


@lru_cache(maxsize=_MARKETS)
def stress_of(market: Market, assets: tuple[str, ...]) -> StressSet:
    """Every stress event for `assets`, told with the whole market: fewer assets would mean fewer stand-ins."""
    return stress_set(market, reference_assumptions(market)).select(assets)


def schedule_of(request: PlanRequest, index_growth: dict[str, float]) -> Schedule:
    """Schedule of a dated request."""
    assert request.start is not None
    return build_schedule(
        request.goals,
        request.contributions,
        request.start,
        request.client.birth_year,
        index_growth=index_growth,
    )


class NoPlan(Exception):  # noqa: N818 - an answer rather than a fault
    """No portfolio is left for the client; `reason` says why, `request` is dated, `months` its horizon.

    `gate` and `findings` are for the record, `attempts` the solvers that were tried.
    """

    def __init__(
        self,
        request: PlanRequest,
        months: int,
        reason: Finding,
        box: Gate,
        findings: tuple[Finding, ...],
        attempts: tuple[Attempt, ...],
    ) -> None:
        super().__init__(reason.text.en)
        self.attempts = attempts
        self.request, self.months, self.reason = request, months, reason
        self.gate, self.findings = box, findings


def prepare(request: PlanRequest, market: Market, seed: int, paths: int, firm: Firm | None = None) -> Setting:
    """Date the request, keep what the client may hold, and build schedule, menu and model.

    `firm` brings shelf, rules and questionnaire; by default each asset class stands for itself.

    Raises
    ------
    NoPlan
        The gate and the limits leave no portfolio.
    pydantic.ValidationError
        The request names something the market lacks; each problem stands at its field.

    """
    firm = firm or Firm()
    request = request.starting(market.as_of + dt.timedelta(days=1))
    assert request.start is not None
    check_names(request, market)
    box = prepare_gate(request, market, firm)
    findings = list(box.findings)
    if (request.start - market.as_of).days > STALE_AFTER:
        findings.append(
            finding("stale_market", as_of=str(market.as_of), start=str(request.start), days=STALE_AFTER)
        )
    assumptions = _assumptions(request, box, market, firm)
    if firm.assumptions is not None:
        findings.append(finding("own_assumptions", name=assumptions.name, as_of=str(assumptions.as_of)))
    stress = stress_of(market, box.allowed or market.asset_ids)
    growth = dict(zip(assumptions.index_ids, map(float, assumptions.index_mean), strict=True))
    schedule = schedule_of(request, growth)
    menu, obstacle, tried = _menu(request, box, market, assumptions, stress, SIZE)
    if menu is None:
        reason = finding("no_portfolio", reason=obstacle)
        raise NoPlan(request, schedule.months, reason, box, tuple(findings), tried)
    open_market = _opened(market, box.allowed)
    kind, model, why = base_model(request.model, open_market, assumptions, daily=_watched(request))
    return Setting(
        request=request,
        whole_market=market,
        firm=firm,
        gate=box,
        market=open_market,
        assumptions=assumptions,
        schedule=schedule,
        stress=stress,
        menu=menu,
        kind=kind,
        model=model,
        seed=seed,
        paths=paths,
        findings=(*findings, why),
    )


def assuming(setting: Setting, assumptions: Assumptions) -> Setting:
    """Return the setting under other assumptions of the same assets and indices: menu and model are made anew.

    Raises
    ------
    NoPlan
        The limits leave no portfolio.

    """
    request, market = setting.request, setting.whole_market
    menu, obstacle, tried = _menu(request, setting.gate, market, assumptions, setting.stress, SIZE)
    if menu is None:
        reason = finding("no_portfolio", reason=obstacle)
        raise NoPlan(request, setting.schedule.months, reason, setting.gate, setting.findings, tried)
    kind, model, _ = base_model(request.model, setting.market, assumptions, daily=_watched(request))
    return replace(setting, assumptions=assumptions, menu=menu, kind=kind, model=model)


def _watched(request: PlanRequest) -> bool:
    """Whether the plan promises something about the days of its drawdown."""
    return request.limits.max_drawdown is not None


def has_portfolio(request: PlanRequest, market: Market, firm: Firm) -> bool:
    """Whether the gate and the limits leave a portfolio to a dated request: that of least variance alone is solved."""
    box = prepare_gate(request, market, firm)
    assumptions = _assumptions(request, box, market, firm)
    stress = stress_of(market, box.allowed or market.asset_ids)
    return _menu(request, box, market, assumptions, stress, 1)[0] is not None


def prepare_gate(request: PlanRequest, market: Market, firm: Firm) -> Gate:
    """What the suitability gate lets through for a dated request, with the firm's rules."""
    return gate(request, market, firm.shelf_for(market), firm.rules, firm.questionnaire)


def _assumptions(request: PlanRequest, box: Gate, market: Market, firm: Firm) -> Assumptions:
    """Assumptions for what the client may hold and the indices that the goals use."""
    whole = firm.assumptions_for(market)
    used = sorted({g.index for g in request.goals if g.index} | ({CPI} & set(whole.index_ids)))
    return _selected(whole, box.allowed, tuple(used)) if box.allowed else whole


@lru_cache(maxsize=_OPENED)
def _selected(whole: Assumptions, assets: tuple[str, ...], indices: tuple[str, ...]) -> Assumptions:
    """Assumptions of some assets and indices, kept: most clients of a level may hold the same."""
    return whole.select(assets, indices)


@lru_cache(maxsize=_OPENED)
def _opened(market: Market, assets: tuple[str, ...]) -> Market:
    """Market of some assets, kept like `_selected`."""
    return market.select(assets)


def _menu(
    request: PlanRequest,
    box: Gate,
    market: Market,
    assumptions: Assumptions,
    stress: StressSet,
    size: int,
) -> tuple[Menu | None, str, tuple[Attempt, ...]]:
    """Menu of what the gate lets through, no portfolio riskier as a whole than the client's level; or why none."""
    if not box.allowed:
        return None, "The suitability gate lets no asset class through.", ()
    limits = narrowed(request.limits, box, market, assumptions)
    model = None
    if limits.cvar is not None:
        model = base_model(request.model, _opened(market, box.allowed), assumptions).model
    try:
        menu = stressed_menu(assumptions, open_assets(box, market), limits, stress, size=size, model=model)
    except InfeasibleBounds as error:
        return None, str(error), error.attempts
    obstacle = "Every portfolio is more volatile than the client's level allows."
    return within(menu, box), obstacle, menu.attempts


def check_names(request: PlanRequest, market: Market) -> None:
    """Refuse what the request names and the market does not have."""
    problems = []
    if request.currency != market.currency:
        text = f"is not the market's currency {market.currency}; give that, or a market in {request.currency}"
        problems.append(Problem(("currency",), request.currency, "currency", text))
    for number, goal in enumerate(request.goals):
        if goal.index is not None and goal.index not in market.index_ids:
            text = f"is not an index of the market {market.name!r}; give one of {', '.join(market.index_ids)}"
            problems.append(Problem(("goals", number, "index"), goal.index, "index", text))
    for number, holding in enumerate(request.client.holdings):
        if holding.asset not in market.asset_ids:
            text = f"is not an asset of the market; give one of {', '.join(market.asset_ids)}"
            problems.append(Problem(("client", "holdings", number, "asset"), holding.asset, "asset", text))
    classes = sorted({a.asset_class for a in market.assets})
    for field, names, known in (
        ("bounds", request.limits.bounds, market.asset_ids),
        ("groups", request.limits.groups, classes),
        (
            "stress",
            request.limits.stress,
            stress_of(market, market.asset_ids).ids if request.limits.stress else (),
        ),
    ):
        for name in names:
            if name not in known:
                text = f"names nothing in the market; give some of {', '.join(known)}"
                problems.append(Problem(("limits", field), name, field, text))
    if problems:
        refuse("PlanRequest", problems)
