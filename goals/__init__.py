"""What the client wants: goals, contributions, and the schedule of money in and out that they become."""

from .contributions import Contributions, LumpSum
from .goal import Education, Goal, HomePurchase, Purchase, Reserve, Retirement
from .months import add_months, month_index
from .schedule import Payment, Schedule, build_schedule

__all__ = [
    "Contributions",
    "Education",
    "Goal",
    "HomePurchase",
    "LumpSum",
    "Payment",
    "Purchase",
    "Reserve",
    "Retirement",
    "Schedule",
    "add_months",
    "build_schedule",
    "month_index",
]
