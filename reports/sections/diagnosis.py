"""The diagnosis of what is held: risk, cost, concentration, fit, and the goals if nothing changes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..blocks import NUMBER, Block, Facts, Notice, Table, without_empty
from ..case import LEAST_WEIGHT, Case
from ..charts import BarChart, Panel, Value
from ..timeline import share_axis

if TYPE_CHECKING:
    from ...engine.desk.diagnosis import Diagnosis

MOST_EVENTS = 6


def diagnosis(case: Case, found: Diagnosis) -> tuple[Block, ...]:
    """Lay the diagnosis out: lines, risk by class, losses, goals and what must be known; of cash, the goals alone."""
    words = case.words
    blocks: list[Block] = []
    if found.holdings or found.unmapped:
        blocks += [_holdings(case, found), Facts(rows=tuple(_figures(case, found)), columns=2)]
    if found.holdings and found.classes:
        blocks.append(_classes(case, found))
    if found.holdings and found.events:
        blocks.append(_events(case, found))
    if found.goals:
        blocks.append(_goals(case, found))
    said = tuple(getattr(each.text, words.lang) for each in found.findings)
    if said:
        blocks.append(Notice(title=words("diagnosis.findings"), items=said, tone="warning"))
    return tuple(blocks)


def _holdings(case: Case, found: Diagnosis) -> Table:
    words = case.words
    rows = [
        (
            " ".join(part for part in (line.product or "", getattr(line.name, words.lang)) if part),
            line.account or "—",
            f"R{line.level}",
            words.number(line.value),
            words.percent(line.weight),
            "—" if line.gain is None else words.number(line.gain),
            "—" if line.fee is None else words.percent(line.fee, 2),
            words("diagnosis.suitable" if line.suitable else "diagnosis.unsuitable"),
        )
        for line in found.holdings
    ]
    rows += [
        (
            each.product,
            each.account or "—",
            "—",
            words.number(each.value),
            "—",
            "—",
            "—",
            words("diagnosis.unknown"),
        )
        for each in found.unmapped
    ]
    share = words.percent(found.cash / found.wealth) if found.wealth else "—"
    rows.append((words("standing.cash"), "", "", words.number(found.cash), share, "", "", ""))
    rows.append((words("standing.total"), "", "", words.number(found.wealth), words.percent(1.0), "", "", ""))
    keys = ("product_name", "account", "level", "value_money", "weight", "gain", "fee", "fit")
    table = Table(
        title=words("standing.holdings"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", "short", "short", *(NUMBER,) * 4, "short"),
        rows=tuple(rows),
        note=words("standing.note", day=words.day(found.as_of)),
        total=True,
    )
    return without_empty(table)


def _figures(case: Case, found: Diagnosis) -> Iterator[tuple[str, str]]:
    words = case.words
    yield words("diagnosis.volatility"), f"{words.percent(found.volatility)} (R{found.level})"
    yield words("diagnosis.largest"), words.percent(found.largest)
    yield words("diagnosis.effective"), f"{found.effective_number:.1f}"
    yield words("diagnosis.fees"), words.money(found.fees)
    if found.drift is not None:
        yield words("diagnosis.drift"), words.percent(found.drift)
    abroad = words.join(f"{currency} {words.percent(share)}" for currency, share in found.currencies.items())
    yield words("diagnosis.currencies"), abroad


def _classes(case: Case, found: Diagnosis) -> Table:
    words = case.words
    rows = tuple(
        (
            getattr(line.name, words.lang),
            words.number(line.value),
            words.percent(line.weight),
            words.percent(line.risk_share),
            "—" if line.target is None else words.percent(line.target),
            "—" if line.drift is None else words.percent(line.drift),
        )
        for line in found.classes
        if max(line.weight, line.target or 0.0, abs(line.drift or 0.0)) >= LEAST_WEIGHT
    )
    keys = ("asset", "value_money", "weight", "risk_share", "target", "drift")
    return Table(
        title=words("diagnosis.classes"),
        head=tuple(words(f"head.{key}", unit=words.unit) for key in keys),
        columns=("name", *(NUMBER,) * 5),
        rows=rows,
        note=words("diagnosis.classes_note"),
    )


def _events(case: Case, found: Diagnosis) -> BarChart:
    """Show the deepest losses of what is held, beside those of the plan's mix."""
    words = case.words
    ranked = sorted(found.events, key=lambda each: -each.loss)[:MOST_EVENTS]
    names = tuple(getattr(each.name, words.lang) for each in ranked)
    aimed = all(each.target_loss is not None for each in ranked)
    values = tuple(
        Value(
            bar=each.loss,
            dot=each.target_loss,
            style="quiet",
            texts=(
                words.percent(each.loss),
                words.number(each.money),
                *((words.percent(each.target_loss),) if aimed and each.target_loss is not None else ()),
            ),
        )
        for each in ranked
    )
    heads = ("loss", "money", "target_loss") if aimed else ("loss", "money")
    listed = words.join(
        f"{name} {words.percent(each.loss)}" for name, each in zip(names, ranked, strict=True)
    )
    deepest = max(max(each.loss, each.target_loss or 0.0) for each in ranked)
    legend = [("bar-quiet", words("diagnosis.held"))]
    if aimed:
        legend.append(("dot", words("diagnosis.planned")))
    return BarChart(
        title=words("diagnosis.events"),
        alt=words("diagnosis.events_alt", list=listed),
        rows=names,
        panels=(
            Panel(
                title="",
                axis=share_axis(deepest),
                values=values,
                heads=tuple(words(f"head.{key}", unit=words.unit) for key in heads),
            ),
        ),
        legend=tuple(legend),
    )


def _goals(case: Case, found: Diagnosis) -> Table:
    words = case.words
    rows = tuple(
        (
            each.name,
            "—" if each.unchanged is None else words.chance(each.unchanged, each.standard_error),
            "—" if each.planned is None else words.chance(each.planned),
        )
        for each in found.goals
    )
    return Table(
        title=words("diagnosis.goals"),
        head=tuple(words(f"head.{key}") for key in ("goal", "unchanged", "planned")),
        columns=("name", NUMBER, NUMBER),
        rows=rows,
    )
