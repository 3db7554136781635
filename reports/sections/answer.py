"""The answer on one page: how likely each goal is, what to hold today, and what to do next."""

from __future__ import annotations

from collections.abc import Iterator

from ...engine.plan import Drawdown, GoalResult, Lever, StressLoss, Wealth
from ..blocks import Block, Bullets, Figure, Figures, Paragraph, Section, Table
from ..case import Case, held
from ..charts import BarChart, Panel, Value
from ..timeline import share_axis

MOST_BARS, FEWEST_BARS = 10, 3
_SAID = ("monthly_contribution", "lump_sum")  # levers among the next steps; the table has them all


def answer(case: Case) -> Section:
    """Build the section that stands alone."""
    words, plan = case.words, case.plan
    blocks: list[Block] = [
        Paragraph(text=getattr(plan.reason.text, words.lang), tone="lead"),
        Figures(items=tuple(_figures(case))),
        goals_table(case),
    ]
    if plan.today is not None:
        blocks.append(mix_chart(case, plan.today.weights))
    blocks.append(Bullets(items=tuple(_next(case)), numbered=True))
    return Section(id="answer", title=words("sections.answer"), blocks=tuple(blocks))


def _figures(case: Case) -> Iterator[Figure]:
    words, plan, main = case.words, case.plan, case.main
    if main is not None:
        yield Figure(
            label=words("answer.probability", goal=main.name),
            value=words.chance(main.probability.value),
            note=words(
                "answer.probability_note",
                error=words.percent(main.probability.standard_error),
                wanted=words.percent(main.wanted_probability, 0),
                shortfall=words.percent(main.conditional_gap),
            ),
        )
    lever = next((lever for lever in plan.levers if lever.kind == "monthly_contribution"), None)
    if lever is not None:
        yield _contribution(case, lever)
    if plan.wealth is not None:
        yield _ending(case, plan.wealth)
    if plan.today is not None:
        yield Figure(
            label=words("answer.today"),
            value=words.percent(plan.today.expected_return),
            note=words("answer.today_note", volatility=words.percent(plan.today.volatility)),
        )
    if plan.drawdown is not None:
        yield _fall(case, plan.drawdown)
    if plan.stress:
        yield _crisis(case, max(plan.stress, key=lambda each: each.loss))


def _fall(case: Case, fall: Drawdown) -> Figure:
    """Show the drawdown that the limit is a promise about: from the peak, or below the money paid in."""
    words, promised = case.words, fall.promised_breach
    below = fall.measured_from == "paid_in"
    note = words("answer.drawdown_note", median=words.percent(fall.median))
    if fall.limit is not None and promised is not None:
        breach = words.chance(promised.value, promised.standard_error)
        note = words("answer.drawdown_limit", limit=words.percent(fall.limit), breach=breach)
    return Figure(
        label=words("extremes.loss" if below else "answer.drawdown"),
        value=words.percent(fall.loss_of_paid_in_high if below else fall.high),
        note=note,
    )


def _crisis(case: Case, worst: StressLoss) -> Figure:
    words = case.words
    lost = words.money(worst.loss * case.plan.request.client.wealth)
    return Figure(
        label=words("answer.crisis"),
        value=words.percent(worst.loss),
        note=words("answer.crisis_note", name=getattr(worst.name, words.lang), lost=lost),
    )


def _ending(case: Case, wealth: Wealth) -> Figure:
    words, last = case.words, case.last
    low, median, high = (case.percentile(level) or wealth.paid_in for level in (0.05, 0.50, 0.95))
    return Figure(
        label=words("answer.ending", month=words.month(case.at(last))),
        value=words.money(low[last]),
        note=words(
            "answer.ending_note",
            median=words.money(median[last]),
            high=words.money(high[last]),
            paid_in=words.money(wealth.paid_in[last]),
        ),
    )


def _contribution(case: Case, lever: Lever) -> Figure:
    words = case.words
    now, most = words.money(lever.now), words.money(lever.searched_to)
    if lever.value is None:
        note = words("answer.contribution_beyond", now=now, most=most)
        return Figure(label=words("answer.contribution"), value="—", note=note)
    key = "answer.contribution_enough" if lever.value <= lever.now else "answer.contribution_needed"
    return Figure(
        label=words("answer.contribution"), value=words.money(lever.value), note=words(key, now=now)
    )


def goals_table(case: Case) -> Table:
    """Every goal with its probability, what was wanted and what lacks where it is missed."""
    words = case.words
    keys = ("goal", "priority", "due", "amount", "probability", "wanted", "shortfall", "status")
    goals = case.plan.goals
    return Table(
        title=words("answer.goals"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", "short", "short", "number", "number", "number", "number", "short"),
        rows=tuple(_row(case, number, goal) for number, goal in enumerate(goals, start=1)),
        note=words("answer.goals_note"),
    )


def _row(case: Case, number: int, goal: GoalResult) -> tuple[str, ...]:
    words = case.words
    return (
        f"{number}. {goal.name}" if len(case.plan.goals) > 1 else goal.name,
        words(f"priority.{goal.priority}"),
        words.month(goal.due),
        words.number(goal.amount),
        words.chance(goal.probability.value, goal.probability.standard_error),
        words.percent(goal.wanted_probability, 0),
        case.gap(goal),
        words(f"status.{goal.status}"),
    )


def mix_chart(case: Case, weights: dict[str, float]) -> BarChart:
    """Show what to hold today as bars, the lightest together in one: goals and bars share a page."""
    words, wealth = case.words, case.plan.request.client.wealth
    ranked = held(weights)
    most = max(MOST_BARS - max(len(case.plan.goals) - 3, 0), FEWEST_BARS)
    cut = most if len(ranked) > most + 1 else len(ranked)
    shown = [(case.name(asset), weight) for asset, weight in ranked[:cut]]
    rest = ranked[cut:]
    if rest:
        shown.append((words("answer.others", count=len(rest)), sum(weight for _, weight in rest)))
    values = tuple(
        Value(
            bar=weight,
            texts=(words.percent(weight), words.money(weight * wealth)),
            style="quiet" if n == cut else "main",
        )
        for n, (_, weight) in enumerate(shown)
    )
    listed = words.join(f"{name} {words.percent(weight)}" for name, weight in shown)
    return BarChart(
        title=words("answer.hold"),
        alt=words("answer.hold_alt", list=listed),
        rows=tuple(name for name, _ in shown),
        panels=(Panel(title="", axis=share_axis(max(weight for _, weight in shown)), values=values),),
        note=words("answer.hold_note"),
    )


def _next(case: Case) -> Iterator[str]:
    words, plan = case.words, case.plan
    if case.orders is not None and case.orders.orders:
        yield words("answer.do_order", day=words.day(case.orders.on))
    else:
        yield words("answer.do_hold")
    if plan.request.contributions.monthly > 0.0:
        yield words("answer.do_pay", monthly=words.money(plan.request.contributions.monthly))
    yield from (
        _lever_sentence(case, lever)
        for lever in plan.levers
        if lever.kind in _SAID and (lever.value != 0.0 or lever.now > 0.0)
    )
    yield words("answer.do_review", months=case.review_months)


def _lever_sentence(case: Case, lever: Lever) -> str:
    words = case.words
    if lever.value is None or lever.probability is None:
        return words(f"answer.{lever.kind}_beyond", most=words.money(lever.searched_to))
    needed = words.money(lever.value)
    chance = words.chance(lever.probability.value, lever.probability.standard_error)
    if lever.value == 0.0:
        return words("answer.do_without", chance=chance)
    if lever.kind == "monthly_contribution" and lever.value <= lever.now:
        return words("answer.do_keep", needed=needed, chance=chance)
    return words(f"answer.{lever.kind}", needed=needed, chance=chance)
