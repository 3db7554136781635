"""The registry: every model behind one call, centred on the same assumptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios import DataError, Market, reference_assumptions, simulate
from goalplan.scenarios.bootstrap import monthly_history
from goalplan.scenarios.models import MODEL_NAMES, fit_model


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_every_model_has_the_mean_of_the_assumptions(embedded: Market, name: Any) -> None:
    chosen = reference_assumptions(embedded).select(["us_equity", "cn_treasury", "cn_cash"], ["cpi"])
    model = fit_model(name, embedded, chosen)
    assert (model.asset_ids, model.index_ids) == (chosen.asset_ids, chosen.index_ids)
    assert hash(model) == hash(fit_model(name, embedded, chosen))
    paths = simulate(model, 12, 4000, 8, "judge")
    year = np.log(np.concatenate([paths.assets.prod(axis=1), paths.indices.prod(axis=1)], axis=1))
    volatility = np.append(chosen.volatility, chosen.index_volatility)
    median = np.log1p(np.append(chosen.mean, chosen.index_mean)) - 0.5 * volatility**2
    # Means of logs: skewness and spells move them by a small part of the volatility, no more.
    assert (np.abs(year.mean(axis=0) - median) < 0.06 * volatility).all()


def test_unknown_models_are_named(embedded: Market) -> None:
    with pytest.raises(ValueError, match=r"model is 'magic'; allowed are lognormal, student_t, bootstrap"):
        fit_model("magic", embedded, reference_assumptions(embedded))  # type: ignore[arg-type]


def test_an_asset_that_the_market_lacks_is_named(embedded: Market) -> None:
    chosen = reference_assumptions(embedded)
    for name in MODEL_NAMES[1:]:
        with pytest.raises(DataError, match="cannot select"):
            fit_model(name, embedded.select(["gold", "cn_cash"]), chosen)


LEAST = {"student_t": 60, "bootstrap": 60, "regime": 120, "filtered_historical": 120}


@pytest.mark.parametrize("name", LEAST)
def test_a_history_too_short_says_how_much_is_needed(small: Any, name: Any) -> None:
    market = small.market(small.monthly(LEAST[name]))  # one return less than that
    with pytest.raises(
        DataError, match=rf"{LEAST[name] - 1} months .* needs {LEAST[name]}\. Drop the shortest"
    ):
        fit_model(name, market, reference_assumptions(market))


@pytest.mark.parametrize("name", ["student_t", "regime", "filtered_historical"])
def test_series_that_stand_still_or_move_as_one_are_named(small: Any, name: Any) -> None:
    moving = small.monthly(140)
    still, twins = moving.assign(bonds=100.0), moving.assign(bonds=2.0 * moving["shares"])
    assumptions = reference_assumptions(small.market(moving))
    for frame, sentence in ((still, r"\['bonds'\] never move"), (twins, "is singular, some move as one")):
        with pytest.raises(DataError, match=sentence):
            fit_model(name, small.market(frame), assumptions)


def test_assumptions_of_a_series_that_stands_still_must_be_given(small: Any) -> None:
    still = small.market(small.monthly(140).assign(bonds=100.0))
    with pytest.raises(DataError, match="correlation: bonds is constant; drop it or give its moments"):
        reference_assumptions(still)


def test_an_index_without_overlap_is_named(small: Any) -> None:
    old = small.monthly(72)[["cash"]].rename(columns={"cash": "cpi"})
    old.index = old.index - pd.DateOffset(years=20)
    market = small.market(small.monthly(), indices=old)
    with pytest.raises(DataError, match="shares and cpi overlap for less than 3 years; drop one"):
        reference_assumptions(market)


def test_histories_of_other_lengths_are_used_as_they_are_never_filled(small: Any) -> None:
    """The rule of docs/market.md: assets over the months that all share, each index over its own span."""
    frame = small.monthly(100)
    late = frame.assign(bonds=frame["bonds"].where(np.arange(100) >= 20))
    rate = frame[["cash"]].rename(columns={"cash": "fx:usd"}).iloc[:-14]
    market = small.market(late, indices=rate)
    months, returns = market.common_returns()
    assert (str(months[0]), str(months[-1]), returns.shape) == ("2016-10", "2023-04", (79, 3))
    whole, shorter = reference_assumptions(market), reference_assumptions(small.market(frame.iloc[20:]))
    np.testing.assert_allclose(whole.mean, shorter.mean, rtol=1e-12)
    assert whole.years == 79 / 12
    kept = np.log(rate["fx:usd"].iloc[20:].to_numpy())  # of the assets' span, to where it ends
    changes = kept[12:] - kept[:-12]
    assert whole.index_volatility[0] == pytest.approx(changes.std(ddof=1), rel=1e-12)
    boot = fit_model("bootstrap", market, whole)
    rows, _ = monthly_history(market, whole)
    assert (str(rows[0]), str(rows[-1]), boot.index_ids) == ("2016-10", "2022-02", ("fx:usd",))
