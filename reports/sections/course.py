"""How a plan under way has gone: money, goals and why their probabilities moved, events, limits."""

from __future__ import annotations

from ...engine.review.types import GoalReview, Headroom, ReasonCode, Review
from ..blocks import (
    NUMBER,
    Block,
    Bullets,
    Column,
    Figure,
    Figures,
    Notice,
    Paragraph,
    Section,
    Table,
    without_empty,
)
from ..charts import BarChart, Panel, Value
from ..room import Room
from ..timeline import share_axis
from ..words import Words

REASONS: tuple[ReasonCode, ...] = ("time", "returns", "contributions", "assumptions", "facts")
LONGEST_NAME, MOST_MARKETS, MOST_SHORTFALLS = 24, 5, 3


def money(review: Review, words: Words) -> Section:
    """Show what there is against what was expected, the gain, and the unit value."""
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


def goals(review: Review, words: Words, room: Room) -> Section | None:
    """Show every probability then and now, and the parts of its change; None where no goal is left."""
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


def happened(review: Review, words: Words, room: Room) -> Section:
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


def limits(review: Review, words: Words, room: Room) -> Section | None:
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
