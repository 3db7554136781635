"""What to do: the adviser's words, what reaches the wanted probability, and what must be known."""

from __future__ import annotations

from ...engine.plan import Lever
from ..blocks import Block, Notice, Section, Table, Tone
from ..case import Case
from ..charts import Axis, Line, LineChart, Mark
from ..pending import curve_of
from ..timeline import money_axis
from .labels import product_labels
from .orders import orders


def actions(case: Case) -> Section | None:
    """Build the section, or None where nothing is left to say."""
    words, plan = case.words, case.plan
    blocks: list[Block] = []
    if case.note:
        blocks.append(Notice(title=words("actions.note_title"), items=(case.note,)))
    blocks += [*orders(case), *product_labels(case)]
    if plan.levers:
        blocks.append(_levers(case))
    blocks += [_curve(case, lever) for lever in plan.levers if len(curve_of(lever)) > 2]
    blocks += findings(case)
    if not blocks:
        return None
    return Section(id="actions", title=words("sections.actions"), blocks=tuple(blocks))


def _levers(case: Case) -> Table:
    words = case.words
    rows = []
    for lever in case.plan.levers:
        if lever.value is None:
            needed, chance = words("actions.beyond", most=words.number(lever.searched_to)), "—"
        else:
            needed = words.number(lever.value)
            p = lever.probability
            chance = "—" if p is None else words.chance(p.value, p.standard_error)
        rows.append((words(f"actions.{lever.kind}"), words.number(lever.now), needed, chance))
    return Table(
        title=words("actions.levers"),
        head=tuple(
            words(f"head.{key}", unit=words.unit) for key in ("change", "now", "needed", "probability")
        ),
        columns=("name", "number", "number", "number"),
        rows=tuple(rows),
        note=words("actions.levers_note"),
    )


def _curve(case: Case, lever: Lever) -> LineChart:
    """Draw the probability over what is paid in, with today's value and what was wanted."""
    words, points, main = case.words, curve_of(lever), case.main
    x = tuple(point.value for point in points)
    y = tuple(point.probability.value for point in points)
    wanted = 0.0 if main is None else main.wanted_probability
    listed = words.join(
        words("actions.curve_item", amount=words.money(a), probability=words.chance(p))
        for a, p in zip(x, y, strict=True)
    )
    marks = [Mark(x=x[0], y=y[0], label="", shape="dot")] if x[0] == lever.now else []
    if lever.value is not None and lever.probability is not None:
        needed = words("actions.curve_needed", amount=words.money(lever.value))
        marks.append(Mark(x=lever.value, y=lever.probability.value, label=needed))
    return LineChart(
        title=words("actions.curve", lever=words(f"actions.{lever.kind}")),
        alt=words("actions.curve_alt", lever=words(f"actions.{lever.kind}"), list=listed),
        x=money_axis(case, max(x), min(x)),
        y=Axis(low=0.0, high=1.0, ticks=tuple((v, f"{v:.0%}") for v in (0.0, 0.25, 0.5, 0.75, 1.0))),
        lines=(
            Line(label=words("head.probability"), x=x, y=y, style="main"),
            Line(label=words("outlook.chance_tick"), x=(min(x), max(x)), y=(wanted, wanted), style="limit"),
        ),
        marks=tuple(marks),
        legend=(("main", words("head.probability")), ("limit", words("outlook.chance_tick"))),
        height=4.2,
    )


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
