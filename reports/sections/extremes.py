"""Extreme markets: named episodes against limits, and drawdowns against theirs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...engine.plan import Drawdown, StressLoss
from ..blocks import FIGURE, Block, Facts, Paragraph, Section, Table
from ..case import Case
from ..charts import Axis, BarChart, Line, LineChart, Panel, Value
from ..timeline import share_axis


def extremes(case: Case) -> Section | None:
    """Losses in episodes and drawdowns, or None where neither is known."""
    words, plan = case.words, case.plan
    blocks: list[Block] = []
    if plan.stress:
        blocks += [Paragraph(text=words("extremes.lead")), _episodes(case, plan.stress)]
    if plan.drawdown is not None:
        if plan.drawdown.quantiles:
            blocks.append(_drawdown_curve(case, plan.drawdown))
        blocks.append(Facts(rows=tuple(_drawdown_rows(case, plan.drawdown))))
    if plan.price_of_limits and plan.goals:
        blocks.append(_prices(case))
    if not blocks:
        return None
    return Section(id="extremes", title=words("sections.extremes"), blocks=tuple(blocks))


def _episodes(case: Case, losses: tuple[StressLoss, ...]) -> BarChart:
    """Losses of today's mix, the largest first, with their limits."""
    words = case.words
    wealth = case.plan.request.client.wealth
    ranked = sorted(losses, key=lambda each: -each.loss)
    names = tuple(
        getattr(each.name, words.lang) + (words("extremes.proxy_mark") if each.proxy else "")
        for each in ranked
    )
    values = tuple(
        Value(
            bar=each.loss,
            tick=each.limit,
            texts=(
                words.percent(each.loss),
                words.number(each.loss * wealth),
                *(("—" if each.limit is None else words.percent(each.limit),) if limited(losses) else ()),
            ),
        )
        for each in ranked
    )
    deepest = max(max(each.loss, each.limit or 0.0) for each in ranked)
    listed = words.join(
        words("extremes.episode_item", name=name, loss=words.percent(each.loss))
        if each.limit is None
        else words(
            "extremes.episode_limit_item",
            name=name,
            loss=words.percent(each.loss),
            limit=words.percent(each.limit),
        )
        for name, each in zip(names, ranked, strict=True)
    )
    heads = ["loss", "money", "limit"] if limited(losses) else ["loss", "money"]
    return BarChart(
        title=words("extremes.episodes"),
        alt=words("extremes.episodes_alt", list=listed),
        rows=names,
        panels=(
            Panel(
                title="",
                axis=share_axis(deepest),
                values=values,
                heads=tuple(words(f"head.{key}", unit=words.unit) for key in heads),
            ),
        ),
        legend=(("tick", words("extremes.episode_tick")),) if limited(losses) else (),
        note=words("extremes.proxy_note") if any(each.proxy for each in ranked) else "",
    )


def limited(losses: tuple[StressLoss, ...]) -> bool:
    """Whether any of the losses has a limit."""
    return any(each.limit is not None for each in losses)


def _drawdown_curve(case: Case, fall: Drawdown) -> LineChart:
    """Share of paths whose drawdown is deeper than what is on the axis, with the limit."""
    words = case.words
    depth, share = fall.quantiles, tuple(1.0 - level for level in fall.levels)
    step = words("extremes.daily" if fall.daily else "extremes.monthly")
    listed = words.join(
        words("extremes.deeper", depth=words.percent(d), share=words.percent(s, 0))
        for d, s in zip(depth, share, strict=True)
        if s in (0.5, 1.0 - 0.95, 1.0 - 0.99)
    )
    axis = share_axis(max(depth[-1], fall.limit or 0.0), 8)
    limit = () if fall.limit is None else ((fall.limit, fall.limit),)
    lines = [Line(label=words("extremes.deeper_line"), x=depth, y=share, style="main")]
    lines += [Line(label=words("extremes.limit"), x=x, y=(0.0, 1.0), style="limit") for x in limit]
    return LineChart(
        title=words("extremes.drawdown", step=step),
        alt=words("extremes.drawdown_alt", list=listed),
        x=replace(axis, title=words("extremes.depth")),
        y=Axis(low=0.0, high=1.0, ticks=tuple((v, f"{v:.0%}") for v in (0.0, 0.25, 0.5, 0.75, 1.0))),
        lines=tuple(lines),
        legend=tuple((line.style, line.label) for line in lines),
        note=words("extremes.drawdown_note"),
        height=3.4,
    )


def _drawdown_rows(case: Case, fall: Drawdown) -> Iterator[tuple[str, str]]:
    words = case.words
    step = words("extremes.daily" if fall.daily else "extremes.monthly")
    high = words.percent(fall.high)
    if fall.daily:
        high = words("extremes.high_value", daily=high, monthly=words.percent(fall.monthly_high))
    yield words("extremes.median", step=step), words.percent(fall.median)
    yield words("extremes.high", step=step), high
    yield words("extremes.loss"), words.percent(fall.loss_of_paid_in_high)
    if fall.limit is None or fall.confidence is None:
        return
    text = words(
        "extremes.limit_paid_in" if fall.measured_from == "paid_in" else "extremes.limit_value",
        limit=words.percent(fall.limit),
        confidence=words.percent(fall.confidence, 0),
        months=case.plan.request.limits.reset_every,
    )
    yield words("extremes.limit"), text
    for key, share in (
        ("paid_in", fall.paid_in_breach if fall.measured_from == "paid_in" else None),
        ("window", fall.window_breach),
        ("breach", fall.breach),
        ("all_time", fall.all_time_breach),
    ):
        if share is not None:
            yield words(f"extremes.{key}"), words.chance(share.value, share.standard_error)
    if fall.given_breach_mean is not None and fall.given_breach_high is not None:
        mean, worst = words.percent(fall.given_breach_mean), words.percent(fall.given_breach_high)
        yield words("extremes.given"), words("extremes.given_value", mean=mean, high=worst)


def _prices(case: Case) -> Table:
    """Put the plan without each limit beside the plan as it is."""
    words, plan = case.words, case.plan
    numbered = plan.goals[:4]
    now = next((e.value for e in plan.levers if e.kind == "monthly_contribution"), None)
    rows = [
        (
            words("extremes.as_it_is"),
            *(words.chance(goal.probability.value) for goal in numbered),
            "—" if now is None else words.number(now),
        )
    ]
    rows += [
        (
            words("extremes.without", limit=_limit_name(case, price.limit)),
            *(words.chance(p) for p in price.probabilities[: len(numbered)]),
            "—" if price.required_monthly is None else words.number(price.required_monthly),
        )
        for price in plan.price_of_limits
    ]
    return Table(
        title=words("extremes.prices"),
        head=(
            words("head.limit"),
            *(goal.name for goal in numbered),
            words("head.required", unit=words.unit),
        ),
        columns=("name", *(FIGURE,) * (len(numbered) + 1)),
        rows=tuple(rows),
        note=words("extremes.prices_note"),
    )


def _limit_name(case: Case, limit: str) -> str:
    """Name a limit as a client knows it."""
    known = {
        "max_drawdown": "extremes.limit",
        "stress": "extremes.stress_limits",
        "esg": "extremes.esg_limit",
    }
    return case.words(known[limit]) if limit in known else limit
