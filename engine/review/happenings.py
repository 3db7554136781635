"""The events of a review: what happened that a client should be told, the weightiest first."""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...scenarios.market import Market
from ...scenarios.stress import Episode
from ..findings import Value
from .course import levels_of
from .texts import event, texts, weight
from .types import Event, GoalReview, Headroom, Unit, WealthSince

_CHANGED = 0.05  # a probability that moved by this much is told
_FALL = 0.05  # so is a drawdown of this much
_APART = 0.05  # and money paid in that is this share away from the plan
_NEAR = 12  # months to a goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the events of a review are read from."""

    as_of: dt.date
    start: dt.date
    unit: Unit
    limit: Headroom | None
    wealth: WealthSince
    goals: Sequence[GoalReview]
    paid: Sequence[str]
    changed: Sequence[str]
    hold: Mapping[str, float]
    market: Market
    episodes: Sequence[Episode]


def events(facts: Facts) -> tuple[Event, ...]:
    """Everything that happened, the weightiest first; one quiet event where nothing did."""
    found = [
        event(code, params)
        for code, params in (
            *_falls(facts),
            *_episodes(facts),
            *_changes(facts),
            *_goals(facts),
            *_money(facts),
        )
    ]
    return tuple(sorted(found, key=lambda each: weight(each.code))) or (event("quiet", {}),)


Told = tuple[str, dict[str, Value]]


def _falls(facts: Facts) -> Iterator[Told]:
    unit, limit = facts.unit, facts.limit
    since = str(unit.since)
    if limit is not None and limit.broken:
        words = texts().words["reset" if unit.next_reset else "no_reset"]
        day = str(unit.next_reset)
        yield (
            "limit_broken",
            {
                "since": since,
                "deepest": unit.deepest,
                "limit": limit.limit,
                "next_zh": words.zh.format(day=day),
                "next_en": words.en.format(day=day),
            },
        )
    elif limit is not None and unit.drawdown > 0.5 * limit.limit:
        yield (
            "drawdown_half_limit",
            {
                "since": since,
                "drawdown": unit.drawdown,
                "limit": limit.limit,
                "left": limit.left,
            },
        )
    elif unit.drawdown >= _FALL:
        yield "fall", {"since": since, "drawdown": unit.drawdown}
    if unit.since > facts.start:
        yield "peak_reset", {"since": since}


def _episodes(facts: Facts) -> Iterator[Told]:
    """Yield named episodes that have begun and not ended, as far as today's levels tell them."""
    for each in facts.episodes:
        if not each.start < facts.as_of <= each.end or facts.market.as_of <= each.start:
            continue
        held = [a for a in facts.market.asset_ids if facts.hold.get(a, 0.0) > 0.0]
        _, gross = levels_of(facts.market, held).growth(each.start, facts.as_of)
        mix = np.array([facts.hold[a] for a in held])
        value = np.append(1.0, np.cumprod(gross, axis=0) @ mix / mix.sum())
        yield (
            "episode_under_way",
            {
                "name_zh": each.name_zh,
                "name_en": each.name_en,
                "start": str(each.start),
                "loss": float((1.0 - value / np.maximum.accumulate(value)).max()),
                "drawdown": facts.unit.drawdown,
            },
        )


def _changes(facts: Facts) -> Iterator[Told]:
    if facts.changed:
        words = [texts().words[each] for each in facts.changed]
        yield (
            "facts_changed",
            {
                "what_zh": "、".join(word.zh for word in words),
                "what_en": ", ".join(word.en for word in words),
            },
        )


def _goals(facts: Facts) -> Iterator[Told]:
    for name in facts.paid:
        yield "goal_paid", {"goal": name}
    for goal in facts.goals:
        now = goal.now.value
        if goal.then is None:
            yield "goal_added", {"goal": goal.name, "now": now}
        elif abs(now - goal.then.value) >= _CHANGED:
            fell = now < goal.then.value
            main = (min if fell else max)(goal.reasons, key=lambda each: each.change)
            why = texts().words[main.code]
            up = "goal_ahead" if now >= goal.wanted_probability else "goal_up"
            yield (
                "goal_behind" if fell else up,
                {
                    "wanted": goal.wanted_probability,
                    "goal": goal.name,
                    "now": now,
                    "then": goal.then.value,
                    "months": goal.months,
                    "why_zh": why.zh,
                    "why_en": why.en,
                },
            )
        if goal.months <= _NEAR:
            yield "goal_near", {"goal": goal.name, "months": goal.months, "now": now}


def _money(facts: Facts) -> Iterator[Told]:
    paid, planned = facts.wealth.paid_in, facts.wealth.planned_in
    if abs(paid - planned) > _APART * max(planned, 1.0):
        words: dict[str, Value] = {"paid": paid, "planned": planned, "gap": abs(paid - planned)}
        yield "paid_in_less" if paid < planned else "paid_in_more", words
