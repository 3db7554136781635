"""The plan: a value that says what to hold, what it achieves and how it was found."""

import datetime as dt
from typing import Literal, Self

from ..goals.edge import EdgeModel
from ..scenarios.model_names import ModelName
from .changes.types import Curve
from .changes.types import Lever as Lever
from .desk.buckets import Pots
from .desk.diagnosis import Diagnosis
from .desk.labels import Label
from .desk.order_types import Orders
from .estimate import Estimate as Estimate
from .findings import Finding, Text
from .infeasible.types import Conflict, Repair
from .record import PolicyRecord
from .request import PlanRequest
from .suitability.gate import Gate
from .told.types import Standing, Surface

Status = Literal["on_target", "at_risk", "off_target", "infeasible", "needs_review"]


class GoalResult(EdgeModel):
    """What the plan achieves of one goal on the judge paths.

    Attributes
    ----------
    amount
        As asked: money of the start if indexed, all payments of a stream together.
    expected_amount
        Nominal, with the index at its expected growth.
    probability
        Every payment of the goal is made in full.
    completion
        Mean share of the amount that is paid.
    funded_ratio
        Mean share of the amount for which the money was there, paid or not.
    funded_today
        Money now and to come, discounted at the long-run cash rate, over the goal's cost and that of all goals due
        before it: 1 means that cash alone would do.
    expected_shortfall, conditional_shortfall
        Nominal money not funded: mean over all paths, and over those that miss the goal; 0 where none does.
    expected_gap, conditional_gap
        The same as shares of the amount.

    """

    name: str
    kind: str
    priority: Literal["need", "want", "wish"]
    due: dt.date
    month: int
    payments: int
    amount: float
    expected_amount: float
    wanted_probability: float
    probability: Estimate
    completion: float
    funded_ratio: float
    funded_today: float
    expected_shortfall: float
    conditional_shortfall: float
    expected_gap: float
    conditional_gap: float
    status: Status


class Allocation(EdgeModel):
    """A mix of assets and what it promises for a year.

    Attributes
    ----------
    weights
        By asset id; they sum to 1. Only assets that are held.
    expected_return
        Arithmetic mean a year, net of product and advisory fees.
    volatility
        Standard deviation a year.
    cvar
        Mean loss of a year in the worst ``1 - confidence`` of simulated years; with ``limits.cvar`` only.

    """

    weights: dict[str, float]
    expected_return: float
    volatility: float
    cvar: float | None = None


class Band(EdgeModel):
    """Percentiles by month; row i of `values` belongs to ``levels[i]``."""

    levels: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]


class Wealth(EdgeModel):
    """Wealth after money in and payments, by month 0..T.

    Attributes
    ----------
    nominal, real
        Percentiles of money, and of money of the start.
    paid_in
        Nominal money paid in so far, that of the start included.
    below_paid_in
        Probability of ending below the money paid in, payments made counted as kept.

    """

    nominal: Band
    real: Band
    paid_in: tuple[float, ...]
    below_paid_in: Estimate


class Returns(EdgeModel):
    """Money-weighted return of the plan a year, net of costs and fees: median and 5th and 95th percentile."""

    median: float
    low: float
    high: float


class Drawdown(EdgeModel):
    """Maximum drawdown of the unit value (flows taken out) over the plan.

    `quantiles` are those at `levels`. They, `median`, `high` (95th percentile) and the breach shares are measured daily
    where the model has days, else by month; `monthly_high` sees month ends only. `breach` is the share of paths that
    break the limit in some window, `breach_monthly` the same seen at month ends, `window_breach` in the worst single
    window, and `all_time_breach` from the all-time peak. `lattice_breach` is how often the policy breaks it by its own
    lattice, which sees months, no costs and certain parameters: so seldom that the promise holds on the paths.
    `loss_of_paid_in_high` is the 95th percentile of the largest share of the money paid in that was lost, and
    `paid_in_breach` the share of paths on which that is more than the limit. The promise is about `window_breach` or,
    where `measured_from` is ``"paid_in"``, about `paid_in_breach`.
    """

    daily: bool
    levels: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()
    median: float
    high: float
    monthly_high: float
    loss_of_paid_in_high: float
    limit: float | None = None
    measured_from: Literal["peak", "paid_in"] = "peak"
    confidence: float | None = None
    lattice_breach: float | None = None
    window_breach: Estimate | None = None
    breach: Estimate | None = None
    breach_monthly: Estimate | None = None
    all_time_breach: Estimate | None = None
    given_breach_mean: float | None = None
    given_breach_high: float | None = None
    paid_in_breach: Estimate | None = None

    @property
    def promised_breach(self) -> Estimate | None:
        """The share of paths that the limit is a promise about; None without a limit."""
        return self.paid_in_breach if self.measured_from == "paid_in" else self.window_breach


class Alternative(EdgeModel):
    """The same goals under a simpler policy, judged on the same paths.

    Attributes
    ----------
    policy
        ``"today"`` holds on to what is held today.
    feasible
        Whether the limits can be kept.
    probabilities, expected_gaps, conditional_gaps
        Of each goal: paid in full; mean share of the amount that is missing, over all paths and over those that miss.
    low_wealth
        5th percentile of wealth before the last payment, nominal.
    drawdown_high, breach
        95th percentile of the maximum drawdown, and share of the paths that break the drawdown limit.

    """

    policy: Literal["dynamic", "glide_path", "fixed_mix", "today"]
    feasible: bool
    probabilities: tuple[float, ...]
    expected_gaps: tuple[float, ...]
    conditional_gaps: tuple[float, ...]
    low_wealth: float
    drawdown_high: float
    breach: float | None = None


class ModelOutlook(EdgeModel):
    """What the plan's policy achieves where another return model is true.

    Attributes
    ----------
    model
        Its name in a request.
    title, name
        In words, and in full with what was fitted.
    paths
        Paths it was judged on.
    probabilities
        Of each goal, in the order of the goals.
    drawdown_high, breach
        95th percentile of the maximum drawdown, by day, and share of paths that break the drawdown limit in the worst
        single window; None without a limit.

    """

    model: ModelName
    title: Text
    name: str
    paths: int
    probabilities: tuple[Estimate, ...]
    drawdown_high: float | None = None
    breach: Estimate | None = None


class StressLoss(EdgeModel):
    """Loss of today's mix in one named episode or shock, and the limit on it if there is one."""

    id: str
    name: Text
    loss: float
    limit: float | None = None
    proxy: bool


class LimitPrice(EdgeModel):
    """What one limit costs: the probabilities and the required monthly contribution without it."""

    limit: str
    probabilities: tuple[float, ...]
    required_monthly: float | None = None


class SolverRun(EdgeModel):
    """A solver that was tried for the menu of portfolios: how it ended, and how often."""

    solver: str
    outcome: str
    count: int


class Provenance(EdgeModel):
    """Everything needed to make the same plan again, and every solver that was tried for it."""

    seed: int
    paths: int
    model: str
    market: str
    market_as_of: dt.date
    market_digest: str
    assumptions: str
    assumptions_digest: str
    version: str
    numpy: str
    numba: str
    solvers: tuple[SolverRun, ...] = ()


class Plan(EdgeModel):
    """The answer to a `PlanRequest`: what to hold, what that reaches, how surely, and how it was found.

    Goals, wealth, returns and drawdown are measured on the judge paths, which chose nothing. An infeasible plan has
    neither a policy nor figures; one that needs review has figures within the client's own level, and no orders.

    Attributes
    ----------
    status, reason
        ``"on_target"``: the worst need has its wanted probability; ``"at_risk"``: within 15 points of it;
        ``"off_target"``: below; ``"infeasible"``: no policy meets limits and required goals; ``"needs_review"``:
        something unsuitable was asked for, a person decides. And why, in words.
    request
        What was asked, with its start.
    months
        The horizon T.
    today
        The mix to hold now.
    goals
        In the order of the request.
    wealth, returns, drawdown
        Percentiles of the money by month, the money-weighted return, the falls on the way.
    stress
        What today's mix loses in every named episode and shock.
    price_of_limits
        What each limit costs; ``detail="full"``.
    levers, curves
        Single changes that reach the wanted probability, and the probability by contribution and date; ``"core"`` has
        the monthly contribution alone.
    standings, surfaces
        What would be held later, behind, on track and ahead; the risk of the mix by month and wealth.
    alternatives
        Simpler policies and today's holdings on the same paths.
    models
        The same policy where another return model is true, the plan's own first; ``detail="full"``.
    conflicts, repairs
        Of an infeasible plan at ``detail="full"``: demands that cannot be met together, and per lever the smallest
        change that makes it feasible.
    policy
        What to hold by month, wealth and drawdown; `hold` reads it.
    suitability
        What the firm's rules let through and what they refused.
    label, labels, orders, diagnosis, pots
        What the adviser's desk hands over on the first day: risk labels of the plan and of each product, orders, what
        is held today, the four pots; ``detail="full"``.
    findings
        What a reader must know.
    provenance
        What makes the same plan again.

    """

    schema_version: Literal[1] = 1
    status: Status
    reason: Finding
    request: PlanRequest
    months: int
    today: Allocation | None = None
    goals: tuple[GoalResult, ...] = ()
    wealth: Wealth | None = None
    returns: Returns | None = None
    drawdown: Drawdown | None = None
    stress: tuple[StressLoss, ...] = ()
    price_of_limits: tuple[LimitPrice, ...] = ()
    levers: tuple[Lever, ...] = ()
    curves: tuple[Curve, ...] = ()
    standings: tuple[Standing, ...] = ()
    surfaces: tuple[Surface, ...] = ()
    alternatives: tuple[Alternative, ...] = ()
    models: tuple[ModelOutlook, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    repairs: tuple[Repair, ...] = ()
    policy: PolicyRecord | None = None
    suitability: Gate | None = None
    label: Label | None = None
    labels: tuple[Label, ...] = ()
    orders: Orders | None = None
    diagnosis: Diagnosis | None = None
    pots: Pots | None = None
    findings: tuple[Finding, ...] = ()
    provenance: Provenance

    def hold(
        self, month: int, wealth: float, drawdown: float = 0.0, broken: bool = False
    ) -> dict[str, float]:
        """Weights by asset id to hold from `month` on, at `wealth` after that month's money in and payments.

        Parameters
        ----------
        month
            0..T-1.
        wealth
            Money in the plan, not negative.
        drawdown
            Fraction below the peak of the unit value since the last reset.
        broken
            True once the drawdown limit has been broken in this window.

        Raises
        ------
        ValueError
            The plan has no policy (infeasible, needs review), or an argument is out of range.

        """
        if self.policy is None:
            raise ValueError(f"the plan is {self.status} and has no policy to follow; see plan.reason")
        return self.policy.hold(month, wealth, drawdown, broken)

    def to_json(self) -> str:
        """JSON text; `from_json` gives back an equal plan."""
        return self.model_dump_json(exclude_none=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a plan back; raises pydantic.ValidationError on anything else."""
        return cls.model_validate_json(text)
