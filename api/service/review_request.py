"""What a review is made from, as one document: the plan, what is held on a day, and what moved since."""

from pydantic import Field

from ..engine.client import Holding
from ..engine.desk.holdings import Unmapped
from ..engine.plan import Plan
from ..engine.request import PlanRequest
from ..engine.review.types import Review
from ..goals.edge import Day, EdgeModel, Money


class ReviewRequest(EdgeModel):
    """The body of ``POST /review``; see `goalplan.review_plan`.

    Attributes
    ----------
    plan
        As ``POST /plans`` gave it, with a policy.
    as_of
        The day of the holdings, at its close.
    holdings, cash, unmapped
        Everything held on the day: of known assets, on accounts, and of products that nothing is known of.
    changed
        The client's request as it is today, where goals or facts may have changed.
    previous
        The last review of the plan, as ``POST /review`` gave it.
    paid_in, paid_out
        Money that moved since `previous`, or since the plan began, in all; as planned where left out.
    """

    plan: Plan = Field(description="the plan, as POST /plans gave it")
    as_of: Day = Field(description="the day of the holdings, YYYY-MM-DD")
    holdings: tuple[Holding, ...] = Field(
        default=(), max_length=1000, description="what is held, each with asset and value, at most 1000"
    )
    cash: Money = Field(default=0.0, description="the money on accounts, 0 or more")
    unmapped: tuple[Unmapped, ...] = Field(
        default=(), max_length=1000, description="products nothing is known of, each with product and value"
    )
    changed: PlanRequest | None = Field(
        default=None, description="the client's request as it is today, or leave it out"
    )
    previous: Review | None = Field(
        default=None, description="the last review, as POST /review gave it, or leave it out"
    )
    paid_in: Money | None = Field(
        default=None, description="the money paid in since, 0 or more, or leave it out"
    )
    paid_out: Money | None = Field(
        default=None, description="the money paid out since, 0 or more, or leave it out"
    )
