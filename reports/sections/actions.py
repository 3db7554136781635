"""What to do: the adviser's words, what reaches the wanted probability, and what must be known."""

from __future__ import annotations

from collections.abc import Iterator

from ...engine.plan import Lever
from ..blocks import Block, Notice, Section, Table, Tone
from ..case import Case
from ..charts import Axis, Line, LineChart, Mark, Style
from ..timeline import money_axis
from .labels import product_labels
from .orders import orders

_STYLES: tuple[Style, ...] = ("main", "good", "quiet")


def actions(case: Case) -> Section | None:
    """Build the section, or None where nothing is left to say."""
    words, plan = case.words, case.plan
    blocks: list[Block] = []
    if case.note:
        blocks.append(Notice(title=words("actions.note_title"), items=(case.note,)))
    blocks += [*orders(case), *product_labels(case)]
    if plan.levers:
        blocks.append(_levers(case))
    if plan.curves:
        blocks.append(_curves(case))
    blocks += findings(case)
    if not blocks:
        return None
    return Section(id="actions", title=words("sections.actions"), blocks=tuple(blocks))


def _levers(case: Case) -> Table:
    words = case.words
    rows = []
    for lever in case.plan.levers:
        if lever.value is None:
            bound = "actions.below" if lever.kind == "amount" else "actions.beyond"
            needed, chance = words(bound, most=_told(case, lever, lever.searched_to)), "—"
        else:
            needed = _told(case, lever, lever.value)
            p = lever.probability
            chance = "—" if p is None else words.chance(p.value, p.standard_error)
        name = words(f"actions.{lever.kind}", goals=words.join(lever.goals))
        rows.append((name, _told(case, lever, lever.now), needed, chance))
    return Table(
        title=words("actions.levers"),
        head=(
            words("head.change"),
            words("conflict.head_now"),
            words("conflict.head_value"),
            words("head.probability"),
        ),
        columns=("name", "number", "number", "number"),
        rows=tuple(rows),
        note=words("actions.levers_note"),
    )


def _told(case: Case, lever: Lever, value: float) -> str:
    """A lever's value in its own unit: money, a rate, a share, months or a risk level."""
    if lever.kind in ("contribution_growth", "amount"):
        return case.words.percent(value)
    if lever.kind in ("risk_level_down", "risk_level_up"):
        return f"C{value:.0f}"
    return case.words.money(value) if lever.kind != "delay" else f"{value:.0f}"


def _curves(case: Case) -> LineChart:
    """Draw the probability over the monthly contribution, a line a date, with today's value and what was wanted."""
    words, plan, main = case.words, case.plan, case.main
    wanted = 0.0 if main is None else main.wanted_probability
    x = tuple(point.value for point in plan.curves[0].points)
    lines, listed = [], []
    for curve, style in zip(plan.curves, _STYLES, strict=False):
        y = tuple(point.probability.value for point in curve.points)
        lines.append(Line(label=words.month(curve.due), x=x, y=y, style=style))
        items = (
            words("actions.curve_item", amount=words.money(a), probability=words.chance(p))
            for a, p in zip(x, y, strict=True)
        )
        listed.append(words("actions.curve_line", due=words.month(curve.due), list=words.join(items)))
    legend = words("outlook.chance_tick")
    limit = Line(label=legend, x=(min(x), max(x)), y=(wanted, wanted), style="limit")
    return LineChart(
        title=words("actions.curve"),
        alt=words("actions.curve_alt", list=words.join(listed)),
        x=money_axis(case, max(x), min(x)),
        y=Axis(low=0.0, high=1.0, ticks=tuple((v, f"{v:.0%}") for v in (0.0, 0.25, 0.5, 0.75, 1.0))),
        lines=(*lines, limit),
        marks=tuple(_marks(case)),
        legend=(*((line.style, line.label) for line in lines), ("limit", legend)),
        height=4.2,
    )


def _marks(case: Case) -> Iterator[Mark]:
    """Today's contribution with the plan's probability, and the one that is needed."""
    main = case.main
    lever = next((lever for lever in case.plan.levers if lever.kind == "monthly_contribution"), None)
    if lever is None or main is None:
        return
    yield Mark(x=lever.now, y=main.probability.value, label="", shape="dot")
    if lever.value is not None and lever.probability is not None:
        yield Mark(x=lever.value, y=lever.probability.value, label=case.words.money(lever.value))


def findings(case: Case) -> list[Notice]:
    """List what the plan found, warnings first; the verdict itself stands elsewhere."""
    words, plan = case.words, case.plan
    blocks: list[Notice] = []
    told = [f for f in plan.findings if f != plan.reason]
    tones: tuple[tuple[Tone, bool], ...] = (("warning", False), ("info", True))
    for tone, harmless in tones:
        mine = (getattr(f.text, words.lang) for f in told if (f.severity == "info") == harmless)
        if items := tuple(dict.fromkeys(mine)):
            blocks.append(Notice(title=words(f"actions.{tone}"), items=items, tone=tone))
    return blocks
