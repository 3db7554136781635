"""Orders: from what is held today to the target, in whole lots and whole fen."""

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

import numpy as np

from ..client import Holding
from ..errors import RequestError, SolverError
from ..findings import Finding, finding
from ..suitability.gate import Gate
from ..suitability.shelf import Product
from .desk import Desk
from .order_lots import Group, Lot, Position, column, fen, in_units, lot_of, positions, targets_in_fen
from .order_programme import Ceiling, Purchase, Sale, Task, Trades, solve
from .order_types import Order, Orders, Terms
from .whole_programme import FloatArray

USUAL = Terms()


def orders(
    holdings: Sequence[Holding],
    cash: float,
    target: Mapping[str, float],
    gate: Gate,
    desk: Desk,
    on: dt.date,
    terms: Terms = USUAL,
    *,
    due_today: float = 0.0,
    prices: Mapping[str, float] | None = None,
) -> Orders:
    """Orders from today's holdings to the target.

    Parameters
    ----------
    holdings, cash
        What is held, and money that is in no holding.
    target
        Weight by asset id, summing to 1; assets open to the client only.
    gate
        The client's, for the products and the highest level; holdings above it are sold.
    on
        The day, from which holding times are counted.
    due_today
        Money that is paid out today and is not to be invested.
    prices
        Price of one unit by code, where it is not that of the holding or the shelf.

    Returns
    -------
    Orders
        Without orders, if everything is within its band already.

    Raises
    ------
    RequestError
        The target is closed to the client, a holding is of no asset of the market, or there is no money.
    """
    problems = [
        f"target: {a!r} is closed to the client; give weights of {', '.join(gate.allowed)}."
        for a, weight in target.items()
        if weight > 0.0 and a not in gate.products
    ]
    problems += [
        f"holdings.{number}.asset = {holding.asset!r} is not in the market; map it to one of its assets."
        for number, holding in enumerate(holdings)
        if holding.asset not in desk.market.asset_ids
    ]
    if problems:
        raise RequestError(problems)
    lots = tuple(lot_of(holding, gate, desk, on, terms.patience) for holding in holdings)
    wealth = fen(cash) + sum(lot.value for lot in lots)
    if wealth <= 0:
        raise RequestError("cash: there is no money to place orders with; give cash or holdings.")
    due = min(fen(due_today), wealth)
    buffer = min(fen(terms.cash_buffer), wealth - due)
    targets = targets_in_fen(target, wealth - due, buffer, desk)
    book = _Book(
        lots=lots,
        cash=fen(cash),
        wealth=wealth,
        need=buffer + due,
        targets=targets,
        buying=tuple(p for a in targets if (p := desk.shelf.get(gate.products[a]))),
        desk=desk,
        terms=terms,
        prices=prices or {},
    )
    task = book.task()
    return book.written(task, None if book.settled(task) else solve(task), on)


def _charge(amount: int, rate: float) -> int:
    """Fen charged on an amount, rounded up."""
    return int((amount * Decimal(repr(rate))).to_integral_value(ROUND_CEILING))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Book:
    """One rebalancing: what is held, wanted and tradable, in fen."""

    lots: tuple[Lot, ...]
    cash: int
    wealth: int
    need: int
    targets: dict[str, int]
    buying: tuple[Product, ...]
    desk: Desk
    terms: Terms
    prices: Mapping[str, float]

    @property
    def groups(self) -> list[Group]:
        return sorted({lot.group for lot in self.lots} | {(a, False) for a in self.targets})

    @property
    def selling(self) -> list[Position]:
        return positions(self.lots)

    def task(self) -> Task:
        rows = {group: i for i, group in enumerate(self.groups)}
        fixed = np.zeros(len(rows))
        for lot in self.lots:
            fixed[rows[lot.group]] += 0 if lot.sellable else lot.value
        columns = [self.desk.assumptions.asset_ids.index(asset) for asset, _ in rows]
        sigma = self.desk.assumptions.volatility[columns]
        selling = self.selling
        rho = self.desk.assumptions.correlation[np.ix_(columns, columns)]
        return Task(
            targets=np.array([0.0 if bad else float(self.targets.get(a, 0)) for a, bad in rows]),
            fixed=fixed,
            sales=[self._sale(position, rows[position.lots[0].group]) for position in selling],
            purchases=[self._purchase(product, rows[product.asset, False]) for product in self.buying],
            ceilings=[self._ceiling(product, selling) for product in self.crowded],
            cash=float(self.cash),
            # Each lot rounds its charges up and its amount by at most a fen.
            need=float(self.need + 3 * (len(self.lots) + len(self.buying))),
            wealth=float(self.wealth),
            band=self.terms.band * self.wealth,
            covariance=rho * np.outer(sigma, sigma),
            bound=self.terms.tracking_error,
        )

    @property
    def crowded(self) -> list[Product]:
        """Single funds, not exempt, of which more is held than the rules allow."""
        held: dict[str, int] = {}
        known = {}
        for lot in self.lots:
            if lot.product is not None and lot.known and not lot.product.exempt:
                known[lot.product.code] = lot.product
                held[lot.product.code] = held.get(lot.product.code, 0) + lot.value
        return [known[code] for code, value in held.items() if value > self.cap]

    @property
    def cap(self) -> float:
        """Most fen in one fund."""
        return self.desk.rules.single_fund.cap * self.wealth

    def _ceiling(self, product: Product, selling: Sequence[Position]) -> Ceiling:
        mine = tuple(n for n, position in enumerate(selling) if position.lots[0].product is product)
        bought = [n for n, each in enumerate(self.buying) if each is product]
        tied = sum(lot.value for lot in self.lots if lot.product is product and not lot.sellable)
        return Ceiling(most=self.cap, fixed=float(tied), sales=mine, purchase=bought[0] if bought else None)

    def _sale(self, position: Position, group: int) -> Sale:
        first = position.lots[0]
        rate = self._rate(first)
        if in_units(first.product):  # no redemption fees, and lots need not fall on days of purchase
            lots: tuple[tuple[float, float], ...] = ((float(position.value), rate),)
            step = self._lot_fen(first.product, position)
        else:
            lots, step = tuple((float(lot.value), rate + lot.early) for lot in position.lots), 0.0
        return Sale(
            group=group, lots=lots, step=step, urgent=first.unsuitable or first.product in self.crowded
        )

    def _purchase(self, product: Product, group: int) -> Purchase:
        step = self._lot_fen(product, None)
        first = product.minimum / product.lot * step
        return Purchase(
            group=group,
            least=step if any(lot.product is product for lot in self.lots) else max(first, step),
            most=float(self.wealth) if product.quota is None else product.quota * 100.0,
            step=step,
            cost=product.trading_cost,
        )

    def _lot_fen(self, product: Product | None, held: Position | None) -> float:
        """Fen of one lot."""
        assert product is not None
        return product.lot * 100.0 * (self._price(product, held) if in_units(product) else 1.0)

    def _price(self, product: Product, held: Position | None) -> float:
        if product.code in self.prices:
            return self.prices[product.code]
        if held is not None and held.units:
            return held.value / 100.0 / held.units
        assert product.price is not None
        return product.price

    def _rate(self, lot: Lot) -> float:
        if lot.product is not None:
            return lot.product.trading_cost
        return self.desk.market.assets[column(self.desk, lot.holding.asset)].trading_cost

    def settled(self, task: Task) -> bool:
        """Whether everything is inside its band, so that there is nothing to do."""
        return (
            bool((np.abs(task.before - task.attainable) <= task.band).all())
            and not any(sale.urgent for sale in task.sales)
            and self.need <= self.cash <= self.need + task.band
            and task.tracking_error(task.before) <= task.bound
        )

    def written(self, task: Task, trades: Trades | None, on: dt.date) -> Orders:
        """Orders in whole fen and whole lots, checked to the last fen."""
        sold = [] if trades is None else list(self._sales(trades))
        done = [*sold, *self._affordable(sold, [] if trades is None else list(self._purchases(trades)))]
        before: dict[str, int] = {}
        for lot in self.lots:
            before[lot.holding.asset] = before.get(lot.holding.asset, 0) + lot.value
        after = dict(before)
        money = task.before
        for group, order in done:
            after[order.asset] = after.get(order.asset, 0) + order.signed
            money[self.groups.index(group)] += order.signed
        cash = self.cash - sum(order.signed + order.charges for _, order in done)
        charges = sum(order.charges for _, order in done)
        if cash + sum(after.values()) + charges != self.wealth or min(after.values(), default=0) < 0:
            raise SolverError("the orders do not reconcile with the holdings; please report the request")
        over = {g for g, m, t in zip(self.groups, money, task.targets, strict=True) if m > t + task.band}
        return Orders(
            on=on,
            orders=tuple(order for _, order in done),
            waiting=tuple(
                lot.wait for lot in self.lots if lot.wait and (lot.group in over or lot.unsuitable)
            ),
            before=before,
            after=after,
            target=self.targets,
            cash_before=self.cash,
            cash_after=cash,
            cash_needed=self.need,
            charges=charges,
            tracking_error_before=self._error(task, task.before),
            tracking_error=self._error(task, money),
            bound=task.bound,
            findings=tuple(self._findings(done, cash, self._error(task, money))),
        )

    def _error(self, task: Task, money: FloatArray) -> float:
        """Tracking error a year against the true target, tied-up holdings included."""
        d = (money - task.targets) / task.wealth
        return math.sqrt(max(float(d @ task.covariance @ d), 0.0))

    def _sales(self, trades: Trades) -> Iterator[tuple[Group, Order]]:
        for position, sold, closes in zip(self.selling, trades.sold, trades.closed, strict=True):
            first, value, units = position.lots[0], position.value, position.units
            if closes:
                amount = value
            elif in_units(first.product):
                assert first.product is not None
                step = self._lot_fen(first.product, position)
                count = round(float(sold) / step)
                amount, units = min(round(count * step), value), count * first.product.lot
            else:
                amount = min(math.ceil(float(sold) - 1e-6), value)
                units = None if units is None else round(units * amount / value, 2)
            if amount <= 0:
                continue
            order = Order(
                side="sell",
                product=first.product.code if first.product else None,
                asset=first.holding.asset,
                account=first.holding.account,
                amount=amount,
                cost=_charge(amount, self._rate(first)),
                redemption_fee=sum(_charge(part, rate) for part, rate in position.redeemed(amount)),
                units=units,
                closes=amount == value,
            )
            yield first.group, order

    def _purchases(self, trades: Trades) -> Iterator[tuple[Product, int]]:
        """Yield whole lots of each product."""
        for product, bought in zip(self.buying, trades.bought, strict=True):
            yield product, int(float(bought) / self._lot_fen(product, None) + 1e-6)

    def _affordable(
        self, sold: list[tuple[Group, Order]], bought: list[tuple[Product, int]]
    ) -> Iterator[tuple[Group, Order]]:
        """Purchases, the largest first cut by what rounding left short in cash."""
        cash = self.cash - sum(order.signed + order.charges for _, order in sold)
        made = [self._buy(product, lots) for product, lots in bought]
        short = self.need - cash + sum(order.signed + order.charges for order in made)
        for i in sorted(range(len(made)), key=lambda i: -made[i].amount):
            product, lots = bought[i]
            cut = min(lots, -int(-max(short, 0) // self._lot_fen(product, None)))
            less = self._buy(product, lots - cut)
            short -= made[i].amount + made[i].charges - less.amount - less.charges
            made[i] = less
        least = {product.code: self._purchase(product, 0).least for product, _ in bought}
        for order in made:
            if order.amount > 0 and order.amount > least[str(order.product)] - 1.0:
                yield (order.asset, False), order

    def _buy(self, product: Product, lots: int) -> Order:
        amount = round(lots * self._lot_fen(product, None))
        return Order(
            side="buy",
            product=product.code,
            asset=product.asset,
            amount=amount,
            cost=_charge(amount, product.trading_cost),
            units=lots * product.lot if in_units(product) else None,
        )

    def _findings(self, done: list[tuple[Group, Order]], cash: int, error: float) -> Iterator[Finding]:
        if not done:
            yield finding("orders_none")
        for lot in self.lots:
            if not lot.known:
                yield finding("order_unknown_product", product=str(lot.holding.product))
        undated = {lot.product for lot in self.lots if lot.sellable and lot.days is None and lot.product}
        for code in sorted({str(order.product) for _, order in done if order.side == "sell"}):
            product = next((p for p in undated if p.code == code and p.redemption), None)
            if product:
                yield finding("order_bought_unknown", zh=product.name_zh, en=product.name_en)
        for product in self.crowded:
            left = sum(lot.value for lot in self.lots if lot.product is product)
            left += sum(order.signed for _, order in done if order.product == product.code)
            if left > self.cap * (1.0 + 1e-4) + 100.0:
                words = {"zh": product.name_zh, "en": product.name_en}
                yield finding(
                    "order_above_cap", weight=left / self.wealth, cap=self.cap / self.wealth, **words
                )
        if cash < self.need:
            yield finding("order_cash_short", short=(self.need - cash) / 100.0)
        if error > self.terms.tracking_error * (1.0 + 1e-3):
            yield finding("order_tracking_error", error=error, bound=self.terms.tracking_error)
