"""The rest of a table, followed from where a plan stands, is the plan that was begun."""

import dataclasses

import numpy as np
import pytest
from goalplan.engine.judge.run import run_policy
from goalplan.scenarios.paths import ReturnPaths

from .test_twin import random_plan

CASES = {
    "no limit": {"states": 1, "limit": np.inf, "reset_every": 0},
    "one window": {"states": 6, "limit": 0.08, "reset_every": 0},
    "windows": {"states": 6, "limit": 0.06, "reset_every": 5},
    "windows under way": {"states": 6, "limit": 0.06, "reset_every": 5, "age": 3},
}


@pytest.mark.parametrize("month", [1, 4, 9])
@pytest.mark.parametrize("case", CASES)
def test_a_plan_taken_up_again_goes_on_as_it_began(build, case, month):
    """At no cost, and with wealth, unit value, peak and flag carried, nothing is lost between two reviews."""
    (table, menu, schedule, returns), _ = random_plan(build, 5, paths=24, steps=1, nodes=9, **CASES[case])
    menu = dataclasses.replace(menu, trading_cost=np.zeros(5))
    payments = tuple(dataclasses.replace(p, index=None) for p in schedule.payments)
    schedule = dataclasses.replace(schedule, payments=payments)
    whole = run_policy(table, menu, schedule, returns, wealth=100.0, ledger=24)
    rest = dataclasses.replace(
        schedule,
        months=schedule.months - month,
        inflows=np.append(0.0, schedule.inflows[month + 1 :]),
        payments=tuple(dataclasses.replace(p, month=p.month - month) for p in payments if p.month > month),
    )
    resets = [
        t for t in range(1, month + 1) if table.reset_every and (t + table.age) % table.reset_every == 0
    ]
    for path in range(whole.paths):
        units = np.append(1.0, whole.ledger[path, :month, 7])  # at the beginning of each month
        since = resets[-1] if resets else 0
        broken = False
        for t in range(month):
            broken = (broken and t not in resets) or 1.0 - units[t + 1] / units[
                max([r for r in resets if r <= t], default=0) : t + 2
            ].max() > 1.0 - np.exp(-table.limit)
        broken = broken and month not in resets
        paid = sum(whole.money_paid[path, m] for m, p in enumerate(payments) if p.month == month)
        later = run_policy(
            table.after(month),
            menu,
            rest,
            ReturnPaths(
                assets=returns.assets[path : path + 1, month:],
                indices=returns.indices[path : path + 1, month:],
                steps_per_month=1,
                stream="judge",
                seed=0,
                first=0,
            ),
            wealth=whole.wealth[path, month] - paid,
            unit_peak=units[since : month + 1].max() / units[month],
            broken=broken,
            ledger=1,
        )
        np.testing.assert_array_equal(later.ledger[0, :-1, 8], whole.ledger[path, month:-1, 8])
        np.testing.assert_allclose(later.wealth[0, 1:], whole.wealth[path, month + 1 :], rtol=1e-12)
        kept = [m for m, p in enumerate(payments) if p.month > month]
        np.testing.assert_allclose(later.paid[0], whole.paid[path, kept], rtol=1e-12)
        np.testing.assert_allclose(later.drawdown[0, 1:], whole.drawdown[path][-later.drawdown.shape[1] + 1 :]
                                   if later.drawdown.shape[1] > 1 else [], rtol=1e-9)  # fmt: skip
