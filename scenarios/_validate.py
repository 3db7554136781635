"""Hard checks of a price or index table: everything that makes it unusable, said at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ._table import Dates, FloatArray, Table
from .errors import DataError

Frequency = Literal["daily", "monthly", "annual"]
Values = Literal["levels", "returns"]

MIN_RETURNS = {"daily": 24, "monthly": 24, "annual": 10}  # months, months, years
_FULL_MONTH = 8  # rows; the shortest trading months (long holidays) have more
_SHOWN = 5  # examples of one kind of fault in one series


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """Levels (D, N) of a table that passed, in the asked column order; NaN only outside a series' life."""

    frequency: Frequency
    dates: Dates
    values: FloatArray

    def by_month(self) -> tuple[Dates, FloatArray]:
        """Months (M,) datetime64[M] and levels at their ends (M, N); an unfinished last month is left out."""
        months = self.dates.astype("datetime64[M]")
        if self.frequency == "annual" and (self.dates == self.dates.astype("datetime64[Y]")).all():
            months = months + 11  # "1990" names the year, known at its end
        if self.frequency != "daily":
            return months, self.values
        last = np.flatnonzero(np.append(months[1:] != months[:-1], True))
        next_month = (months[-1] + 1).astype("datetime64[D]")
        if np.busday_count(self.dates[-1] + 1, next_month) > 3:  # a long holiday may close a month early
            last = last[:-1]
        return months[last], self.values[last]


def checked(table: Table, ids: tuple[str, ...], values: Values, problems: list[str]) -> Levels | None:
    """Levels of `ids` in `table`; what is wrong with it is added to `problems`, and then None is returned."""
    found = len(problems)
    problems += [
        f"{table.where}: there is no column for the asset {name!r}; add it or drop the asset."
        for name in ids
        if name not in table.ids
    ]
    problems += [
        f"{table.where}: the column {name!r} is an unknown asset; describe it in assets.toml or drop it."
        for name in table.ids
        if name not in ids
    ]
    _order(table, problems)
    _numbers(table, values, problems)
    if len(problems) > found:
        return None
    frequency = _frequency(table, problems)
    if frequency is None:
        return None
    for name, column in zip(table.ids, table.values.T, strict=True):
        _series(table, frequency, name, column, problems)
    if len(problems) > found:
        return None
    block = table.values[:, [table.ids.index(name) for name in ids]]
    if values == "returns":
        return _chained(frequency, table.dates, block)
    return Levels(frequency=frequency, dates=table.dates, values=block)


def checked_indices(table: Table | None) -> tuple[tuple[str, ...], Dates, FloatArray]:
    """Ids (J), months (L,) and levels (L, J) of a monthly index table; DataError if it is not one."""
    if table is None:
        return (), np.empty(0, dtype="datetime64[M]"), np.empty((0, 0))
    problems: list[str] = []
    levels = checked(table, table.ids, "levels", problems)
    if levels is not None and levels.frequency != "monthly":
        problems.append(f"{table.where}: the rows are {levels.frequency}; indices are monthly levels.")
    if problems or levels is None:
        raise DataError(problems)
    return table.ids, levels.dates.astype("datetime64[M]"), levels.values


def _some(faults: list[str]) -> list[str]:
    more = len(faults) - _SHOWN
    return (
        faults
        if more <= 0
        else [*faults[:_SHOWN], f"{faults[0].split(':')[0]}: and {more} more of that kind."]
    )


def _order(table: Table, problems: list[str]) -> None:
    step = np.diff(table.dates).astype(np.int64)
    faults = []
    for i in np.flatnonzero(step <= 0):
        what = "stands there twice" if step[i] == 0 else f"comes after {table.dates[i]}"
        faults.append(f"{table.where}: the date {table.dates[i + 1]} {what}; sort the rows, one a date.")
    problems += _some(faults)


def _numbers(table: Table, values: Values, problems: list[str]) -> None:
    floor, what = (
        (0.0, "a level must be above 0") if values == "levels" else (-1.0, "a return must be above -1")
    )
    for name, column in zip(table.ids, table.values.T, strict=True):
        bad = np.flatnonzero(np.isinf(column) | (column <= floor))
        problems += _some(
            [f"{table.where}: {name} on {table.dates[i]} is {column[i]:g}; {what} and finite." for i in bad]
        )
        if np.isnan(column).all():
            problems.append(f"{table.where}: {name} has no value at all; fill or drop the column.")


def _frequency(table: Table, problems: list[str]) -> Frequency | None:
    month = table.dates.astype("datetime64[M]")
    starts = np.flatnonzero(np.append(True, month[1:] != month[:-1]))
    months, rows = month[starts], np.diff(np.append(starts, month.size))
    step = np.diff(months).astype(np.int64)
    usual = 12 if rows.max() == 1 and step.size and np.median(step) == 12 else 1
    holes = np.flatnonzero(step != usual)
    if rows.max() > 1:
        thin = np.flatnonzero(rows[1:-1] < _FULL_MONTH) + 1
        if thin.size or (rows.size <= 2 and rows.max() < _FULL_MONTH):
            i = int(thin[0]) if thin.size else 0
            problems.append(
                f"{table.where}: mixed frequencies: {months[i]} has {rows[i]} rows where another month has "
                f"{rows.max()}; give daily rows, or one row a month, or one a year."
            )
            return None
    elif step.size and holes.size > step.size // 2:
        problems.append(f"{table.where}: the rows are neither daily, monthly nor annual; give one of these.")
        return None
    for i in holes[:_SHOWN]:
        problems.append(
            f"{table.where}: a gap: no row between {months[i]} and {months[i + 1]}; add what is missing."
        )
    if holes.size:
        return None
    return "daily" if rows.max() > 1 else "annual" if usual == 12 else "monthly"


def _series(table: Table, frequency: Frequency, name: str, column: FloatArray, problems: list[str]) -> None:
    there = np.flatnonzero(~np.isnan(column))
    first, last = int(there[0]), int(there[-1])
    span = last - first + 1
    missing = span - there.size
    if missing > span // 2:
        problems.append(
            f"{table.where}: mixed frequencies: {name} has {there.size} values on {span} dates from "
            f"{table.dates[first]} to {table.dates[last]}; give every series at the frequency of the rows."
        )
    elif missing:
        hole = first + np.flatnonzero(np.isnan(column[first:last]))
        starts = [i for i in hole if not np.isnan(column[i - 1])]
        problems += _some(
            [
                f"{table.where}: {name} has a gap from {table.dates[i]}; only before its start and "
                "after its end may cells be empty: fill it from the source."
                for i in starts
            ]
        )
    month = table.dates[there].astype("datetime64[M]")
    months = 1 + int(np.count_nonzero(month[1:] != month[:-1]))
    if months <= MIN_RETURNS[frequency]:
        unit = "years" if frequency == "annual" else "months"
        problems.append(
            f"{table.where}: {name} has too little history: {months - 1} {unit} of returns, "
            f"at least {MIN_RETURNS[frequency]} are needed."
        )


def _chained(frequency: Frequency, dates: Dates, returns: FloatArray) -> Levels:
    """Levels from simple returns: 1 one period before a series' first return, NaN before that."""
    if frequency == "daily":
        before = dates[0] - np.timedelta64(1, "D")
    else:
        before = (dates[0].astype("datetime64[M]") - (12 if frequency == "annual" else 1)).astype(
            "datetime64[D]"
        )
    grown = np.cumprod(1.0 + np.nan_to_num(returns), axis=0)
    levels = np.vstack([np.full(returns.shape[1], np.nan), np.where(np.isnan(returns), np.nan, grown)])
    levels[np.argmax(~np.isnan(levels), axis=0) - 1, np.arange(returns.shape[1])] = 1.0
    return Levels(frequency=frequency, dates=np.append(before, dates), values=levels)
