"""The letter to a client after a review: what happened, where the plan stands, what to do. Two pages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..engine.desk.labels import Label
from ..engine.desk.order_types import Order
from ..engine.review.types import GoalReview, Headroom, ReasonCode, Review
from ..scenarios.market import Asset
from .blocks import (
    NUMBER,
    Block,
    Bullets,
    Column,
    Document,
    Facts,
    Figure,
    Figures,
    Notice,
    Paragraph,
    Section,
    Table,
    without_empty,
)
from .charts import BarChart, Panel, Value
from .letterhead import Letterhead
from .timeline import share_axis
from .words import Language, Words

REASONS: tuple[ReasonCode, ...] = ("time", "returns", "contributions", "assumptions", "facts")
FEN = 100.0
LONGEST_NAME, MOST_MARKETS, MOST_SHORTFALLS = 24, 5, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of each kind there is room for."""

    goals: int
    orders: int
    events: int
    limits: int


ROOMS = (
    Room(goals=10, orders=12, events=5, limits=6),
    Room(goals=10, orders=8, events=4, limits=3),
    Room(goals=10, orders=4, events=3, limits=2),
    Room(goals=6, orders=3, events=2, limits=1),
)
"""From the most to the least: the first with which a letter fits on its two pages is taken."""


def letter_document(
    review: Review,
    lang: Language,
    letterhead: Letterhead,
    assets: Mapping[str, Asset],
    note: str = "",
    room: Room = ROOMS[0],
) -> Document:
    """Document of a review: conclusion, money, goals and why their probabilities moved, events, limits, orders.

    Parameters
    ----------
    review
        Of any advice. Where a person must look first there are no orders, and the letter says so.
    lang
        ``"zh"`` or ``"en"``.
    letterhead
        Who writes.
    assets
        By id, for the names of what has no product.
    note
        The adviser's words.
    room
        How much is printed of what may be much; what is left out is counted.
    """
    words = Words(lang=lang, currency=review.request.currency)
    client = review.request.client.name or words("document.anonymous")
    sections = (
        _opening(review, words, client, note),
        _money(review, words),
        _goals(review, words, room),
        _happened(review, words, room),
        _limits(review, words, room),
        _to_do(review, words, assets, room),
        _education(review, words),
        _close(review, words, letterhead),
    )
    return Document(
        lang=lang,
        title=words("letter.title"),
        subtitle=client,
        firm=letterhead.firm or words("document.firm"),
        running=words("letter.running", client=client, day=words.day(review.as_of)),
        page=words("document.page"),
        cover=tuple(_cover(review, words, letterhead)),
        disclaimer=letterhead.disclaimer or words("document.disclaimer"),
        sections=tuple(section for section in sections if section is not None),
    )


def _cover(review: Review, words: Words, letterhead: Letterhead) -> Iterator[tuple[str, str]]:
    yield words("letter.day"), words.day(review.as_of)
    yield (
        words("letter.progress"),
        words("letter.progress_value", month=review.month, months=review.months),
    )
    if review.request.client.id:
        yield words("cover.id"), review.request.client.id
    if letterhead.adviser:
        licence = f" ({letterhead.licence})" if letterhead.licence else ""
        yield words("cover.adviser"), letterhead.adviser + licence


def _opening(review: Review, words: Words, client: str, note: str) -> Section:
    told = [words(f"letter.advice_{review.advice}")]
    if review.followed == "new_plan":
        told.insert(0, words("letter.new_plan"))
    if review.advice != "person" and review.request.contributions.monthly > 0.0:
        told.append(words("letter.pay", monthly=words.money(review.request.contributions.monthly)))
    blocks: list[Block] = [
        Paragraph(text=words("letter.greeting", client=client)),
        Paragraph(text=getattr(review.reason.text, words.lang), tone="lead"),
        Paragraph(text=("" if words.lang == "zh" else " ").join(told)),
    ]
    if note:
        blocks.append(Notice(title=words("actions.note_title"), items=(note,)))
    return Section(id="opening", title="", blocks=tuple(blocks))


def _money(review: Review, words: Words) -> Section:
    wealth, unit = review.wealth, review.unit
    figures = (
        Figure(
            label=words("letter.now"),
            value=words.money(wealth.now),
            note=words(
                "letter.now_note",
                expected=words.money(wealth.expected),
                low=words.money(wealth.low),
                high=words.money(wealth.high),
            ),
        ),
        Figure(
            label=words("letter.gain"),
            value=words.money(wealth.gain),
            note=words(
                "letter.gain_note" if wealth.paid_out == 0.0 else "letter.gain_paid_out",
                start=words.money(wealth.start),
                paid_in=words.money(wealth.paid_in),
                planned=words.money(wealth.planned_in),
                paid_out=words.money(wealth.paid_out),
            ),
        ),
        Figure(
            label=words("letter.unit"),
            value=words.percent(unit.value - 1.0),
            note=words(
                "letter.unit_note",
                drawdown=words.percent(unit.drawdown),
                since=words.day(unit.since),
                deepest=words.percent(unit.deepest),
            ),
        ),
    )
    return Section(id="money", title=words("letter.money"), blocks=(Figures(items=figures),))


def _goals(review: Review, words: Words, room: Room) -> Section | None:
    if not review.goals:
        return None
    rows = tuple(_goal_row(goal, words) for goal in review.goals[: room.goals])
    told = {
        reason.code
        for goal in review.goals
        for reason in goal.reasons
        if _points(reason.change, words) != "—"
    }
    named = [words(f"letter.reason_{code}") for code in REASONS if code in told]
    keys = ("goal", "due", "wanted", "then", *REASONS, "now_probability")
    columns: tuple[Column, ...] = ("name", "short", *(NUMBER,) * (len(keys) - 2))
    table = Table(
        title="",
        head=tuple(words(f"letter_head.{key}") for key in keys),
        columns=columns,
        rows=rows,
        note=words("letter.goals_note", list=words.join(named)) if named else words("letter.goals_still"),
    )
    blocks: list[Block] = [without_empty(table)]
    missing = [
        words(
            "letter.shortfall",
            goal=_short(goal.name),
            amount=words.money(goal.amount),
            shortfall=words.money(goal.conditional_shortfall),
        )
        for goal in review.goals
        if goal.status != "on_target" and goal.conditional_shortfall > 0.0
    ]
    if missing:
        blocks.append(Bullets(items=tuple(missing[:MOST_SHORTFALLS])))
    return Section(id="goals", title=words("letter.goals"), blocks=tuple(blocks))


def _goal_row(goal: GoalReview, words: Words) -> tuple[str, ...]:
    parts = {reason.code: reason.change for reason in goal.reasons}
    moved = goal.then is not None
    return (
        _short(goal.name),
        words.month(goal.due),
        words.percent(goal.wanted_probability, 0),
        words.chance(goal.then.value) if goal.then is not None else words("letter.new"),
        *(_points(parts[code], words) if moved and code in parts else "—" for code in REASONS),
        words.chance(goal.now.value, goal.now.standard_error),
    )


def _short(name: str) -> str:
    """Name of a goal as a narrow column holds it; the plan has it whole."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…"


def _points(change: float, words: Words) -> str:
    """Write a change of a probability in points, with its sign; a dash where it rounds to none."""
    text = words.percent(abs(change))[:-1]
    return "—" if float(text) == 0.0 else f"{'+' if change > 0.0 else '−'}{text}"


def _happened(review: Review, words: Words, room: Room) -> Section:
    """Tell every event in a paragraph, then what markets returned."""
    lang = words.lang
    early = [event for event in review.events if event.early]
    others = [event for event in review.events if not event.early]
    blocks: list[Block] = []
    if early:
        told = tuple(getattr(event.text, lang) for event in early[: room.events])
        blocks.append(Notice(title=words("letter.early"), items=told, tone="warning"))
    blocks += [
        Paragraph(text=getattr(event.text, lang)) for event in others[: max(room.events - len(early), 0)]
    ]
    if review.markets:
        held = sorted(review.markets, key=lambda each: -each.weight)[:MOST_MARKETS]
        listed = words.join(
            words("letter.market", name=getattr(each.name, lang), total=_signed(each.total, words))
            for each in held
        )
        blocks.append(Paragraph(text=words("letter.markets", list=listed), tone="small"))
    return Section(id="happened", title=words("letter.happened"), blocks=tuple(blocks))


def _signed(share: float, words: Words) -> str:
    text = words.percent(share)
    return f"+{text}" if share > 0.0 and float(text[:-1].replace(",", "")) != 0.0 else text


def _limits(review: Review, words: Words, room: Room) -> Section | None:
    """Show how much of every limit is used, the nearest to its end first."""
    if not review.limits:
        return None
    ranked = sorted(review.limits, key=lambda each: each.left)[: room.limits]
    values = tuple(
        Value(
            bar=each.used,
            tick=each.limit,
            texts=(words.percent(each.used), words.percent(each.limit), _left(each, words)),
        )
        for each in ranked
    )
    names = tuple(getattr(each.name, words.lang) for each in ranked)
    listed = words.join(
        words(
            "letter.limit_item",
            name=name,
            used=words.percent(each.used),
            limit=words.percent(each.limit),
        )
        for name, each in zip(names, ranked, strict=True)
    )
    chart = BarChart(
        title="",
        alt=words("letter.limits_alt", list=listed),
        rows=names,
        panels=(
            Panel(
                title="",
                axis=share_axis(max(max(each.limit, each.used) for each in ranked)),
                values=values,
                heads=tuple(words(f"letter_head.{key}") for key in ("used", "limit", "left")),
            ),
        ),
    )
    return Section(id="limits", title=words("letter.limits"), blocks=(chart,))


def _left(limit: Headroom, words: Words) -> str:
    return words("letter.broken") if limit.broken else words.percent(limit.left)


def _to_do(review: Review, words: Words, assets: Mapping[str, Asset], room: Room) -> Section:
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


def _education(review: Review, words: Words) -> Section:
    note = review.education
    block = Notice(
        title=getattr(note.title, words.lang), items=(getattr(note.text, words.lang),), tone="info"
    )
    return Section(id="education", title="", blocks=(block,))


def _close(review: Review, words: Words, letterhead: Letterhead) -> Section:
    by: dt.date = review.next_review
    lines: list[Block] = [Paragraph(text=words("letter.next", day=words.day(by)))]
    if review.label is not None:
        label = review.label
        lines.append(
            Paragraph(
                text=words(
                    "letter.label",
                    level=label.level,
                    name=getattr(label.level_name, words.lang),
                    volatility=words.percent(label.volatility),
                    fall=words.percent(label.max_drawdown),
                    disclosure=getattr(label.disclosure, words.lang),
                ),
                tone="small",
            )
        )
    lines.append(Paragraph(text=words.all("disclosures.items")[2], tone="small"))
    signed = " ".join(part for part in (letterhead.firm, letterhead.adviser) if part)
    if signed:
        lines.append(Paragraph(text=words("letter.signed", name=signed, day=words.day(review.as_of))))
    return Section(id="close", title="", blocks=tuple(lines))
