"""What a plan under way carries: the peak of its unit value, a broken limit, and the age of its window."""

import datetime as dt
from dataclasses import dataclass

from ..goals.months import month_index
from .client import Client
from .request import Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """Where a plan starts inside its window.

    Attributes
    ----------
    drawdown
        Fraction below the peak.
    broken
        Whether the limit has been broken in this window.
    age
        Months of the window that are gone.
    """

    drawdown: float = 0.0
    broken: bool = False
    age: int = 0

    @property
    def unit_peak(self) -> float:
        """The peak, in units of today's unit value."""
        return 1.0 / (1.0 - self.drawdown)


def carried(client: Client, limits: Limits, start: dt.date) -> Carried:
    """Return what the client's plan carries on its first day; nothing for a new plan, or after a reset.

    The peak is forgotten once the window that began on `client.reset_on` is over.
    """
    if client.unit_value is None or client.unit_peak is None:
        return Carried()
    gone = month_index(client.reset_on, start) if client.reset_on else 0
    if gone >= limits.reset_every:
        return Carried(age=gone % limits.reset_every)
    drawdown = 1.0 - client.unit_value / client.unit_peak
    limit = limits.max_drawdown
    return Carried(
        drawdown=drawdown,
        broken=limit is not None and (client.limit_broken or drawdown > limit),
        age=gone,
    )
