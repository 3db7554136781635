"""What may happen: the range of wealth, each goal's probability, three environments, other policies."""

from __future__ import annotations

from collections.abc import Iterator

from ...engine.plan import Wealth
from ..blocks import Block, Section, Table
from ..case import Case
from ..charts import Area, Axis, BarChart, Line, LineChart, Mark, Panel, Shade, Style, Value
from ..timeline import due_dates, money_axis, share_axis, time_axis
from .comparison import comparison, models

ENVIRONMENTS = (("good", 0.95), ("ordinary", 0.50), ("bad", 0.05))
FAN: tuple[tuple[str, float, float, Shade], ...] = (
    ("wide", 0.05, 0.95, "light"),
    ("narrow", 0.25, 0.75, "mid"),
)
STYLES: dict[str, Style] = {"good": "good", "ordinary": "main", "bad": "bad"}
MOST_ROWS = 8


def outlook(case: Case) -> Section | None:
    """Build the section, or None for a plan that was not judged."""
    plan = case.plan
    if plan.wealth is None:
        return None
    blocks: list[Block] = [_fan(case, plan.wealth)]
    if plan.goals:
        blocks.append(_chances(case))
    blocks += [_environments(case, plan.wealth), _environments_table(case, plan.wealth), _figures(case)]
    if len(plan.alternatives) > 1 and plan.goals:
        blocks += comparison(case)
    if (spread := models(case)) is not None:
        blocks.append(spread)
    return Section(id="outlook", title=case.words("sections.outlook"), blocks=tuple(blocks))


def _fan(case: Case, wealth: Wealth) -> LineChart:
    words = case.words
    bands = {level: case.percentile(level) for level in (0.05, 0.25, 0.50, 0.75, 0.95)}
    last = case.last
    x = tuple(float(t) for t in range(last + 1))
    areas = []
    for key, low, high, shade in FAN:
        bottom, top = bands[low], bands[high]
        if bottom is not None and top is not None:
            label = words(f"outlook.{key}")
            areas.append(Area(label=label, x=x, low=bottom[: last + 1], high=top[: last + 1], shade=shade))
    lines = []
    if (middle := bands[0.50]) is not None:
        lines.append(Line(label=words("outlook.median"), x=x, y=middle[: last + 1], style="main"))
    marks = tuple(
        Mark(x=float(goal.month), y=goal.expected_amount, label="")
        for goal in case.plan.goals
        if goal.payments == 1 and goal.month == case.plan.months
    )
    axis = money_axis(case, max(*(max(area.high) for area in areas), *(mark.y for mark in marks)))
    lines.append(_paid_in(case, wealth, axis))
    legend: list[tuple[str, str]] = [(area.shade, area.label) for area in areas]
    legend += [(line.style, line.label) for line in lines]
    if marks:
        legend.append(("diamond", words("outlook.goal_mark")))
    return LineChart(
        title=words("outlook.fan"),
        alt=words(
            "outlook.fan_alt",
            **{
                key: words.money((bands[level] or (0.0,))[: last + 1][-1])
                for key, level in (("low", 0.05), ("median", 0.50), ("high", 0.95))
            },
            day=words.month(case.at(last)),
        ),
        x=time_axis(case, case.plan.months),
        y=axis,
        areas=tuple(areas),
        lines=tuple(lines),
        marks=marks,
        dates=due_dates(case, case.plan.months),
        legend=tuple(legend),
        note=words("outlook.fan_note"),
    )


def _paid_in(case: Case, wealth: Wealth, axis: Axis) -> Line:
    """Money paid in, up to where it leaves the axis: pensions paid in and out at once would hide all else."""
    inside = [v for v in wealth.paid_in[: case.last + 1] if v <= axis.high]
    x = tuple(float(t) for t in range(len(inside)))
    return Line(label=case.words("outlook.paid_in"), x=x, y=tuple(inside), style="quiet")


def _chances(case: Case) -> BarChart:
    words, goals = case.words, case.plan.goals
    numbered = len(goals) > 1
    listed = words.join(
        words(
            "outlook.chances_item",
            goal=g.name,
            probability=words.chance(g.probability.value, g.probability.standard_error),
            wanted=words.percent(g.wanted_probability, 0),
            shortfall=case.gap(g),
        )
        for g in goals
    )
    chances = tuple(
        Value(
            texts=(words.chance(g.probability.value, g.probability.standard_error),),
            dot=g.probability.value,
            low=max(g.probability.value - 2.0 * g.probability.standard_error, 0.0),
            high=min(g.probability.value + 2.0 * g.probability.standard_error, 1.0),
            tick=g.wanted_probability,
        )
        for g in goals
    )
    gaps = tuple(
        Value(
            texts=(case.gap(g), words.number(g.expected_shortfall), words.percent(g.funded_today, 0)),
            bar=g.conditional_gap,
            style="bad",
        )
        for g in goals
    )
    whole = Axis(low=0.0, high=1.0, ticks=tuple((v, f"{v:.0%}") for v in (0.0, 0.5, 1.0)))
    return BarChart(
        title=words("outlook.chances"),
        alt=words("outlook.chances_alt", list=listed),
        rows=tuple(f"{n}. {g.name}" if numbered else g.name for n, g in enumerate(goals, start=1)),
        panels=(
            Panel(title=words("outlook.chance_axis"), axis=whole, values=chances, heads=("",)),
            Panel(
                title=words("outlook.short_axis"),
                axis=share_axis(max(g.conditional_gap for g in goals), 2),
                values=gaps,
                heads=("", words("head.mean_gap", unit=words.unit), words("head.funded")),
            ),
        ),
        legend=(("dot", words("outlook.chance_dot")), ("tick", words("outlook.chance_tick"))),
        note=words("outlook.chances_note"),
    )


def _environments(case: Case, wealth: Wealth) -> LineChart:
    words, last = case.words, case.last
    x = tuple(float(t) for t in range(last + 1))
    lines = [
        Line(label=words(f"head.{name}"), x=x, y=values[: last + 1], style=STYLES[name])
        for name, level in ENVIRONMENTS
        if (values := case.percentile(level)) is not None
    ]
    axis = money_axis(case, max(max(line.y) for line in lines))
    lines.append(_paid_in(case, wealth, axis))
    return LineChart(
        title=words("outlook.environments"),
        alt=words("outlook.environments_alt"),
        x=time_axis(case, case.plan.months),
        y=axis,
        lines=tuple(lines),
        dates=due_dates(case, case.plan.months),
        legend=tuple((line.style, line.label) for line in lines),
        note=words("outlook.environments_note"),
        height=4.6,
    )


def _environments_table(case: Case, wealth: Wealth) -> Table:
    words, last = case.words, case.last
    step = next(s for s in (1, 3, 6, 12, 24, 36, 60, 120) if last / s <= MOST_ROWS)
    months = [*range(0, last, step)]
    if last - months[-1] < step / 2 and len(months) > 1:
        months.pop()
    months.append(last)
    nominal = [
        values for _, level in reversed(ENVIRONMENTS) if (values := case.percentile(level)) is not None
    ]
    rows = [
        (words.month(case.at(t)), words.number(wealth.paid_in[t]), *(words.number(v[t]) for v in nominal))
        for t in months
    ]
    real = [
        wealth.real.values[wealth.real.levels.index(level)]
        for _, level in reversed(ENVIRONMENTS)
        if level in wealth.real.levels
    ]
    if real and wealth.real.values != wealth.nominal.values:
        day = words.month(case.at(last))
        rows.append((words("outlook.real_row", day=day), "", *(words.number(v[last]) for v in real)))
    return Table(
        title=words("outlook.environments_table", unit=words.unit),
        head=tuple(
            words(f"head.{key}", unit=words.unit) for key in ("date", "paid_in", "bad", "ordinary", "good")
        ),
        columns=("name", "number", "number", "number", "number"),
        rows=tuple(rows),
    )


def _figures(case: Case) -> Table:
    words = case.words
    return Table(
        title=words("outlook.figures"),
        head=(words("head.figure"), words("head.value")),
        columns=("name", "number"),
        rows=tuple(_figure_rows(case)),
        note=words("answer.hold_note"),
    )


def _figure_rows(case: Case) -> Iterator[tuple[str, str]]:
    words, plan = case.words, case.plan
    if plan.returns is not None:
        values = {name: words.percent(getattr(plan.returns, name)) for name in ("median", "low", "high")}
        yield words("outlook.return"), words("outlook.range", **values)
    if plan.today is not None:
        yield words("path.facts_volatility"), words.percent(plan.today.volatility)
    if plan.drawdown is not None:
        fall = plan.drawdown
        text = words(
            "outlook.drawdown_value", median=words.percent(fall.median), high=words.percent(fall.high)
        )
        yield words("outlook.drawdown_daily" if fall.daily else "outlook.drawdown_monthly"), text
    if plan.wealth is not None:
        below = plan.wealth.below_paid_in
        yield words("outlook.below"), words.chance(below.value, below.standard_error)
