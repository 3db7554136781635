"""The same monthly backtests by vectorbt, bt and cvxportfolio: final wealth and CPU time of each, printed as JSON.

Run in the environment of peers.txt by benchmarks/test_backtest.py, which writes the table that is read here:
levels, the rows of the rebalances, and goalplan's own orders in units. Every trade costs 10 basis points, at
the close that decides. `vectorbt_orders` replays goalplan's orders, so that only the accounting is compared;
`vectorbt` and `bt` size their orders themselves. `cvxportfolio_orders` (GPL: run here, never imported by goalplan)
replays the orders too, on the closes of the rebalances and the last one alone: it takes about 20 ms a row.
"""

import json
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")
COST = 0.001
INITIAL = 1_000_000.0


def timed(run: Callable[[], float], calls: int) -> dict[str, float]:
    run()  # compiles
    seconds = []
    for _ in range(calls):
        start = time.process_time()
        final = run()
        seconds.append(time.process_time() - start)
    return {"final": final, "seconds": statistics.median(seconds)}


def vectorbt_runs(prices: pd.DataFrame, rows: np.ndarray, orders: np.ndarray) -> dict[str, dict[str, float]]:
    import vectorbt

    weights = np.full(prices.shape, np.nan)
    weights[rows] = 1.0 / prices.shape[1]
    units = np.zeros(prices.shape)
    units[rows] = orders
    shared = {"fees": COST, "init_cash": INITIAL, "group_by": True, "cash_sharing": True, "freq": "1D"}

    def targets() -> float:
        run = vectorbt.Portfolio.from_orders(
            prices, weights, size_type="targetpercent", call_seq="auto", **shared
        )
        return float(run.value().iloc[-1])

    def replay() -> float:
        run = vectorbt.Portfolio.from_orders(prices, units, size_type="amount", call_seq="auto", **shared)
        return float(run.value().iloc[-1])

    return {"vectorbt": timed(targets, 5), "vectorbt_orders": timed(replay, 5)}


def bt_runs(prices: pd.DataFrame) -> dict[str, dict[str, float]]:
    import bt

    window = pd.DateOffset(days=365)

    def run(name: str, *weigh: object) -> Callable[[], float]:
        def once() -> float:
            steps = [bt.algos.RunMonthly(run_on_first_date=True), bt.algos.SelectAll(), *weigh]
            strategy = bt.Strategy(name, [*steps, bt.algos.Rebalance()])
            test = bt.Backtest(
                strategy,
                prices,
                initial_capital=INITIAL,
                commissions=lambda quantity, price: abs(quantity) * price * COST,
                integer_positions=False,
                progress_bar=False,
            )
            test.run()
            return float(test.strategy.values.iloc[-1])

        return once

    after = bt.algos.RunAfterDays(252)
    return {
        "bt": timed(run("fixed", bt.algos.WeighEqually()), 3),
        "bt_minimum_variance": timed(run("variance", after, bt.algos.WeighMeanVar(lookback=window)), 1),
        "bt_risk_parity": timed(run("parity", after, bt.algos.WeighERC(lookback=window)), 1),
    }


def cvxportfolio_run(prices: pd.DataFrame, rows: np.ndarray, orders: np.ndarray) -> dict[str, float]:
    import cvxportfolio

    levels = prices.iloc[np.append(rows, len(prices) - 1)]
    money = orders * levels.to_numpy()[:-1]
    units = np.cumsum(orders, axis=0) - orders
    # Wealth before each trade; a trade of its own weights and of the cash that pays for it.
    before = (units * levels.to_numpy()[:-1]).sum(axis=1)
    before[0] = INITIAL
    trades = pd.DataFrame(money / before[:, None], index=levels.index[:-1], columns=prices.columns)
    trades["cash"] = -trades.sum(axis=1)
    returns = levels.pct_change().shift(-1)
    returns["cash"] = 0.0
    holdings = pd.Series(0.0, returns.columns)
    holdings["cash"] = INITIAL

    def replay() -> float:
        data = cvxportfolio.UserProvidedMarketData(
            returns=returns, cash_key="cash", min_history=pd.Timedelta("0d")
        )
        cost = cvxportfolio.StocksTransactionCost(a=COST, b=None, pershare_cost=None)
        simulator = cvxportfolio.MarketSimulator(market_data=data, costs=[cost], round_trades=False)
        policy, span = cvxportfolio.FixedTrades(trades), levels.index[[0, -1]]
        run = simulator.backtest(policy, start_time=span[0], end_time=span[1], h=holdings)
        return float(run.v.iloc[-1])

    return timed(replay, 1)


def main() -> None:
    with np.load(sys.argv[1]) as table:
        levels, rows, orders, days = (table[name] for name in ("levels", "rows", "orders", "days"))
    names = [f"a{i:02d}" for i in range(levels.shape[1])]
    prices = pd.DataFrame(levels, index=pd.DatetimeIndex(days), columns=names)
    found = {**vectorbt_runs(prices, rows, orders), **bt_runs(prices)}
    found["cvxportfolio_orders"] = cvxportfolio_run(prices, rows, orders)
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
