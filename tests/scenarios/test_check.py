"""Soft warnings: each is raised by its own fault, and by nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios.check import check_market
from goalplan.scenarios.market import Market


def jump(frame: pd.DataFrame) -> pd.DataFrame:
    frame.iloc[30:, 0] *= 0.5
    return frame


def small_jump_of_a_calm_series(frame: pd.DataFrame) -> pd.DataFrame:
    frame.iloc[30:, 2] *= 1.1
    return frame


def stale(frame: pd.DataFrame) -> pd.DataFrame:
    frame.iloc[-12:, 1] = frame.iloc[-12, 1]
    return frame


def late(frame: pd.DataFrame) -> pd.DataFrame:
    frame.iloc[:40, 1] = np.nan
    return frame


def early(frame: pd.DataFrame) -> pd.DataFrame:
    frame.iloc[-3:, 1] = np.nan
    return frame


def pause(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(index=frame.loc["2016-03-21":"2016-04-08"].index)  # type: ignore[misc]


CASES: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str, str, str]] = [
    (jump, "jump", "shares", "2015-02-12"),
    (small_jump_of_a_calm_series, "jump", "cash", "2015-02-12"),
    (stale, "stale_end", "bonds", "2025-03-13"),
    (late, "late_start", "bonds", "2015-02-26"),
    (early, "early_end", "bonds", "2025-03-25"),
    (pause, "pause", "", "2016-03-18"),
]


@pytest.mark.parametrize(("spoil", "code", "series", "date"), CASES)
def test_each_fault_gives_its_own_warning(
    small: Any, spoil: Callable[[pd.DataFrame], pd.DataFrame], code: str, series: str, date: str
) -> None:
    found = check_market(small.market(spoil(small.daily(2672)))).warnings
    assert [(w.code, w.series, w.date) for w in found] == [(code, series, date)]
    assert all(series in text and text for text in (found[0].text_en, found[0].text_zh))


def test_a_clean_market_gives_no_warning(small: Any, embedded: Market) -> None:
    assert check_market(small.market(small.daily(2672))).warnings == ()
    assert check_market(embedded).warnings == ()


def test_spans_name_every_series(embedded: Market) -> None:
    spans = {name: (first, last) for name, first, last in check_market(embedded).spans}
    assert list(spans) == [*embedded.asset_ids, *embedded.index_ids]
    assert spans["cn_cash"] == ("2005-01-04", "2026-04-30")
    assert spans["home:beijing"] == ("2005-12", "2025-03")


def test_a_short_common_history_is_a_warning(small: Any) -> None:
    (warning,) = check_market(small.market(small.monthly(72))).warnings
    assert (warning.code, warning.value) == ("short_history", pytest.approx(71 / 12))


def test_a_monthly_table_that_grows_otherwise_is_a_warning(small: Any) -> None:
    daily = small.daily(2672)
    ends = daily.groupby(daily.index.to_period("M")).last()
    same = check_market(small.market(daily, monthly=ends))
    assert same.warnings == ()
    faster = ends.assign(shares=ends["shares"] * np.exp(np.linspace(0.0, 0.1, len(ends))))
    (warning,) = check_market(small.market(daily, monthly=faster)).warnings
    assert (warning.code, warning.series) == ("two_tables_differ", "shares")
    assert warning.value == pytest.approx(-0.1)
