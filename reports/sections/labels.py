"""Risk labels: the plan's own near the front, and one for every product that is recommended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..blocks import NUMBER, Block, Notice, Scale, Section, Table
from ..case import Case

if TYPE_CHECKING:
    from ...engine.desk.labels import Label, ReturnRange


def plan_label(case: Case) -> Section | None:
    """Build the section with the label of the plan as a whole, None where the plan has none."""
    label = case.label
    if label is None:
        return None
    words = case.words
    scale = Scale(
        title=words("label.title", level=label.level, name=getattr(label.level_name, words.lang)),
        levels=tuple(f"R{level}" for level in range(1, 6)),
        level=label.level,
        rows=tuple(_rows(case, label)),
    )
    return Section(id="label", title=words("sections.label"), blocks=(scale,))


def _rows(case: Case, label: Label) -> Iterator[tuple[str, str]]:
    words, lang = case.words, case.words.lang
    note = getattr(label.range_note, lang)
    for each in label.ranges:
        value = words("label.range", low=words.percent(each.low), high=words.percent(each.high), note=note)
        yield _over(case, each), value
    yield words("label.volatility"), words.percent(label.volatility)
    dates = {"start": words.month(label.drawdown_from), "end": words.month(label.drawdown_to)}
    yield (
        words("label.drawdown"),
        words("label.drawdown_value", fall=words.percent(label.max_drawdown), **dates),
    )
    if label.worst_episode is not None:
        worst = label.worst_episode
        mark = words("label.proxy") if worst.proxy else ""
        yield (
            words("label.episode"),
            words("label.episode_value", name=getattr(worst.name, lang), loss=words.percent(worst.loss))
            + mark,
        )
    yield words("label.audience"), getattr(label.audience, lang)
    if label.cautions:
        yield words("label.cautions"), " ".join(getattr(caution, lang) for caution in label.cautions)
    yield words("label.disclosure"), getattr(label.disclosure, lang)


def _over(case: Case, span: ReturnRange) -> str:
    years = f"{span.years:.1f}".removesuffix(".0")
    return case.words("label.one_year") if span.years == 1.0 else case.words("label.years", years=years)


def product_labels(case: Case) -> tuple[Block, ...]:
    """Put the labels of the products side by side, with their special warnings and disclosures."""
    words, lang, labels = case.words, case.words.lang, case.labels
    if not labels:
        return ()
    rows = []
    for label in labels:
        year = label.ranges[0]
        worst = label.worst_episode
        rows.append(
            (
                " ".join(part for part in (label.product or "", getattr(label.name, lang)) if part),
                f"R{label.level}",
                words("label.short_range", low=words.percent(year.low), high=words.percent(year.high)),
                words.percent(label.volatility),
                words.percent(label.max_drawdown),
                "—" if worst is None else words.percent(worst.loss),
            )
        )
    keys = ("product_name", "level", "year_range", "volatility", "history_fall", "worst")
    table = Table(
        title=words("label.products"),
        head=tuple(words(f"head.{key}") for key in keys),
        columns=("name", "short", *(NUMBER,) * 4),
        rows=tuple(rows),
        note=words("label.products_note", note=getattr(labels[0].range_note, lang)),
    )
    items = [
        words("label.caution", name=getattr(label.name, lang), caution=getattr(caution, lang))
        for label in labels
        for caution in label.cautions
    ]
    said = tuple(dict.fromkeys(getattr(label.disclosure, lang) for label in labels))
    return table, Notice(title=words("label.warnings"), items=(*items, *said), tone="warning")
