"""A review as tables for a terminal, in Chinese or English."""

from collections.abc import Iterator, Sequence
from typing import Literal

import click

from .chance import chance
from .engine.findings import Text
from .engine.review.types import GoalReview, ReasonCode, Review
from .show_desk import label_notes, label_tables, order_tables
from .tables import Table, draw

Language = Literal["zh", "en"]

_TEXTS: dict[str, dict[Language, str]] = {
    "answer": {
        "zh": "检视 {0}（第 {1} 个月，共 {2}）：{3}。{4}",
        "en": "Review of {0} (month {1} of {2}): {3}. {4}",
    },
    "do_nothing": {"zh": "不作交易", "en": "do nothing"},
    "orders": {"zh": "有交易指令", "en": "orders to place"},
    "person": {"zh": "需人工复核", "en": "a person must look first"},
    "new_plan": {
        "zh": "情况有变，已按新的情况重新测算。",
        "en": "Facts changed: the plan was worked out anew.",
    },
    "early": {"zh": "（提前检视）", "en": " (early review)"},
    "figure": {"zh": "项目", "en": "item"},
    "value": {"zh": "数值", "en": "value"},
    "money": {"zh": "自计划开始以来的资金", "en": "Money since the plan began"},
    "start": {"zh": "开始时", "en": "at the start"},
    "paid_in": {"zh": "投入（计划 {0}）", "en": "paid in (planned {0})"},
    "paid_out": {"zh": "已付的目标", "en": "paid for goals"},
    "gain": {"zh": "损益", "en": "gain"},
    "now": {"zh": "现在", "en": "now"},
    "expected": {"zh": "计划的中位数（5–95%）", "en": "the plan's median (5–95 %)"},
    "unit": {"zh": "单位净值（自 {0} 的最高点 {1}）", "en": "unit value (highest since {0}: {1})"},
    "drawdown": {"zh": "回撤（最大 {0}）", "en": "drawdown (deepest {0})"},
    "goals": {"zh": "目标的达成概率", "en": "Probability of the goals"},
    "goal": {"zh": "目标", "en": "goal"},
    "due": {"zh": "日期", "en": "due"},
    "amount": {"zh": "所需金额", "en": "amount"},
    "wanted": {"zh": "所要", "en": "wanted"},
    "then": {"zh": "当时", "en": "then"},
    "time": {"zh": "时间", "en": "time"},
    "returns": {"zh": "收益", "en": "returns"},
    "contributions": {"zh": "投入", "en": "contributions"},
    "assumptions": {"zh": "假设", "en": "assumptions"},
    "facts": {"zh": "情况", "en": "facts"},
    "missing": {"zh": "未达成时缺口", "en": "shortfall if missed"},
    "limits": {"zh": "限制的余量", "en": "Headroom of the limits"},
    "limit": {"zh": "限制", "en": "limit"},
    "most": {"zh": "上限", "en": "at most"},
    "used": {"zh": "已用", "en": "used"},
    "left": {"zh": "还可再跌", "en": "left"},
    "broken": {"zh": "已突破", "en": "broken"},
    "drift": {"zh": "与计划的偏离（合计 {0}）", "en": "Drift from the plan ({0} in all)"},
    "class": {"zh": "类别", "en": "class"},
    "held": {"zh": "持有", "en": "held"},
    "target": {"zh": "计划", "en": "plan"},
    "off": {"zh": "偏离", "en": "drift"},
    "total": {"zh": "期间收益", "en": "return since the start"},
    "next": {"zh": "下次检视：{0}（{1}）", "en": "Next review: {0} ({1})"},
    "info": {"zh": "说明：{0}", "en": "note: {0}"},
    "warning": {"zh": "警告：{0}", "en": "warning: {0}"},
    "conflict": {"zh": "冲突：{0}", "en": "conflict: {0}"},
}


def show_review(review: Review, lang: Language) -> None:
    """Print a review on stdout: the answer, the events, then the tables."""
    head = (
        review.as_of,
        review.month,
        review.months,
        _say(review.advice, lang),
        _of(review.reason.text, lang),
    )
    click.echo(_say("answer", lang).format(*head))
    if review.followed == "new_plan":
        click.echo(_say("new_plan", lang))
    click.echo()
    for event in review.events:
        click.echo(_of(event.text, lang) + (_say("early", lang) if event.early else ""))
    click.echo()
    draw(_tables(review, lang))
    draw(label_tables(review.label, (), lang))
    if review.label is not None:
        click.echo("\n".join(label_notes(review.label, lang)) + "\n")
    draw(label_tables(None, review.labels, lang))
    draw(order_tables(review.orders, lang))
    click.echo(f"{_of(review.education.title, lang)}: {_of(review.education.text, lang)}\n")
    for finding in review.findings:
        click.echo(_say(finding.severity, lang).format(_of(finding.text, lang)))
    click.echo(_say("next", lang).format(review.next_review, _of(review.tier.name, lang)))


def _tables(review: Review, lang: Language) -> Iterator[Table]:
    yield _money(review, lang)
    if review.goals:
        yield _goals(review, lang)
    if review.limits:
        words = ("limit", "most", "used", "left")
        yield Table(
            title=_say("limits", lang),
            head=tuple(_say(word, lang) for word in words),
            rows=tuple(
                (
                    _of(each.name, lang),
                    f"{each.limit:.1%}",
                    f"{each.used:.1%}",
                    _say("broken", lang) if each.broken else f"{each.left:.1%}",
                )
                for each in review.limits
            ),
        )
    if review.drift is not None:
        yield _drift(review, review.drift, lang)


def _money(review: Review, lang: Language) -> Table:
    wealth, unit = review.wealth, review.unit
    rows = (
        (_say("start", lang), _money_of(wealth.start)),
        (_say("paid_in", lang).format(_money_of(wealth.planned_in)), _money_of(wealth.paid_in)),
        (_say("paid_out", lang), _money_of(wealth.paid_out)),
        (_say("gain", lang), f"{wealth.gain:+,.0f}"),
        (_say("now", lang), _money_of(wealth.now)),
        (
            _say("expected", lang),
            f"{_money_of(wealth.expected)} ({_money_of(wealth.low)}–{_money_of(wealth.high)})",
        ),
        (_say("unit", lang).format(unit.since, f"{unit.peak:.4f}"), f"{unit.value:.4f}"),
        (_say("drawdown", lang).format(f"{unit.deepest:.1%}"), f"{unit.drawdown:.1%}"),
    )
    return Table(title=_say("money", lang), head=(_say("figure", lang), _say("value", lang)), rows=rows)


def _goals(review: Review, lang: Language) -> Table:
    codes = list(dict.fromkeys(reason.code for goal in review.goals for reason in goal.reasons))
    head = ("goal", "due", "amount", "wanted", "then", *codes, "now", "missing")
    return Table(
        title=_say("goals", lang),
        head=tuple(_say(word, lang) for word in head),
        rows=tuple(_goal(goal, codes) for goal in review.goals),
        left=2,
    )


def _goal(goal: GoalReview, codes: Sequence[ReasonCode]) -> tuple[str, ...]:
    changes = {reason.code: f"{100.0 * reason.change:+.1f}" for reason in goal.reasons}
    return (
        goal.name,
        str(goal.due),
        _money_of(goal.amount),
        f"{goal.wanted_probability:.0%}",
        "" if goal.then is None else chance(goal.then.value),
        *(changes.get(code, "") for code in codes),
        chance(goal.now.value, goal.now.standard_error),
        _money_of(goal.conditional_shortfall),
    )


def _drift(review: Review, drift: float, lang: Language) -> Table:
    came = {each.asset: f"{each.total:+.1%}" for each in review.markets}
    words = ("class", "held", "target", "off", "total")
    return Table(
        title=_say("drift", lang).format(f"{drift:.1%}"),
        head=tuple(_say(word, lang) for word in words),
        rows=tuple(
            (
                _of(line.name, lang),
                f"{line.weight:.1%}",
                f"{line.target or 0.0:.1%}",
                f"{line.drift or 0.0:+.1%}",
                came.get(line.asset, ""),
            )
            for line in review.classes
        ),
    )


def _say(key: str, lang: Language) -> str:
    return _TEXTS[key][lang]


def _of(text: Text, lang: Language) -> str:
    return text.zh if lang == "zh" else text.en


def _money_of(amount: float) -> str:
    return f"{amount:,.0f}"
