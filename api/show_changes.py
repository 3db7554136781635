"""Levers and curves as tables for a terminal, in Chinese or English."""

from collections.abc import Iterator
from typing import Literal

from .engine.changes.types import Curve, Lever
from .engine.estimate import Estimate
from .tables import Table

Language = Literal["zh", "en"]

_TEXTS: dict[str, dict[Language, str]] = {
    "levers": {
        "zh": "怎样达到所要的概率（每项单独改变，其余不变）",
        "en": "What reaches the wanted probability (each change on its own)",
    },
    "lever": {"zh": "办法", "en": "lever"},
    "monthly_contribution": {"zh": "每月投入", "en": "monthly contribution"},
    "contribution_growth": {"zh": "每月投入的年增长", "en": "yearly raise of the contribution"},
    "lump_sum": {"zh": "今天一次性投入", "en": "lump sum today"},
    "delay": {"zh": "推迟（月）：{0}", "en": "delay in months: {0}"},
    "amount": {"zh": "金额（占原定）：{0}", "en": "amount, of what was asked: {0}"},
    "drop_goal": {"zh": "放弃愿望：{0}", "en": "without the wish: {0}"},
    "risk_level_down": {"zh": "风险等级降一级", "en": "one risk level lower"},
    "risk_level_up": {
        "zh": "风险等级升一级（仅供比较，不作建议）",
        "en": "one risk level higher (shown, not advised)",
    },
    "now": {"zh": "现在", "en": "now"},
    "needed": {"zh": "需要", "en": "needed"},
    "probability": {"zh": "概率（±标准误）", "en": "probability (± s.e.)"},
    "enough": {"zh": "够吗", "en": "enough"},
    "yes": {"zh": "够", "en": "yes"},
    "no": {"zh": "不够", "en": "no"},
    "above": {"zh": "超过 {0}", "en": "above {0}"},
    "below": {"zh": "低于 {0}", "en": "below {0}"},
    "curves": {"zh": "概率：每月投入 × 日期", "en": "Probability by monthly contribution and date"},
    "contribution": {"zh": "每月投入", "en": "a month"},
}


def change_tables(levers: tuple[Lever, ...], curves: tuple[Curve, ...], lang: Language) -> Iterator[Table]:
    """Yield the table of levers and that of the curves; those that are empty are left out."""
    texts = {key: both[lang] for key, both in _TEXTS.items()}
    if levers:
        rows = tuple(_row(lever, texts) for lever in levers)
        columns = ("lever", "now", "needed", "probability", "enough")
        yield Table(title=texts["levers"], head=tuple(texts[c] for c in columns), rows=rows)
    if curves:
        head = (texts["contribution"], *(str(curve.due) for curve in curves))
        rows = tuple(
            (f"{points[0].value:,.0f}", *(f"{point.probability.value:.1%}" for point in points))
            for points in zip(*(curve.points for curve in curves), strict=True)
        )
        yield Table(title=texts["curves"], head=head, rows=rows)


def _row(lever: Lever, texts: dict[str, str]) -> tuple[str, ...]:
    bound = texts["below" if lever.kind == "amount" else "above"]
    return (
        texts[lever.kind].format(", ".join(lever.goals)),
        _value(lever, lever.now),
        bound.format(_value(lever, lever.searched_to)) if lever.value is None else _value(lever, lever.value),
        "" if lever.probability is None else _estimate(lever.probability),
        texts["yes" if lever.reaches else "no"],
    )


def _value(lever: Lever, value: float) -> str:
    if lever.kind in ("contribution_growth", "amount"):
        return f"{value:.1%}"
    if lever.kind in ("risk_level_down", "risk_level_up"):
        return f"C{value:.0f}"
    return f"{value:,.0f}"


def _estimate(estimate: Estimate) -> str:
    return f"{estimate.value:.1%} ± {estimate.standard_error:.1%}"
