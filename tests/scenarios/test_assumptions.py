"""Assumptions: the reference set is its formula, a file reads back to the last digit, nonsense is named."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.assumptions_toml import load_assumptions
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import Market
from goalplan.scenarios.moments import historic_moments
from goalplan.scenarios.reference import reference_assumptions


@pytest.fixture(scope="module")
def reference(embedded: Market) -> Assumptions:
    return reference_assumptions(embedded)


def test_reference_means_are_their_formula(embedded: Market, reference: Assumptions) -> None:
    _, returns = embedded.common_returns()
    history = (1.0 + returns.mean(axis=0)) ** 12 - 1.0
    volatility = np.log1p(returns).std(axis=0, ddof=1) * np.sqrt(12.0)
    mean = 0.75 * (0.018 + 0.22 * volatility) + 0.25 * history
    mean[embedded.asset_ids.index("cn_cash")] = 0.018
    np.testing.assert_allclose(reference.volatility, volatility, rtol=1e-12)
    np.testing.assert_allclose(reference.mean, mean, rtol=1e-12)
    assert (reference.name, reference.cash, reference.years) == ("reference", 0.018, 21.25)
    assert reference.as_of == embedded.as_of
    assert reference.source
    assert reference.rationale


def test_reference_caps_every_asset_but_cash(reference: Assumptions) -> None:
    capped = dict(zip(reference.asset_ids, reference.max_weight, strict=True))
    assert capped.pop("cn_cash") == 1.0
    assert set(capped.values()) == {0.35}


def test_caps_that_would_leave_no_portfolio_are_dropped(small: Any) -> None:
    market = small.market(small.monthly(names=("shares", "bonds")))
    np.testing.assert_array_equal(reference_assumptions(market).max_weight, 1.0)


def test_reference_indices(embedded: Market, reference: Assumptions) -> None:
    j = reference.index_ids.index("cash")
    assert reference.index_mean[j] == 0.018
    j = reference.index_ids.index("cpi")
    levels = embedded.index_levels[:, j]
    kept = (embedded.index_months >= np.datetime64("2005-01")) & ~np.isnan(levels)
    logs = np.log(levels[kept])
    volatility = (logs[12:] - logs[:-12]).std(ddof=1)
    growth = np.exp((logs[-1] - logs[0]) * 12.0 / (logs.size - 1) + volatility**2 / 2.0) - 1.0
    assert reference.index_volatility[j] == pytest.approx(volatility, rel=1e-12)
    assert reference.index_mean[j] == pytest.approx(0.75 * 0.02 + 0.25 * growth, rel=1e-12)


def test_home_prices_carry_the_volatility_of_whole_years(embedded: Market, reference: Assumptions) -> None:
    """Monthly home indices are smoothed: their monthly volatility says less than half of the truth."""
    j = reference.index_ids.index("home:beijing")
    monthly = np.nanstd(np.diff(np.log(embedded.index_levels[:, j]))) * np.sqrt(12.0)
    assert reference.index_volatility[j] > 2.0 * monthly


def test_the_joint_correlation_is_positive_definite(reference: Assumptions) -> None:
    assert reference.correlation.shape == (21, 21)
    assert np.linalg.eigvalsh(reference.correlation).min() > 1e-3
    at = [reference.asset_ids.index("cn_cash"), 12 + reference.index_ids.index("cash")]
    assert reference.correlation[at[0], at[1]] > 0.6  # two measures of the cash rate


def test_asset_correlations_do_not_depend_on_the_indices(embedded: Market, reference: Assumptions) -> None:
    bare = replace_indices(embedded, ())
    np.testing.assert_array_equal(reference_assumptions(bare).correlation, reference.correlation[:12, :12])


def replace_indices(market: Market, keep: tuple[str, ...]) -> Market:
    columns = [market.index_ids.index(i) for i in keep]
    return replace(market, index_ids=keep, index_levels=market.index_levels[:, columns], digest="other")


def test_geometric_and_monthly_moments(reference: Assumptions) -> None:
    mean, cov = reference.monthly_log_moments()
    np.testing.assert_allclose(
        np.exp(mean[:12] + np.diag(cov)[:12] / 2.0) ** 12, 1.0 + reference.mean, rtol=1e-12
    )
    np.testing.assert_allclose(np.exp(12.0 * mean[:12]) - 1.0, reference.geometric, rtol=1e-12)
    np.testing.assert_allclose(np.sqrt(12.0 * np.diag(cov)[:12]), reference.volatility, rtol=1e-12)
    assert not mean.flags.writeable
    assert (reference.geometric <= reference.mean).all()


def test_select_takes_rows_and_columns(reference: Assumptions) -> None:
    two = reference.select(["gold", "cn_cash"], ["cpi"])
    full = [reference.asset_ids.index("gold"), reference.asset_ids.index("cn_cash"), 12]
    np.testing.assert_array_equal(two.correlation, reference.correlation[np.ix_(full, full)])
    assert (two.index_ids, two.mean[1]) == (("cpi",), 0.018)
    assert reference.select(reference.asset_ids) == reference
    assert two.digest != reference.digest
    with pytest.raises(DataError, match=r"nothing is assumed about \['silver', 'rent'\]"):
        reference.select(["silver"], ["rent"])


def test_since_shortens_the_history(embedded: Market, reference: Assumptions) -> None:
    later = reference_assumptions(embedded, since="2015-01")
    assert later.years == pytest.approx(136 / 12)
    assert later.digest != reference.digest
    assert reference_assumptions(embedded, since="2005-02").mean == pytest.approx(reference.mean)
    with pytest.raises(DataError, match="only 16 returns of all assets together since 2025-01"):
        reference_assumptions(embedded, since="2025-01")
    with pytest.raises(DataError, match="since is 'last year'; write a month"):
        reference_assumptions(embedded, since="last year")


def test_an_annual_market_has_assumptions_too(small: Any) -> None:
    frame = small.monthly(40)
    frame.index = [str(1980 + i) for i in range(40)]
    market = small.market(frame)
    moments = historic_moments(market)
    assert moments.years == 39.0
    np.testing.assert_allclose(moments.volatility, np.log1p(market.returns()).std(axis=0, ddof=1))
    np.testing.assert_allclose(moments.mean, market.returns().mean(axis=0))


def test_a_constant_series_and_a_short_index_are_refused(small: Any) -> None:
    flat = small.monthly().assign(cash=1.0)
    with pytest.raises(DataError, match="cash is constant"):
        reference_assumptions(small.market(flat))
    early = small.monthly(30)[["cash"]].rename(columns={"cash": "cpi"})
    with pytest.raises(DataError, match="and cpi overlap for less than 3 years"):
        reference_assumptions(small.market(small.monthly(), indices=early))
    elsewhere = small.monthly()[["cash"]].rename(columns={"cash": "cpi"})
    elsewhere.index = elsewhere.index - pd.DateOffset(years=20)
    with pytest.raises(DataError, match="and cpi overlap for less than 3 years"):
        reference_assumptions(small.market(small.monthly(), indices=elsewhere))


def test_an_exchange_rate_is_an_index_without_inflation_of_its_own(small: Any) -> None:
    """A currency that ends early and moves with one asset is drawn jointly with it by every model of normal months."""
    from goalplan.scenarios import fit_model, simulate

    frame = small.monthly(180)
    rng = np.random.default_rng(5)
    moves = 0.4 * np.diff(np.log(frame["shares"]), prepend=np.log(100.0)) + rng.normal(0.0, 0.01, 180)
    rate = pd.DataFrame({"fx:usd": 7.0 * np.exp(np.cumsum(moves))}, index=frame.index).iloc[:-14]
    market = small.market(frame, indices=rate)
    assumed = reference_assumptions(market)
    growth = (rate["fx:usd"].iloc[-1] / rate["fx:usd"].iloc[0]) ** (12.0 / 165.0)
    arithmetic = growth * np.exp(0.5 * assumed.index_volatility[0] ** 2) - 1.0
    assert assumed.index_mean[0] == pytest.approx(0.25 * arithmetic)
    joint = assumed.correlation[0, 3]
    assert joint > 0.5
    for name in ("lognormal", "student_t"):
        drawn = simulate(fit_model(name, market, assumed), 12, 20_000, 1, "judge")  # type: ignore[arg-type]
        years = np.log(drawn.assets[:, :, 0]).sum(axis=1), np.log(drawn.indices[:, :, 0]).sum(axis=1)
        error = 4.0 * 1.5 * (1.0 - joint**2) / np.sqrt(20_000)  # half as much again for fat tails
        assert np.corrcoef(*years)[0, 1] == pytest.approx(joint, abs=error)


def test_twin_series_are_made_definite_by_shrinkage(small: Any) -> None:
    frame = small.monthly()
    frame["twin"] = frame["shares"] * 2.0
    assumed = reference_assumptions(small.market(frame))
    assert np.linalg.eigvalsh(assumed.correlation).min() > 0.0


def test_a_file_reads_back_to_the_last_digit(
    tmp_path: Path, embedded: Market, reference: Assumptions
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(reference.to_toml(), encoding="utf-8")
    assert load_assumptions(path, embedded) == reference
    awkward = replace(reference, rationale='a "quoted" \\ line\nand another\ttab', source="中文")
    path.write_text(awkward.to_toml(), encoding="utf-8")
    assert load_assumptions(path, embedded) == awkward


SHORT = """
name = "house view"
source = "investment committee"
as_of = 2026-06-30
rationale = "minutes of June"
cash = 0.015
[assets.shares]
geometric = 0.05
volatility = 0.2
max_weight = 0.6
[assets.bonds]
mean = 0.022
[assets.cash]
mean = 0.015
"""


def test_a_short_file_is_completed_from_the_market(tmp_path: Path, small: Any) -> None:
    path = tmp_path / "short.toml"
    path.write_text(SHORT, encoding="utf-8")
    cpi = small.monthly()[["cash"]].rename(columns={"cash": "cpi"})
    market = small.market(small.monthly(), indices=cpi)
    got, estimated = load_assumptions(path, market), reference_assumptions(market, cash=0.015)
    np.testing.assert_allclose(got.mean, [1.05 * np.exp(0.02) - 1.0, 0.022, 0.015], rtol=1e-12)
    assert got.geometric[0] == pytest.approx(0.05)
    np.testing.assert_array_equal(got.volatility, [0.2, *estimated.volatility[1:]])
    np.testing.assert_array_equal(got.correlation, estimated.correlation)
    np.testing.assert_array_equal(got.index_mean, estimated.index_mean)
    np.testing.assert_array_equal(got.max_weight, [0.6, 1.0, 1.0])
    assert (got.name, got.cash, got.years, str(got.as_of)) == (
        "house view",
        0.015,
        estimated.years,
        "2026-06-30",
    )


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("rationale", "#", "rationale is missing"),
        ("source =", "sauce =", "sauce is not a known entry"),
        ("2026-06-30", "'soon'", "as_of is 'soon'"),
        ("cash = 0.015", "cash = 1.5", "cash is 1.5"),
        ("mean = 0.022", "mean = 2.2", "assets.bonds.mean is 2.2"),
        ("mean = 0.022", "median = 0.022", "assets.bonds.median is not a known entry"),
        ("mean = 0.022", "mean = 0.022\ngeometric = 0.02", "bonds: give either mean"),
        ("mean = 0.022", "", "assets.bonds: give either mean"),
        ("volatility = 0.2", "volatility = -0.2", "assets.shares.volatility is -0.2"),
        ("[assets.bonds]", "[assets.gold]", "assets.gold is unknown to the market"),
        ("[assets.bonds]", "[assets.gold]", "assets.bonds is missing"),
        ("[assets.bonds]", "[indices.cpi]\nmean=0.02\n[assets.bonds]", "indices.cpi is unknown"),
        ("[assets.b", "[correlation]\nids=['shares']\nmatrix=[[1.0]]\n[assets.b", "give ids and a square"),
        ("name =", "name", "not valid TOML"),
        ("name =", "schema_version = 2\nname =", "schema_version is 2"),
    ],
)  # fmt: skip
def test_faults_of_a_file_are_named(tmp_path: Path, small: Any, old: str, new: str, sentence: str) -> None:
    path = tmp_path / "faulty.toml"
    path.write_text(SHORT.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(DataError, match=sentence):
        load_assumptions(path, small.market(small.monthly()))


def test_an_index_takes_a_mean_or_a_geometric_growth(tmp_path: Path, small: Any) -> None:
    path = tmp_path / "index.toml"
    cpi = small.monthly()[["cash"]].rename(columns={"cash": "cpi"})
    market = small.market(small.monthly(), indices=cpi)
    path.write_text(SHORT + "[indices.cpi]\ngeometric = 0.02\nvolatility = 0.0\n", encoding="utf-8")
    assert load_assumptions(path, market).index_mean[0] == pytest.approx(0.02)
    path.write_text(SHORT + "[indices.cpi]\ngeometric = 0.02\nmean = 0.02\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"indices\.cpi: give mean .arithmetic. or geometric, not both"):
        load_assumptions(path, market)


WRONG: list[tuple[Callable[[Assumptions], dict[str, Any]], str]] = [
    (lambda a: {"mean": a.mean[:-1]}, r"mean has shape \(11,\), \(12,\) is needed"),
    (lambda a: {"mean": np.where(a.mean > 0.1, np.nan, a.mean)}, "mean of cn_equity_mid is nan"),
    (lambda a: {"volatility": -a.volatility}, "volatility of cn_equity_large is -0.27"),
    (lambda a: {"max_weight": a.max_weight * 2.0}, "max_weight of cn_cash is 2"),
    (lambda _: {"cash": 2.5}, "cash is 2.5; allowed are"),
    (lambda _: {"years": 0.0}, "years is 0.0"),
    (lambda a: {"asset_ids": ("gold", *a.asset_ids[1:])}, "must be unique"),
    (lambda a: {"correlation": a.correlation * 0.9}, "ones on the diagonal"),
    (lambda a: {"correlation": a.correlation + np.triu(np.full((21, 21), 0.01), 1)}, "symmetric"),
    (lambda _: {"correlation": np.ones((21, 21))}, "correlation is not positive definite"),
]


@pytest.mark.parametrize(("change", "sentence"), WRONG)
def test_nonsense_is_named(
    reference: Assumptions, change: Callable[[Assumptions], dict[str, Any]], sentence: str
) -> None:
    with pytest.raises(DataError, match=f"assumptions 'reference': .*{sentence}"):
        replace(reference, **change(reference))


def test_any_change_changes_the_digest(reference: Assumptions) -> None:
    changes = [
        {"name": "other"}, {"cash": 0.019}, {"years": 20.0}, {"rationale": "none"}, {"source": "none"},
        {"mean": np.nextafter(reference.mean, 1.0)}, {"volatility": np.nextafter(reference.volatility, 1.0)},
        {"index_mean": np.nextafter(reference.index_mean, 1.0)}, {"max_weight": np.ones(12)},
    ]  # fmt: skip
    digests = {replace(reference, **change).digest for change in changes}  # type: ignore[arg-type]
    assert len(digests | {reference.digest}) == 10
