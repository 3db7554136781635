"""What the policy would hold, as it stands in a plan."""

import datetime as dt
from typing import Literal

from ...goals.edge import EdgeModel
from ..findings import Finding


class Standing(EdgeModel):
    """What the policy would hold at one date, with so much money, at the peak of the unit value.

    Attributes
    ----------
    standing
        ``behind``, ``on_track`` and ``ahead``: the 25th, 50th and 75th percentile of wealth on the judge paths;
        today is on track.
    wealth
        After that month's money in and payments, nominal.
    weights
        By asset id; only what is held.
    needed_return
        Smallest steady return a year with which the money there and the contributions to come pay every goal still to
        come, at its expected amount; None where 100 % a year would not do.
    why
        The same in words.

    """

    month: int
    date: dt.date
    standing: Literal["behind", "on_track", "ahead"]
    wealth: float
    weights: dict[str, float]
    expected_return: float
    volatility: float
    needed_return: float | None = None
    why: Finding


class Surface(EdgeModel):
    """Risk of the mix that the policy holds, by month and wealth: ``volatility[i][j]`` at ``months[i]``, ``wealth[j]``.

    `drawdown` is how far below its peak the unit value stands; a policy under a drawdown limit has a second surface
    half-way to the limit.
    """

    drawdown: float
    months: tuple[int, ...]
    wealth: tuple[float, ...]
    volatility: tuple[tuple[float, ...], ...]
