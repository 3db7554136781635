"""How much a letter prints of what may be much, so that it keeps to its two pages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much of each kind there is room for."""

    goals: int
    orders: int
    events: int
    limits: int


ROOMS = (
    Room(goals=10, orders=12, events=5, limits=6),
    Room(goals=10, orders=8, events=4, limits=3),
    Room(goals=10, orders=4, events=3, limits=2),
    Room(goals=6, orders=3, events=2, limits=1),
)
"""From the most to the least: the first with which a letter fits on its two pages is taken."""
