"""The same monthly backtests by vectorbt and bt: final wealth and CPU time of each, printed as JSON.

Run in the environment of peers.txt by benchmarks/test_backtest.py, which writes the table that is read here:
levels, the rows of the rebalances, and goalplan's own orders in units. Every trade costs 10 basis points, at
the close that decides. `vectorbt_orders` replays goalplan's orders, so that only the accounting is compared;
`vectorbt` and `bt` size their orders themselves.
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


def main() -> None:
    with np.load(sys.argv[1]) as table:
        levels, rows, orders, days = (table[name] for name in ("levels", "rows", "orders", "days"))
    names = [f"a{i:02d}" for i in range(levels.shape[1])]
    prices = pd.DataFrame(levels, index=pd.DatetimeIndex(days), columns=names)
    json.dump({**vectorbt_runs(prices, rows, orders), **bt_runs(prices)}, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
