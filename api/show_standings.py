"""What the policy would hold, year by year, as a table for a terminal, in Chinese or English."""

from collections.abc import Iterator
from typing import Literal

from .engine.told.types import Standing
from .tables import Table

Language = Literal["zh", "en"]
_SHOWN = 5  # later years printed; the plan's JSON has them all

_TEXTS: dict[str, dict[Language, str]] = {
    "title": {
        "zh": "以后会持有什么（落后、正常、领先：财富的 25%、50%、75% 分位）",
        "en": "What it would hold later (behind, on track, ahead: 25th, 50th, 75th percentile of wealth)",
    },
    "date": {"zh": "日期", "en": "date"},
    "standing": {"zh": "进度", "en": "standing"},
    "behind": {"zh": "落后", "en": "behind"},
    "on_track": {"zh": "正常", "en": "on track"},
    "ahead": {"zh": "领先", "en": "ahead"},
    "wealth": {"zh": "财富", "en": "wealth"},
    "needed": {"zh": "所需年收益", "en": "needs a year"},
    "never": {"zh": "无法达到", "en": "out of reach"},
    "expected": {"zh": "组合预期年收益", "en": "mix is expected to earn"},
    "volatility": {"zh": "年波动", "en": "volatility"},
}


def standing_tables(standings: tuple[Standing, ...], lang: Language) -> Iterator[Table]:
    """Yield the table of today and a few later years, spread over the plan."""
    if not standings:
        return
    texts = {key: both[lang] for key, both in _TEXTS.items()}
    later = sorted({each.month for each in standings if each.month > 0})
    shown = {0, *later[:: max(1, -(-len(later) // _SHOWN))]}
    rows = tuple(
        (
            str(each.date),
            texts[each.standing],
            f"{each.wealth:,.0f}",
            texts["never"] if each.needed_return is None else f"{each.needed_return:.1%}",
            f"{each.expected_return:.1%}",
            f"{each.volatility:.1%}",
        )
        for each in standings
        if each.month in shown
    )
    columns = ("date", "standing", "wealth", "needed", "expected", "volatility")
    yield Table(title=texts["title"], head=tuple(texts[c] for c in columns), rows=rows, left=2)
