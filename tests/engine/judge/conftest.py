"""Small plans to judge, and the judge written a second time: one path after the other, in plain Python."""

import datetime as dt
import math
from types import SimpleNamespace

import numpy as np
import pytest
from goalplan.engine.judge.run import run_policy
from goalplan.engine.menu.menu import Menu
from goalplan.engine.policy import PolicyTable
from goalplan.goals.schedule import Payment, Schedule
from goalplan.scenarios.paths import ReturnPaths


def make_menu(weights, cost=0.0, fee=0.0):
    weights = np.atleast_2d(np.asarray(weights, dtype=float))
    K, N = weights.shape
    return Menu(
        asset_ids=tuple(f"asset{i}" for i in range(N)),
        weights=weights,
        mean=np.zeros(K),
        volatility=np.arange(1.0, K + 1.0),
        drag=np.zeros(K),
        trading_cost=np.array(np.broadcast_to(cost, N), dtype=float),
        fee=np.array(np.broadcast_to(fee, N), dtype=float),
    )


def make_payment(month, amount, *, goal=0, index=None, priority=0, min_fraction=1.0):
    return Payment(
        goal=goal, month=month, amount=amount, index=index, priority=priority, min_fraction=min_fraction
    )


def make_schedule(inflows, payments):
    inflows = np.array(inflows, dtype=float)
    return Schedule(
        start=dt.date(2026, 1, 1), months=len(inflows) - 1, inflows=inflows, payments=tuple(payments)
    )


def make_returns(assets, indices=None, steps=1):
    assets = np.asarray(assets, dtype=float)
    assets = assets[None] if assets.ndim == 2 else assets
    if indices is None:
        indices = np.ones((len(assets), assets.shape[1] // steps, 0))
    return ReturnPaths(
        assets=assets,
        indices=np.asarray(indices, dtype=float),
        steps_per_month=steps,
        stream="judge",
        seed=0,
        first=0,
    )


def make_table(schedule, *, hold=None, fractions=None, limit=math.inf, broken=None, reset_every=0, **entries):
    """By default portfolio 0 at any wealth, every payment in full if it can be paid."""
    T, M = schedule.months, len(schedule.payments)
    hold = np.zeros((T + 1, 1, 1)) if hold is None else np.asarray(hold)
    W = hold.shape[2]
    if broken is None:
        broken = np.zeros((T + 1, W if math.isfinite(limit) else 0))
    return PolicyTable(
        origin=np.asarray(entries.get("origin", np.zeros(T + 1)), dtype=float),
        spacing=entries.get("spacing", 1.0),
        hold=hold.astype(np.int16),
        drawdown_spacing=entries.get("drawdown_spacing", 1.0),
        limit=limit,
        broken=np.asarray(broken).astype(np.int16),
        reset_every=reset_every,
        pay=np.asarray(entries.get("pay", np.zeros((M, 1, W)))).astype(np.int8),
        fractions=np.array([[0.0, 1.0]] * M if fractions is None else fractions, dtype=float),
        payment_month=np.array([p.month for p in schedule.payments], dtype=np.int64),
        age=entries.get("age", 0),
    )


def judge(inflows, payments, assets, *, weights=((1.0,),), cost=0.0, fee=0.0, wealth=100.0, steps=1, **more):
    """Run a plan that holds portfolio 0 throughout, unless `table` says what else."""
    schedule = make_schedule(inflows, payments)
    table = make_table(schedule, **more.pop("table", {}))
    returns = make_returns(assets, more.pop("indices", None), steps)
    today = more.pop("today", None)
    more.setdefault("ledger", len(returns.assets))
    menu = make_menu(weights, cost, fee)
    return run_policy(table, menu, schedule, returns, wealth=wealth, weights=today, **more)


def traded(holdings, target, money, cost):
    """Wealth after trading to `target`, by bisection."""
    low, high = 0.0, money
    for _ in range(60):
        middle = 0.5 * (low + high)
        if middle + np.sum(cost * np.abs(target * middle - holdings)) > money:
            high = middle
        else:
            low = middle
    return 0.5 * (low + high)


def node_of(x, last):
    return min(max(math.floor(x + 0.5 + 1e-9), 0), last)


class Mark:
    """A peak and the deepest fall from it."""

    def __init__(self, peak):
        self.peak, self.fall = peak, 1.0 - 1.0 / peak

    def see(self, unit):
        self.peak = max(self.peak, unit)
        self.fall = max(self.fall, 1.0 - unit / self.peak)


def affordable(fractions, most, amount, money):
    return max(f for f in fractions if f <= most and f * amount <= money * (1.0 + 1e-12))


def twin(table, menu, schedule, returns, p, *, wealth, weights=None, advisory_fee=0.0, expected=None,
         index_ids=(), unit_peak=1.0, broken=False):  # fmt: skip
    """Follow the policy on path `p`, written as the docstring of `run_policy` reads."""
    T, S = schedule.months, returns.steps_per_month
    cost, keep = menu.trading_cost, 1.0 - menu.fee / 12.0
    holdings = wealth * (np.zeros(len(cost)) if weights is None else np.asarray(weights))
    outside = wealth - holdings.sum()
    unit, kept_out, put_in, flag, first_breach = 1.0, 0.0, wealth, broken, -1
    window, window_m, ever, ever_m = (Mark(unit_peak) for _ in range(4))
    out = SimpleNamespace(wealth=[], paid={}, available={}, cost=0.0, gain=0.0, product=0.0, advisory=0.0,
                          windows=[], windows_m=[], held=[], units=[], lost=0.0)  # fmt: skip
    for t in range(T + 1):
        if table.reset_every and 0 < t < T and (t + table.age) % table.reset_every == 0:
            out.windows.append(window.fall)
            out.windows_m.append(window_m.fall)
            window, window_m, flag = Mark(1.0), Mark(1.0), False
            window.peak = window_m.peak = unit
        before = holdings.sum() + outside + schedule.inflows[t]
        put_in += schedule.inflows[t]
        out.wealth.append(before)
        liquid = before - np.sum(cost * holdings)
        spent = surprise = 0.0
        for m, payment in enumerate(schedule.payments):
            if payment.month != t:
                continue
            amount = payment.amount
            if payment.index is not None:
                amount *= np.prod(returns.indices[p, :t, index_ids.index(payment.index)])
            excess = amount - (payment.amount if expected is None else expected[m])
            money = max(liquid - spent, 0.0)
            fraction = best = affordable(table.fractions[m], 1.0, amount, money)
            last = table.pay.shape[2] - 1
            if last > 0 and best > 0.0:
                q = 0
                if table.pay.shape[1] > 1:
                    q = node_of(
                        -math.log(unit / window.peak) / table.drawdown_spacing, table.pay.shape[1] - 1
                    )
                seen = before - surprise - excess
                node = node_of((math.log(seen) - table.origin[t]) / table.spacing, last) if seen > 0.0 else 0
                there = math.exp(table.origin[t] + node * table.spacing) + surprise + excess
                if node < last and there < spent + best * amount - 1e-12 * there:
                    node += 1
                fraction = affordable(
                    table.fractions[m], table.fractions[m][table.pay[m, q, node]], amount, money
                )
            out.paid[m], out.available[m] = fraction, money
            spent += min(fraction * amount, money)
            surprise += fraction * excess
        money = before - spent
        kept_out += spent
        if t == T:
            needed = holdings.sum() - money
            share = max(needed, 0.0) / (holdings.sum() - np.sum(cost * holdings)) if needed > 0.0 else 0.0
            fees = share * np.sum(cost * holdings)
            out.cost += fees
            out.final = money - fees
            break
        last = table.hold.shape[2] - 1
        node = node_of((math.log(money) - table.origin[t]) / table.spacing, last) if last and money > 0 else 0
        if flag:
            k = table.broken[t, node]
        else:
            states = table.hold.shape[1] - 1
            q = node_of(-math.log(unit / window.peak) / table.drawdown_spacing, states) if states else 0
            k = table.hold[t, q, node]
        out.held.append(k)
        target = menu.weights[k]
        invested = traded(holdings, target, money, cost)
        out.cost += money - invested
        if before > 0.0:
            unit *= 1.0 - (money - invested) / before
        advisory = invested * advisory_fee / 12.0
        holdings = target * keep * (invested - advisory)
        outside = 0.0
        out.advisory += advisory
        out.product += invested - advisory - holdings.sum()
        out.gain -= holdings.sum()
        start_unit = unit
        for s in range(S):
            holdings = holdings * returns.assets[p, t * S + s]
            if invested > 0.0:
                unit = start_unit * holdings.sum() / invested
            for mark in (window, ever):
                mark.see(unit)
            if put_in > 0.0:
                out.lost = max(out.lost, 1.0 - (holdings.sum() + kept_out) / put_in)
        for mark in (window_m, ever_m):
            mark.see(unit)
        out.gain += holdings.sum()
        out.units.append(unit)
        if not flag and window.fall > -math.expm1(-table.limit):
            flag = True
            first_breach = t + 1 if first_breach < 0 else first_breach
    out.windows.append(window.fall)
    out.windows_m.append(window_m.fall)
    out.ever, out.ever_m, out.breach = ever.fall, ever_m.fall, first_breach
    return out


@pytest.fixture(scope="session")
def build():
    """Builders of small plans."""
    return SimpleNamespace(
        menu=make_menu,
        payment=make_payment,
        schedule=make_schedule,
        returns=make_returns,
        table=make_table,
        judge=judge,
        twin=twin,
    )
