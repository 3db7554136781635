"""The plan's calendar: time is an integer month index counted from the start; dates exist only at the edge.

Month t begins on the day that is t whole months after the start. A start on the 29th to 31st begins its
shorter months on their last day. A date inside month t has month index t, so a goal is paid at the
beginning of the month that it falls in: the money is there on the day, never after it.
"""

import calendar
import datetime as dt

MAX_MONTHS = 720
"""The longest horizon of a plan: 60 years."""


def add_months(day: dt.date, months: int) -> dt.date:
    """Return the day `months` whole months after `day`, on the last day of a month that is too short.

    Parameters
    ----------
    day
        The day counted from.
    months
        Whole months; negative counts back.

    Examples
    --------
    >>> add_months(dt.date(2028, 1, 31), 1)
    datetime.date(2028, 2, 29)
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def month_index(start: dt.date, day: dt.date) -> int:
    """Return the whole months from `start` to `day`: the largest t with ``add_months(start, t) <= day``.

    Parameters
    ----------
    start
        First day of the plan (month 0).
    day
        Any day; before `start` the index is negative.

    Examples
    --------
    >>> month_index(dt.date(2026, 5, 1), dt.date(2029, 5, 1))
    36
    """
    begins = min(start.day, calendar.monthrange(day.year, day.month)[1])
    return (day.year - start.year) * 12 + day.month - start.month - (day.day < begins)
