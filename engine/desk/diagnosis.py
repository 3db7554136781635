"""Diagnosis: what is held today, what it risks, what it costs, and whether it suits the client."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ...goals.edge import Day, EdgeModel
from ...scenarios.market import Asset
from ..client import Holding
from ..findings import Finding, Text, finding
from ..suitability.gate import Gate
from ..suitability.shelf import Product
from .desk import Desk
from .holdings import Book, Unmapped

FloatArray = NDArray[np.float64]
LARGE = 0.35  # a single product above this share is said to be concentrated


class HoldingLine(EdgeModel):
    """One holding; `weight` is its share of all that is placed, `fee` its running costs as a decimal a year."""

    account: str | None = None
    product: str | None = None
    asset: str
    name: Text
    value: float
    weight: float
    cost: float | None = None
    gain: float | None = None
    level: int
    fee: float | None = None
    suitable: bool


class ClassLine(EdgeModel):
    """One asset class: its share of money and of risk, and how far it is from the plan."""

    asset: str
    name: Text
    value: float
    weight: float
    risk_share: float
    target: float | None = None
    drift: float | None = None


class EventLoss(EdgeModel):
    """Loss in one episode or shock, as a share and in money; `target_loss` is that of the plan's mix."""

    id: str
    name: Text
    kind: Literal["episode", "shock"]
    loss: float
    money: float
    proxy: bool
    target_loss: float | None = None


class GoalChance(EdgeModel):
    """Probability of a goal if nothing changes, and under the plan."""

    name: str
    unchanged: float | None = None
    standard_error: float | None = None
    planned: float | None = None


class Diagnosis(EdgeModel):
    """Where the client stands.

    Attributes
    ----------
    as_of
        Last day of the market data.
    wealth, cash
        All that is placed, cash included; unmapped holdings are beside it.
    accounts
        Money by institution, cash left out.
    holdings, classes, unmapped
        Line by line; classes in the market's order.
    largest, effective_number
        Largest weight of one product, and ``1 / sum w^2`` over products and cash.
    volatility, level
        Of all together a year, and its level by the portfolio table.
    events
        Losses in every episode and shock.
    currencies
        Share of wealth by currency of what is held.
    fees, fees_known
        Running costs in money a year, and the share of the invested money whose costs are known.
    drift
        Half the sum of absolute differences from the plan's weights; None without a plan.
    goals
        Probabilities if nothing changes.
    findings
        What a reader must know.
    """

    schema_version: Literal[1] = 1
    as_of: Day
    wealth: float
    cash: float
    accounts: dict[str, float]
    holdings: tuple[HoldingLine, ...]
    classes: tuple[ClassLine, ...]
    unmapped: tuple[Unmapped, ...]
    largest: float
    effective_number: float
    volatility: float
    level: int
    events: tuple[EventLoss, ...]
    currencies: dict[str, float]
    fees: float
    fees_known: float
    drift: float | None = None
    goals: tuple[GoalChance, ...] = ()
    findings: tuple[Finding, ...]


def diagnose(
    book: Book,
    gate: Gate,
    desk: Desk,
    *,
    target: Mapping[str, float] | None = None,
    goals: Sequence[GoalChance] = (),
) -> Diagnosis:
    """Diagnose what a client holds.

    Parameters
    ----------
    book
        Holdings and cash.
    gate
        The client's, for the highest level and its findings about holdings.
    target
        Weight by asset id of the plan, summing to 1.
    goals
        Probabilities, see `unchanged`.
    """
    invested = sum(holding.value for holding in book.holdings)
    wealth = invested + book.cash
    per = 1.0 / wealth if wealth else 0.0
    lines = tuple(_line(holding, per, gate, desk) for holding in book.holdings)
    values = np.zeros(len(desk.market.asset_ids))
    for holding in book.holdings:
        values[desk.market.asset_ids.index(holding.asset)] += holding.value
    weights = values * per
    shares, volatility = _risk(weights, desk)
    products = _sums((line.product or line.asset, line.weight) for line in lines)
    classes = _classes(values, per, shares, target, book.cash, desk)
    level = desk.rules.grade(volatility)
    return Diagnosis(
        as_of=desk.market.as_of,
        wealth=wealth,
        cash=book.cash,
        accounts=_sums((line.account or "", line.value) for line in lines),
        holdings=lines,
        classes=classes,
        unmapped=book.unmapped,
        largest=max(products.values(), default=0.0),
        effective_number=_effective([*products.values(), book.cash * per]),
        volatility=volatility,
        level=level,
        events=_events(weights, target, wealth, desk),
        currencies=_currencies(weights, book.cash * per, desk),
        fees=sum(line.value * line.fee for line in lines if line.fee is not None),
        fees_known=sum(line.value for line in lines if line.fee is not None) / invested if invested else 1.0,
        drift=None if target is None else sum(abs(line.drift or 0.0) for line in classes) / 2.0,
        goals=tuple(goals),
        findings=(
            *_said(lines, products, level, gate, desk, book),
            *(each for each in gate.findings if each.code.startswith("holding_")),
        ),
    )


def _line(holding: Holding, per: float, gate: Gate, desk: Desk) -> HoldingLine:
    product = desk.shelf.get(holding.product)
    held: Product | Asset = product or desk.market.assets[desk.market.asset_ids.index(holding.asset)]
    level = product.level if product else held.risk_level if isinstance(held, Asset) else 0
    unknown = holding.product is not None and product is None
    overridden = holding.product in gate.products.values()
    return HoldingLine(
        account=holding.account,
        product=holding.product,
        asset=holding.asset,
        name=Text(zh=held.name_zh, en=held.name_en),
        value=holding.value,
        weight=holding.value * per,
        cost=holding.cost,
        gain=None if holding.cost is None else holding.value - holding.cost,
        level=level,
        fee=None if unknown else float(held.fee),
        suitable=level <= gate.highest_level or overridden,
    )


def _risk(weights: FloatArray, desk: Desk) -> tuple[FloatArray, float]:
    """Share of each asset in the variance, ``w (S w) / w'S w``, and the volatility a year."""
    ids, known = desk.market.asset_ids, desk.assumptions
    columns = [known.asset_ids.index(a) for a in ids]
    sigma = known.volatility[columns]
    covariance = known.correlation[np.ix_(columns, columns)] * np.outer(sigma, sigma)
    parts = weights * np.einsum("ij,j->i", covariance, weights)
    variance = float(parts.sum())
    return (parts / variance if variance > 0.0 else np.zeros(len(ids))), math.sqrt(max(variance, 0.0))


def _classes(
    values: FloatArray,
    per: float,
    shares: FloatArray,
    target: Mapping[str, float] | None,
    cash: float,
    desk: Desk,
) -> tuple[ClassLine, ...]:
    """Lines of what is held or wanted; against the plan, money on accounts counts as the cash class."""
    lines = []
    idle = cash * per
    for asset, value, share in zip(desk.market.assets, values, shares, strict=True):
        weight = float(value) * per
        wanted = None if target is None else target.get(asset.id, 0.0)
        drift = None if wanted is None else weight - wanted
        if drift is not None and asset.asset_class == "cash":
            drift, idle = drift + idle, 0.0
        if value > 0.0 or wanted or (drift is not None and abs(drift) > 0.0):
            lines.append(
                ClassLine(
                    asset=asset.id,
                    name=Text(zh=asset.name_zh, en=asset.name_en),
                    value=float(value),
                    weight=weight,
                    risk_share=float(share),
                    target=wanted,
                    drift=drift,
                )
            )
    return tuple(lines)


def _events(
    weights: FloatArray, target: Mapping[str, float] | None, wealth: float, desk: Desk
) -> tuple[EventLoss, ...]:
    losses = []
    held = {a for a, w in zip(desk.market.asset_ids, weights, strict=True) if w > 0.0}
    for path in desk.stress.paths:
        mix = [dict(zip(desk.market.asset_ids, map(float, weights), strict=True))[a] for a in path.asset_ids]
        loss = path.loss(mix)
        wanted = None if target is None else path.loss([target.get(a, 0.0) for a in path.asset_ids])
        losses.append(
            EventLoss(
                id=path.id,
                name=Text(zh=path.name_zh, en=path.name_en),
                kind=path.kind,
                loss=loss,
                money=loss * wealth,
                proxy=path.proxy or any(mark.asset in held for mark in path.proxies),
                target_loss=wanted,
            )
        )
    return tuple(losses)


def _currencies(weights: FloatArray, cash: float, desk: Desk) -> dict[str, float]:
    pairs = [(asset.currency, float(w)) for asset, w in zip(desk.market.assets, weights, strict=True)]
    found = _sums([(desk.market.currency, cash), *pairs])
    return {currency: share for currency, share in found.items() if share > 0.0}


def _sums(pairs: Iterable[tuple[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for name, value in pairs:
        total[name] = total.get(name, 0.0) + value
    return dict(sorted(total.items()))


def _effective(weights: Sequence[float]) -> float:
    squares = sum(weight**2 for weight in weights)
    return 1.0 / squares if squares else 0.0


def _said(
    lines: Sequence[HoldingLine],
    products: Mapping[str, float],
    level: int,
    gate: Gate,
    desk: Desk,
    book: Book,
) -> Iterator[Finding]:
    if level > gate.highest_level:
        yield finding("portfolio_above_level", level=level, client=gate.level)
    kinds = {asset.id: asset.asset_class for asset in desk.market.assets}
    for code, line in {line.product or line.asset: line for line in lines}.items():
        product = desk.shelf.get(code)
        cap = desk.rules.single_fund.cap if product and not product.exempt else LARGE
        if products[code] > cap and kinds[line.asset] != "cash":
            weight = products[code]
            yield finding("concentrated", zh=line.name.zh, en=line.name.en, weight=weight, cap=cap)
    for each in book.unmapped:
        yield finding("holding_unmapped", product=each.product, value=each.value)
    unknown = sum(line.weight for line in lines if line.fee is None)
    if unknown > 0.0:
        yield finding("fees_unknown", weight=unknown)
