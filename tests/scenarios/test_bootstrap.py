"""The block bootstrap: whole rows of history, in blocks, with the mean of the assumptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.bootstrap import BlockBootstrap, monthly_history
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import Market, load_market
from goalplan.scenarios.paths import simulate
from goalplan.scenarios.reference import reference_assumptions


@pytest.fixture(scope="module")
def chosen(embedded: Market) -> Assumptions:
    reference = reference_assumptions(embedded)
    return reference.select(["us_equity", "cn_equity_mid", "gold", "cn_cash"], ["cpi", "home:shenzhen"])


def rows_drawn(model: BlockBootstrap, months: int, paths: int, seed: int = 1) -> np.ndarray:
    """Row numbers of history behind the drawn returns, found by value."""
    _, logs = monthly_history(model.market, model.assumptions)
    drawn = np.log(simulate(model, months, paths, seed, "judge").assets[:, :, 0])
    drawn -= drawn.min() - logs[:, 0].min()  # undo the shift of the mean
    return np.abs(drawn[:, :, None] - logs[:, 0]).argmin(axis=2)


def test_history_holds_the_months_that_all_series_share(embedded: Market, chosen: Assumptions) -> None:
    months, logs = monthly_history(embedded, chosen)
    assert (str(months[0]), str(months[-1]), logs.shape) == ("2006-01", "2025-03", (231, 6))
    months, logs = monthly_history(embedded, chosen.select(chosen.asset_ids, []))
    assert (str(months[0]), str(months[-1]), logs.shape) == ("2005-02", "2026-04", (255, 4))


def test_rows_are_drawn_whole(embedded: Market, chosen: Assumptions) -> None:
    model = BlockBootstrap(embedded, chosen, 6.0, "stationary", parameter_uncertainty=False)
    _, logs = monthly_history(embedded, chosen)
    paths = simulate(model, 24, 40, 1, "judge")
    drawn = np.log(np.concatenate([paths.assets, paths.indices], axis=2)).reshape(-1, 6)
    rows = rows_drawn(model, 24, 40).ravel()
    shift = drawn - logs[rows]
    np.testing.assert_allclose(shift, np.broadcast_to(shift[0], shift.shape), atol=1e-12)


@pytest.mark.parametrize("kind", ["stationary", "circular"])
@pytest.mark.parametrize("parameter_uncertainty", [False, True])
def test_expected_growth_is_that_of_the_assumptions(
    embedded: Market, chosen: Assumptions, kind: Any, parameter_uncertainty: bool
) -> None:
    model = BlockBootstrap(embedded, chosen, 6.0, kind, parameter_uncertainty)
    paths = simulate(model, 24, 6000, 2, "judge")
    _, cov = chosen.monthly_log_moments()
    doubt = np.diag(cov) / (12.0 * chosen.years) if parameter_uncertainty else np.zeros(6)
    mean = np.append(chosen.mean, chosen.index_mean)
    months = np.concatenate([paths.assets, paths.indices], axis=2)
    exact = (1.0 + mean) ** (1.0 / 12.0) * np.exp(doubt / 2.0)
    by_path = months.mean(axis=1)  # months of a path depend on each other, paths do not
    error = by_path.std(axis=0) / np.sqrt(6000)
    assert (np.abs(by_path.mean(axis=0) - exact) < 4.0 * error).all()


def test_every_month_of_history_is_equally_likely(embedded: Market, chosen: Assumptions) -> None:
    model = BlockBootstrap(embedded, chosen, 5.0, "stationary", parameter_uncertainty=False)
    rows = rows_drawn(model, 3, 20_000)
    counts = np.bincount(rows[:, 2], minlength=231)
    expected = 20_000 / 231
    assert (((counts - expected) ** 2) / expected).sum() < 230 + 4.0 * np.sqrt(2.0 * 230)


@pytest.mark.parametrize("length", [1.0, 4.0, 12.5])
def test_stationary_blocks_have_their_expected_length(
    embedded: Market, chosen: Assumptions, length: float
) -> None:
    model = BlockBootstrap(embedded, chosen, length, "stationary", parameter_uncertainty=False)
    rows = rows_drawn(model, 25, 2000)
    follows = (rows[:, 1:] == (rows[:, :-1] + 1) % 231).mean()
    exact = 1.0 - 1.0 / length + 1.0 / (length * 231)  # a fresh block may continue by chance
    assert abs(follows - exact) < 4.0 * np.sqrt(0.25 / 48_000)


def test_circular_blocks_have_their_fixed_length(embedded: Market, chosen: Assumptions) -> None:
    model = BlockBootstrap(embedded, chosen, 6, "circular", parameter_uncertainty=False)
    rows = rows_drawn(model, 24, 500)
    follows = rows[:, 1:] == (rows[:, :-1] + 1) % 231
    inside = np.arange(1, 24) % 6 > 0
    assert follows[:, inside].all()
    assert follows[:, ~inside].mean() < 0.03
    assert ((rows[:, :-1] == 230) & (rows[:, 1:] == 0)).any()  # a block runs over the end to the start


def test_blocks_of_one_month_are_independent(embedded: Market, chosen: Assumptions) -> None:
    model = BlockBootstrap(embedded, chosen, 1.0, "stationary", parameter_uncertainty=False)
    z = np.log(simulate(model, 37, 2000, 4, "judge").assets)
    z = (z - z.mean(axis=(0, 1))) / z.std(axis=(0, 1))
    assert np.abs((z[:, 1:] * z[:, :-1]).mean(axis=(0, 1))).max() < 4.5 / np.sqrt(72_000)


def test_uncertain_means_widen_the_ends(embedded: Market, chosen: Assumptions) -> None:
    models = [BlockBootstrap(embedded, chosen, 1.0, "stationary", doubt) for doubt in (False, True)]
    known, doubted = (np.log(simulate(model, 120, 4000, 5, "judge").assets) for model in models)
    shift = (doubted - known).sum(axis=1)
    np.testing.assert_allclose((doubted - known)[:, 0], (doubted - known)[:, 77], atol=1e-12)
    exact = 100.0 * chosen.volatility**2 / chosen.years
    assert (np.abs(shift.var(axis=0) / exact - 1.0) < 4.0 * np.sqrt(2.0 / 4000)).all()


def test_days_of_a_month_are_those_of_history(embedded: Market, chosen: Assumptions) -> None:
    """At a month of 21 trading days the steps are its daily log returns, up to one constant."""
    model = BlockBootstrap(embedded, chosen, 1.0, "stationary", parameter_uncertainty=False)
    steps = np.log(simulate(model, 1, 3000, 6, "judge", steps_per_month=21).assets[:, :, 0])
    month = embedded.days.astype("datetime64[M]")
    inside = np.flatnonzero(month == np.datetime64("2020-06"))
    assert inside.size == 20
    inside = np.flatnonzero(month == np.datetime64("2021-11"))
    assert inside.size == 22
    inside = np.flatnonzero(month == np.datetime64("2022-07"))
    assert inside.size == 21
    column = embedded.asset_ids.index("us_equity")
    history = np.diff(np.log(embedded.daily[inside[0] - 1 : inside[-1] + 1, column]))
    shift = steps - history
    same = np.ptp(shift, axis=1) < 1e-12
    assert same.sum() > 2
    assert (np.abs(np.ptp(steps[~same] - history, axis=1)) > 1e-6).all()


def test_default_block_length_comes_from_the_squared_returns(embedded: Market) -> None:
    reference = reference_assumptions(embedded)
    model = BlockBootstrap.fit(embedded, reference.select(embedded.asset_ids, []))
    assert model.kind == "stationary"
    assert model.block == 11.0
    assert model.name == "stationary bootstrap, blocks of 11 months with uncertain means"


@pytest.mark.parametrize("block", [0.5, 400.0, float("nan")])
def test_block_lengths_out_of_range_are_named(embedded: Market, chosen: Assumptions, block: float) -> None:
    with pytest.raises(ValueError, match="allowed are 1 to 231"):
        BlockBootstrap(embedded, chosen, block)


def test_circular_blocks_are_whole_and_kinds_are_two(embedded: Market, chosen: Assumptions) -> None:
    with pytest.raises(ValueError, match=r"block is 6\.5 months"):
        BlockBootstrap(embedded, chosen, 6.5, "circular")
    with pytest.raises(ValueError, match="kind is 'moving'"):
        BlockBootstrap(embedded, chosen, 6.0, "moving")  # type: ignore[arg-type]


def test_a_history_that_is_too_short_is_refused(small: Any) -> None:
    market = small.market(small.monthly(50))
    assumptions = reference_assumptions(market)
    with pytest.raises(DataError, match=r"49 months in which all of .* the bootstrap needs 60"):
        BlockBootstrap.fit(market, assumptions)


def test_what_the_market_lacks_is_named(embedded: Market, chosen: Assumptions, small: Any) -> None:
    with pytest.raises(DataError, match="cannot select"):
        BlockBootstrap.fit(load_market(assets=["gold", "cn_cash"]), chosen)
    market = small.market(small.monthly())
    bare = reference_assumptions(market)
    with_index = small.market(
        small.monthly(), indices=small.monthly()[["cash"]].rename(columns={"cash": "cpi"})
    )
    with pytest.raises(DataError, match=r"needs a history of \['cpi'\]"):
        BlockBootstrap.fit(market, reference_assumptions(with_index))
    with pytest.raises(DataError, match="no daily levels; draw with steps_per_month=1"):
        simulate(BlockBootstrap.fit(market, bare), 2, 3, 1, "judge", steps_per_month=21)
