"""The review of a plan under way: a value that a client letter is drawn from."""

from typing import Literal, Self

from ...goals.edge import Day, EdgeModel
from ..desk.diagnosis import ClassLine
from ..desk.labels import Label
from ..desk.order_types import Orders
from ..findings import Finding, Text, Value
from ..plan import Allocation, Estimate, Plan, Provenance, Status
from ..request import PlanRequest
from ..suitability.ruleset import Tier

Advice = Literal["do_nothing", "orders", "person"]
ReasonCode = Literal["time", "returns", "contributions", "assumptions", "facts"]


class WealthSince(EdgeModel):
    """Money of the plan since its start, nominal.

    Attributes
    ----------
    start
        On the plan's first day.
    paid_in, planned_in
        Contributions since then, and what the plan asked for.
    paid_out
        Goals that were paid since then.
    now
        Everything that is held, money on accounts included.
    gain
        ``now - start - paid_in + paid_out``: what markets, costs and fees made of it.
    expected, low, high
        Median, 5th and 95th percentile that the plan gave for this month when it was made.
    """

    start: float
    paid_in: float
    planned_in: float
    paid_out: float
    now: float
    gain: float
    expected: float
    low: float
    high: float


class Unit(EdgeModel):
    """Unit value of the plan, flows taken out, 1 on its first day.

    Attributes
    ----------
    value
        Today. Between valuations it follows the mix of the policy on the market's levels, with one constant drift
        that leads it to what is held today.
    peak
        Highest since `since`, the plan's start or its latest reset; `drawdown` is the fall from it.
    deepest
        Largest drawdown since `since`; `broken` where it passed the plan's limit.
    next_reset
        Day on which the peak starts afresh; None without a drawdown limit or after the last one.
    followed_market
        False where the market's data end before the plan began, so that only valuations are known.
    """

    value: float
    peak: float
    drawdown: float
    deepest: float
    broken: bool
    since: Day
    next_reset: Day | None = None
    followed_market: bool


class MarketReturn(EdgeModel):
    """What one asset class returned since the plan's start; `weight` is what the plan held of it at first, if any."""

    asset: str
    name: Text
    total: float
    weight: float


class Reason(EdgeModel):
    """One part of the change of a probability; the parts of a goal sum to ``now - then``.

    Attributes
    ----------
    code
        ``"time"``: had everything gone as the plan's median. ``"returns"``: markets, prices and the drawdown they
        brought. ``"contributions"``: what was paid in beside what was planned. ``"assumptions"``: what is assumed
        of markets from here on. ``"facts"``: changed goals or facts of the client, and the new plan for them.
    change
        In probability, 0.02 for two points.
    """

    code: ReasonCode
    change: float
    text: Text


class GoalReview(EdgeModel):
    """A goal that is not yet paid: probability then and now.

    Attributes
    ----------
    months
        Until its first payment to come.
    amount
        Nominal, payments to come, with the index as it was until today and at its expected growth from here on.
    then
        As the plan said; None for a goal that is new.
    reasons
        Why it changed; empty for a goal that is new.
    expected_shortfall, conditional_shortfall
        Nominal money missing: mean over all paths, and over those that miss the goal.
    """

    name: str
    priority: Literal["need", "want", "wish"]
    due: Day
    months: int
    amount: float
    wanted_probability: float
    then: Estimate | None = None
    now: Estimate
    status: Status
    reasons: tuple[Reason, ...] = ()
    expected_shortfall: float
    conditional_shortfall: float


class Headroom(EdgeModel):
    """One limit: how much of it is used today, and what is left.

    Attributes
    ----------
    id
        ``"max_drawdown"``, or the id of a named episode or shock.
    used
        Drawdown from the peak; for an episode, the loss of what is held today in its replay.
    """

    id: str
    name: Text
    limit: float
    used: float
    left: float
    broken: bool


class Event(EdgeModel):
    """Something that happened, told calmly; `early` events are reasons to review before the next date.

    `code` is a key of ``engine/review/texts.toml``.
    """

    code: str
    early: bool
    params: dict[str, Value]
    text: Text


class Education(EdgeModel):
    """One note for the client, chosen by the weightiest event and the depth of the client's service."""

    id: str
    title: Text
    text: Text


class Review(EdgeModel):
    """A plan under way on one day.

    Attributes
    ----------
    as_of, month, months
        The day, the plan month that it lies in, and the plan's horizon.
    plan_digest
        SHA-256 of the JSON of the plan that is reviewed.
    request
        What the plan asks from here on: what is held now, goals and contributions to come, unit value and peak
        carried (`Client.unit_value`, `Client.unit_peak`).
    followed
        ``"stored_policy"``, or ``"new_plan"`` where facts changed: then `new_plan` holds it.
    advice
        ``"do_nothing"``, ``"orders"``, or ``"person"`` where someone must look first.
    status, reason
        As those of a plan.
    wealth, unit, markets
        Money now against what was planned, unit value with its peak and drawdown, and what each asset earned.
    goals
        Probability then and now, and the parts of the change.
    goals_paid
        Names of goals whose last payment fell due since the start.
    hold
        What the policy holds now.
    drift, classes
        Half the sum of absolute differences from `hold`, and line by line.
    limits
        How much of each limit is used.
    orders
        None where a person must look first.
    label, labels
        Risk labels of the mix and of the products bought.
    events, education
        What happened since, the weightiest first, and the note that goes with it.
    tier, next_review
        The client's service, and the date that follows from it.
    findings, provenance
        As those of a plan.
    new_plan
        None where the stored policy is followed on.

    """

    schema_version: Literal[1] = 1
    as_of: Day
    month: int
    months: int
    plan_digest: str
    request: PlanRequest
    followed: Literal["stored_policy", "new_plan"]
    advice: Advice
    status: Status
    reason: Finding
    wealth: WealthSince
    unit: Unit
    markets: tuple[MarketReturn, ...] = ()
    goals: tuple[GoalReview, ...]
    goals_paid: tuple[str, ...] = ()
    limits: tuple[Headroom, ...] = ()
    hold: Allocation | None = None
    drift: float | None = None
    classes: tuple[ClassLine, ...] = ()
    orders: Orders | None = None
    label: Label | None = None
    labels: tuple[Label, ...] = ()
    events: tuple[Event, ...]
    education: Education
    tier: Tier
    next_review: Day
    findings: tuple[Finding, ...] = ()
    provenance: Provenance
    new_plan: Plan | None = None

    def to_json(self) -> str:
        """JSON text; `from_json` gives back an equal review."""
        return self.model_dump_json(exclude_none=True)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a review back; raises pydantic.ValidationError on anything else."""
        return cls.model_validate_json(text)
