from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios._propagation import expected_logs, factor_links
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import EMBEDDED, Market, load_market
from goalplan.scenarios.shocks import Move, Shock, apply_shock, load_shocks
from goalplan.scenarios.stress import Episode, Episodes, load_episodes
from goalplan.scenarios.stress_set import stress_set
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

LIBRARY = load_shocks()
BY_ID = {shock.id: shock for shock in LIBRARY.shocks}


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market()


@pytest.fixture(scope="module")
def assumed(market):
    """Volatilities and correlations of history: all that a shock reads of the assumptions."""
    return measured(market)


def measured(market: Market) -> SimpleNamespace:
    cov = 12.0 * np.cov(np.log1p(market.common_returns()[1]).T)
    sd = np.sqrt(np.diag(cov))
    return SimpleNamespace(
        name="measured", asset_ids=market.asset_ids, volatility=sd, correlation=cov / np.outer(sd, sd)
    )


def at(path, name: str) -> float:
    return float(path.returns[0, path.asset_ids.index(name)])


def route(path, name: str) -> str:
    return path.routes[path.asset_ids.index(name)]


def one_move(**move: object) -> Shock:
    return Shock(id="x", source="test", moves=(Move(**move),))


# Propagation.


def test_one_moved_asset_gives_the_others_the_regression_slope(market, assumed):
    path = apply_shock(BY_ID["gold_down_30"], market, assumed)
    gold = market.asset_ids.index("gold")
    for j, name in enumerate(market.asset_ids[:-1]):
        slope = assumed.correlation[j, gold] * assumed.volatility[j] / assumed.volatility[gold]
        assert np.log1p(at(path, name)) == pytest.approx(slope * np.log(0.7), abs=1e-14)


def test_several_moved_assets_give_the_schur_complement(market, assumed):
    path = apply_shock(BY_ID["equity_down_40"], market, assumed)
    cov = assumed.correlation * np.outer(assumed.volatility, assumed.volatility)
    moved = np.array([asset.asset_class == "equity" for asset in market.assets])
    wanted = cov[:, moved] @ np.linalg.solve(cov[np.ix_(moved, moved)], np.full(moved.sum(), np.log(0.6)))
    for j, asset in enumerate(market.assets):
        if asset.asset_class != "cash":
            assert np.log1p(at(path, asset.id)) == pytest.approx(wanted[j], abs=1e-12)
            assert route(path, asset.id) == ("moved" if moved[j] else "expected")


def test_the_expectation_is_the_mean_of_simulated_paths_near_the_moved_value(market, assumed):
    # 4 million joint normals; those with gold's yearly log return within 0.01 of -0.15.
    pair = [market.asset_ids.index(name) for name in ("gold", "cn_equity_large")]
    cov = (assumed.correlation * np.outer(assumed.volatility, assumed.volatility))[np.ix_(pair, pair)]
    draws = np.random.default_rng(7).standard_normal((4_000_000, 2)) @ np.linalg.cholesky(cov).T
    near = draws[np.abs(draws[:, 0] + 0.15) < 0.01, 1]
    wanted = np.log1p(
        at(
            apply_shock(one_move(asset="gold", value=float(np.expm1(-0.15))), market, assumed),
            "cn_equity_large",
        )
    )
    assert near.mean() == pytest.approx(wanted, abs=4.0 * near.std() / np.sqrt(near.size))


def test_stressed_correlation_gives_the_equicorrelated_closed_form(market, assumed):
    path = apply_shock(BY_ID["correlations_090"], market, assumed)
    moved = np.array([asset.asset_class == "equity" for asset in market.assets])
    m = int(moved.sum())
    scores = (np.log(0.6) / assumed.volatility[moved]).sum() * 0.9 / (1.0 + 0.9 * (m - 1))
    for name in ("cn_treasury", "gold"):
        j = market.asset_ids.index(name)
        assert np.log1p(at(path, name)) == pytest.approx(assumed.volatility[j] * scores, rel=1e-12)
    plain = apply_shock(BY_ID["equity_down_40"], market, assumed)
    assert (path.returns <= plain.returns + 1e-15).all()
    assert (at(path, "cn_cash"), route(path, "cn_cash")) == (0.0, "held_at_par")


CORRELATION = arrays(np.float64, (6, 4), elements=st.floats(-1.0, 1.0))


@given(CORRELATION, st.permutations(range(4)))
def test_permuting_the_entries_permutes_the_expectation(factor, order):
    cov = factor.T @ factor + 0.5 * np.eye(4)
    volatility = np.sqrt(np.diag(cov))
    correlation = cov / np.outer(volatility, volatility)
    given_, values = np.array([0, 2]), np.array([-0.3, 0.1])
    before = expected_logs(correlation, volatility, given_, values)
    place = np.argsort(order)
    after = expected_logs(correlation[np.ix_(order, order)], volatility[order], place[given_], values)
    np.testing.assert_allclose(after, before[list(order)], atol=1e-10)
    np.testing.assert_allclose(before[given_], values, atol=1e-10)


def test_near_copies_of_one_asset_do_not_blow_up():
    # Two funds on one index, correlation 0.9999, volatilities 1 % apart, both moved by the same fall: an
    # exact inverse would explain the gap in scores by their difference and throw the third asset anywhere.
    correlation = np.array([[1.0, 0.9999, 0.50], [0.9999, 1.0, 0.49], [0.50, 0.49, 1.0]])
    volatility = np.array([0.25, 0.2525, 0.15])
    found = expected_logs(correlation, volatility, np.array([0, 1]), np.full(2, np.log(0.6)))
    alone = expected_logs(correlation, volatility, np.array([0]), np.array([np.log(0.6)]))
    assert found[2] == pytest.approx(alone[2], rel=0.03)


def test_an_entry_of_no_volatility_carries_no_information():
    found = expected_logs(np.eye(2), np.array([0.0, 0.2]), np.array([0]), np.array([-0.5]))
    assert found.tolist() == [0.0, 0.0]


# The library, and the facts that its texts state.


def test_the_library_has_the_seven_shocks_with_texts_in_both_languages():
    assert list(BY_ID) == [
        "rates_up_200bp", "cny_down_10", "cny_up_10", "equity_down_40",
        "gold_down_30", "correlations_090", "liquidity",
    ]  # fmt: skip
    for shock in LIBRARY.shocks:
        texts = (shock.name_zh, shock.name_en, shock.what_zh, shock.what_en, shock.source, shock.rationale)
        assert all(texts)
    assert all(entry.source for entry in LIBRARY.durations)


def test_rates_cost_each_bond_its_duration_and_give_no_one_a_gain(market, assumed):
    path = apply_shock(BY_ID["rates_up_200bp"], market, assumed)
    wanted = {"cn_treasury": -0.11, "cn_credit": -0.06, "us_agg_bond": -0.12}
    assert {name: at(path, name) for name in wanted} == pytest.approx(wanted, abs=1e-14)
    assert (path.returns <= 0.0).all()
    assert route(path, "cn_equity_large") == "gain_dropped"
    plain = BY_ID["rates_up_200bp"].model_copy(update={"count_gains": True})
    links, k = factor_links(market, ["rates"]), market.asset_ids.index("cn_equity_large")
    slope = links.assets[0, k] * assumed.volatility[k] / links.volatility[0]
    gain = at(apply_shock(plain, market, assumed), "cn_equity_large")
    assert np.log1p(gain) == pytest.approx(0.02 * slope, rel=1e-12)
    assert gain > 0.05  # what is dropped, and why the text says so


def test_the_yuan_translates_foreign_holdings_and_commodities(market, assumed):
    down = apply_shock(BY_ID["cny_down_10"], market, assumed)
    up = apply_shock(BY_ID["cny_up_10"], market, assumed)
    for name in ("hk_equity", "us_equity", "us_nasdaq", "us_agg_bond", "gold"):
        assert at(down, name) == pytest.approx(1.0 / 0.9 - 1.0, abs=1e-14)
        assert at(up, name) == pytest.approx(1.0 / 1.1 - 1.0, abs=1e-14)
    links, k = factor_links(market, ["cny"]), market.asset_ids.index("cn_equity_large")
    slope = links.assets[0, k] * assumed.volatility[k] / links.volatility[0]
    assert np.log1p(at(down, "cn_equity_large")) == pytest.approx(slope * np.log(0.9), rel=1e-12)
    assert at(down, "cn_equity_large") < -0.05


def test_factor_volatility_and_correlation_are_those_of_the_common_months(market):
    table = pd.read_csv(EMBEDDED / "factors.csv", index_col=0)
    change = pd.DataFrame({"cny": np.log(table["cny"]).diff(), "rates": table["rates"].diff()})
    months = [str(m) for m in market.months[1:]]
    asset = pd.Series(np.diff(np.log(market.monthly[:, 0])), index=months)
    links = factor_links(market, ["cny", "rates"])
    common = change.reindex(months)
    np.testing.assert_allclose(links.volatility, common.std(ddof=0) * np.sqrt(12.0), rtol=1e-12)
    np.testing.assert_allclose(links.assets[:, 0], [asset.corr(common[f]) for f in common], rtol=1e-10)
    assert links.between[0, 1] == pytest.approx(common.corr().iloc[0, 1], rel=1e-10)


def test_liquidity_is_the_worst_week_of_each_class_less_ten_trading_costs(market, assumed):
    path = apply_shock(BY_ID["liquidity"], market, assumed)
    assert at(path, "us_equity") == pytest.approx(0.69 * (1.0 - 10.0 * 0.001) - 1.0, abs=1e-14)
    everything = Market.from_folder(EMBEDDED, pd.read_csv(EMBEDDED / "prices.csv", nrows=0).columns[1:])
    week = everything.daily[5:] / everything.daily[:-5] - 1.0
    for move in BY_ID["liquidity"].moves:
        if move.asset_class is not None:
            members = [a.asset_class == move.asset_class for a in everything.assets]
            assert move.value == np.floor(100.0 * week[:, members].min()) / 100.0


def test_sizes_are_those_that_history_has_seen(market):
    table = pd.read_csv(EMBEDDED / "factors.csv", index_col=0)
    rates, yuan = table["rates"], table["cny"]
    rise = rates - rates.rolling(13, min_periods=2).min()
    assert (1e4 * rise.max(), rise.idxmax()) == (pytest.approx(234.0, abs=0.5), "2004-08")
    fall, gain = yuan / yuan.rolling(13).max() - 1.0, yuan / yuan.rolling(13).min() - 1.0
    assert (fall.min(), fall.idxmin()) == (pytest.approx(-0.119, abs=5e-4), "2022-11")
    assert (gain.max(), gain.idxmax()) == (pytest.approx(0.120, abs=5e-4), "2021-05")
    gold = pd.Series(market.daily[:, market.asset_ids.index("gold")], index=market.days)
    for year, percent in (("2008", 31.2), ("2013", 30.4)):
        assert 100.0 * (1.0 - gold[year] / gold[year].cummax()).max() == pytest.approx(percent, abs=0.05)


def test_stated_durations_are_not_below_the_slope_on_the_ten_year_yield(market):
    rates = pd.read_csv(EMBEDDED / "factors.csv", index_col=0)["rates"].diff()
    months = [str(m) for m in market.months[1:]]
    for name in ("cn_treasury", "cn_credit"):
        asset = market.assets[market.asset_ids.index(name)]
        returns = pd.Series(np.diff(np.log(market.monthly[:, market.asset_ids.index(name)])), index=months)
        pair = pd.concat([returns, rates.reindex(months)], axis=1).dropna()["2008-01":]
        slope = -np.polyfit(pair.iloc[:, 1], pair.iloc[:, 0], 1)[0]
        assert slope < LIBRARY.duration(asset) < 2.5 * slope


# Losses and sets.


def test_a_shock_is_one_step_so_its_loss_is_linear(market, assumed):
    path = apply_shock(BY_ID["equity_down_40"], market, assumed)
    mixes = np.random.default_rng(2).dirichlet(np.ones(12), 50)
    np.testing.assert_allclose(path.losses(mixes), np.maximum(0.0, -mixes @ path.returns[0]), atol=1e-15)
    assert (path.kind, path.step, path.returns.shape, path.dates.size) == ("shock", "once", (1, 12), 0)
    assert not path.returns.flags.writeable


def test_moves_that_meet_on_one_asset_compound(market, assumed):
    both = Shock(
        id="x", source="test", moves=(Move(factor="rates", value=0.02), Move(factor="cny", value=0.10))
    )
    path = apply_shock(both, market, assumed)
    assert at(path, "us_agg_bond") == pytest.approx(0.88 / 1.1 - 1.0, abs=1e-14)


def test_the_future_changes_no_shock(market, assumed):
    early = market.months < np.datetime64("2015-01")
    noisy = market.monthly.copy()
    noisy[~early] *= np.exp(np.random.default_rng(1).normal(0.0, 0.3, noisy[~early].shape))
    cuts = [
        replace(m, months=m.months[early], monthly=m.monthly[early])
        for m in (market, replace(market, monthly=noisy))
    ]
    for shock in LIBRARY.shocks:
        assert apply_shock(shock, cuts[0], assumed).digest == apply_shock(shock, cuts[1], assumed).digest
    assert (
        apply_shock(BY_ID["cny_down_10"], cuts[0], assumed).digest
        != apply_shock(BY_ID["cny_down_10"], market, assumed).digest
    )


def test_an_asset_too_young_for_a_factor_is_marked_not_linked(market, assumed):
    monthly = market.monthly.copy()
    monthly[:-20, 0] = np.nan
    path = apply_shock(BY_ID["cny_down_10"], replace(market, monthly=monthly), assumed)
    assert (at(path, "cn_equity_large"), route(path, "cn_equity_large")) == (0.0, "not_linked")


def test_a_set_holds_every_event_in_order_with_all_losses(market, assumed):
    events = stress_set(market, assumed)
    assert events.ids == (*(e.id for e in load_episodes().episodes), *BY_ID)
    assert events.skipped == ()
    mixes = np.random.default_rng(4).dirichlet(np.ones(12), 7)
    losses = events.losses(mixes)
    assert losses.shape == (19, 7)
    assert losses[2].tobytes() == events.get("2008").losses(mixes).tobytes()
    part = events.select(("gold", "cn_cash"))
    half = 0.5 * (np.eye(12)[10] + np.eye(12)[11])
    np.testing.assert_allclose(part.losses([0.5, 0.5]), events.losses(half), atol=1e-15)
    assert part.digest != events.digest


def test_a_set_says_why_an_event_is_left_out(market, assumed):
    no_gold = market.select([i for i in market.asset_ids if i != "gold"])
    late = Episode(id="late", start="2026-01-05", end="2026-12-31", source="test")
    events = stress_set(no_gold, assumed, episodes=Episodes(episodes=(late,)))
    assert {event.id for event in events.skipped} == {"late", "gold_down_30"}
    with pytest.raises(DataError, match=r"'late' cannot be told on this market: it had not ended"):
        events.get("late")
    with pytest.raises(DataError, match=r"'1929' is unknown; known are rates_up_200bp"):
        events.get("1929")
    twice = Episodes(episodes=(late.model_copy(update={"id": "liquidity"}),))
    with pytest.raises(DataError, match=r"\['liquidity'\] name both an episode and a shock"):
        stress_set(market, assumed, episodes=twice)


# Faults.

GOOD = """
[[shocks]]
id = "oil"
source = "desk note"
[[shocks.moves]]
asset_class = "commodity"
value = -0.5
"""


def test_user_shocks_follow_the_library_and_user_durations_come_first(tmp_path: Path, market, assumed):
    text = GOOD + '[[durations]]\nasset = "cn_treasury"\nyears = 8\nsource = "desk"\n'
    (tmp_path / "own.toml").write_text(text)
    shocks = load_shocks(tmp_path / "own.toml")
    assert [s.id for s in shocks.shocks] == [*BY_ID, "oil"]
    path = apply_shock(BY_ID["rates_up_200bp"], market, assumed, shocks)
    assert at(path, "cn_treasury") == pytest.approx(-0.16, abs=1e-14)
    assert shocks.digest != LIBRARY.digest
    assert at(apply_shock(shocks.shocks[-1], market, assumed, shocks), "gold") == pytest.approx(-0.5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace('asset_class = "commodity"\n', ""), "exactly one of asset, asset_class, factor"),
        (GOOD + 'asset = "gold"\n', "exactly one of asset, asset_class, factor"),
        (
            GOOD.replace("-0.5", "-50"),
            r"value is -50.0; a return must be above -1 \(-0.4 is a fall of 40 %\)",
        ),
        (GOOD.replace("-0.5", "inf"), "shocks.0.moves.0.value is inf"),
        (GOOD.replace('"oil"', '"oil"\ncorrelation = 1.2'), "shocks.0.correlation is 1.2"),
        (GOOD.replace('"oil"', '"liquidity"'), r"the ids \['liquidity'\] are the library's"),
        (GOOD + GOOD, r"the ids \['oil'\] stand there more than once"),
        (GOOD.replace('source = "desk note"', ""), "shocks.0.source is missing"),
        (
            GOOD + '[[durations]]\nyears = 8\nsource = "x"\n',
            "a duration has exactly one of asset, asset_class",
        ),
        (
            '[[shocks]]\nid="a"\nsource="b"\ncorrelation=0.5\nmoves=[{factor="cny", value=0.1}]',
            "correlation stands beside a factor move",
        ),
        (
            '[[shocks]]\nid="a"\nsource="b"\nmoves=[{factor="spread", value=-1.0}]',
            "a multiple of the trading cost",
        ),
    ],
)
def test_faults_of_a_user_file_are_named(tmp_path: Path, text, message):
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(DataError, match=message):
        load_shocks(tmp_path / "own.toml")


def test_a_shock_that_cannot_be_told_says_so(market, assumed):
    with pytest.raises(DataError, match=r"cn_core has no asset or class \['silver'\]"):
        apply_shock(one_move(asset="silver", value=-0.2), market, assumed)
    with pytest.raises(DataError, match=r"the market cn_core is in USD"):
        apply_shock(BY_ID["cny_up_10"], replace(market, currency="USD"), assumed)
    with pytest.raises(DataError, match=r"the assumptions measured lack \['gold'\]"):
        apply_shock(
            BY_ID["gold_down_30"], market, measured(market.select(["cn_cash", *market.asset_ids[:10]]))
        )
    with pytest.raises(DataError, match=r"us_agg_bond of duration 6 would lose everything"):
        apply_shock(one_move(factor="rates", value=0.17), market, assumed)
    shares = market.select(["cn_equity_large", "us_equity"])
    with pytest.raises(DataError, match=r"no asset of cn_core has a duration"):
        apply_shock(BY_ID["rates_up_200bp"], shares, assumed)
