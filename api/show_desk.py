"""Labels, refusals, orders and pots as tables for a terminal, in Chinese or English."""

from collections.abc import Iterator, Sequence
from typing import Literal

from .engine.desk.buckets import Pots
from .engine.desk.labels import Label
from .engine.desk.order_types import Orders
from .engine.findings import Text
from .engine.suitability.gate import Gate
from .tables import Table

Language = Literal["zh", "en"]

_TEXTS: dict[str, dict[Language, str]] = {
    "label": {"zh": "风险标签：{0}", "en": "Risk label: {0}"},
    "item": {"zh": "项目", "en": "item"},
    "value": {"zh": "内容", "en": "value"},
    "level": {"zh": "风险等级", "en": "level"},
    "range": {"zh": "{0} 年收益区间（5–95%）", "en": "range of returns over {0} years (5–95 %)"},
    "range_one": {"zh": "一年收益区间（5–95%）", "en": "range of returns over one year (5–95 %)"},
    "from_to": {"zh": "{0} 至 {1}", "en": "{0} to {1}"},
    "volatility": {"zh": "年波动率", "en": "volatility a year"},
    "fall": {"zh": "历史最大回撤", "en": "largest fall in history"},
    "fall_dates": {"zh": "{0}（{1} 至 {2}）", "en": "{0} ({1} to {2})"},
    "worst": {"zh": "最差情景", "en": "worst episode"},
    "audience": {"zh": "适合对象", "en": "suits"},
    "caution": {"zh": "特别提示", "en": "warning"},
    "disclosure": {"zh": "风险揭示", "en": "disclosure"},
    "labels": {"zh": "产品风险标签（{0}）", "en": "Risk labels of the products ({0})"},
    "product": {"zh": "产品", "en": "product"},
    "name": {"zh": "名称", "en": "name"},
    "year": {"zh": "一年 5–95%", "en": "one year 5–95 %"},
    "worst_short": {"zh": "最差情景", "en": "worst episode"},
    "refused": {"zh": "未获准的产品", "en": "Refused, for a person to review"},
    "why": {"zh": "原因", "en": "why"},
    "rule": {"zh": "规则", "en": "rule"},
    "overridable": {"zh": "可书面例外", "en": "can be overridden"},
    "yes": {"zh": "可", "en": "yes"},
    "no": {"zh": "不可", "en": "no"},
    "evidence": {"zh": "所需材料", "en": "evidence"},
    "signs": {"zh": "签字人", "en": "who signs"},
    "orders": {"zh": "今日指令（{0}，跟踪误差 {1}）", "en": "Orders of {0} (tracking error {1} a year)"},
    "orders_none": {"zh": "今日指令（{0}）：不作交易", "en": "Orders of {0}: do nothing"},
    "side": {"zh": "方向", "en": "side"},
    "buy": {"zh": "买入", "en": "buy"},
    "sell": {"zh": "卖出", "en": "sell"},
    "account": {"zh": "账户", "en": "account"},
    "units": {"zh": "份额", "en": "units"},
    "amount": {"zh": "金额", "en": "amount"},
    "charges": {"zh": "费用", "en": "charges"},
    "cash": {"zh": "余下现金", "en": "cash left"},
    "waiting": {"zh": "暂不卖出", "en": "To be sold later"},
    "until": {"zh": "可卖日", "en": "from"},
    "fee_now": {"zh": "现在的赎回费", "en": "redemption fee today"},
    "fee_then": {"zh": "届时的赎回费", "en": "then"},
    "pots": {"zh": "四笔钱", "en": "The four pots"},
    "pot": {"zh": "类别", "en": "pot"},
    "due": {"zh": "要用的钱", "en": "due"},
    "money": {"zh": "今日资金", "en": "money today"},
    "goals": {"zh": "目标", "en": "goals"},
    "note": {"zh": "说明", "en": "note"},
}


def label_tables(label: Label | None, labels: Sequence[Label], lang: Language) -> Iterator[Table]:
    """Yield the plan's own label, and one row for each product."""
    if label is not None:
        yield _label(label, lang)
    if labels:
        words = ("product", "name", "level", "year", "volatility", "fall", "worst_short")
        yield Table(
            title=_say("labels", lang).format(_of(labels[0].range_note, lang)),
            head=tuple(_say(word, lang) for word in words),
            rows=tuple(
                (
                    each.product or "",
                    _of(each.name, lang),
                    f"R{each.level}",
                    _span(each.ranges[0].low, each.ranges[0].high, lang),
                    f"{each.volatility:.1%}",
                    f"{each.max_drawdown:.1%}",
                    "" if each.worst_episode is None else f"{each.worst_episode.loss:.1%}",
                )
                for each in labels
            ),
            left=3,
        )


def label_notes(label: Label, lang: Language) -> Iterator[str]:
    """Yield the special warnings of a label and its disclosure, as lines to stand under it."""
    yield from (f"{_say('caution', lang)}: {_of(caution, lang)}" for caution in label.cautions)
    yield f"{_say('disclosure', lang)}: {_of(label.disclosure, lang)}"


def _label(label: Label, lang: Language) -> Table:
    rows = [(_say("level", lang), f"R{label.level}, {_of(label.level_name, lang)}")]
    for each in label.ranges:
        key = "range_one" if each.years == 1.0 else "range"
        years = f"{each.years:.1f}".removesuffix(".0")
        rows.append((_say(key, lang).format(years), _span(each.low, each.high, lang)))
    rows.append(("", _of(label.range_note, lang)))
    rows.append((_say("volatility", lang), f"{label.volatility:.1%}"))
    fall = (f"{label.max_drawdown:.1%}", label.drawdown_from, label.drawdown_to)
    rows.append((_say("fall", lang), _say("fall_dates", lang).format(*fall)))
    if label.worst_episode is not None:
        worst = label.worst_episode
        rows.append((_say("worst", lang), f"{_of(worst.name, lang)}: {worst.loss:.1%}"))
    rows.append((_say("audience", lang), _of(label.audience, lang)))
    return Table(
        title=_say("label", lang).format(_of(label.name, lang)),
        head=(_say("item", lang), _say("value", lang)),
        rows=tuple(rows),
        left=2,
    )


def refusal_tables(gate: Gate | None, lang: Language) -> Iterator[Table]:
    """Yield what was asked for and refused: rule, evidence and who must sign."""
    if gate is None or not gate.refused:
        return
    words = ("product", "why", "rule", "overridable", "evidence", "signs")
    yield Table(
        title=_say("refused", lang),
        head=tuple(_say(word, lang) for word in words),
        rows=tuple(
            (
                each.product or each.asset,
                _of(each.text, lang),
                f"{each.source} ({each.date})",
                _say("yes" if each.overridable else "no", lang),
                "; ".join(_of(paper, lang) for paper in each.evidence),
                "; ".join(_of(who, lang) for who in each.signatures),
            )
            for each in gate.refused
        ),
        left=6,
    )


def order_tables(found: Orders | None, lang: Language) -> Iterator[Table]:
    """Yield today's orders, in money, and what is to be sold later."""
    if found is None:
        return
    words = ("side", "product", "account", "units", "amount", "charges")
    rows = [
        (
            _say(order.side, lang),
            order.product or order.asset,
            order.account or "",
            "" if order.units is None else f"{order.units:,.2f}",
            _fen(order.amount),
            _fen(order.charges),
        )
        for order in found.orders
    ]
    rows.append((_say("cash", lang), "", "", "", _fen(found.cash_after), _fen(found.charges)))
    title = _say("orders" if found.orders else "orders_none", lang)
    yield Table(
        title=title.format(found.on, f"{found.tracking_error:.2%}"),
        head=tuple(_say(word, lang) for word in words),
        rows=tuple(rows),
        left=3,
    )
    if found.waiting:
        words = ("product", "account", "until", "amount", "fee_now", "fee_then")
        yield Table(
            title=_say("waiting", lang),
            head=tuple(_say(word, lang) for word in words),
            rows=tuple(
                (
                    each.product,
                    each.account or "",
                    str(each.until),
                    _fen(each.amount),
                    f"{each.rate:.2%}",
                    f"{each.later:.2%}",
                )
                for each in found.waiting
            ),
            left=3,
        )


def pot_tables(pots: Pots | None, lang: Language) -> Iterator[Table]:
    """Yield the view as four pots."""
    if pots is None:
        return
    words = ("pot", "goals", "note", "due", "money")
    yield Table(
        title=f"{_say('pots', lang)}: {_of(pots.note, lang)}",
        head=tuple(_say(word, lang) for word in words),
        rows=tuple(
            (_of(p.name, lang), ", ".join(p.goals), _of(p.note, lang), f"{p.due:,.0f}", f"{p.today:,.0f}")
            for p in pots.pots
        ),
        left=3,
    )


def _say(key: str, lang: Language) -> str:
    return _TEXTS[key][lang]


def _of(text: Text, lang: Language) -> str:
    return text.zh if lang == "zh" else text.en


def _span(low: float, high: float, lang: Language) -> str:
    return _say("from_to", lang).format(f"{low:+.1%}", f"{high:+.1%}")


def _fen(amount: int) -> str:
    return f"{amount / 100:,.2f}"
