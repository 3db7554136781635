"""Today's mix and the simpler policies beside the plan, on the same simulated paths."""

from __future__ import annotations

from ...engine.plan import Alternative
from ..blocks import FIGURE, Block, Table
from ..case import Case
from ..charts import Axis, BarChart, Panel, Style, Value
from ..timeline import share_axis


def comparison(case: Case) -> tuple[Block, ...]:
    """Compare probability and drawdown as bars; but in a short report, every goal in a table too."""
    return (_compare(case),) if case.short else (_compare(case), _compare_table(case))


def models(case: Case) -> Table | None:
    """Put the plan under other return models side by side; None where it was judged under one only."""
    words, plan = case.words, case.plan
    if len(plan.models) < 2:
        return None
    shown = plan.goals[:4]
    limited = any(each.breach is not None for each in plan.models)
    rows = []
    for each in plan.models:
        chances = (words.chance(p.value) for p in each.probabilities[: len(shown)])
        row = [getattr(each.title, words.lang), *chances]
        if each.breach is not None and each.drawdown_high is not None:
            row += [words.percent(each.drawdown_high), words.percent(each.breach.value)]
        rows.append(tuple(row))
    head = [words("head.model"), *(goal.name for goal in shown)]
    head += [words("head.drawdown"), words("head.breach")] if limited else []
    return Table(
        title=words("outlook.models"),
        head=tuple(head),
        columns=("name", *(FIGURE,) * (len(head) - 1)),
        rows=tuple(rows),
        note=words("outlook.models_note"),
    )


def _ordered(case: Case) -> list[tuple[str, Alternative]]:
    """Today's mix first, then the plan, then the simpler policies; each with its name."""
    own: str = case.plan.request.policy
    order = {"today": 0, own: 1}
    ranked = sorted(case.plan.alternatives, key=lambda a: order.get(a.policy, 2))
    names = {own: case.words("policy.own", policy=case.words(f"policy.{own}"))}
    called = [(names.get(a.policy, case.words(f"policy.{a.policy}")), a) for a in ranked]
    broken = "outlook.compare_broken"
    return [(name if a.feasible else case.words(broken, policy=name), a) for name, a in called]


def _compare(case: Case) -> BarChart:
    words, main = case.words, case.main
    assert main is not None
    g = case.plan.goals.index(main)
    ranked = _ordered(case)
    style: list[Style] = ["main" if a.policy == case.plan.request.policy else "quiet" for _, a in ranked]
    whole = Axis(low=0.0, high=1.0, ticks=tuple((v, f"{v:.0%}") for v in (0.0, 0.5, 1.0)))
    chances = tuple(
        Value(
            texts=(words.chance(a.probabilities[g]),),
            bar=a.probabilities[g],
            tick=main.wanted_probability,
            style=s,
        )
        for (_, a), s in zip(ranked, style, strict=True)
    )
    limit = None if case.plan.drawdown is None else case.plan.drawdown.limit
    falls = tuple(
        Value(texts=(words.percent(a.drawdown_high),), bar=a.drawdown_high, tick=limit, style=s)
        for (_, a), s in zip(ranked, style, strict=True)
    )
    listed = words.join(
        words(
            "outlook.compare_item",
            policy=name,
            probability=words.chance(a.probabilities[g]),
            drawdown=words.percent(a.drawdown_high),
        )
        for name, a in ranked
    )
    return BarChart(
        title=words("outlook.compare"),
        alt=words("outlook.compare_alt", goal=main.name, list=listed),
        rows=tuple(name for name, _ in ranked),
        panels=(
            Panel(title=words("outlook.compare_probability", goal=main.name), axis=whole, values=chances),
            Panel(
                title=words("outlook.compare_drawdown"),
                axis=share_axis(max(*(a.drawdown_high for _, a in ranked), limit or 0.0), 3),
                values=falls,
            ),
        ),
        legend=(
            ("bar-main", words("outlook.compare_own")),
            ("bar-quiet", words("outlook.compare_other")),
            ("tick", words("outlook.compare_tick")),
        ),
        note=words("outlook.compare_note"),
    )


def _compare_table(case: Case) -> Table:
    """Goals as rows, ways to invest as columns; then money and risk."""
    words, ranked = case.words, _ordered(case)
    rows = [
        (goal.name, *(words.chance(a.probabilities[g]) for _, a in ranked))
        for g, goal in enumerate(case.plan.goals)
    ]
    rows.append((words("head.low_wealth", unit=words.unit), *(words.number(a.low_wealth) for _, a in ranked)))
    rows.append((words("head.drawdown"), *(words.percent(a.drawdown_high) for _, a in ranked)))
    if any(a.breach is not None for _, a in ranked):
        cells = ("—" if a.breach is None else words.percent(a.breach) for _, a in ranked)
        rows.append((words("head.breach"), *cells))
    return Table(
        title=words("outlook.compare_table"),
        head=(words("head.goal_or_figure"), *(name for name, _ in ranked)),
        columns=("name", *(FIGURE,) * len(ranked)),
        rows=tuple(rows),
    )
