"""A diagnosis as tables for a terminal, in Chinese or English."""

from collections.abc import Iterator
from typing import Literal

from .chance import chance
from .engine.desk.diagnosis import Diagnosis
from .tables import Table

Language = Literal["zh", "en"]

_TEXTS: dict[str, dict[Language, str]] = {
    "sheet": {"zh": "资产负债表（截至 {0}，合计 {1}）", "en": "Balance sheet (market to {0}, {1} in all)"},
    "account": {"zh": "账户", "en": "account"},
    "product": {"zh": "产品", "en": "product"},
    "name": {"zh": "名称", "en": "name"},
    "value": {"zh": "市值", "en": "value"},
    "weight": {"zh": "占比", "en": "weight"},
    "gain": {"zh": "盈亏", "en": "gain"},
    "level": {"zh": "风险等级", "en": "level"},
    "fee": {"zh": "年费率", "en": "fee a year"},
    "suitable": {"zh": "适当", "en": "suitable"},
    "yes": {"zh": "是", "en": "yes"},
    "no": {"zh": "否", "en": "no"},
    "cash": {"zh": "现金", "en": "cash"},
    "unmapped": {"zh": "未归类", "en": "not placed"},
    "classes": {"zh": "资产类别与风险来源", "en": "Asset classes and where the risk comes from"},
    "class": {"zh": "类别", "en": "class"},
    "risk_share": {"zh": "风险占比", "en": "share of risk"},
    "target": {"zh": "计划", "en": "plan"},
    "drift": {"zh": "偏离", "en": "drift"},
    "facts": {"zh": "概况", "en": "In short"},
    "fact": {"zh": "项目", "en": "item"},
    "figure": {"zh": "数值", "en": "figure"},
    "volatility": {"zh": "年波动率（整体等级 R{0}）", "en": "volatility a year (all together R{0})"},
    "largest": {"zh": "最大单一产品", "en": "largest product"},
    "effective": {"zh": "等效持仓数", "en": "effective number of holdings"},
    "fees": {"zh": "每年费用（已知 {0}）", "en": "running costs a year (known for {0})"},
    "currency": {"zh": "币种 {0}", "en": "currency {0}"},
    "total_drift": {"zh": "与计划的偏离", "en": "drift from the plan"},
    "events": {"zh": "极端行情中的损失（最大回撤）", "en": "Losses in extreme markets (maximum drawdown)"},
    "event": {"zh": "情景", "en": "event"},
    "loss": {"zh": "现有持仓", "en": "holdings"},
    "money": {"zh": "金额", "en": "money"},
    "planned_loss": {"zh": "计划组合", "en": "the plan's mix"},
    "proxy": {"zh": "（含替代数据）", "en": " (with stand-ins)"},
    "goals": {"zh": "不作改变时的目标达成概率", "en": "Probability of the goals if nothing changes"},
    "goal": {"zh": "目标", "en": "goal"},
    "unchanged": {"zh": "不作改变", "en": "unchanged"},
    "planned": {"zh": "按计划", "en": "with the plan"},
    "findings": {"zh": "需要注意", "en": "To be noted"},
    "finding": {"zh": "说明", "en": "finding"},
}


def diagnosis_tables(found: Diagnosis, lang: Language) -> Iterator[Table]:
    """Yield the tables of a diagnosis."""

    def say(key: str) -> str:
        return _TEXTS[key][lang]

    yield _sheet(found, lang)
    yield _classes(found, lang)
    yield _facts(found, lang)
    rows = [
        (
            event.name.zh + (say("proxy") if event.proxy else "")
            if lang == "zh"
            else event.name.en + (say("proxy") if event.proxy else ""),
            f"{event.loss:.1%}",
            f"{event.money:,.0f}",
            *(() if event.target_loss is None else (f"{event.target_loss:.1%}",)),
        )
        for event in sorted(found.events, key=lambda event: -event.loss)
    ]
    if rows:
        head = (say("event"), say("loss"), say("money"), say("planned_loss"))
        yield Table(title=say("events"), head=head[: len(rows[0])], rows=tuple(rows))
    if found.goals:
        yield Table(
            title=say("goals"),
            head=(say("goal"), say("unchanged"), say("planned")),
            rows=tuple(
                (
                    goal.name,
                    "" if goal.unchanged is None else chance(goal.unchanged, goal.standard_error),
                    "" if goal.planned is None else chance(goal.planned),
                )
                for goal in found.goals
            ),
        )
    if found.findings:
        said = tuple((each.text.zh if lang == "zh" else each.text.en,) for each in found.findings)
        yield Table(title=say("findings"), head=(say("finding"),), rows=said)


def _sheet(found: Diagnosis, lang: Language) -> Table:
    def say(key: str) -> str:
        return _TEXTS[key][lang]

    rows = [
        (
            line.account or "",
            line.product or line.asset,
            line.name.zh if lang == "zh" else line.name.en,
            f"R{line.level}",
            say("yes") if line.suitable else say("no"),
            f"{line.value:,.2f}",
            f"{line.weight:.1%}",
            "" if line.gain is None else f"{line.gain:+,.2f}",
            "" if line.fee is None else f"{line.fee:.2%}",
        )
        for line in found.holdings
    ]
    share = found.cash / found.wealth if found.wealth else 0.0
    rows.append(("", "", say("cash"), "", "", f"{found.cash:,.2f}", f"{share:.1%}", "", ""))
    rows += [
        (each.account or "", each.product, say("unmapped"), "", "", f"{each.value:,.2f}", "", "", "")
        for each in found.unmapped
    ]
    words = ("account", "product", "name", "level", "suitable", "value", "weight", "gain", "fee")
    return Table(
        title=say("sheet").format(found.as_of, f"{found.wealth:,.2f}"),
        head=tuple(say(word) for word in words),
        rows=tuple(rows),
        left=5,
    )


def _classes(found: Diagnosis, lang: Language) -> Table:
    planned = found.drift is not None
    words = ("class", "value", "weight", "risk_share", *(("target", "drift") if planned else ()))
    rows = []
    for line in found.classes:
        name = line.name.zh if lang == "zh" else line.name.en
        cells = [name, f"{line.value:,.2f}", f"{line.weight:.1%}", f"{line.risk_share:.1%}"]
        cells += [f"{line.target or 0.0:.1%}", f"{line.drift or 0.0:+.1%}"] if planned else []
        rows.append(tuple(cells))
    head = tuple(_TEXTS[word][lang] for word in words)
    return Table(title=_TEXTS["classes"][lang], head=head, rows=tuple(rows))


def _facts(found: Diagnosis, lang: Language) -> Table:
    def say(key: str) -> str:
        return _TEXTS[key][lang]

    rows = [
        (say("volatility").format(found.level), f"{found.volatility:.1%}"),
        (say("largest"), f"{found.largest:.1%}"),
        (say("effective"), f"{found.effective_number:.1f}"),
        (say("fees").format(f"{found.fees_known:.0%}"), f"{found.fees:,.2f}"),
        *((say("currency").format(name), f"{share:.1%}") for name, share in found.currencies.items()),
    ]
    if found.drift is not None:
        rows.append((say("total_drift"), f"{found.drift:.1%}"))
    return Table(title=say("facts"), head=(say("fact"), say("figure")), rows=tuple(rows))
