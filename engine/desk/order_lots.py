"""Holdings and targets as orders see them: what can be sold today, what waits, how many fen are wanted."""

import datetime as dt
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ...goals.months import add_months
from ..client import Holding
from ..suitability.gate import Gate
from ..suitability.shelf import Product
from .desk import Desk
from .order_types import Waiting

Group = tuple[str, bool]  # asset, and whether it is what the client should not hold


def fen(money: float) -> int:
    """Return money in whole fen, to the nearest."""
    return round(money * 100.0)


def in_units(product: Product | None) -> bool:
    """Whether a product is dealt in units rather than in money."""
    return product is not None and product.dealing == "units"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """A holding as the desk can deal in it; `known` to the shelf, or of a class without a product."""

    holding: Holding
    product: Product | None
    known: bool
    unsuitable: bool
    days: int | None
    wait: Waiting | None

    @property
    def value(self) -> int:
        """Fen."""
        return fen(self.holding.value)

    @property
    def group(self) -> Group:
        """The group that it is counted in."""
        return self.holding.asset, self.unsuitable

    @property
    def sellable(self) -> bool:
        """Whether it can be sold today."""
        return self.known and self.wait is None and self.value > 0

    @property
    def early(self) -> float:
        """Rate of the redemption fee today; nil where the day of purchase is not known."""
        return self.product.redemption_fee(self.days) if self.product and self.days is not None else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """Lots of one product in one account, the oldest first: they are sold in one order."""

    lots: tuple[Lot, ...]

    @property
    def value(self) -> int:
        """Fen."""
        return sum(lot.value for lot in self.lots)

    @property
    def units(self) -> float | None:
        """Units, where all lots say."""
        known = [lot.holding.units for lot in self.lots if lot.holding.units is not None]
        return sum(known) if len(known) == len(self.lots) else None

    def redeemed(self, amount: int) -> list[tuple[int, float]]:
        """Fen out of each lot and the rate of its redemption fee, when `amount` fen are sold."""
        parts = []
        for lot in self.lots:
            parts.append((min(lot.value, amount), lot.early))
            amount -= parts[-1][0]
        return parts


def positions(lots: Sequence[Lot]) -> list[Position]:
    """Group what can be sold today; a lot whose day is not known counts as old."""
    found: dict[tuple[object, ...], list[Lot]] = {}
    for lot in lots:
        if lot.sellable:
            code = lot.product.code if lot.product else None
            found.setdefault((lot.group, code, lot.holding.account), []).append(lot)
    oldest = sys.maxsize
    return [
        Position(lots=tuple(sorted(held, key=lambda lot: -(oldest if lot.days is None else lot.days))))
        for held in found.values()
    ]


def lot_of(holding: Holding, gate: Gate, desk: Desk, on: dt.date, patience: float) -> Lot:
    """Look up a holding; without a product it is taken for the one that the client would be sold."""
    product = desk.shelf.get(holding.product or gate.products.get(holding.asset))
    level = product.level if product else desk.market.assets[column(desk, holding.asset)].risk_level
    chosen = product is not None and product.code in gate.products.values()
    return Lot(
        holding=holding,
        product=product,
        known=product is not None or holding.product is None,
        unsuitable=level > gate.highest_level and not chosen,
        days=(on - holding.bought).days if holding.bought else None,
        wait=_wait(holding, product, on, patience) if product and holding.bought else None,
    )


def _wait(holding: Holding, product: Product, on: dt.date, patience: float) -> Waiting | None:
    """Return why the holding is not sold today, if it is tied up or dear to redeem."""
    assert holding.bought is not None
    days = (on - holding.bought).days
    free = add_months(holding.bought, product.term_months)
    dear = [step.days for step in product.redemption if days < step.days and step.rate > patience]
    if dear:
        free = max(free, holding.bought + dt.timedelta(days=dear[-1]))
    if free <= on:
        return None
    return Waiting(
        product=product.code,
        account=holding.account,
        amount=fen(holding.value),
        until=free,
        rate=product.redemption_fee(days),
        later=product.redemption_fee((free - holding.bought).days),
    )


def column(desk: Desk, asset: str) -> int:
    """Position of an asset in the market."""
    return desk.market.asset_ids.index(asset)


def targets_in_fen(target: Mapping[str, float], money: int, buffer: int, desk: Desk) -> dict[str, int]:
    """Fen by asset, summing to ``money - buffer``; the buffer comes out of the cash class first."""
    wanted = {a: weight * money for a, weight in target.items() if weight > 0.0}
    in_cash = [a for a in wanted if desk.market.assets[column(desk, a)].asset_class == "cash"]
    liquid = sum(wanted[a] for a in in_cash)
    taken = min(float(buffer), liquid)
    for a in in_cash:
        wanted[a] *= 1.0 - taken / liquid
    total = sum(wanted.values())
    left = money - buffer
    whole = {a: int(value / total * left) for a, value in wanted.items() if total > 0.0 and value > 0.0}
    if whole:
        whole[max(whole, key=lambda a: whole[a])] += left - sum(whole.values())
    return whole
