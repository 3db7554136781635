"""The plan under every return model, as a table for a terminal."""

from collections.abc import Iterator
from typing import Literal

from .chance import chance
from .engine.plan import Estimate, Plan
from .tables import Table

Language = Literal["zh", "en"]

_TITLE: dict[Language, str] = {
    "zh": "同一策略在其他收益模型下（第一行为计划采用的模型）",
    "en": "The same policy under other return models (the plan's own first)",
}
_MODEL: dict[Language, str] = {"zh": "模型", "en": "model"}
_BREACH: dict[Language, str] = {
    "zh": "突破回撤上限 {0:.1%}（最差窗口）",
    "en": "breaks {0:.1%} in the worst window",
}


def model_tables(plan: Plan, lang: Language) -> Iterator[Table]:
    """Yield the table of success probabilities and breach shares by model, if the plan has them."""
    if not plan.models:
        return
    head = (_MODEL[lang], *(goal.name for goal in plan.goals))
    rows = tuple((getattr(row.title, lang), *map(_text, row.probabilities)) for row in plan.models)
    broken = tuple(_text(row.breach) for row in plan.models if row.breach is not None)
    if plan.drawdown is not None and plan.drawdown.limit is not None and len(broken) == len(rows):
        head = (*head, _BREACH[lang].format(plan.drawdown.limit))
        rows = tuple((*row, share) for row, share in zip(rows, broken, strict=True))
    yield Table(title=_TITLE[lang], head=head, rows=rows)


def _text(estimate: Estimate) -> str:
    return chance(estimate.value, estimate.standard_error)
