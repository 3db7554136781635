"""The orders as a small mixed-integer programme: whole lots, least purchases, no-trade bands, tracking error.

Amounts are scaled to basis points of wealth. With v the money in each group after the orders, T the targets
and c the cash,

    minimise   sum |v - T| + |c - need| + costs + band x (number of orders) + penalties x slacks
    subject to |v - T| <= band + slack,  need <= c <= need + band + slack,  tracking error <= bound + slack,

so that an order inside its band is placed only where another one needs its money. The tracking error
sqrt(d' S d), a convex function homogeneous of degree one, is served by cuts: t >= (S d_k)'d / TE(d_k).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .whole_programme import FloatArray, Row, minimise

_UNITS = 1e4  # wealth in the programme's unit of money
_TURNOVER = 1e-3  # breaks ties between trading and not trading at no cost
_PENALTY = 10.0  # per basis point outside a band
_OVER = 100.0  # per basis point of tracking error above its bound
_SHORT = 1e4  # per basis point of cash that cannot be raised
_WHOLE = 1e-5  # steps below this share of wealth are rounded, not whole numbers
_PROGRESS, _PATIENCE = (
    0.99,
    3,
)  # so many cuts in a row that do not lower the tracking error so far are the last


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """A position that may be sold in one order.

    Attributes
    ----------
    group
        Row of the group that it lies in.
    lots
        Money in each lot and the share of it that selling costs, the oldest first: so they are redeemed, and
        the oldest costs no more than the rest.
    step
        Money that can be sold at a time, of a position of one lot; 0 for any amount. What is left of the last
        step goes only with all others.
    urgent
        Whether it must go, so that its order costs no band.
    """

    group: int
    lots: tuple[tuple[float, float], ...]
    step: float
    urgent: bool

    @property
    def value(self) -> float:
        """Money in it."""
        return sum(value for value, _ in self.lots)

    def cost(self, amount: float) -> float:
        """Cost of selling `amount`."""
        total = 0.0
        for value, rate in self.lots:
            total += rate * min(value, amount)
            amount = max(amount - value, 0.0)
        return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """A product that may be bought: nothing, or `least` to `most`, in steps of `step` (0: any amount)."""

    group: int
    least: float
    most: float
    step: float
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ceiling:
    """Most money in one product: what cannot be sold of it, what its sales leave, and what is bought.

    `sales` are positions in `Task.sales`; `purchase` one in `Task.purchases`, None where it is not bought.
    """

    most: float
    fixed: float
    sales: tuple[int, ...]
    purchase: int | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """What is to be traded. Money in any one unit; G groups.

    Attributes
    ----------
    targets, fixed : (G,)
        Money wanted in each group, and what lies in it and cannot be sold. Where that is more than is wanted,
        the programme aims at `attainable` targets instead.
    sales, purchases
        What can be traded.
    cash, need
        Cash before, and the least cash after.
    wealth
        All money together.
    band
        No-trade band, in money.
    ceilings
        Of products that are above theirs today.
    covariance : (G, G)
        Of the returns of the groups, a year.
    bound
        On the tracking error a year.
    """

    targets: FloatArray
    fixed: FloatArray
    sales: Sequence[Sale]
    purchases: Sequence[Purchase]
    ceilings: Sequence[Ceiling] = ()
    cash: float
    need: float
    wealth: float
    band: float
    covariance: FloatArray
    bound: float

    @property
    def before(self) -> FloatArray:
        """Money in each group before the orders."""
        held = self.fixed.copy()
        for sale in self.sales:
            held[sale.group] += sale.value
        return held

    @property
    def attainable(self) -> FloatArray:
        """Targets as near as charges and tied-up holdings leave them: the others give way in proportion."""
        wanted = self._without(0.0)
        return self._without(self._charges(wanted))

    def _without(self, charges: float) -> FloatArray:
        wanted = self.targets.copy()
        tied = np.zeros(wanted.size, dtype=np.bool_)
        while True:
            free = float(self.targets[~tied].sum())
            left = max(float(self.targets.sum() - self.fixed[tied].sum()) - charges, 0.0)
            wanted = np.where(tied, self.fixed, self.targets * (left / free if free > 0.0 else 0.0))
            more = self.fixed > wanted + 1e-6
            if not (more & ~tied).any():
                return wanted
            tied |= more

    def _charges(self, wanted: FloatArray) -> float:
        """Roughly what it costs to trade to `wanted`."""
        change = wanted - self.before
        out = sum(sale.cost(max(-float(change[sale.group]), 0.0)) for sale in self.sales)
        return out + sum(each.cost * max(float(change[each.group]), 0.0) for each in self.purchases)

    def tracking_error(self, money: FloatArray) -> float:
        """Tracking error a year of `money` by group against what is attainable."""
        d = (money - self.attainable) / self.wealth
        return math.sqrt(max(float(d @ self.covariance @ d), 0.0))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trades:
    """Money sold of each sale and bought of each purchase, and whether a sale closes its holding."""

    sold: FloatArray
    bought: FloatArray
    closed: NDArray[np.bool_]

    def after(self, task: Task) -> FloatArray:
        """Money in each group after the trades."""
        money = task.before
        for sale, sold in zip(task.sales, self.sold, strict=True):
            money[sale.group] -= sold
        for purchase, bought in zip(task.purchases, self.bought, strict=True):
            money[purchase.group] += bought
        return money


def solve(task: Task) -> Trades:
    """Best trades; raises SolverError if the solver finds none, though every limit has a slack."""
    programme = _Programme(task)
    best = latest = programme.solve(())
    least, idle = task.tracking_error(best.after(task)), 0
    cuts: list[FloatArray] = []
    while task.tracking_error(latest.after(task)) > task.bound * (1.0 + 1e-6) and idle < _PATIENCE:
        gap = (latest.after(task) - task.attainable) / task.wealth
        cuts.append(task.covariance @ gap / task.tracking_error(latest.after(task)))
        latest = programme.solve(cuts)
        error = task.tracking_error(latest.after(task))
        idle = 0 if error < _PROGRESS * least else idle + 1
        if error < least:
            best, least = latest, error
    return best


class _Programme:
    """Columns and rows of the programme, built once; only the cuts change."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.unit = task.wealth / _UNITS
        self.cost: list[float] = []
        self.upper: list[float] = []
        self.whole: list[bool] = []
        self.rows: list[Row] = []
        G = len(task.targets)
        scaled = task.fixed / self.unit
        money: list[dict[int, float]] = [{} for _ in range(G)]
        cash: dict[int, float] = {}
        self.sales = [self._sale(sale, money, scaled, cash) for sale in task.sales]
        self.purchases = [self._purchase(purchase, money, cash) for purchase in task.purchases]
        self._one_way()
        for ceiling in task.ceilings:
            self._under(ceiling)
        band = task.band / self.unit
        targets = task.attainable / self.unit
        # What is not wanted at all goes before what is wanted less, so that no crumbs are left.
        weights = np.where(targets > 0.0, 1.0, 2.0)
        self.gaps = [
            self._distance(money[g], scaled[g] - targets[g], band, float(weights[g])) for g in range(G)
        ]
        need = (task.need - task.cash) / self.unit
        self._distance(cash, -need, band, 1.0)
        short = self._column(_SHORT)
        self.rows.append(({**cash, short: 1.0}, need, np.inf))
        self.over = self._column(_OVER)

    def _column(self, cost: float, upper: float = np.inf, *, whole: bool = False) -> int:
        self.cost.append(cost)
        self.upper.append(upper)
        self.whole.append(whole)
        return len(self.cost) - 1

    def _sale(
        self, sale: Sale, money: list[dict[int, float]], scaled: FloatArray, cash: dict[int, float]
    ) -> tuple[int, list[tuple[int, float]]]:
        """Whether it is placed, and the columns of a sale with the money that one unit of each is."""
        value, step = sale.value / self.unit, sale.step / self.unit
        scaled[sale.group] += value
        placed = self._column(0.0 if sale.urgent else self.task.band / self.unit, 1.0, whole=True)
        parts: list[tuple[int, float]] = []
        for money_in, rate in sale.lots:
            charge = _TURNOVER + rate
            if sale.step > _WHOLE * self.task.wealth:
                count = int(money_in / sale.step + 1e-9)
                rest = money_in / self.unit - count * step
                sold = self._column(step * charge, count, whole=True)
                last = self._column(rest * charge, 1.0, whole=True)
                self.rows.append(({sold: 1.0, last: -float(count)}, 0.0, np.inf))
                columns = [(sold, step), (last, rest)]
            else:
                columns = [(self._column(charge, money_in / self.unit), 1.0)]
            parts += columns
            cash.update({column: unit * (1.0 - rate) for column, unit in columns})
        self.rows.append(({**dict(parts), placed: -value}, -np.inf, 0.0))
        money[sale.group].update({column: -unit for column, unit in parts})
        return placed, parts

    def _purchase(
        self, purchase: Purchase, money: list[dict[int, float]], cash: dict[int, float]
    ) -> tuple[int, list[tuple[int, float]]]:
        """Whether it is placed, and the column of a purchase with the money that one unit of it is."""
        task, group = self.task, purchase.group
        # Nothing is bought far beyond its target: a tight bound keeps the relaxation close to whole orders.
        enough = max(task.attainable[group], purchase.least) + task.band + purchase.step
        most = min(purchase.most, task.wealth, float(enough)) / self.unit
        whole = purchase.step > _WHOLE * self.task.wealth
        unit = purchase.step / self.unit if whole else 1.0
        placed = self._column(self.task.band / self.unit, 1.0, whole=True)
        bought = self._column(unit * (_TURNOVER + purchase.cost), most / unit, whole=whole)
        self.rows.append(({bought: unit, placed: -most}, -np.inf, 0.0))
        self.rows.append(({bought: unit, placed: -purchase.least / self.unit}, 0.0, np.inf))
        money[purchase.group][bought] = unit
        cash[bought] = -unit * (1.0 + purchase.cost)
        return placed, [(bought, unit)]

    def _under(self, ceiling: Ceiling) -> None:
        """Keep a product below its ceiling, or as near as can be."""
        row = {self._column(_PENALTY): -1.0}
        room = (ceiling.most - ceiling.fixed) / self.unit
        for number in ceiling.sales:
            row.update({column: -unit for column, unit in self.sales[number][1]})
            room -= self.task.sales[number].value / self.unit
        if ceiling.purchase is not None:
            row.update(dict(self.purchases[ceiling.purchase][1]))
        self.rows.append((row, -np.inf, room))

    def _one_way(self) -> None:
        """Nothing is sold and bought in one group, unless it must go."""
        for sale, (selling, _) in zip(self.task.sales, self.sales, strict=True):
            for purchase, (buying, _) in zip(self.task.purchases, self.purchases, strict=True):
                if sale.group == purchase.group and not sale.urgent:
                    self.rows.append(({selling: 1.0, buying: 1.0}, -np.inf, 1.0))

    def _distance(
        self, terms: dict[int, float], offset: float, band: float, weight: float
    ) -> tuple[dict[int, float], float]:
        """Charge ``|terms + offset|``, and more for what lies beyond the band."""
        away, beyond = self._column(weight), self._column(_PENALTY)
        self.rows.append(({**terms, away: -1.0}, -np.inf, -offset))
        self.rows.append(({**terms, away: 1.0}, -offset, np.inf))
        self.rows.append(({away: 1.0, beyond: -1.0}, -np.inf, band))
        return terms, offset

    def _cut(self, slope: FloatArray) -> Row:
        """``slope'd <= bound + over``, in basis points."""
        row: dict[int, float] = {self.over: -1.0}
        constant = 0.0
        for weight, (terms, offset) in zip(slope, self.gaps, strict=True):
            constant += float(weight) * offset
            for column, unit in terms.items():
                row[column] = row.get(column, 0.0) + float(weight) * unit
        return row, -np.inf, self.task.bound * _UNITS - constant

    def solve(self, cuts: Sequence[FloatArray]) -> Trades:
        rows = [*self.rows, *(self._cut(slope) for slope in cuts)]
        x = minimise(self.cost, self.upper, self.whole, rows)
        # An order that is not placed may leak a millionth of the largest one past its bound.
        sold, bought = (
            np.array(
                [x[placed] * sum(x[c] * unit for c, unit in parts) * self.unit for placed, parts in side]
            )
            for side in (self.sales, self.purchases)
        )
        values = np.array([sale.value for sale in self.task.sales])
        closed = sold >= values * (1.0 - 1e-9)
        return Trades(sold=np.where(closed, values, sold), bought=bought, closed=closed)
