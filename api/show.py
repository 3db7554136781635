"""A plan as tables for a terminal, in Chinese or English."""

from collections.abc import Iterator, Mapping
from typing import Literal

import click

from .chance import chance
from .engine.plan import Band, Drawdown, Estimate, Plan, Returns, Wealth
from .show_changes import change_tables
from .show_desk import label_notes, label_tables, order_tables, pot_tables, refusal_tables
from .show_infeasible import infeasible_tables
from .show_models import model_tables
from .show_standings import standing_tables
from .tables import Table, draw

Language = Literal["zh", "en"]
_LEAST_WEIGHT = 0.0005  # below it the weight reads 0.0 %

_TEXTS: dict[str, dict[Language, str]] = {
    "answer": {"zh": "计划：{0}。{1}", "en": "Plan: {0}. {1}"},
    "on_target": {"zh": "达标", "en": "on target"},
    "at_risk": {"zh": "有风险", "en": "at risk"},
    "off_target": {"zh": "未达标", "en": "off target"},
    "infeasible": {"zh": "不可行", "en": "infeasible"},
    "needs_review": {"zh": "需人工复核", "en": "needs review"},
    "need": {"zh": "必需", "en": "need"},
    "want": {"zh": "想要", "en": "want"},
    "wish": {"zh": "愿望", "en": "wish"},
    "goals": {"zh": "目标", "en": "Goals"},
    "goal": {"zh": "目标", "en": "goal"},
    "priority": {"zh": "级别", "en": "priority"},
    "due": {"zh": "日期", "en": "due"},
    "amount": {"zh": "所需金额", "en": "amount"},
    "probability": {"zh": "概率（±标准误）", "en": "probability (± s.e.)"},
    "wanted": {"zh": "所要概率", "en": "wanted"},
    "state": {"zh": "状态", "en": "status"},
    "shortfalls": {"zh": "如果不够", "en": "How much is missing"},
    "funded_today": {"zh": "只靠现金的充足率", "en": "funded by cash alone"},
    "funded_ratio": {"zh": "平均充足率", "en": "mean funded ratio"},
    "expected_shortfall": {"zh": "平均缺口", "en": "mean shortfall"},
    "conditional_shortfall": {"zh": "未达成时缺口", "en": "shortfall if missed"},
    "conditional_gap": {"zh": "占比", "en": "as a share"},
    "today": {"zh": "现在持有", "en": "Hold today"},
    "today_note": {"zh": "预期年收益 {0}，年波动 {1}", "en": "expected return {0} a year, volatility {1}"},
    "asset": {"zh": "资产", "en": "asset"},
    "name": {"zh": "名称", "en": "name"},
    "weight": {"zh": "权重", "en": "weight"},
    "money": {"zh": "金额", "en": "money"},
    "wealth": {
        "zh": "各月支付之后财富的分位数（名义）",
        "en": "Wealth after payments by percentile, nominal",
    },
    "month": {"zh": "月", "en": "month"},
    "paid_in": {"zh": "投入", "en": "paid in"},
    "real": {"zh": "{0} 实际", "en": "{0} real"},
    "real_note": {"zh": "；实际：起始日购买力", "en": "; real: in money of the start"},
    "outlook": {"zh": "可能的结果", "en": "What may happen"},
    "figure": {"zh": "指标", "en": "figure"},
    "value": {"zh": "数值", "en": "value"},
    "return": {"zh": "计划的年收益（资金加权）", "en": "return of the plan a year, money-weighted"},
    "range": {"zh": "中位 {0}，5–95%：{1} 至 {2}", "en": "median {0}, 5–95 %: {1} to {2}"},
    "below": {"zh": "期末低于投入的概率", "en": "probability of ending below the money paid in"},
    "drawdown_daily": {"zh": "最大回撤（按日）", "en": "maximum drawdown, daily"},
    "drawdown_monthly": {"zh": "最大回撤（按月）", "en": "maximum drawdown, month ends"},
    "drawdown_value": {"zh": "中位 {0}，95% 分位 {1}", "en": "median {0}, 95th percentile {1}"},
    "loss_of_paid_in": {
        "zh": "最多亏掉已投入资金的比例，95% 分位",
        "en": "most of the money paid in that is lost, 95th percentile",
    },
    "breach": {"zh": "突破回撤上限 {0} 的概率", "en": "probability of breaking the drawdown limit {0}"},
    "paid_in_breach": {
        "zh": "亏损超过已投入资金 {0} 的概率",
        "en": "probability of losing more than {0} of the money paid in",
    },
    "window_breach": {"zh": "其中最差的一个窗口", "en": "the same in the worst single window"},
    "stress": {"zh": "现在持有的组合在极端行情中", "en": "Today's mix in extreme markets"},
    "event": {"zh": "情景", "en": "event"},
    "loss": {"zh": "最大回撤", "en": "loss"},
    "limit": {"zh": "上限", "en": "limit"},
    "prices": {"zh": "去掉一个上限", "en": "What each limit costs: the plan without it"},
    "without": {"zh": "去掉", "en": "without"},
    "limit_max_drawdown": {"zh": "回撤上限", "en": "the drawdown limit"},
    "limit_stress": {"zh": "极端行情上限", "en": "the limits in extreme markets"},
    "limit_esg": {"zh": "ESG 要求与排除", "en": "the ESG score and exclusions"},
    "required": {"zh": "需每月投入", "en": "monthly contribution needed"},
    "policies": {
        "zh": "策略比较（同一组路径）：各目标的概率 / 未达成时缺口占比",
        "en": "Policies on the same paths: probability / share missing if missed, by goal",
    },
    "not_feasible": {"zh": "{0}（不满足上限）", "en": "{0} (breaks a limit)"},
    "policy": {"zh": "策略", "en": "policy"},
    "dynamic": {"zh": "动态", "en": "dynamic"},
    "glide_path": {"zh": "下滑曲线", "en": "glide path"},
    "fixed_mix": {"zh": "固定比例", "en": "best fixed mix"},
    "today_policy": {"zh": "现有持仓", "en": "today's holdings"},
    "low_wealth": {"zh": "末次支付前 5% 财富", "en": "5 % wealth before last payment"},
    "high_drawdown": {"zh": "95% 最大回撤", "en": "95 % drawdown"},
    "info": {"zh": "说明：{0}", "en": "note: {0}"},
    "warning": {"zh": "警告：{0}", "en": "warning: {0}"},
    "conflict": {"zh": "冲突：{0}", "en": "conflict: {0}"},
    "market": {"zh": "行情：{0}，截至 {1}，{2}", "en": "market: {0} to {1}, {2}"},
    "assumptions": {"zh": "假设：{0}，{1}；模型：{2}", "en": "assumptions: {0}, {1}; model: {2}"},
    "run": {"zh": "{0} 条路径，种子 {1}，goalplan {2}", "en": "{0} paths, seed {1}, goalplan {2}"},
}


def show_plan(plan: Plan, lang: Language, names: Mapping[str, str], *, summary: bool = False) -> None:
    """Print a plan on stdout.

    Parameters
    ----------
    plan
        Any plan, an infeasible one too.
    lang
        Language of the words.
    names
        Name to print of each asset id.
    summary
        Adds the view as four pots.
    """
    texts = {key: both[lang] for key, both in _TEXTS.items()}
    click.echo(texts["answer"].format(texts[plan.status], getattr(plan.reason.text, lang)) + "\n")
    draw(label_tables(plan.label, (), lang))
    if plan.label is not None:
        click.echo("\n".join(label_notes(plan.label, lang)) + "\n")
    draw(_tables(plan, texts, lang, names))
    draw(refusal_tables(plan.suitability, lang))
    draw(label_tables(None, plan.labels, lang))
    draw(order_tables(plan.orders, lang))
    if summary:
        draw(pot_tables(plan.pots, lang))
    for finding in plan.findings:
        if finding != plan.reason:
            click.echo(texts[finding.severity].format(getattr(finding.text, lang)))
    made = plan.provenance
    click.echo(texts["market"].format(made.market, made.market_as_of, made.market_digest[:12]))
    click.echo(texts["assumptions"].format(made.assumptions, made.assumptions_digest[:12], made.model))
    click.echo(texts["run"].format(f"{made.paths:,}", made.seed, made.version))


def _tables(
    plan: Plan, texts: Mapping[str, str], lang: Language, names: Mapping[str, str]
) -> Iterator[Table]:
    yield from infeasible_tables(plan, lang)
    if plan.goals:
        yield _goals(plan, texts)
        yield _shortfalls(plan, texts)
    if plan.today is not None:
        yield _today(plan, texts, names)
    if plan.wealth is not None:
        yield _wealth(plan.wealth, plan.months, texts)
    outlook = tuple(_outlook(plan.wealth, plan.returns, plan.drawdown, texts))
    if outlook:
        yield Table(title=texts["outlook"], head=(texts["figure"], texts["value"]), rows=outlook)
    if plan.stress:
        yield _stress(plan, texts, lang)
    yield from standing_tables(plan.standings, lang)
    yield from change_tables(plan.levers, plan.curves, lang)
    if plan.price_of_limits:
        yield _prices(plan, texts)
    if plan.alternatives:
        yield _policies(plan, texts)
    yield from model_tables(plan, lang)


def _goals(plan: Plan, texts: Mapping[str, str]) -> Table:
    columns = ("goal", "priority", "due", "amount", "wanted", "probability", "state")
    rows = tuple(
        (
            goal.name,
            texts[goal.priority],
            str(goal.due),
            _money(goal.expected_amount),
            f"{goal.wanted_probability:.0%}",
            _estimate(goal.probability),
            texts[goal.status],
        )
        for goal in plan.goals
    )
    return Table(title=texts["goals"], head=tuple(texts[c] for c in columns), rows=rows, left=3)


def _shortfalls(plan: Plan, texts: Mapping[str, str]) -> Table:
    shortfalls = ("expected_shortfall", "conditional_shortfall", "conditional_gap")
    columns = ("goal", "funded_today", "funded_ratio", *shortfalls)
    rows = tuple(
        (
            goal.name,
            _percent(goal.funded_today),
            _percent(goal.funded_ratio),
            _money(goal.expected_shortfall),
            _money(goal.conditional_shortfall),
            _percent(goal.conditional_gap),
        )
        for goal in plan.goals
    )
    return Table(title=texts["shortfalls"], head=tuple(texts[c] for c in columns), rows=rows)


def _today(plan: Plan, texts: Mapping[str, str], names: Mapping[str, str]) -> Table:
    assert plan.today is not None
    note = texts["today_note"].format(_percent(plan.today.expected_return), _percent(plan.today.volatility))
    wealth = plan.request.client.wealth
    by_weight = sorted(plan.today.weights.items(), key=lambda item: (-item[1], item[0]))
    rows = tuple(
        (a, names.get(a, a), _percent(w), _money(w * wealth)) for a, w in by_weight if w >= _LEAST_WEIGHT
    )
    head = tuple(texts[column] for column in ("asset", "name", "weight", "money"))
    return Table(title=f"{texts['today']} ({note})", head=head, rows=rows, left=2)


def _wealth(wealth: Wealth, months: int, texts: Mapping[str, str]) -> Table:
    shown = sorted({*range(0, months, 12 * max(1, months // 120)), months})
    rows = [_percentiles(str(m), wealth.paid_in[m], wealth.nominal, m) for m in shown]
    rows.append(_percentiles(texts["real"].format(months), None, wealth.real, months))
    levels = tuple(f"{level:.0%}" for level in wealth.nominal.levels)
    title = texts["wealth"] + texts["real_note"]
    return Table(title=title, head=(texts["month"], texts["paid_in"], *levels), rows=tuple(rows))


def _percentiles(name: str, paid_in: float | None, band: Band, month: int) -> tuple[str, ...]:
    paid = "" if paid_in is None else _money(paid_in)
    return (name, paid, *(_money(values[month]) for values in band.values))


def _outlook(
    wealth: Wealth | None, returns: Returns | None, drawdown: Drawdown | None, texts: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    if returns is not None:
        spread = (returns.median, returns.low, returns.high)
        yield texts["return"], texts["range"].format(*map(_percent, spread))
    if wealth is not None:
        yield texts["below"], _estimate(wealth.below_paid_in)
    if drawdown is not None:
        words = texts["drawdown_daily" if drawdown.daily else "drawdown_monthly"]
        depths = (drawdown.median, drawdown.high)
        yield words, texts["drawdown_value"].format(*map(_percent, depths))
        yield texts["loss_of_paid_in"], _percent(drawdown.loss_of_paid_in_high)
        if drawdown.limit is not None and drawdown.measured_from == "paid_in" and drawdown.paid_in_breach:
            yield texts["paid_in_breach"].format(_percent(drawdown.limit)), _estimate(drawdown.paid_in_breach)
        elif drawdown.limit is not None and drawdown.breach is not None:
            yield texts["breach"].format(_percent(drawdown.limit)), _estimate(drawdown.breach)
            if drawdown.window_breach is not None:
                yield texts["window_breach"], _estimate(drawdown.window_breach)


def _stress(plan: Plan, texts: Mapping[str, str], lang: Language) -> Table:
    rows = tuple(
        (
            getattr(event.name, lang),
            _percent(event.loss),
            "" if event.limit is None else _percent(event.limit),
        )
        for event in plan.stress
    )
    return Table(title=texts["stress"], head=(texts["event"], texts["loss"], texts["limit"]), rows=rows)


def _prices(plan: Plan, texts: Mapping[str, str]) -> Table:
    rows = tuple(
        (
            texts.get(f"limit_{price.limit}", price.limit),
            *(_percent(p) for p in price.probabilities),
            "" if price.required_monthly is None else _money(price.required_monthly),
        )
        for price in plan.price_of_limits
    )
    head = (texts["without"], *(goal.name for goal in plan.goals), texts["required"])
    return Table(title=texts["prices"], head=head, rows=rows)


def _policies(plan: Plan, texts: Mapping[str, str]) -> Table:
    names = {
        other.policy: texts["today_policy" if other.policy == "today" else other.policy]
        for other in plan.alternatives
    }
    rows = tuple(
        (
            names[other.policy] if other.feasible else texts["not_feasible"].format(names[other.policy]),
            *(
                f"{_percent(probability)} / {_percent(gap)}"
                for probability, gap in zip(other.probabilities, other.conditional_gaps, strict=True)
            ),
            _money(other.low_wealth),
            _percent(other.drawdown_high),
            "" if other.breach is None else _percent(other.breach),
        )
        for other in plan.alternatives
    )
    limit = None if plan.drawdown is None else plan.drawdown.limit
    columns = (
        texts["policy"],
        *(goal.name for goal in plan.goals),
        texts["low_wealth"],
        texts["high_drawdown"],
        texts["breach"].format("" if limit is None else _percent(limit)),
    )
    shown = len(columns) if limit is not None else len(columns) - 1
    return Table(title=texts["policies"], head=columns[:shown], rows=tuple(row[:shown] for row in rows))


def _money(amount: float) -> str:
    return f"{amount:,.0f}"


def _percent(share: float) -> str:
    return f"{share:.1%}"


def _estimate(estimate: Estimate) -> str:
    return chance(estimate.value, estimate.standard_error)
