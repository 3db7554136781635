"""What the client pays in: a monthly sum that may grow, and dated lump sums."""

from pydantic import Field

from .edge import Amount, Day, EdgeModel, Growth, Money


class LumpSum(EdgeModel):
    """One sum paid in on a day, at the beginning of the plan month that the day falls in.

    Attributes
    ----------
    date
        The day of the payment, at least one whole month after the start (what is there earlier is
        `client.cash`).
    amount
        Nominal money.
    """

    date: Day = Field(description="the day the money comes in, YYYY-MM-DD")
    amount: Amount = Field(description="the money that comes in, at least 0.01")


class Contributions(EdgeModel):
    """Money paid in: ``monthly * (1 + growth) ** ((t - 1) // 12)`` at months t = 1, 2, ...; and lump sums.

    Attributes
    ----------
    monthly
        Nominal money at month 1. The payment of month t is what was saved in the month before.
    growth
        Yearly raise as a decimal; the first raise is at month 13.
    until
        Day of the last monthly payment. Left out: the plan's last month, or the first retirement goal's
        `due` if that is earlier, since then the salary ends.
    dated
        Lump sums.
    """

    monthly: Money = Field(default=0.0, description="the money paid in each month, 0 or more")
    growth: Growth = Field(
        default=0.0,
        description="the yearly raise of the monthly payment, a decimal from -0.5 to 0.5 (0.03 is 3 %)",
    )
    until: Day | None = Field(
        default=None, description="the day of the last monthly payment, YYYY-MM-DD, or leave it out"
    )
    dated: tuple[LumpSum, ...] = Field(
        default=(), max_length=200, description="lump sums, each with date and amount, at most 200"
    )
