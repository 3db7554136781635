"""What to do after a review: orders with the risk label of every product, or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from ...engine.desk.labels import Label
from ...engine.desk.order_types import Order
from ...engine.review.types import Review
from ...scenarios.market import Asset
from ..blocks import NUMBER, Block, Facts, Notice, Paragraph, Section, Table, without_empty
from ..room import Room
from ..words import Language, Words

FEN = 100.0


def to_do(review: Review, words: Words, assets: Mapping[str, Asset], room: Room) -> Section:
    """Print the orders with the risk label of every product, or say that there is nothing to do."""
    blocks: list[Block] = [Paragraph(text=words(f"letter.do_{review.advice}"))]
    made = review.orders
    shown = _shown(review, room)
    if review.advice == "orders" and made is not None and made.orders:
        blocks.append(_orders(review, words, assets, shown))
        charges = words.cents(made.charges / FEN)
        cash = words.cents(made.cash_after / FEN)
        money = [words("orders.money", amount=each, unit=words.unit) for each in (charges, cash)]
        facts = ((words("orders.charges"), money[0]), (words("orders.cash_after"), money[1]))
        blocks.append(Facts(rows=facts, columns=2))
        codes = {order.product for order in shown if order.side == "buy"}
        bought = [label for label in review.labels if label.product in codes]
        said = [
            words("label.caution", name=words.join(names), caution=caution)
            for caution, names in _cautions(bought, words.lang).items()
        ]
        said += dict.fromkeys(getattr(label.disclosure, words.lang) for label in bought)
        if said:
            blocks.append(Notice(title=words("label.warnings"), items=tuple(said), tone="warning"))
    return Section(id="to_do", title=words("letter.to_do"), blocks=tuple(blocks))


def _cautions(bought: list[Label], lang: Language) -> dict[str, list[str]]:
    """Special warnings, and the products each of them is for."""
    found: dict[str, list[str]] = {}
    for label in bought:
        for caution in label.cautions:
            found.setdefault(getattr(caution, lang), []).append(getattr(label.name, lang))
    return found


def _shown(review: Review, room: Room) -> list[Order]:
    """Orders that there is room for: sales first, then the largest."""
    if review.orders is None:
        return []
    return sorted(review.orders.orders, key=lambda order: (order.side == "buy", -order.amount))[: room.orders]


def _orders(review: Review, words: Words, assets: Mapping[str, Asset], shown: list[Order]) -> Table:
    assert review.orders is not None
    labels = {label.product or label.asset: label for label in review.labels}
    rest = [order for order in review.orders.orders if order not in shown]
    rows = [_order_row(order, labels.get(order.product or order.asset), words, assets) for order in shown]
    note = words("letter.orders_note", note=_range_note(review, words))
    if rest:
        amount = words.cents(sum(order.amount for order in rest) / FEN)
        note = words("letter.orders_more", count=len(rest), amount=amount, unit=words.unit) + note
    keys = (
        "side",
        "product_name",
        "account",
        "level",
        "year_range",
        "history_fall",
        "order_gross",
        "charges",
    )
    return without_empty(
        Table(
            title=words("orders.title", day=words.day(review.orders.on), unit=words.unit),
            head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
            columns=("short", "name", "short", "short", *(NUMBER,) * 4),
            rows=tuple(rows),
            note=note,
        )
    )


def _range_note(review: Review, words: Words) -> str:
    label = next(iter(review.labels), review.label)
    return "" if label is None else getattr(label.range_note, words.lang)


def _order_row(
    order: Order, label: Label | None, words: Words, assets: Mapping[str, Asset]
) -> tuple[str, ...]:
    known = assets.get(order.asset)
    name = order.asset if known is None else known.name_zh if words.lang == "zh" else known.name_en
    name = name if label is None else getattr(label.name, words.lang)
    code = f"{order.product} " if order.product and order.product != order.asset else ""
    year = None if label is None else label.ranges[0]
    return (
        words("orders.close" if order.closes else f"orders.{order.side}"),
        code + name,
        order.account or "—",
        "—" if label is None else f"R{label.level}",
        "—"
        if year is None
        else words("label.short_range", low=words.percent(year.low), high=words.percent(year.high)),
        "—" if label is None else words.percent(label.max_drawdown),
        words.cents(order.amount / FEN),
        words.cents(order.charges / FEN),
    )
