"""When a goal's payments fall due, and whether the dates of a request fit a plan's start."""

import datetime as dt
from collections.abc import Iterator, Sequence

from .contributions import Contributions
from .edge import Problem
from .goal import Education, Goal, Reserve, Retirement
from .months import MAX_MONTHS, add_months, month_index


def payment_months(goal: Goal, start: dt.date, birth_year: int | None) -> range:
    """Return the month index of every payment of a goal whose dates fit (see `date_problems`)."""
    if isinstance(goal, Reserve) and goal.due is None:
        return range(1)
    assert goal.due is not None
    first = month_index(start, goal.due)
    if isinstance(goal, Education):
        return range(first, first + 12 * goal.years, 12)
    if isinstance(goal, Retirement):
        assert birth_year is not None
        return range(first, month_index(start, _last_day(goal, birth_year)) + 1)
    return range(first, first + 1)


def date_problems(
    goals: Sequence[Goal], contributions: Contributions, start: dt.date, birth_year: int | None
) -> list[Problem]:
    """Return what does not fit a plan that starts on `start`, located as in a request."""
    problems = list(_birth_problems(goals, start, birth_year))
    born = None if problems else birth_year
    for number, goal in enumerate(goals):
        problems.extend(_goal_problems(number, goal, start, born))
    if problems:
        return problems
    last = max(payment_months(goal, start, birth_year)[-1] for goal in goals)
    if last == 0:
        text = "are all paid on the first day, so there is nothing to plan; add a goal with a due date"
        return [Problem(("goals",), [goal.name for goal in goals], "goals", text)]
    return list(_contribution_problems(contributions, start, last))


def _last_day(goal: Retirement, birth_year: int) -> dt.date:
    # Only the year of birth is known, so the money lasts whatever the birthday.
    return dt.date(birth_year + goal.until_age, 12, 31)


def _birth_problems(goals: Sequence[Goal], start: dt.date, birth_year: int | None) -> Iterator[Problem]:
    text = None
    if birth_year is not None:
        if not start.year - 120 <= birth_year <= start.year:
            text = (
                f"does not fit the plan's start {start}; give a year from {start.year - 120} to {start.year}"
            )
    else:
        names = [goal.name for goal in goals if isinstance(goal, Retirement)]
        if names:
            text = f"is missing and the goal {names[0]!r} needs it; give the client's year of birth"
    if text:
        yield Problem(("client", "birth_year"), birth_year, "birth_year", text)


def _goal_problems(number: int, goal: Goal, start: dt.date, birth_year: int | None) -> Iterator[Problem]:
    if goal.due is None:
        return
    first, end = add_months(start, 1), add_months(start, MAX_MONTHS)
    month = month_index(start, goal.due)
    if not 1 <= month <= MAX_MONTHS:
        remedy = f"give a date from {first} to {end}"
        if goal.due < start:
            text = f"is before the plan's start {start}; {remedy}"
        elif goal.due < first:
            text = f"is less than a month after the plan's start {start}; {remedy}, or pay it from cash now"
        else:
            text = f"is more than {MAX_MONTHS // 12} years after the plan's start {start}; {remedy}"
        yield Problem(("goals", number, "due"), goal.due, "due", text)
    elif isinstance(goal, Education) and month + 12 * (goal.years - 1) > MAX_MONTHS:
        most = (MAX_MONTHS - month) // 12 + 1
        text = f"runs past {end}, the end of the longest plan; give at most {most}, or an earlier due"
        yield Problem(("goals", number, "years"), goal.years, "years", text)
    elif isinstance(goal, Retirement) and birth_year is not None:
        stop = _last_day(goal, birth_year)
        lowest = max(50, goal.due.year - birth_year)
        highest = end.year - birth_year - (end.month < 12)
        if stop < goal.due:
            text = f"ends the payments on {stop}, before due = {goal.due}; give an age of at least {lowest}"
        elif month_index(start, stop) > MAX_MONTHS:
            text = f"ends the payments on {stop}, after {end}, the end of the longest plan"
            text += f"; give an age of at most {highest}" if highest >= lowest else "; give an earlier due"
        else:
            return
        yield Problem(("goals", number, "until_age"), goal.until_age, "until_age", text)


def _contribution_problems(contributions: Contributions, start: dt.date, last: int) -> Iterator[Problem]:
    first = add_months(start, 1)
    until = contributions.until
    if until is not None and until < first and contributions.monthly > 0.0:
        text = f"is before the first monthly payment on {first}; give a later day, or set monthly = 0"
        yield Problem(("contributions", "until"), until, "until", text)
    for number, lump in enumerate(contributions.dated):
        month = month_index(start, lump.date)
        if month < 1:
            text = f"is less than a month after the plan's start {start}; add the money to client.cash"
        elif month > last:
            text = f"is after the plan's last month, which begins on {add_months(start, last)}; leave it out"
        else:
            continue
        yield Problem(("contributions", "dated", number, "date"), lump.date, "lump_sum", text)
