"""Axes for time and money: where the ticks stand and what they say."""

from __future__ import annotations

from .case import Case
from .charts import Axis, Date, ticks


def time_axis(case: Case, last: int, most: int = 6) -> Axis:
    """Months 0 to `last`, ticks at round numbers of months or years, labelled by month or year."""
    step = next(s for s in (1, 2, 3, 6, 12, 24, 36, 60, 120, 240) if last / s <= most)
    months = range(0, last + 1, step)
    years_only = step >= 12 and case.start.month == 1
    labels = [str(case.at(m).year) if years_only else _month(case, m) for m in months]
    return Axis(
        low=0.0,
        high=float(last),
        ticks=tuple((float(m), name) for m, name in zip(months, labels, strict=True)),
    )


def _month(case: Case, month: int) -> str:
    day = case.at(month)
    return f"{day.year}-{day.month:02d}"


def money_axis(case: Case, highest: float, lowest: float = 0.0) -> Axis:
    """From a round number below `lowest` to one above `highest`, labelled in thousands or ten thousands."""
    marks = ticks(lowest, highest, 7)
    scale, unit = _scale(case, highest)
    labels = tuple((v, _short(v / scale)) for v in marks)
    return Axis(low=marks[0], high=marks[-1], ticks=labels, title=unit)


def _scale(case: Case, highest: float) -> tuple[float, str]:
    words = case.words
    if words.lang == "zh":
        return (1e4, f"万{words.unit}") if highest >= 2e4 else (1.0, words.unit)
    if highest >= 2e6:
        return 1e6, f"{words.unit} million"
    return (1e3, f"{words.unit} thousand") if highest >= 2e3 else (1.0, words.unit)


def _short(value: float) -> str:
    return f"{value:,.10g}" if value < 1000 else f"{value:,.0f}"


def share_axis(highest: float, most: int = 5) -> Axis:
    """From zero to a round share at or above `highest`."""
    marks = ticks(0.0, max(highest, 0.01), most)
    return Axis(low=0.0, high=marks[-1], ticks=tuple((v, f"{v * 100:.10g}%") for v in marks))


def due_dates(case: Case, last: int) -> tuple[Date, ...]:
    """Goals by number at their first payment, neighbours set in different rows."""
    nearest = last / 45.0
    rows: list[float] = []
    dates = []
    for number, month in sorted(enumerate((g.month for g in case.plan.goals), start=1), key=lambda e: e[1]):
        row = next((r for r, taken in enumerate(rows) if month - taken >= nearest), len(rows))
        rows[row : row + 1] = [float(month)]
        dates.append(Date(x=float(min(month, last)), label=str(number), row=row))
    return tuple(dates)
