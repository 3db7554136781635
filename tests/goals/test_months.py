import datetime as dt

import pytest
from goalplan.goals import add_months, month_index
from hypothesis import given
from hypothesis import strategies as st

D = dt.date
days = st.dates(D(1900, 1, 1), D(2300, 12, 31))


@pytest.mark.parametrize(
    ("start", "day", "index"),
    [
        (D(2026, 5, 1), D(2026, 5, 1), 0),
        (D(2026, 5, 1), D(2026, 5, 31), 0),
        (D(2026, 5, 1), D(2026, 6, 1), 1),
        (D(2026, 5, 1), D(2029, 5, 1), 36),
        (D(2026, 5, 1), D(2029, 4, 30), 35),
        (D(2026, 5, 15), D(2029, 5, 14), 35),
        # a start on the 31st begins its shorter months on their last day
        (D(2026, 1, 31), D(2026, 2, 27), 0),
        (D(2026, 1, 31), D(2026, 2, 28), 1),
        (D(2026, 1, 31), D(2026, 3, 30), 1),
        (D(2026, 1, 31), D(2026, 3, 31), 2),
        (D(2026, 1, 31), D(2028, 2, 28), 24),
        (D(2026, 1, 31), D(2028, 2, 29), 25),
        # a start on a leap day
        (D(2028, 2, 29), D(2029, 2, 27), 11),
        (D(2028, 2, 29), D(2029, 2, 28), 12),
        (D(2028, 2, 29), D(2032, 2, 28), 47),
        (D(2028, 2, 29), D(2032, 2, 29), 48),
        (D(2026, 5, 1), D(2026, 4, 30), -1),
    ],
)
def test_month_index_at_month_ends_and_leap_days(start: D, day: D, index: int) -> None:
    assert month_index(start, day) == index


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (D(2026, 1, 31), 1, D(2026, 2, 28)),
        (D(2028, 1, 31), 1, D(2028, 2, 29)),
        (D(2028, 2, 29), 12, D(2029, 2, 28)),
        (D(2026, 12, 15), 1, D(2027, 1, 15)),
        (D(2026, 1, 15), -1, D(2025, 12, 15)),
        (D(2026, 5, 1), 720, D(2086, 5, 1)),
    ],
)
def test_add_months_stays_within_the_month(day: D, months: int, expected: D) -> None:
    assert add_months(day, months) == expected


@given(days, st.integers(0, 720))
def test_a_month_begins_where_its_index_begins(start: D, months: int) -> None:
    begins = add_months(start, months)
    assert month_index(start, begins) == months
    assert month_index(start, begins - dt.timedelta(days=1)) == months - 1


@given(days, days)
def test_month_index_is_the_largest_month_begun(start: D, day: D) -> None:
    t = month_index(start, day)
    assert add_months(start, t) <= day < add_months(start, t + 1)


@given(days, days, days)
def test_month_index_never_falls_with_the_day(start: D, one: D, other: D) -> None:
    assert month_index(start, min(one, other)) <= month_index(start, max(one, other))
