"""Walk-forward backtests: speed through the public call, and the same accounting as vectorbt, bt, cvxportfolio
and numpy.

20 assets, 8,000 days, monthly rebalance at the close of each month's first day, 10 basis points a trade. What
the peers do more: vectorbt and bt keep a record per order and serve any strategy; bt's mean-variance weights
are not minimum-variance ones, so for the estimating strategies only times are compared, not wealth.
"""

import json
import os
import statistics
import subprocess
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from goalplan.backtests.figures import measure
from goalplan.scenarios import Asset, Market

DAYS, ASSETS, COST = 8_000, 20, 0.001
HERE = Path(__file__).parent
STRATEGIES = {
    "fixed_weights": ({"kind": "equal_weight"}, 0.002),
    "minimum_variance": ({"kind": "minimum_variance"}, 0.020),
    "risk_parity": ({"kind": "risk_parity"}, 0.020),
    "minimum_cvar": ({"kind": "minimum_cvar"}, 3.0),
}


@pytest.fixture(scope="module")
def market() -> Market:
    rng = np.random.default_rng(7)
    factors = rng.standard_t(5, (DAYS, 3)) @ rng.standard_normal((3, ASSETS)) * 0.003
    own = rng.standard_t(5, (DAYS, ASSETS)) * np.linspace(0.002, 0.012, ASSETS)
    levels = 100.0 * np.cumprod(1.0 + np.clip(factors + own, -0.2, 0.2) + 0.0002, axis=0)
    names = [f"a{i:02d}" for i in range(ASSETS)]
    assets = [
        Asset(
            id=name,
            name_zh=name,
            name_en=name,
            asset_class="equity",
            region="none",
            currency="CNY",
            risk_level=3,
            fee=0.0,
            trading_cost=COST,
            exempt=True,
            esg=None,
            source="made by this benchmark",
        )
        for name in names
    ]
    days = pd.bdate_range("1992-01-01", periods=DAYS)
    return Market.from_frames(pd.DataFrame(levels, index=days, columns=names), assets)


def config_of(name: str) -> BacktestConfig:
    return BacktestConfig(
        start="1992-01-01", strategy=STRATEGIES[name][0], rebalance={"on": "first", "delay": 0}, risk_free=0.0
    )


@pytest.mark.parametrize("name", STRATEGIES)
def test_speed(benchmark, promise, market: Market, name: str) -> None:
    """Seconds of CPU through the public call."""
    config = config_of(name)
    result = walk_forward(config, market)
    assert result.metrics.total_return > 0.0
    rounds = 3 if name == "minimum_cvar" else 30
    seconds = []
    if benchmark.enabled:
        for _ in range(rounds):
            start = time.process_time()
            walk_forward(config, market)
            seconds.append(time.process_time() - start)
        promise(f"walk-forward, {name}", statistics.median(seconds), at_most=STRATEGIES[name][1], unit="s")
    benchmark.pedantic(walk_forward, args=(config, market), rounds=rounds)


def numpy_loop(levels: np.ndarray, rows: np.ndarray) -> float:
    """Fixed weights as a user would write them: one dot product a day, cost by iteration."""
    units, cash, share = np.zeros(levels.shape[1]), 1e6, 1.0 / levels.shape[1]
    due = set(rows.tolist())
    for t, level in enumerate(levels):
        total = units @ level + cash
        if t in due:
            after = total
            for _ in range(20):
                after = total - COST * np.abs(share * after - units * level).sum()
            units, cash = share * after / level, 0.0
    return float(units @ levels[-1] + cash)


def test_numpy_finds_the_same_wealth(market: Market) -> None:
    result = walk_forward(config_of("fixed_weights"), market)
    rows = np.searchsorted(market.days, result.decision_dates)
    assert result.wealth[-1] == pytest.approx(numpy_loop(market.daily, rows), rel=1e-11)


@pytest.fixture(scope="module")
def peers(market: Market, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    result = walk_forward(config_of("fixed_weights"), market)
    rows = np.searchsorted(market.days, result.trades.dates)
    path = tmp_path_factory.mktemp("peers") / "table.npz"
    np.savez(
        path,
        levels=market.daily,
        days=market.days.astype("datetime64[ns]"),
        rows=rows,
        orders=result.trades.values / market.daily[rows],
    )
    return run_peer("peer_backtest.py", str(path))


def run_peer(script: str, *arguments: str) -> dict[str, dict[str, float]]:
    python = os.environ.get("GOALPLAN_PEERS")
    if python is None:
        pytest.skip("GOALPLAN_PEERS names no Python with the peers (make bench sets it)")
    done = subprocess.run(
        [python, str(HERE / script), *arguments], capture_output=True, text=True, check=True, timeout=900
    )
    found: dict[str, dict[str, float]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("peer", ["vectorbt_orders", "bt", "cvxportfolio_orders"])
def test_peers_find_the_same_wealth(market: Market, peers: dict[str, dict[str, float]], peer: str) -> None:
    result = walk_forward(config_of("fixed_weights"), market)
    assert peers[peer]["final"] == pytest.approx(result.wealth[-1], rel=1e-5)


def test_times_beside_the_peers(promise, market: Market, peers: dict[str, dict[str, float]]) -> None:
    """Ratios of CPU time in one run: at least 20 (vectorbt), 100 (bt, variance) and 80 (bt, parity)."""
    rows = []
    for name, peer, least in [
        ("fixed_weights", "vectorbt", 20.0),
        ("fixed_weights", "bt", 20.0),
        ("minimum_variance", "bt_minimum_variance", 100.0),
        ("risk_parity", "bt_risk_parity", 80.0),
    ]:
        config = config_of(name)
        walk_forward(config, market)
        seconds = []
        for _ in range(20):
            start = time.process_time()
            walk_forward(config, market)
            seconds.append(time.process_time() - start)
        ours, theirs = statistics.median(seconds), peers[peer]["seconds"]
        rows.append((name, peer, ours, theirs, theirs / ours, least))
    print()
    for name, peer, ours, theirs, ratio, least in rows:
        times = f"{ours * 1e3:8.2f} ms  {peer:20} {theirs * 1e3:9.1f} ms"
        print(f"{name:17}{times}  {ratio:7.0f} x (>= {least:.0f})")
        promise(f"{name} beside {peer}", ratio, at_least=least, unit="x")
    natural = peers["vectorbt"]["final"] / walk_forward(config_of("fixed_weights"), market).wealth[-1] - 1.0
    print(f"vectorbt sizing its own orders ends {natural:+.1e} from goalplan")
    assert all(ratio >= least for *_, ratio, least in rows)


def test_figures_equal_the_peers() -> None:
    theirs = run_peer("peer_metrics.py")
    t = np.arange(500.0)
    wave = np.sin(1.7 * t) * (1.0 + 0.5 * np.cos(0.013 * t))
    other = 0.0003 + 0.008 * np.sin(1.7 * t + 0.4) + 0.003 * np.cos(0.9 * t)
    returns = 0.0005 + 0.01 * wave + 0.004 * np.cos(2.3 * t + 1.0) ** 3
    dates = np.arange(np.datetime64("2015-01-01"), np.datetime64("2015-01-01") + 501)
    ours = measure(returns, dates, 252, risk_free=0.0001, benchmark=other).to_dict()
    shared = set(ours) & set(theirs)
    assert len(shared) == 16
    for name in shared:
        assert ours[name] == pytest.approx(theirs[name], rel=1e-10), name
