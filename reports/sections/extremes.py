"""Extreme markets: named episodes against limits, and drawdowns against theirs."""

from __future__ import annotations

from collections.abc import Iterator

from ...engine.plan import Drawdown, StressLoss
from ..blocks import NUMBER, Block, Facts, Paragraph, Section, Table
from ..case import Case
from ..charts import BarChart, Panel, Value
from ..pending import quantiles_of
from ..timeline import share_axis


def extremes(case: Case) -> Section | None:
    """Losses in episodes and drawdowns, or None where neither is known."""
    words, plan = case.words, case.plan
    blocks: list[Block] = []
    if plan.stress:
        blocks += [Paragraph(text=words("extremes.lead")), _episodes(case, plan.stress)]
    if plan.drawdown is not None:
        blocks.append(_drawdown_chart(case, plan.drawdown))
        if rows := tuple(_drawdown_rows(case, plan.drawdown)):
            blocks.append(Facts(rows=rows))
    if plan.price_of_limits and plan.goals and not case.short:
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


def _drawdown_chart(case: Case, fall: Drawdown) -> BarChart:
    words = case.words
    bars: list[tuple[str, float]] = [("median", fall.median), ("high", fall.high)]
    step = words("extremes.daily" if fall.daily else "extremes.monthly")
    levels = {f"{level:.0%}": value for level, value in quantiles_of(fall)}
    if levels:
        bars = list(levels.items())
    bars += [("monthly_high", fall.monthly_high)] if fall.daily else []
    bars += [("loss", fall.loss_of_paid_in_high)]
    bars += [("given", fall.given_breach_mean)] if fall.given_breach_mean is not None else []
    bars += [("given_high", fall.given_breach_high)] if fall.given_breach_high is not None else []
    names = tuple(
        words("extremes.quantile", step=step, level=key)
        if key in levels
        else words(f"extremes.{key}", step=step)
        for key, _ in bars
    )
    values = tuple(
        Value(
            bar=value,
            tick=None if key == "loss" else fall.limit,
            texts=(words.percent(value),),
            style="quiet" if key in ("monthly_high", "loss") else "main",
        )
        for key, value in bars
    )
    deepest = max(*(value for _, value in bars), fall.limit or 0.0)
    listed = words.join(
        f"{name} {words.percent(value)}" for name, (_, value) in zip(names, bars, strict=True)
    )
    limit = () if fall.limit is None else (("tick", words("extremes.limit")),)
    return BarChart(
        title=words("extremes.drawdown"),
        alt=words("extremes.drawdown_alt", list=listed),
        rows=names,
        panels=(Panel(title="", axis=share_axis(deepest), values=values),),
        legend=limit,
        note=words("extremes.drawdown_note"),
    )


def _drawdown_rows(case: Case, fall: Drawdown) -> Iterator[tuple[str, str]]:
    words = case.words
    if fall.limit is None or fall.confidence is None:
        return
    text = words(
        "extremes.limit_value",
        limit=words.percent(fall.limit),
        confidence=words.percent(fall.confidence, 0),
        months=case.plan.request.limits.reset_every,
    )
    yield words("extremes.limit"), text
    for key, share in (
        ("window", fall.window_breach),
        ("breach", fall.breach),
        ("all_time", fall.all_time_breach),
    ):
        if share is not None:
            yield words(f"extremes.{key}"), words.chance(share.value, share.standard_error)


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
        columns=("name", *(NUMBER,) * (len(numbered) + 1)),
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
