"""Ticks and axes: what is drawn covers what is shown."""

from itertools import pairwise

import pytest
from goalplan.reports.case import Case
from goalplan.reports.charts import ticks
from goalplan.reports.names import asset_names
from goalplan.reports.timeline import due_dates, money_axis, share_axis, time_axis
from goalplan.reports.words import Words
from hypothesis import given
from hypothesis import strategies as st

numbers = st.integers(-(10**14), 10**14).map(lambda cents: cents / 100.0)


def case_of(plan, lang="zh"):
    words = Words(lang=lang, currency="CNY")
    return Case(plan=plan, words=words, assets=asset_names(), note="")


@given(numbers, numbers, st.integers(3, 10))
def test_ticks_cover_the_range_evenly_and_are_few(a, b, most):
    low, high = min(a, b), max(a, b)
    if 0.0 < high - low < 1e-9 * max(abs(low), abs(high)):
        return  # closer than the numbers themselves can tell apart
    marks = ticks(low, high, most)
    span = (high - low) or max(abs(high), 1.0)
    assert 2 <= len(marks) <= most + 1
    assert marks[0] <= low + 1e-6 * span
    assert marks[-1] >= high - 1e-6 * span
    steps = [y - x for x, y in pairwise(marks)]
    assert max(steps) - min(steps) <= 1e-6 * span


def test_ticks_are_round():
    assert ticks(0.0, 0.98, 5) == pytest.approx((0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
    assert ticks(0.0, 735_000.0, 5) == pytest.approx((0.0, 200_000.0, 400_000.0, 600_000.0, 800_000.0))


@pytest.mark.parametrize(("months", "most"), [(1, 6), (36, 6), (36, 3), (140, 6), (720, 3)])
def test_time_ticks_are_few_and_labelled_by_date(plan, months, most):
    axis = time_axis(case_of(plan), months, most)
    assert 2 <= len(axis.ticks) <= most + 1
    assert axis.ticks[0] == (0.0, "2026-05")
    assert axis.high == months


def test_money_is_in_units_that_read_well(plan):
    assert money_axis(case_of(plan), 650_000.0).title == "万元"
    names = [name for _, name in money_axis(case_of(plan), 650_000.0).ticks]
    assert names == ["0", "10", "20", "30", "40", "50", "60", "70"]  # close above the highest value
    assert money_axis(case_of(plan, "en"), 650_000.0).title == "CNY thousand"
    assert money_axis(case_of(plan, "en"), 6.5e6).title == "CNY million"
    assert money_axis(case_of(plan), 900.0).title == "元"


def test_a_share_of_nothing_still_has_an_axis():
    assert share_axis(0.0).high > 0.0


def test_goals_close_together_are_set_in_different_rows(make_plan, ten_goals):
    plan = make_plan(goals=ten_goals)
    dates = due_dates(case_of(plan), plan.months)
    assert sorted(int(d.label) for d in dates) == list(range(1, 11))
    for one in dates:
        for other in dates:
            if one is not other and one.row == other.row:
                assert abs(one.x - other.x) >= plan.months / 45.0
