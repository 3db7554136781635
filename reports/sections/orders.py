"""Orders: what to buy and sell, to the last fen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..blocks import NUMBER, Block, Facts, Paragraph, Table, without_empty
from ..case import Case

if TYPE_CHECKING:
    from ...engine.desk.order_types import Order, Orders

FEN = 100.0


def orders(case: Case) -> tuple[Block, ...]:
    """Show the orders of the day, what waits, and how the money adds up; nothing where there are none."""
    words, made = case.words, case.orders
    if made is None:
        return ()
    if not made.orders and not made.waiting:
        return (Paragraph(text=words("orders.none", day=words.day(made.on))),)
    blocks: list[Block] = []
    if made.orders:
        blocks.append(_table(case, made))
    if made.waiting:
        blocks.append(_waiting(case, made))
    blocks.append(Facts(rows=tuple(_sums(case, made)), columns=2))
    return tuple(blocks)


def _product(case: Case, code: str | None, asset: str) -> str:
    named = next((label for label in case.labels if label.product == code and code is not None), None)
    name = case.name(asset) if named is None else getattr(named.name, case.words.lang)
    return f"{code} {name}" if code and code != asset else name


def _table(case: Case, made: Orders) -> Table:
    words = case.words
    sales_first = sorted(made.orders, key=lambda order: order.side == "buy")
    rows = [_row(case, order) for order in sales_first]
    total = [sum(getattr(order, part) for order in made.orders) for part in ("cost", "redemption_fee")]
    net = sum(order.signed for order in made.orders)
    cost, fee = (words.cents(each / FEN) for each in total)
    rows.append(("", words("orders.net"), "", words.cents(net / FEN), cost, fee if total[1] else "—"))
    keys = ("side", "product_name", "account", "order_gross", "trading_cost", "redemption")
    table = Table(
        title=words("orders.title", day=words.day(made.on), unit=words.unit),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("short", "name", "short", *(NUMBER,) * 3),
        rows=tuple(rows),
        note=words("orders.note"),
        total=True,
    )
    return without_empty(table)


def _row(case: Case, order: Order) -> tuple[str, ...]:
    words = case.words
    side = words("orders.close" if order.closes else f"orders.{order.side}")
    name = _product(case, order.product, order.asset)
    fee = words.cents(order.redemption_fee / FEN) if order.redemption_fee else "—"
    return (
        side,
        name,
        order.account or "—",
        words.cents(order.amount / FEN),
        words.cents(order.cost / FEN),
        fee,
    )


def _waiting(case: Case, made: Orders) -> Table:
    words = case.words
    rows = tuple(
        (
            each.product,
            each.account or "—",
            words.cents(each.amount / FEN),
            words.day(each.until),
            words.percent(each.rate, 2),
            words.percent(each.later, 2),
        )
        for each in made.waiting
    )
    keys = ("product", "account", "order_amount", "until", "rate_now", "rate_later")
    table = Table(
        title=words("orders.waiting"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", "short", NUMBER, "short", NUMBER, NUMBER),
        rows=rows,
    )
    return without_empty(table)


def _sums(case: Case, made: Orders) -> Iterator[tuple[str, str]]:
    words = case.words
    for key in ("cash_before", "cash_after", "charges"):
        yield (
            words(f"orders.{key}"),
            words("orders.money", amount=words.cents(getattr(made, key) / FEN), unit=words.unit),
        )
    yield words("orders.tracking"), words.percent(made.tracking_error, 2)
