"""Risk labels: the plan's own near the front, and one for every product that is recommended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..blocks import NUMBER, Block, Figure, Notice, Scale, Section, Table
from ..case import Case
from ..words import Language

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
        figures=tuple(_figures(case, label)),
        rows=tuple(_rows(case, label)),
    )
    return Section(id="label", title=words("sections.label"), blocks=(scale,))


def _figures(case: Case, label: Label) -> Iterator[Figure]:
    """Put volatility and maximum drawdown beside the returns."""
    words = case.words
    for each in label.ranges:
        low, high = words.percent(each.low), words.percent(each.high)
        note = words("label.one_year_note")
        if each.years != 1.0:
            yearly = [words.percent((1.0 + end) ** (1.0 / each.years) - 1.0) for end in (each.low, each.high)]
            note = words("label.years_note", low=yearly[0], high=yearly[1])
        value = words("label.short_range", low=low, high=high)
        yield Figure(label=_over(case, each), value=value, note=note)
    yield Figure(
        label=words("label.volatility"),
        value=words.percent(label.volatility),
        note=words("label.volatility_note"),
    )
    dates = {"start": words.month(label.drawdown_from), "end": words.month(label.drawdown_to)}
    yield Figure(
        label=words("label.drawdown"),
        value=words.percent(label.max_drawdown),
        note=words("label.drawdown_note", **dates),
    )


def _rows(case: Case, label: Label) -> Iterator[tuple[str, str]]:
    words, lang = case.words, case.words.lang
    yield words("label.basis"), words("label.basis_value", note=getattr(label.range_note, lang))
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
        yield words("label.cautions"), _said(label, lang)
    yield words("label.disclosure"), getattr(label.disclosure, lang)


def _over(case: Case, span: ReturnRange) -> str:
    years = f"{span.years:.1f}".removesuffix(".0")
    return case.words("label.one_year") if span.years == 1.0 else case.words("label.years", years=years)


def _said(label: Label, lang: Language) -> str:
    """Write the special warnings of a label one after the other."""
    return ("" if lang == "zh" else " ").join(getattr(caution, lang) for caution in label.cautions)


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
        words("label.caution", name=getattr(label.name, lang), caution=_said(label, lang))
        for label in labels
        if label.cautions
    ]
    said = tuple(dict.fromkeys(getattr(label.disclosure, lang) for label in labels))
    return table, Notice(title=words("label.warnings"), items=(*items, *said), tone="warning")
