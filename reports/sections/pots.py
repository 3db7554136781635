"""Four kinds of money: one pool seen by when it is needed."""

from __future__ import annotations

from ..blocks import NUMBER, Table
from ..case import Case


def pots_table(case: Case) -> Table | None:
    """Build the view, None where it was not asked for."""
    words, pots = case.words, case.pots
    if pots is None:
        return None
    rows = tuple(
        (
            getattr(pot.name, words.lang),
            getattr(pot.note, words.lang),
            words.join(pot.goals) or "—",
            "—" if pot.id == "insurance" else words.number(pot.due),
            "—" if pot.id == "insurance" else words.number(pot.today),
        )
        for pot in pots.pots
    )
    return Table(
        title=words("pots.title"),
        head=tuple(
            words(f"head.{key}", unit=words.unit)
            for key in ("pot", "meaning", "goals", "pot_due", "pot_today")
        ),
        columns=("short", "text", "text", NUMBER, NUMBER),
        rows=rows,
        note=getattr(pots.note, words.lang),
    )
