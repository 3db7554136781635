"""The ledger against a plain rewrite, and against itself uncompiled."""

import datetime as dt

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from goalplan.backtests import _kernels as kernels
from goalplan.backtests import ledger as ledger_module
from scipy.optimize import brentq

IDS = ["a0", "a1", "a2", "a3"]
WEIGHTS = {"a0": 0.4, "a1": 0.3, "a2": 0.2, "a3": 0.1}


class PlainLedger:
    """The account in plain Python, money by asset; cost equations are solved by Brent's method."""

    def __init__(self, result, *, rate, minimum, slip):
        self.result, self.band = result, result.config.rebalance.band
        self.rate, self.minimum, self.slip = rate, minimum, slip
        self.held = np.zeros(len(result.asset_ids))
        self.money, self.target = result.config.initial, None

    @property
    def total(self):
        return float(self.held.sum() + self.money)

    def cost(self, orders):
        sizes = np.abs(orders)
        return sum(min(max(self.rate * x, self.minimum), x) + self.slip * x for x in sizes)

    def trade(self, orders):
        self.money -= orders.sum() + self.cost(orders)
        self.held = self.held + orders

    def wants_to_trade(self, k):
        wanted = self.result.targets[k]
        far = (np.abs(self.held / self.total - wanted) > self.band).any()
        return not np.isnan(wanted).any() and (self.target is None or self.band == 0.0 or far)

    def rebalance(self, k, alive):
        self.target = self.result.targets[k]
        total = self.total

        def orders(after):
            return np.where(alive, self.target * after - self.held, 0.0)

        def left(after):
            return total - self.cost(orders(after)) - after

        self.trade(orders(brentq(left, 0.5 * total, total, xtol=1e-12 * total)))

    def invest(self, amount, alive):
        mix = np.where(alive, self.target, 0.0)

        def over(spend):
            return mix.sum() * spend + self.cost(mix * spend) - amount * mix.sum()

        self.trade(mix * brentq(over, 0.0, amount, xtol=1e-12 * self.total))

    def withdraw(self):
        need = -self.money

        def over(part):
            return part * self.held.sum() - self.cost(part * self.held) - need

        self.trade(-self.held * brentq(over, 0.0, 1.0, xtol=1e-15))


def plain_run(result, levels, *, fee, advisory, cash, flows, delay, rate, minimum, slip):
    """Wealth and unit value at every close."""
    dates, account = result.dates, PlainLedger(result, rate=rate, minimum=minimum, slip=slip)
    decided = dict(enumerate(np.searchsorted(dates, result.decision_dates).tolist()))
    wealth, units, unit, go = [], [], 1.0, {}
    for t in range(len(dates)):
        last = account.total
        alive = ~np.isnan(levels[t])
        if t:
            years = (dates[t] - dates[t - 1]).astype(int) / 365.25
            growth = np.where(alive, levels[t] / levels[t - 1], 1.0)
            account.held = np.where(account.held > 0.0, account.held * np.nan_to_num(growth), 0.0)
            account.held *= ((1.0 - fee) * (1.0 - advisory)) ** years
            account.money *= ((1.0 + cash) * (1.0 - advisory)) ** years
        account.trade(np.where(alive, 0.0, -account.held))
        account.money += flows[t]
        due = [k for k, row in decided.items() if row + delay == t]
        go |= {k: account.wants_to_trade(k) for k in due if delay == 0}
        if any(go[k] for k in due):
            account.rebalance(due[0], alive)
        elif flows[t] > 0.0 and account.target is not None:
            account.invest(flows[t], alive)
        elif flows[t] < 0.0 and account.money < 0.0:
            account.withdraw()
        go |= {k: account.wants_to_trade(k) for k, row in decided.items() if row == t and delay > 0}
        unit *= (account.total - flows[t]) / last
        wealth.append(account.total)
        units.append(unit)
    return np.array(wealth), np.array(units)


CASES = {
    "plain": {},
    "same_close": {"delay": 0},
    "costs": {"rate": 0.002, "minimum": 300.0, "slip": 0.0005},
    "fees_and_cash": {"fee": 0.01, "advisory": 0.005, "cash": 0.02},
    "flows": {"rate": 0.001, "monthly": 5_000.0},
    "withdrawals": {"rate": 0.003, "minimum": 50.0, "monthly": -4_000.0},
    "band": {"rate": 0.001, "band": 0.03, "every": "daily"},
    "band_same_close": {"rate": 0.001, "band": 0.03, "every": "weekly", "delay": 0},
    "part_cash": {"rate": 0.001, "scale": 0.7, "cash": 0.03, "monthly": 2_000.0},
    "slow": {"delay": 7, "rate": 0.001},
}


@pytest.mark.parametrize("name", CASES)
def test_ledger_equals_a_plain_rewrite(make_market, random_levels, name):
    case = {
        "rate": 0.0, "minimum": 0.0, "slip": 0.0, "fee": 0.0, "advisory": 0.0, "cash": 0.0, "monthly": 0.0,
        "band": 0.0, "every": "monthly", "delay": 1, "scale": 1.0, **CASES[name],
    }  # fmt: skip
    levels = random_levels(900, 4, seed=3)
    levels[640:, 2] = np.nan  # one series ends
    market = make_market(levels, ids=IDS, cost=case["rate"], fee=case["fee"])
    config = BacktestConfig(
        start=dt.date(2010, 3, 10),
        strategy={"kind": "fixed_weights", "weights": {k: v * case["scale"] for k, v in WEIGHTS.items()}},
        rebalance={"every": case["every"], "band": case["band"], "delay": case["delay"]},
        costs={
            "minimum": case["minimum"], "slippage_bps": case["slip"] * 1e4, "advisory_fee": case["advisory"],
        },
        cash=case["cash"],
        flows={"monthly": case["monthly"]},
    )  # fmt: skip
    result = walk_forward(config, market)
    first = int(np.searchsorted(market.days, np.datetime64("2010-03-10")))
    wealth, unit = plain_run(
        result,
        levels[first:],
        flows=ledger_module.flow_rows(config.flows, result.dates),
        **{key: case[key] for key in ("rate", "minimum", "slip", "fee", "advisory", "cash", "delay")},
    )
    assert result.wealth == pytest.approx(wealth, rel=1e-10)
    assert result.unit_values == pytest.approx(unit, rel=1e-10)
    assert any(event.code == "series_ended" for event in result.events)


def test_compiled_equals_python(make_market, random_levels, monkeypatch):
    levels = random_levels(900, 4, seed=5)
    levels[640:, 1] = np.nan
    market = make_market(levels, ids=IDS, cost=0.001, fee=0.002)
    config = BacktestConfig(
        start=dt.date(2010, 2, 1),
        strategy={"kind": "equal_weight"},
        rebalance={"every": "weekly", "band": 0.01},
        costs={"minimum": 20.0, "advisory_fee": 0.003},
        flows={"monthly": -2_000.0, "dated": [{"date": "2010-06-01", "amount": 50_000.0}]},
    )
    fast = walk_forward(config, market)
    for name in ("_drift", "_close", "_outside", "_commission", "_slope", "_record", "_trade", "_sell_ended"):
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)
    for name in ("_rebalance", "_invest", "_raise"):
        monkeypatch.setattr(kernels, name, getattr(kernels, name).py_func)
    monkeypatch.setattr(ledger_module, "advance", kernels.advance.py_func)
    slow = walk_forward(config, market)
    assert slow.wealth == pytest.approx(fast.wealth, rel=1e-13)
    assert slow.weights == pytest.approx(fast.weights, abs=1e-13)
    assert slow.trades.values == pytest.approx(fast.trades.values, rel=1e-9, abs=1e-6)
