"""What the client wants: five kinds of goal, told apart by `kind`.

A goal with an `index` is stated in money of the plan's start and grows with that index; without one it is
nominal.
"""

import datetime as dt
import math
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from .edge import Amount, Day, EdgeModel, Money, Name, Probability, Share

Priority = Literal["need", "want", "wish"]
PRIORITIES: tuple[Priority, ...] = ("need", "want", "wish")
WANTED_PROBABILITY: dict[Priority, float] = {"need": 0.85, "want": 0.70, "wish": 0.50}

Index = Annotated[
    str, Field(strict=True, pattern=r"^(cpi|education|home:[a-z][a-z0-9_-]{0,39}|fx:[a-z]{3})$")
]


_UNSET: Any = object()
"""Stands for a key that was left out where its default follows from other keys."""


def _kind_is_required(schema: dict[str, Any]) -> None:
    """In a document the kind says which goal is meant; in Python the class does."""
    schema["required"] = sorted({"kind", *schema.get("required", ())}, key=list(schema["properties"]).index)


class GoalFields(EdgeModel):
    """The fields that every kind of goal has.

    Attributes
    ----------
    name
        What the client calls the goal; unique in a plan, at most 60 characters.
    index
        ``None``: amounts are nominal. ``"cpi"``, ``"education"``, ``"home:CITY"`` or ``"fx:usd"``: amounts are money of
        the start.
    priority
        ``"need"``, ``"want"`` or ``"wish"``: a lower one never takes from a higher one.
    min_fraction
        Smallest share of a payment that still serves the goal, in (0, 1]; 1 is all or nothing.
    wanted_probability
        Chance that the plan aims at, in (0, 1); by priority .85, .70, .50 when left out.
    required
        If true and no policy reaches the goal within the limits, the plan is infeasible.
    """

    model_config = ConfigDict(json_schema_extra=_kind_is_required)

    kind: str
    name: Name = Field(description="the goal's name as the client says it, 1 to 60 printable characters")
    index: Index | None = Field(
        default=None,
        description='"cpi", "education", "home:CITY" or "fx:usd" (money of the start), or leave it out (nominal)',
    )
    priority: Priority = Field(default="need", description='"need", "want" or "wish"')
    min_fraction: Share = Field(
        default=1.0,
        description="the smallest share of a payment that still serves the goal, a decimal up to 1",
    )
    wanted_probability: Probability = Field(
        default_factory=lambda: _UNSET,
        validate_default=True,
        description="the chance aimed at, a decimal between 0 and 1 (default .85 need, .70 want, .50 wish)",
    )
    required: bool = Field(
        default=False,
        strict=True,
        description="true if a plan that cannot reach this goal is no plan, else false",
    )

    @field_validator("wanted_probability", mode="before")
    @classmethod
    def _wanted_by_priority(cls, value: object, info: ValidationInfo) -> object:
        # An invalid priority has its own error; any probability serves until that is raised.
        return WANTED_PROBABILITY[info.data.get("priority", "need")] if value is _UNSET else value


class DatedGoal(GoalFields):
    """A goal that is due on a day.

    Attributes
    ----------
    due
        The day the money is needed; it is paid at the beginning of the plan month that the day falls in.
    """

    due: Day = Field(description="the day the money is needed, YYYY-MM-DD")


class HomePurchase(DatedGoal):
    """The money due when a home is bought: given as `amount`, or as ``price * down_payment + costs``.

    With an index all parts grow with it, as they do when the price rises. When `price` is given, `amount`
    is filled in, so `amount` is always the sum due in money of the start.
    """

    kind: Literal["home"] = "home"
    price: Amount | None = Field(default=None, description="the price of the home, in money, at least 0.01")
    down_payment: Share | None = Field(
        default=None, description="the share of the price paid at once, a decimal up to 1 (0.3 is 30 %)"
    )
    costs: Money = Field(
        default=0.0, description="taxes and fees due with the down payment, in money, 0 or more"
    )
    amount: Amount = Field(
        default_factory=lambda: _UNSET,
        validate_default=True,
        description="the money due, at least 0.01; or give price and down_payment instead",
    )

    @field_validator("amount", mode="before")
    @classmethod
    def _amount_from_price(cls, value: object, info: ValidationInfo) -> object:
        if not {"price", "down_payment", "costs"} <= info.data.keys():
            return 1.0 if value is _UNSET else value  # a part is invalid and has its own error
        price, down_payment, costs = (info.data[key] for key in ("price", "down_payment", "costs"))
        if price is None and down_payment is None:
            if costs:
                raise PydanticCustomError(
                    "home_costs",
                    "does not go with costs; add the costs to amount, or give price and down_payment",
                )
            if value is _UNSET:
                raise PydanticCustomError("missing", "is missing; give amount, or price and down_payment")
            return value
        if price is None or down_payment is None:
            raise PydanticCustomError(
                "home_price",
                "cannot be worked out from one of price and down_payment; give both, or only amount",
            )
        due = price * down_payment + costs
        if value is not _UNSET and not (
            isinstance(value, int | float) and math.isclose(value, due, rel_tol=1e-9)
        ):
            raise PydanticCustomError(
                "home_amount",
                f"is not price * down_payment + costs = {due:.2f}; give amount, or price and down_payment",
            )
        return due


class Education(DatedGoal):
    """Fees of `amount` a year, the first on `due`, then every twelve months, `years` times."""

    kind: Literal["education"] = "education"
    amount: Amount = Field(description="the fees of one year, in money, at least 0.01")
    years: int = Field(strict=True, ge=1, le=30, description="how many yearly payments, 1 to 30")


class Retirement(DatedGoal):
    """Spending of `amount` a month from `due` to the end of the year in which the client turns `until_age`.

    The birthday is not known, so the money lasts to December of that year. `pension` is what comes in each
    of those months from elsewhere, in the same money as `amount`; it is an inflow of the plan, there
    whether or not the goal is met.
    """

    kind: Literal["retirement"] = "retirement"
    amount: Amount = Field(description="the spending of one month, in money, at least 0.01")
    until_age: int = Field(
        default=95, strict=True, ge=50, le=120, description="the age up to which the money lasts, 50 to 120"
    )
    pension: Money = Field(default=0.0, description="the pension of one month, in money, 0 or more")

    @field_validator("pension")
    @classmethod
    def _leaves_a_gap(cls, value: float, info: ValidationInfo) -> float:
        amount = info.data.get("amount")
        if amount is not None and value >= amount:
            raise PydanticCustomError(
                "pension",
                f"covers the spending of {amount:g} a month; give a smaller pension or leave the goal out",
            )
        return value


class Reserve(GoalFields):
    """Emergency money: set aside out of the invested pool, once, and then no longer at risk.

    Without `due` it is set aside on the first day: a payment of month 0, so that no later fall can touch
    it. With `due` it is built up by that day. Either way it is money the plan has handed over: it stays in
    the client's own instant-access account, and the plan counts no return on it.
    """

    kind: Literal["reserve"] = "reserve"
    due: Day | None = Field(
        default=None,
        validate_default=True,
        description="the day by which the reserve is built up, YYYY-MM-DD, or leave it out (from the start)",
    )
    amount: Amount = Field(description="the money to set aside, at least 0.01")

    @field_validator("due")
    @classmethod
    def _nothing_to_index(cls, value: dt.date | None, info: ValidationInfo) -> dt.date | None:
        if value is None and info.data.get("index") is not None:
            raise PydanticCustomError(
                "reserve_index",
                f"is missing, and index = {info.data['index']!r} needs it; give due or leave index out",
            )
        return value


class Purchase(DatedGoal):
    """Any other sum needed on a day: a car, a wedding, a gift, a bequest."""

    kind: Literal["purchase"] = "purchase"
    amount: Amount = Field(description="the money due, at least 0.01")


Goal = Annotated[HomePurchase | Education | Retirement | Reserve | Purchase, Field(discriminator="kind")]
