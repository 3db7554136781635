"""Calendars and eligibility."""

import numpy as np
import pandas as pd
import pytest
from goalplan.backtests.past import build_panel, calendar_rows, period_starts


@pytest.fixture(scope="module")
def days():
    """Business days with a hole of seven weeks, as a market that was closed."""
    all_days = pd.bdate_range("2019-11-27", "2022-02-10")
    return all_days[(all_days < "2020-06-12") | (all_days > "2020-07-31")]


FREQUENCIES = {"daily": "D", "weekly": "W-SUN", "monthly": "M", "quarterly": "Q", "yearly": "Y"}


@pytest.mark.parametrize("every", FREQUENCIES)
def test_periods_are_those_of_pandas(days, every):
    dates = days.to_numpy().astype("datetime64[D]")
    periods = days.to_period(FREQUENCIES[every])
    change = np.flatnonzero(np.asarray(periods[1:] != periods[:-1])) + 1
    assert period_starts(dates, every).tolist() == change.tolist()
    first, last = (calendar_rows(dates, every, on) for on in ("first", "last"))
    assert first.tolist() == [0, *change[change < len(dates) - 1]]
    assert last.tolist() == [0, *[row - 1 for row in change if row > 1]]


def test_never_decides_once(days):
    dates = days.to_numpy().astype("datetime64[D]")
    assert calendar_rows(dates, "never", "last").tolist() == [0]


def test_eligibility_counts_complete_rows(make_market, random_levels):
    levels = random_levels(900, 2)
    levels[:100, 1] = np.nan
    levels[800:, 0] = np.nan
    market = make_market(levels)
    panel = build_panel(market, market.asset_ids, "daily", None)
    rows = np.array([20, 119, 120, 799, 800])
    assert panel.eligible(rows, 20).tolist() == [
        [True, False],
        [True, False],
        [True, True],
        [True, True],
        [False, True],
    ]
    cut = build_panel(market, ["a1"], "daily", market.days[500].item())
    assert cut.levels.shape == (501, 1)
    assert (cut.first.tolist(), cut.last.tolist()) == ([100], [500])
