"""What the policy would hold, today and a year and more from now: ahead, on track and behind."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...goals import add_months
from ..findings import Finding, finding
from ..judge.run import Outcome
from ..judge.statistics import after_payments, percentiles
from ..policy import PolicyTable
from ..setting import Setting
from .types import Standing, Surface

FloatArray = NDArray[np.float64]
Place = Literal["behind", "on_track", "ahead"]

_STANDINGS: tuple[tuple[Place, float], ...] = (("behind", 25.0), ("on_track", 50.0), ("ahead", 75.0))
_MOST_DATES = 15  # later years are told in strides where there are more
_LOW, _HIGH = -0.5, 1.0  # returns a year between which the needed one is looked for
_HALVINGS = 24
_ROWS, _COLUMNS = 40, 25


def standings(setting: Setting, table: PolicyTable, outcome: Outcome) -> tuple[Standing, ...]:
    """Today's holding and those of later years by standing."""
    months = setting.schedule.months
    wealth = percentiles(after_payments(outcome), [level for _, level in _STANDINGS])
    stride = 12 * -(-months // (12 * _MOST_DATES))
    told = [_told(setting, table, 0, "on_track", float(wealth[1, 0]))]
    for month in range(stride, months, stride):
        told += [
            _told(setting, table, month, standing, float(wealth[row, month]))
            for row, (standing, _) in enumerate(_STANDINGS)
        ]
    return tuple(told)


def _told(setting: Setting, table: PolicyTable, month: int, standing: Place, wealth: float) -> Standing:
    menu, fee = setting.menu, setting.request.advisory_fee
    drawdown = setting.carried.drawdown if month == 0 else 0.0
    k = table.holding(month, wealth, drawdown, month == 0 and setting.carried.broken)
    needed = needed_return(setting, month, wealth)
    expected, volatility = float(menu.mean[k]) - fee, float(menu.volatility[k])
    return Standing(
        month=month,
        date=add_months(setting.schedule.start, month),
        standing=standing,
        wealth=round(wealth, 2),
        weights={a: float(w) for a, w in zip(menu.asset_ids, menu.weights[k], strict=True) if w > 0.0},
        expected_return=expected,
        volatility=volatility,
        needed_return=needed,
        why=_why(setting, needed, expected, volatility),
    )


def _why(setting: Setting, needed: float | None, expected: float, volatility: float) -> Finding:
    cash = float(setting.assumptions.cash) - setting.request.advisory_fee
    most = float(setting.menu.mean.max()) - setting.request.advisory_fee
    if needed is None:
        return finding("hold_out_of_reach", most=most, expected=expected, volatility=volatility)
    code = "hold_covered" if needed <= cash else "hold_within" if needed <= most else "hold_beyond"
    return finding(code, needed=needed, cash=cash, most=most, expected=expected, volatility=volatility)


def needed_return(setting: Setting, month: int, wealth: float) -> float | None:
    """Smallest steady return a year with which `wealth` after `month` pays every later payment in full.

    With return r and discount ``d = (1 + r)^(-1/12)`` the money suffices where ``wealth + sum_{month < s <= t}
    (inflow_s - payment_s) d^(s - month) >= 0`` at every t. Bisected between -50 % and 100 % a year; None above.
    """
    schedule = setting.schedule
    flows = np.array(schedule.inflows)
    for payment, amount in zip(schedule.payments, setting.expected, strict=True):
        flows[payment.month] -= amount
    later, ages = flows[month + 1 :], np.arange(1, schedule.months - month + 1)

    def enough(rate: float) -> bool:
        return bool((wealth + np.cumsum(later * (1.0 + rate) ** (-ages / 12.0)) >= -1e-9 * wealth).all())

    low, high = _LOW, _HIGH
    if enough(low):
        return low
    if not enough(high):
        return None
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def surfaces(setting: Setting, table: PolicyTable, outcome: Outcome) -> tuple[Surface, ...]:
    """Volatility of the mix held over the months and the wealth between the 1st and the 99th percentile."""
    months, most = setting.schedule.months, setting.request.limits.max_drawdown
    low, high = percentiles(after_payments(outcome)[:, :months], (1.0, 99.0))
    bottom = float(low.min())
    floor = max(bottom, 0.02 * float(high.max()))  # a logarithmic axis has no zero
    wealth = np.geomspace(floor, max(float(high.max()), 1.001 * floor), _COLUMNS)
    shown = range(0, months, max(1, -(-months // _ROWS)))
    return tuple(
        Surface(
            drawdown=drawdown,
            months=tuple(shown),
            wealth=tuple(round(float(w), 2) for w in wealth),
            volatility=tuple(
                tuple(round(float(setting.menu.volatility[table.holding(t, w, drawdown)]), 6) for w in wealth)
                for t in shown
            ),
        )
        for drawdown in ((0.0,) if most is None else (0.0, 0.5 * most))
    )
