"""Runs side by side: the same dates for every strategy, and the same strategy from many dates."""

import datetime as dt
import importlib

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, compare, walk_forward, walk_forward_starts
from goalplan.engine.errors import RequestError
from goalplan.scenarios.errors import DataError
from goalplan.scenarios.market import load_market


@pytest.fixture(scope="module")
def market(make_market, random_levels):
    levels = random_levels(1_100, 4, seed=51)
    levels[:120, 3] = np.nan
    return make_market(levels, ids=["a0", "a1", "a2", "cn_cash"], cost=0.0005)


def test_strategies_are_compared_over_the_same_dates(market):
    config = BacktestConfig(
        strategy={"kind": "equal_weight"},
        against=[{"kind": "minimum_variance"}, {"kind": "risk_parity", "name": "parity"}],
        window={"lookback": 100},
    )
    calls = []
    found = compare(config, market, trials=20, progress=lambda done, total: calls.append((done, total)))
    assert [result.name for result in found.results] == ["equal_weight", "minimum_variance", "parity"]
    assert len({(str(result.dates[0]), str(result.dates[-1])) for result in found.results}) == 1
    assert found.results[0].dates[0] == market.days[220]
    assert found.caution.trials == 20
    assert calls == [(1, 3), (2, 3), (3, 3)]


def test_starts_repeat_the_run(market):
    config = BacktestConfig(
        strategy={"kind": "minimum_variance"},
        window={"lookback": 60},
        flows={"dated": [{"date": "2011-06-01", "amount": 50_000.0}]},
    )
    spread = walk_forward_starts(config, market)
    assert (np.diff(spread.starts.astype("datetime64[M]").astype(int)) == 1).all()
    assert (spread.ends == market.days[-1]).all()
    assert spread.starts[-1] + np.timedelta64(365, "D") <= spread.ends[-1]
    for k in (0, 5, len(spread.starts) - 1):
        start = spread.starts[k].item()
        flows = config.flows if start < dt.date(2011, 6, 1) else config.flows.model_copy(update={"dated": ()})
        alone = walk_forward(config.model_copy(update={"start": start, "flows": flows}), market)
        assert spread.cagr[k] == alone.metrics.cagr
        assert spread.max_drawdown[k] == alone.metrics.max_drawdown
        assert spread.money_weighted_return[k] == alone.money_weighted_return
    low, middle, high = spread.percentiles("cagr", (0.0, 50.0, 100.0))
    assert low == spread.cagr.min()
    assert low <= middle <= high
    with pytest.raises(ValueError, match="allowed are cagr"):
        spread.percentiles("alpha")


def test_starts_that_were_stopped_go_on_and_none_is_run_twice(market, tmp_path, monkeypatch):
    config = BacktestConfig(strategy={"kind": "equal_weight"}, start="2011-01-03")
    whole = walk_forward_starts(config, market, every="quarterly")

    def stop(done, total):
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        walk_forward_starts(config, market, every="quarterly", folder=tmp_path / "run", progress=stop)
    runs = []
    comparing = importlib.import_module("goalplan.backtests.compare")
    real = comparing.walk_forward
    monkeypatch.setattr(comparing, "walk_forward", lambda *a: runs.append(a[0].start) or real(*a))
    again = walk_forward_starts(config, market, every="quarterly", folder=tmp_path / "run")
    assert runs == [day.item() for day in whole.starts[3:]]
    assert again.to_frame().equals(whole.to_frame())
    other = config.model_copy(update={"initial": 5.0})
    with pytest.raises(RequestError, match="holds starts of another config; give a new folder"):
        walk_forward_starts(other, market, every="quarterly", folder=tmp_path / "run")
    # Another first start, and others to compare with, only choose what is run.
    later = config.model_copy(update={"start": whole.starts[1].item(), "against": (config.strategy,)})
    runs.clear()
    walk_forward_starts(later, market, every="quarterly", folder=tmp_path / "run")
    assert runs == []


def test_starts_of_equal_length(market):
    config = BacktestConfig(strategy={"kind": "equal_weight"})
    spread = walk_forward_starts(config, market, every="quarterly", years=2.0)
    assert ((spread.ends - spread.starts).astype(int) == round(2 * 365.25)).all()
    with pytest.raises(DataError, match="no run of 30 years"):
        walk_forward_starts(config, market, years=30.0)


def test_the_benchmark_may_be_a_strategy(market):
    same = {"kind": "equal_weight"}
    config = BacktestConfig(start="2011-01-03", strategy=same, benchmark=same)
    result = walk_forward(config, market)
    assert result.metrics.tracking_error == 0.0
    assert result.metrics.beta == pytest.approx(1.0)
    assert result.metrics.alpha == pytest.approx(0.0, abs=1e-12)
    asset = walk_forward(config.model_copy(update={"benchmark": "a0"}), market)
    assert asset.metrics.tracking_error > 0.0
    assert asset.benchmark == pytest.approx(
        market.daily[market.days >= np.datetime64("2011-01-03"), 0][1:]
        / market.daily[market.days >= np.datetime64("2011-01-03"), 0][:-1]
        - 1.0
    )


def test_the_same_run_gives_the_same_bytes(market):
    config = BacktestConfig(strategy={"kind": "risk_parity"}, window={"lookback": 60})
    one, other = walk_forward(config, market), walk_forward(config, market)
    assert one.wealth.tobytes() == other.wealth.tobytes()
    assert one.summary() == other.summary()


@pytest.mark.parametrize("frequency", ["daily", "monthly"])
def test_the_embedded_market(frequency):
    config = BacktestConfig(
        start="2008-01-02" if frequency == "daily" else "2008-01-31",
        strategy={"kind": "risk_parity"},
        against=[{"kind": "sixty_forty"}],
        frequency=frequency,
        benchmark="cn_equity_large",
    )
    found = compare(config)
    parity, mix = found.results
    assert parity.metrics.max_drawdown < mix.metrics.max_drawdown < 0.6
    assert parity.metrics.annual_volatility < 0.1
    assert mix.metrics.beta == pytest.approx(0.6, abs=0.1)
    assert parity.market_digest == load_market().digest
    frame, orders = mix.to_frame(), mix.trades_frame()
    assert frame["wealth"].iloc[-1] == mix.wealth[-1]
    assert orders["commission"].sum() == pytest.approx(mix.trades.commissions.sum())
    assert set(orders["asset"]) == {"cn_equity_large", "cn_treasury"}


def test_configuration_from_toml(tmp_path):
    path = tmp_path / "bt.toml"
    path.write_text(
        """
        start = 2010-01-01
        frequency = "monthly"
        benchmark = "cn_equity_large"
        [strategy]
        kind = "cppi"
        floor = 0.9
        risky = { kind = "equal_weight" }
        [[against]]
        kind = "minimum_variance"
        max_weight = 0.35
        [rebalance]
        every = "quarterly"
        band = 0.02
        [costs]
        trading_bps = { gold = 5.0 }
        [[flows.dated]]
        date = 2015-01-01
        amount = 10000.0
        """,
        encoding="utf-8",
    )
    config = BacktestConfig.from_toml(path)
    assert config.strategy.kind == "cppi"
    assert config.strategy.risky.kind == "equal_weight"
    assert config.against[0].max_weight == 0.35
    assert BacktestConfig.model_validate_json(config.model_dump_json()) == config
    assert len(compare(config).results) == 2
