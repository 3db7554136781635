"""What would make a plan of a request that has none: one row for each kind of change."""

from __future__ import annotations

import datetime as dt

from ...engine.infeasible.types import Repair, Wish
from ..blocks import NUMBER, Table
from ..case import Case

GOALS = ("probability", "amount", "date")
SHARES = ("limit", "probability")


def repairs_table(case: Case) -> Table:
    """Show the smallest change of each kind, those that are enough first."""
    words = case.words
    ranked = sorted(case.plan.repairs, key=lambda each: each.value is None)
    rows = tuple(
        (
            _name(case, each),
            "—" if ".exclude." in each.key else _figure(case, each, each.now),
            _figure(case, each, each.value)
            if each.value is not None
            else words("conflict.not_enough", end=_figure(case, each, each.searched_to)),
        )
        for each in ranked
    )
    notes = [words("conflict.repairs_note")]
    if any(each.lever == "risk_level" for each in ranked):
        notes.append(words("conflict.level_note"))
    return Table(
        title=words("conflict.repairs"),
        head=tuple(words(f"conflict.head_{key}") for key in ("change", "now", "value")),
        columns=("name", NUMBER, NUMBER),
        rows=rows,
        note=("" if words.lang == "zh" else " ").join(notes),
    )


def _name(case: Case, repair: Repair) -> str:
    """Say what is changed, as a client knows it."""
    words, parts = case.words, repair.key.split(".")
    if repair.lever in GOALS:
        return words(f"conflict.{repair.lever}", goal=case.plan.request.goals[int(parts[1])].name)
    if repair.lever != "limit":
        return words(f"conflict.{repair.lever}", unit=words.unit)
    if parts[1] == "stress":
        named = {each.id: getattr(each.name, words.lang) for each in case.plan.stress}
        return words("conflict.stress", name=named.get(parts[2], parts[2]))
    if parts[1] == "exclude":
        return words("conflict.exclude", name=case.name(case.plan.request.limits.exclude[int(parts[2])]))
    if parts[1] == "bounds":
        return words("conflict.bounds", name=case.name(parts[2]))
    if parts[1] == "groups":
        return words("conflict.groups", name=words(f"classes.{parts[2]}"))
    return words(f"conflict.{parts[1]}")


def _figure(case: Case, repair: Repair, wish: Wish) -> str:
    words = case.words
    if repair.lever == "date" and isinstance(wish, str):
        return words.day(dt.date.fromisoformat(wish))
    if wish == "":
        return words("conflict.dropped")
    if isinstance(wish, str):
        return wish
    if repair.lever in SHARES and not repair.key.endswith("min_esg"):
        return words.percent(wish)
    return words.number(wish)
