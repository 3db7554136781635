"""The market: what the embedded one holds, and what reading, selecting and hashing promise."""

from __future__ import annotations

import datetime
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import Market, load_market
from hypothesis import given, settings
from hypothesis import strategies as st

TWELVE = (
    "cn_equity_large", "cn_equity_mid", "cn_equity_small", "cn_dividend", "hk_equity", "us_equity",
    "us_nasdaq",
    "cn_treasury", "cn_credit", "us_agg_bond", "gold", "cn_cash",
)  # fmt: skip


def test_embedded_market_holds_twelve_assets_by_default(embedded: Market) -> None:
    assert embedded.asset_ids == TWELVE
    assert embedded.frequency == "daily"
    assert embedded.daily.shape == (5178, 12)
    assert not np.isnan(embedded.daily).any()
    assert embedded.as_of == datetime.date(2026, 4, 30)
    assert embedded.currency == "CNY"
    assert embedded.index_ids[:2] == ("cpi", "education")
    assert embedded.index_ids[-1] == "cash"
    assert "home:beijing" in embedded.index_ids


def test_common_history_of_the_embedded_market_starts_in_2005_02(embedded: Market) -> None:
    months, returns = embedded.common_returns()
    assert (str(months[0]), str(months[-1]), returns.shape) == ("2005-02", "2026-04", (255, 12))


@pytest.mark.parametrize(
    ("name", "cagr", "worst"),
    [("cn_equity_large", 0.099, -0.258), ("us_nasdaq", 0.144, -0.198), ("cn_treasury", 0.042, -0.020),
     ("gold", 0.109, -0.149), ("cn_cash", 0.026, 0.001)],
)  # fmt: skip
def test_embedded_series_have_their_documented_growth(
    embedded: Market, name: str, cagr: float, worst: float
) -> None:
    _, returns = embedded.common_returns()
    series = returns[:, embedded.asset_ids.index(name)]
    assert np.prod(1.0 + series) ** (12 / 255) - 1.0 == pytest.approx(cagr, abs=6e-4)
    assert series.min() == pytest.approx(worst, abs=6e-4)


def test_optional_assets_come_when_asked_for() -> None:
    market = load_market(assets=[*TWELVE, "dm_ex_us_equity", "em_equity", "us_reit"])
    assert len(market.assets) == 15
    assert market.digest != load_market().digest


def test_risk_levels_of_the_embedded_market(embedded: Market) -> None:
    levels = {asset.id: asset.risk_level for asset in embedded.assets}
    assert [name for name in TWELVE if levels[name] == 1] == ["cn_cash"]
    assert [name for name in TWELVE if levels[name] == 2] == ["cn_treasury", "cn_credit"]
    assert {name for name in TWELVE if levels[name] == 3} == {
        "cn_equity_large", "cn_dividend", "gold", "us_agg_bond",
    }  # fmt: skip
    assert all(levels[name] == 4 for name in TWELVE if levels[name] > 3)


def test_series_that_are_net_of_fees_carry_no_fee(embedded: Market) -> None:
    free = {asset.id for asset in embedded.assets if asset.fee == 0.0}
    assert free == {"cn_dividend", "hk_equity", "us_agg_bond", "cn_cash"}


def test_arrays_are_read_only(embedded: Market) -> None:
    for array in (embedded.daily, embedded.monthly, embedded.index_levels, embedded.returns()):
        assert not array.flags.writeable
        assert array.flags.c_contiguous


def test_loading_twice_gives_the_same_object() -> None:
    assert load_market() is load_market()


def test_loading_a_market_does_not_load_the_heavy_libraries() -> None:
    code = (
        "import sys; from goalplan.scenarios import load_market; load_market(); "
        "print([m for m in ('numba', 'pandas', 'scipy', 'pyarrow') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_select_keeps_order_and_history(embedded: Market) -> None:
    two = embedded.select(["gold", "cn_cash"])
    assert two.asset_ids == ("gold", "cn_cash")
    np.testing.assert_array_equal(two.daily[:, 0], embedded.daily[:, TWELVE.index("gold")])
    assert two.digest != embedded.digest
    assert two.select(["cn_cash", "gold"]).digest != two.digest
    assert embedded.select(TWELVE) == embedded


@pytest.mark.parametrize("ids", [["gold", "silver"], [], ["gold", "gold"]])
def test_select_refuses_unknown_none_and_doubles(embedded: Market, ids: list[str]) -> None:
    with pytest.raises(DataError, match="cannot select"):
        embedded.select(ids)


def test_returns_are_simple_and_absent_before_a_start(small: Any) -> None:
    frame = small.monthly()
    frame.iloc[:5, 1] = np.nan
    market = small.market(frame)
    returns = market.monthly_returns()
    assert returns.shape == (71, 3)
    assert np.isnan(returns[:5, 1]).all()
    assert returns[5, 1] == pytest.approx(frame.iloc[6, 1] / frame.iloc[5, 1] - 1.0)
    months, common = market.common_returns()
    assert (str(months[0]), common.shape) == ("2015-07", (66, 3))


def test_until_is_what_was_known_then(embedded: Market) -> None:
    day = datetime.date(2025, 1, 27)  # the last trading day of January: a long holiday follows
    past = embedded.until(day)
    assert past.as_of == day
    assert (str(past.days[-1]), str(past.months[-1])) == ("2025-01-27", "2025-01")
    assert str(past.index_months[-1]) == "2024-11"
    day_before = embedded.until(datetime.date(2025, 1, 24))
    assert (str(day_before.days[-1]), str(day_before.months[-1])) == ("2025-01-24", "2024-12")
    assert embedded.until(datetime.date(2030, 1, 1)).daily.shape == embedded.daily.shape


def test_until_drops_assets_without_a_history_yet(small: Any) -> None:
    frame = small.monthly()
    frame.iloc[:20, 1] = np.nan
    market = small.market(frame)
    assert market.until(datetime.date(2017, 12, 31)).asset_ids == ("shares", "cash")
    assert market.until(datetime.date(2019, 12, 31)).asset_ids == ("shares", "bonds", "cash")
    with pytest.raises(DataError, match="on 2016-01-01 no asset had a history yet"):
        market.until(datetime.date(2016, 1, 1))


@settings(max_examples=20)
@given(row=st.integers(1, 1299), factor=st.floats(0.5, 2.0))
def test_changing_the_future_changes_nothing(small: Any, row: int, factor: float) -> None:
    frame = small.daily()
    day = frame.index[900].date()
    before = small.market(frame).until(day)
    frame.iloc[901 + row % 399 :, 1] *= factor
    assert small.market(frame).until(day) == before


def test_daily_levels_become_month_ends(small: Any) -> None:
    frame = small.daily()
    market = small.market(frame)
    ends = frame.groupby(frame.index.to_period("M")).last()
    complete = ends.iloc[: market.months.size]
    np.testing.assert_array_equal(market.monthly, complete.to_numpy())
    assert [str(month) for month in market.months[:2]] == ["2015-01", "2015-02"]


def test_an_unfinished_last_month_is_left_out(small: Any) -> None:
    frame = small.daily()
    assert frame.index[-1] == pd.Timestamp("2019-12-25")
    cut = frame.loc[:"2019-12-13"]  # type: ignore[misc]
    assert str(small.market(cut).months[-1]) == "2019-11"
    assert small.market(cut).as_of == datetime.date(2019, 12, 13)
    closed_early = small.daily(1304).loc[:"2019-12-27"]  # type: ignore[misc]
    assert str(small.market(closed_early).months[-1]) == "2019-12"


def test_returns_table_gives_the_same_market_as_its_levels(small: Any) -> None:
    levels = small.monthly()
    levels.iloc[:5, 1] = np.nan
    returns = (levels / levels.shift() - 1.0).iloc[1:]
    from_returns = small.market(returns, values="returns")
    assert str(from_returns.months[0]) == "2015-01"
    np.testing.assert_allclose(
        from_returns.monthly_returns(), small.market(levels).monthly_returns(), rtol=1e-9
    )


def test_annual_market_has_years_and_no_months(small: Any) -> None:
    frame = small.monthly(30)
    frame.index = pd.Index([str(1990 + i) for i in range(30)])
    market = small.market(frame)
    assert (market.frequency, market.periods_per_year) == ("annual", 1)
    assert str(market.months[0]) == "1990-12"
    assert market.as_of == datetime.date(2019, 12, 31)
    assert market.returns().shape == (29, 3)
    with pytest.raises(DataError, match="no monthly returns"):
        market.monthly_returns()


def test_a_folder_reads_back_what_was_written(tmp_path: Path, small: Any) -> None:
    frame = small.monthly()
    frame.iloc[:5, 1] = np.nan
    small.write(tmp_path, frame)
    market = Market.from_folder(tmp_path)
    assert market.asset_ids == ("shares", "bonds", "cash")
    np.testing.assert_array_equal(market.monthly, small.market(frame).monthly)
    assert Market.from_folder(tmp_path, ["cash"]).asset_ids == ("cash",)


def test_a_changed_file_is_read_again(tmp_path: Path, small: Any) -> None:
    frame = small.monthly()
    small.write(tmp_path, frame)
    first = load_market(tmp_path)
    small.write(tmp_path, frame * [1.0, 1.0, 1.01])
    assert load_market(tmp_path).digest != first.digest


def test_parquet_is_read_like_csv(tmp_path: Path, small: Any) -> None:
    pytest.importorskip("pyarrow")
    frame = small.monthly()
    small.write(tmp_path, frame)
    from_csv = Market.from_folder(tmp_path)
    (tmp_path / "prices.csv").unlink()
    frame.rename_axis("date").reset_index().to_parquet(tmp_path / "prices.parquet")
    assert Market.from_folder(tmp_path).digest == from_csv.digest


@settings(max_examples=40, deadline=None)
@given(row=st.integers(0, 71), column=st.integers(0, 2), up=st.booleans())
def test_digest_changes_with_the_last_bit_of_any_level(row: int, column: int, up: bool, small: Any) -> None:
    frame = small.monthly()
    assets = [small.asset(name) for name in frame.columns]
    before = Market.from_frames(frame, assets).digest
    assert Market.from_frames(frame.copy(), assets).digest == before
    frame.iloc[row, column] = np.nextafter(frame.iloc[row, column], np.inf if up else 0.0)
    assert Market.from_frames(frame, assets).digest != before


@pytest.mark.parametrize(
    "change", [{"fee": 0.001}, {"source": "elsewhere"}, {"exempt": False}, {"esg": 50.0}, {"name_zh": "别名"}]
)
def test_digest_changes_with_any_entry_of_an_asset(change: dict[str, object], small: Any) -> None:
    frame = small.monthly()
    plain = [small.asset(name) for name in frame.columns]
    changed = [small.asset(name, **(change if name == "bonds" else {})) for name in frame.columns]
    assert Market.from_frames(frame, plain).digest != Market.from_frames(frame, changed).digest


def test_digest_changes_with_dates_and_indices(small: Any) -> None:
    frame = small.monthly()
    assets = [small.asset(name) for name in frame.columns]
    cpi = frame[["cash"]].rename(columns={"cash": "cpi"})
    plain = Market.from_frames(frame, assets)
    moved = frame.set_axis(frame.index + pd.offsets.MonthEnd(1))
    digests = {
        plain.digest,
        Market.from_frames(moved, assets).digest,
        Market.from_frames(frame, assets, indices=cpi).digest,
        Market.from_frames(frame, assets, indices=cpi * 1.01).digest,
        Market.from_frames(frame, assets, name="other").digest,
    }
    assert len(digests) == 5
