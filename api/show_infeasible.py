"""Why there is no plan, as tables: what conflicts, and what would mend it."""

from collections.abc import Iterator
from typing import Literal

from .engine.infeasible.types import Conflict, Repair
from .engine.plan import Plan
from .tables import Table

Language = Literal["zh", "en"]

_TEXTS = {
    "conflict": {"zh": "不能同时满足的要求", "en": "These cannot be met together"},
    "portfolios": {"zh": "没有任何组合满足，精确到 {0:g}", "en": "no portfolio does, to within {0:g}"},
    "validation": {
        "zh": "在固定的验证路径上没有任何策略满足，标准误 {0:.1%}",
        "en": "no policy does on the fixed validation paths, standard error {0:.1%}",
    },
    "key": {"zh": "位置", "en": "where"},
    "what": {"zh": "要求", "en": "demand"},
    "repairs": {
        "zh": "只改一项、其余不变的最小改动（已重新求解；再少一步即不可行）",
        "en": "The smallest single changes that make a plan (solved again; one step less is infeasible)",
    },
    "change": {"zh": "改动", "en": "change"},
    "set": {"zh": "写法", "en": "as --set takes it"},
}


def infeasible_tables(plan: Plan, lang: Language) -> Iterator[Table]:
    """Tables of the conflicts and the repairs of a plan; none where it has none."""
    texts = {key: both[lang] for key, both in _TEXTS.items()}
    for conflict in plan.conflicts:
        yield _conflict(conflict, texts, lang)
    if plan.repairs:
        yield _repairs(plan.repairs, texts, lang)


def _conflict(conflict: Conflict, texts: dict[str, str], lang: Language) -> Table:
    note = texts[conflict.sample].format(conflict.tolerance)
    rows = tuple((demand.key, getattr(demand.text, lang)) for demand in conflict.demands)
    return Table(title=f"{texts['conflict']} ({note})", head=(texts["key"], texts["what"]), rows=rows, left=2)


def _repairs(repairs: tuple[Repair, ...], texts: dict[str, str], lang: Language) -> Table:
    rows = tuple((getattr(repair.text, lang), repair.assignment or "") for repair in repairs)
    return Table(title=texts["repairs"], head=(texts["change"], texts["set"]), rows=rows, left=2)
