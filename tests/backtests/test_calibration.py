"""Calibration: a right model passes, an overconfident one is rejected, the future changes nothing."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.backtests.calibration import PLUG_IN, Calibration, Row, calibrate, default_models
from goalplan.scenarios import Asset, DataError, LognormalModel, Market
from goalplan.scenarios.assumptions import Assumptions

YEARS = 60


def planted_market(years: int = YEARS, frequency: str = "ME") -> Market:
    """Independent normal months of three assets that earn what the reference set expects."""
    rng = np.random.default_rng(11)
    periods = years * (12 if frequency == "ME" else 1) + 1
    per_year = 12.0 if frequency == "ME" else 1.0
    volatility = np.array([0.16, 0.05, 0.004])
    mean = np.log1p(0.018 + 0.22 * volatility * [1, 1, 0]) / per_year - volatility**2 / (2.0 * per_year)
    steps = mean + volatility / np.sqrt(per_year) * rng.standard_normal((periods, 3))
    names = ["shares", "bonds", "cash"]
    index = pd.period_range("1960-01", periods=periods, freq="M" if frequency == "ME" else "Y").to_timestamp(
        how="end"
    )
    frame = pd.DataFrame(100.0 * np.exp(steps.cumsum(axis=0)), index=index.normalize(), columns=names)
    assets = [
        Asset(id=n, name_zh=n, name_en=n, asset_class="cash" if n == "cash" else "equity", region="cn", currency="CNY",
              risk_level=3, fee=0.0, trading_cost=0.0, exempt=True, esg=None, source="made up")
        for n in names
    ]  # fmt: skip
    return Market.from_frames(frame, assets)


def overconfident(_: Market, assumptions: Assumptions) -> LognormalModel:
    return LognormalModel(replace(assumptions, volatility=0.5 * assumptions.volatility), False, False)


@pytest.fixture(scope="module")
def market() -> Market:
    return planted_market()


@pytest.fixture(scope="module")
def scored(market: Market) -> Calibration:
    models: dict[str, Any] = {PLUG_IN: default_models()[PLUG_IN], "planted": overconfident}
    return calibrate(market, models, horizons=(1, 3), step=12, paths=500)


def row(scored: Calibration, model: str, kind: str, years: int) -> Row:
    (found,) = [r for r in scored.rows() if (r.model, r.kind, r.years) == (model, kind, years)]
    return found


def test_a_planted_overconfident_model_is_rejected(scored: Calibration) -> None:
    planted, right = row(scored, "planted", "growth", 1), row(scored, PLUG_IN, "growth", 1)
    assert planted.verdict == "overconfident"
    assert right.verdict == ""
    # Half the volatility: 80 % becomes P(|z| < .64) = 48 %.
    assert abs(planted.coverage[0] - 0.48) < 4.0 * np.sqrt(0.48 * 0.52 / planted.windows)
    assert planted.histogram[0] + planted.histogram[-1] > 0.3
    assert planted.crps_gap > 0.0
    assert planted.log_score > right.log_score + 0.1
    assert row(scored, "planted", "drawdown", 1).verdict == "overconfident"


def test_windows_that_do_not_overlap_are_counted(scored: Calibration) -> None:
    year, three = row(scored, PLUG_IN, "growth", 1), row(scored, PLUG_IN, "growth", 3)
    assert year.origins == year.windows == YEARS - 10
    assert three.origins == YEARS - 12
    assert three.windows == pytest.approx((YEARS - 13) / 3.0 + 1.0)
    early, late = scored.rows(before="1990-01"), scored.rows(since="1990-01")
    assert early[0].origins + late[0].origins == year.origins


def test_the_future_changes_nothing(market: Market, scored: Calibration) -> None:
    """Forecasts and scores whose window ended are the same on the market cut there."""
    models: dict[str, Any] = {PLUG_IN: default_models()[PLUG_IN], "planted": overconfident}
    cut = calibrate(market.until(dt.date(1985, 12, 31)), models, horizons=(1, 3), step=12, paths=500)
    n = cut.origins.size
    assert (cut.origins == scored.origins[:n]).all()
    there = ~np.isnan(cut.pit)
    assert there[:, :, 0].all()
    assert (cut.pit[there] == scored.pit[..., :n][there]).all()
    assert (cut.crps[there] == scored.crps[..., :n][there]).all()


def test_every_model_of_the_registry_is_scored(market: Market) -> None:
    found = calibrate(market.until(dt.date(1974, 1, 31)), horizons=(1,), step=36, paths=100, history=11)
    assert found.models == (PLUG_IN, "lognormal", "student_t", "bootstrap", "regime", "filtered_historical")
    scored = {r.model for r in found.rows()}
    assert scored | set(found.refused) == set(found.models)
    assert {PLUG_IN, "lognormal", "student_t", "bootstrap"} <= scored


def test_an_annual_market_is_scored_by_years() -> None:
    found = calibrate(planted_market(60, "YE"), horizons=(1,), step=12, paths=200, history=20)
    assert row(found, "lognormal", "growth", 1).verdict == ""
    assert "annual" in found.refused["bootstrap"]


def test_a_market_that_is_too_short_is_refused(market: Market) -> None:
    with pytest.raises(DataError, match=r"years that all assets share; calibration needs 10"):
        calibrate(market.until(dt.date(1969, 1, 31)))
    with pytest.raises(DataError, match="step is 0 months"):
        calibrate(market, step=0)
