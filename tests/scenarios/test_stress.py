import datetime
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from goalplan.scenarios.drawdown import drifting_drawdowns, log_drawdowns, max_drawdowns, worst_stretch
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import EMBEDDED, Market, load_market
from goalplan.scenarios.stress import Episode, Episodes, load_episodes, replay
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

LIBRARY = load_episodes()
IDS = [episode.id for episode in LIBRARY.episodes]
BY_ID = {episode.id: episode for episode in LIBRARY.episodes}

RETURNS = arrays(np.float64, (25, 4), elements=st.floats(-0.6, 0.8))
RAW = arrays(np.float64, 4, elements=st.floats(0.0, 1.0))


def mix(raw: np.ndarray) -> np.ndarray:
    total = raw.sum()
    return raw / total if total > 1e-3 else np.full(raw.size, 1.0 / raw.size)


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market()


@pytest.fixture(scope="module")
def paths(market):
    return {i: replay(BY_ID[i], market) for i in IDS}


def cut(market: Market, last: str) -> Market:
    """The market as it was on `last`."""
    day = np.datetime64(last)
    days, months = market.days <= day, market.months < day.astype("datetime64[M]")
    return replace(
        market,
        days=market.days[days],
        daily=market.daily[days],
        months=market.months[months],
        monthly=market.monthly[months],
        as_of=datetime.date.fromisoformat(last),
    )


def one_asset(name: str, levels: pd.Series, like: str, **changes: object) -> Market:
    asset = next(a for a in load_market().assets if a.id == like)
    return Market.from_frames(levels.to_frame(name), [replace(asset, id=name, **changes)], name="own")


# Drawdown of a mix.


@given(RETURNS, RAW)
def test_drawdown_of_a_mix_is_the_same_by_brute_force_running_peak_and_convex_form(returns, raw):
    w = mix(raw)
    growth = 1.0 + returns @ w
    value = np.append(1.0, np.cumprod(growth))
    brute = max(1.0 - value[t] / value[s] for s in range(value.size) for t in range(s, value.size))
    peak = (1.0 - value / np.maximum.accumulate(value)).max()
    worst = max(0.0, max(-np.log(growth[s:t]).sum() for s in range(25) for t in range(s + 1, 26)))
    convex = 1.0 - np.exp(-worst)
    assert max_drawdowns(returns, w)[0] == pytest.approx(brute, abs=1e-12)
    assert max_drawdowns(returns, w)[0] == pytest.approx(peak, abs=1e-12)
    assert max_drawdowns(returns, w)[0] == pytest.approx(convex, abs=1e-12)


@settings(max_examples=300)
@given(RETURNS, RAW, RAW)
def test_log_drawdown_is_midpoint_convex_in_the_weights(returns, first, second):
    a, b = mix(first), mix(second)
    ends = log_drawdowns(returns, np.array([a, b]))
    assert log_drawdowns(returns, (a + b) / 2.0)[0] <= ends.mean() + 1e-12


def test_log_drawdown_is_convex_on_the_embedded_episodes(paths):
    rng = np.random.default_rng(11)
    for path in paths.values():
        a, b = rng.dirichlet(np.ones(12), 200), rng.dirichlet(np.ones(12), 200)
        middle = log_drawdowns(path.returns, (a + b) / 2.0)
        ends = (log_drawdowns(path.returns, a) + log_drawdowns(path.returns, b)) / 2.0
        assert (middle <= ends + 1e-12).all()
        assert (middle < ends - 1e-6).any()


@given(RETURNS, RAW, st.permutations(range(4)))
def test_permuting_the_assets_changes_nothing(returns, raw, order):
    w = mix(raw)
    before, after = max_drawdowns(returns, w)[0], max_drawdowns(returns[:, order], w[order])[0]
    assert after == pytest.approx(before, abs=1e-14)


@given(RETURNS, RAW)
def test_worst_stretch_runs_from_its_peak_to_its_trough(returns, raw):
    w = mix(raw)
    found = worst_stretch(returns, w)
    value = np.append(1.0, np.cumprod(1.0 + returns @ w))
    assert found.loss == max_drawdowns(returns, w)[0]
    assert 0 <= found.peak <= found.trough <= 25
    assert 1.0 - value[found.trough] / value[found.peak] == pytest.approx(found.loss, abs=1e-12)


def test_many_mixes_at_once_are_the_bytes_of_each_alone(paths):
    mixes = np.random.default_rng(3).dirichlet(np.ones(12), 64)
    together = paths["2008"].losses(mixes)
    alone = np.array([paths["2008"].loss(w) for w in mixes])
    assert together.tobytes() == alone.tobytes()


def test_a_path_that_never_falls_has_no_loss_and_a_wiped_out_mix_loses_everything():
    assert worst_stretch(np.full((3, 1), 0.01), [1.0]).loss == 0.0
    assert max_drawdowns(np.array([[0.1], [-1.0], [0.5]]), [1.0])[0] == 1.0
    assert max_drawdowns(np.array([[-0.8], [0.1]]), [2.0])[0] == 1.0  # leverage past ruin


@given(RETURNS, RAW)
def test_drift_rebalanced_at_every_step_is_the_rebalanced_mix_and_never_is_buy_and_hold(returns, raw):
    w = mix(raw)
    every = drifting_drawdowns(returns, w, np.ones(25, dtype=bool))
    assert every[0] == pytest.approx(max_drawdowns(returns, w)[0], abs=1e-12)
    value = np.append(1.0, np.cumprod(1.0 + returns, axis=0) @ w)
    held = drifting_drawdowns(returns, w, np.zeros(25, dtype=bool))
    assert held[0] == pytest.approx((1.0 - value / np.maximum.accumulate(value)).max(), abs=1e-12)


def test_wrong_weights_are_named():
    with pytest.raises(ValueError, match=r"weights: shape \(3,\) with 2 assets"):
        max_drawdowns(np.zeros((4, 2)), [0.2, 0.3, 0.5])


# The library.


def test_the_library_names_the_twelve_episodes_in_order_of_time():
    assert IDS == [
        "1997-98", "2000-02", "2008", "2011", "2013", "2015",
        "2016-01", "2018", "2020-03", "2021-22", "2022-10", "2024-01",
    ]  # fmt: skip
    assert [e.id for e in LIBRARY.episodes if e.proxy] == ["1997-98", "2000-02"]
    for episode in LIBRARY.episodes:
        texts = (episode.name_zh, episode.name_en, episode.happened_zh, episode.happened_en)
        assert all((*texts, episode.source, episode.rationale))


@pytest.mark.parametrize("episode_id", IDS)
def test_start_and_end_are_the_first_high_and_last_low_of_the_anchors(episode_id):
    episode = BY_ID[episode_id]
    name = "prices.csv" if episode.step == "daily" else "prices_monthly.csv"
    levels = pd.read_csv(EMBEDDED / name, index_col=0, parse_dates=True)
    window = levels.loc[str(episode.search[0]) : str(episode.search[1]), list(episode.anchors)]
    highs, lows = [], []
    for anchor in window:
        fall = 1.0 - window[anchor] / window[anchor].cummax()
        lows.append(fall.idxmax())
        highs.append(window.loc[: lows[-1], anchor].idxmax())
    if episode.step == "monthly":
        assert min(highs).to_period("M") == pd.Period(episode.start, "M")
        assert max(lows).to_period("M") == pd.Period(episode.end, "M")
    else:
        assert (min(highs).date(), max(lows).date()) == (episode.start, episode.end)


@pytest.mark.parametrize("episode_id", [i for i in IDS if not BY_ID[i].proxy])
def test_an_asset_held_alone_loses_its_own_drawdown(episode_id, paths):
    path, episode = paths[episode_id], BY_ID[episode_id]
    levels = pd.read_csv(EMBEDDED / "prices.csv", index_col=0, parse_dates=True)
    window = levels.loc[str(episode.start) : str(episode.end), list(path.asset_ids)]
    own = (1.0 - window / window.cummax()).max().to_numpy()
    assert path.step == "daily"
    assert path.routes == ("own",) * 12
    np.testing.assert_allclose(path.depths, own, rtol=0, atol=1e-12)


# Month end to month end, percent, rounded to 0.1: tabulated with the data when they were collected, from the
# series before they entered this project. 2008, 2015-16, 2018, 2020, 2022, 2024.
WINDOWS = [
    (
        "2007-10",
        "2008-10",
        {"cn_equity_large": -70.5, "us_equity": -41.6, "gold": -13.1},
    ),
    ("2015-05", "2016-01", {"cn_equity_large": -38.4, "cn_equity_mid": -44.9, "cn_equity_small": -43.2}),
    ("2017-12", "2018-12", {"cn_equity_large": -23.6, "cn_equity_small": -36.3, "cn_treasury": 7.7}),
    ("2019-12", "2020-03", {"us_equity": -18.3, "hk_equity": -14.7, "gold": 6.9, "us_agg_bond": 4.9}),
    ("2021-12", "2022-10", {"hk_equity": -29.5, "us_nasdaq": -21.0, "us_agg_bond": -5.2, "cn_cash": 1.1}),
    ("2023-12", "2024-01", {"cn_equity_small": -18.7, "cn_equity_mid": -13.5, "cn_dividend": 3.2}),
]


@pytest.mark.parametrize(("first", "last", "percent"), WINDOWS)
def test_monthly_replay_gives_the_tabulated_returns_of_the_crisis_windows(market, first, last, percent):
    episode = Episode(id="x", start=f"{first}-15", end=f"{last}-15", step="monthly", source="table")
    path = replay(episode, market)
    total = np.prod(1.0 + path.returns, axis=0) - 1.0
    for name, wanted in percent.items():
        assert 100.0 * total[path.asset_ids.index(name)] == pytest.approx(wanted, abs=0.051)


# Maximum drawdowns of the daily series 2005-2026, percent, tabulated with the data; each lies in one episode.
@pytest.mark.parametrize(
    ("episode_id", "asset", "percent"),
    [
        ("2008", "cn_equity_large", 72.0), ("2008", "cn_equity_mid", 72.3), ("2008", "cn_equity_small", 72.5),
        ("2008", "cn_dividend", 74.0), ("2008", "hk_equity", 68.2), ("2008", "us_equity", 59.3),
        ("2008", "us_nasdaq", 57.3), ("2013", "cn_treasury", 4.7),
    ],
)  # fmt: skip
def test_deepest_falls_of_the_sample_are_the_tabulated_ones(paths, episode_id, asset, percent):
    path = paths[episode_id]
    assert 100.0 * path.depths[path.asset_ids.index(asset)] == pytest.approx(percent, abs=0.051)


def test_monthly_rebalancing_with_drift_moves_no_loss_of_a_usual_mix_by_two_points(paths):
    # docs/stress.md states the largest gap; a larger one would make the limit another promise than the plan.
    mixes = np.random.default_rng(5).dirichlet(np.ones(12), 300)
    for path in paths.values():
        assert np.abs(path.drifting_losses(mixes) - path.losses(mixes)).max() < 0.02


def test_monthly_drift_is_drift_inside_the_calendar_month(paths):
    path = paths["2015"]
    w = np.zeros(12)
    w[[0, 11]] = 0.5
    value, holding, month = [1.0], w.copy(), None
    for day, step in zip(path.dates[1:].astype("datetime64[M]"), path.returns, strict=True):
        if day != month:
            holding, month = value[-1] * w, day
        holding = holding * (1.0 + step)
        value.append(holding.sum())
    wanted = (1.0 - np.array(value) / np.maximum.accumulate(value)).max()
    assert path.drifting_losses(w)[0] == pytest.approx(wanted, abs=1e-12)


# Stand-ins.


def test_old_episodes_mark_every_stand_in(paths):
    path = paths["1997-98"]
    marks = {proxy.asset: proxy for proxy in path.proxies}
    assert path.proxy
    assert path.step == "monthly"
    assert {i for i, route in zip(path.asset_ids, path.routes, strict=True) if route == "proxy"} == set(marks)
    assert "hk_equity" not in marks
    assert (marks["cn_equity_small"].of, marks["cn_equity_small"].rule) == (
        "old_series/sse_comp", "class_and_region",
    )  # fmt: skip
    assert marks["gold"].of == "old_series/gold_cny"
    assert (marks["cn_treasury"].of, marks["cn_treasury"].rule) == ("cn_core/us_agg_bond", "class")
    assert (marks["cn_cash"].of, marks["cn_cash"].rule) == (None, "held_at_par")
    assert path.loss(np.eye(12)[11]) == 0.0


def test_a_young_asset_is_stood_in_for_by_its_class_scaled_by_the_ratio_of_volatilities():
    levels = pd.read_csv(EMBEDDED / "prices.csv", index_col=0, parse_dates=True)["cn_equity_large"]
    young = np.exp(2.0 * np.log(levels["2015-01-01":] / levels["2015-01-05"]))  # twice every log return
    path = replay(BY_ID["2008"], one_asset("young", young, "cn_equity_large"))
    (mark,) = path.proxies
    assert (mark.of, mark.rule) == ("cn_core/cn_equity_large", "class_and_region")
    assert mark.scale == pytest.approx(2.0, abs=1e-9)
    assert mark.correlation == pytest.approx(1.0, abs=1e-9)
    fall = load_market().daily[:, 0]
    days = load_market().days
    inside = fall[(days >= np.datetime64("2007-10-10")) & (days <= np.datetime64("2009-03-10"))]
    own = (1.0 - inside / np.maximum.accumulate(inside)).max()
    assert path.depths[0] == pytest.approx(1.0 - (1.0 - own) ** 2, abs=1e-9)


def test_an_unknown_class_is_stood_in_for_by_the_most_correlated_series():
    levels = pd.read_csv(EMBEDDED / "prices.csv", index_col=0, parse_dates=True)["us_nasdaq"]
    path = replay(BY_ID["2008"], one_asset("coin", levels["2015-01-01":], "us_nasdaq", asset_class="coin"))
    (mark,) = path.proxies
    assert (mark.of, mark.rule) == ("cn_core/us_nasdaq", "nearest")


def test_a_young_cash_fund_is_stood_in_for_by_cash_unscaled():
    levels = pd.read_csv(EMBEDDED / "prices.csv", index_col=0, parse_dates=True)["cn_cash"]
    path = replay(BY_ID["2008"], one_asset("fund", levels["2015-01-01":], "cn_cash"))
    assert [(m.of, m.rule, m.scale) for m in path.proxies] == [("cn_core/cn_cash", "cash", 1.0)]
    assert np.prod(1.0 + path.returns) > 1.03


def test_the_ratio_of_a_stand_in_uses_only_months_that_the_market_has(market):
    early = cut(market, "2012-12-31")
    whole = {m.asset: m for m in replay(BY_ID["2000-02"], market).proxies}
    before = {m.asset: m for m in replay(BY_ID["2000-02"], early).proxies}
    large = np.log(early.monthly[:, 0])
    old = pd.read_csv(EMBEDDED / "old_series.csv", index_col=0)["sse_comp"].to_numpy()[: large.size]
    there = ~np.isnan(large)
    wanted = np.diff(large[there]).std() / np.diff(np.log(old[there])).std()
    assert before["cn_equity_large"].scale == pytest.approx(wanted, rel=1e-12)
    assert before["cn_equity_large"].scale != whole["cn_equity_large"].scale


def test_changing_the_future_changes_no_replay(market):
    early = cut(market, "2016-06-30")
    after = market.days > np.datetime64("2016-06-30")
    noisy = market.daily.copy()
    noisy[after] *= np.exp(np.random.default_rng(1).normal(0.0, 0.2, noisy[after].shape))
    changed = cut(replace(market, daily=noisy), "2016-06-30")
    for episode in LIBRARY.point_in_time(early.as_of).episodes:
        assert replay(episode, early).digest == replay(episode, changed).digest


def test_a_monthly_market_replays_a_daily_episode_by_months_around_it(market):
    frame = pd.DataFrame(market.monthly[:, :3], index=market.months.astype(str)).dropna()
    frame.columns = list(market.asset_ids[:3])
    path = replay(BY_ID["2015"], Market.from_frames(frame, market.assets[:3]))
    assert path.step == "monthly"
    assert path.dates.astype(str).tolist() == ["2015-05", "2015-06", "2015-07", "2015-08", "2015-09"]
    assert (path.depths < replay(BY_ID["2015"], market).depths[:3]).all()


# Refusals.


def test_only_ended_episodes_are_known_at_a_date(market):
    known = LIBRARY.point_in_time(datetime.date(2009, 3, 10))
    assert [e.id for e in known.episodes] == ["1997-98", "2000-02"]
    assert "2008" in [e.id for e in LIBRARY.point_in_time(datetime.date(2009, 3, 11)).episodes]
    with pytest.raises(DataError, match=r"'2008' ends on 2009-03-10, after the last day 2009-02-27"):
        replay(BY_ID["2008"], cut(market, "2009-02-27"))


def test_a_market_in_another_currency_borrows_no_yuan_series():
    levels = pd.read_csv(EMBEDDED / "prices.csv", index_col=0, parse_dates=True)["us_equity"]["2015-01-01":]
    asset = next(a for a in load_market().assets if a.id == "us_equity")
    dollars = Market.from_frames(levels.to_frame("us_equity"), [asset], currency="USD")
    with pytest.raises(DataError, match=r"'2008'.*no series can stand in"):
        replay(BY_ID["2008"], dollars)
    assert replay(BY_ID["2020-03"], dollars).routes == ("own",)


GOOD = """
[[episodes]]
id = "mine"
start = 2012-05-02
end = 2012-12-03
source = "desk note"
"""


def test_user_episodes_follow_the_library(tmp_path: Path, market):
    (tmp_path / "own.toml").write_text(GOOD)
    episodes = load_episodes(tmp_path / "own.toml")
    assert [e.id for e in episodes.episodes] == [*IDS, "mine"]
    assert episodes.digest != LIBRARY.digest
    assert episodes.episodes[-1].name_zh == "mine"
    assert replay(episodes.episodes[-1], market).depths[0] > 0.1


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace('source = "desk note"', ""), r"own.toml: episodes.0.source is missing"),
        (GOOD + "depth = 3\n", r"own.toml: episodes.0.depth is not a known entry"),
        (GOOD.replace("2012-12-03", "2012-01-03"), r"the end 2012-01-03 is not after the start 2012-05-02"),
        (GOOD.replace('"mine"', '"2008"'), r"the ids \['2008'\] are the library's"),
        (GOOD + GOOD, r"the ids \['mine'\] stand there more than once"),
        ("episodes = [", r"own.toml: not valid TOML"),
    ],
)
def test_faults_of_a_user_file_are_named(tmp_path: Path, text, message):
    (tmp_path / "own.toml").write_text(text)
    with pytest.raises(DataError, match=message):
        load_episodes(tmp_path / "own.toml")


def test_results_are_frozen_and_digestible(paths, market):
    path = paths["2018"]
    assert not path.returns.flags.writeable
    assert not path.dates.flags.writeable
    assert path.digest == replay(BY_ID["2018"], market).digest
    assert len({p.digest for p in paths.values()}) == len(paths)
    assert LIBRARY.digest != Episodes(episodes=LIBRARY.episodes[1:]).digest


def test_select_keeps_the_returns_and_marks_of_the_chosen_assets(paths):
    part = paths["1997-98"].select(("gold", "hk_equity"))
    assert part.routes == ("proxy", "own")
    assert [p.asset for p in part.proxies] == ["gold"]
    assert part.depths[1] == paths["1997-98"].depths[4]
    with pytest.raises(DataError, match="knows no"):
        part.select(("silver",))


def test_the_tables_of_the_page_are_current():
    page = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "stress.py"))
    text = page["PAGE"].read_text(encoding="utf-8")
    assert page["rendered"](text) == text
