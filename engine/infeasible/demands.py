"""The demands of a request: everything in it that may stand in the way of a plan, each of which can be eased."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import ValidationError

from ..errors import RequestError
from ..overrides import override
from ..request import Limits, PlanRequest
from ..suitability.gate import Gate
from .types import Wish

Table = dict[str, Any]
Lever = Literal["limit", "probability", "contribution", "date", "amount", "risk_level"]

LOSS_STEP = 0.005
WEIGHT_STEP = 0.01
PROBABILITY_STEP = 0.01
_MOST_LOSS, _MOST_DRAWDOWN, _LEAST_PROBABILITY = 0.95, 0.5, 0.05
LEVELS = ("C1", "C2", "C3", "C4", "C5")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ladder:
    """Values from `now` on towards what is easier, multiples of `step`; rung 0 is `now`.

    `write` turns a value into the assignment that `--set` takes.
    """

    lever: Lever
    key: str
    name: str
    now: Wish
    step: float
    rungs: int
    value: Callable[[int], Wish]
    write: Callable[[Wish], str]
    code: str

    @property
    def end(self) -> Wish:
        """The last value."""
        return self.value(self.rungs)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A demand: how it is eased, and how it is left out altogether."""

    ladder: Ladder
    drop: Callable[[Table], None]
    on_paths: bool = False

    @property
    def key(self) -> str:
        """Where it stands in the request."""
        return self.ladder.key


def table_of(request: PlanRequest) -> Table:
    """The request as the nested table that it could have been read from."""
    table: Table = request.model_dump()
    table["goals"] = list(table["goals"])
    for goal in table["goals"]:
        if goal.get("price") is not None:
            del goal["amount"]  # it follows from the price
    return table


def eased(request: PlanRequest, assignment: str) -> PlanRequest | None:
    """The request with one assignment made; None if the result is no valid request."""
    table = table_of(request)
    try:
        override(table, assignment)
        return PlanRequest.model_validate(table)
    except (ValidationError, RequestError):
        return None


def effective(request: PlanRequest, gate: Gate) -> PlanRequest:
    """The request without bounds of assets that the gate has closed: they bind nothing, and a review is due on them."""
    bounds = {name: ends for name, ends in request.limits.bounds.items() if name in gate.products}
    return request.model_copy(update={"limits": request.limits.model_copy(update={"bounds": bounds})})


def demands(request: PlanRequest) -> tuple[Wanted, ...]:
    """Every demand of a request; what is not the client's own words first, so that it is left out if it can be."""
    limits = request.limits
    found = [*_level(request), *_weights(limits), *_losses(limits)]
    found += [_goal(request, number) for number, goal in enumerate(request.goals) if goal.required]
    return tuple(found)


def numbers(now: float, step: float, end: float) -> tuple[int, Callable[[int], float]]:
    """Number of multiples of `step` strictly beyond `now` up to `end`, and the n-th of them."""
    up = end > now
    first = math.floor(now / step + 1e-9) if up else math.ceil(now / step - 1e-9)
    last = round(end / step)

    def value(n: int) -> float:
        return now if n == 0 else round((first + n if up else first - n) * step, 10)

    return max(abs(last - first), 0), value


def scaled(
    lever: Lever, key: str, name: str, now: float, step: float, end: float, code: str,
    write: Callable[[float], str] | None = None,
) -> Ladder:  # fmt: skip
    """Ladder of a number that an assignment sets."""
    rungs, value = numbers(now, step, end)
    return Ladder(
        lever=lever,
        key=key,
        name=name,
        now=now,
        step=step,
        rungs=rungs,
        value=value,
        write=lambda wish: write(float(wish)) if write else f"{key}={float(wish)!r}",
        code=code,
    )


def _forget(*fields: str) -> Callable[[Table], None]:
    return lambda table: table["limits"].update(dict.fromkeys(fields))


def _losses(limits: Limits) -> Iterator[Wanted]:
    def without(name: str) -> Callable[[Table], None]:
        def drop(table: Table) -> None:
            table["limits"]["stress"].pop(name, None)
            if not table["limits"]["stress"]:
                table["limits"]["stress_floor"] = None

        return drop

    for name, most in limits.stress.items():
        ladder = scaled("limit", f"limits.stress.{name}", name, most, LOSS_STEP, _MOST_LOSS, "demand_stress")
        yield Wanted(ladder=ladder, drop=without(name))
    if limits.cvar is not None:
        ladder = scaled("limit", "limits.cvar", "cvar", limits.cvar, LOSS_STEP, _MOST_LOSS, "demand_cvar")
        yield Wanted(ladder=ladder, drop=_forget("cvar"))
    for field in ("stress_floor", "max_drawdown"):
        now = getattr(limits, field)
        if now is None:
            continue
        ladder = scaled(
            "limit", f"limits.{field}", field, now, LOSS_STEP, max(_MOST_DRAWDOWN, now), f"demand_{field}"
        )
        yield Wanted(ladder=ladder, drop=_forget("stress_floor", field), on_paths=True)


def _weights(limits: Limits) -> Iterator[Wanted]:
    if limits.max_weight < 1.0:
        ladder = scaled(
            "limit",
            "limits.max_weight",
            "max_weight",
            limits.max_weight,
            WEIGHT_STEP,
            1.0,
            "demand_max_weight",
        )
        yield Wanted(ladder=ladder, drop=lambda table: table["limits"].update(max_weight=1.0))
    for field in ("bounds", "groups"):
        for name, ends in getattr(limits, field).items():
            yield from _ends(field, name, ends)
    for number, name in enumerate(limits.exclude):
        yield _exclusion(limits, number, name)
    if limits.min_esg is not None:
        ladder = scaled("limit", "limits.min_esg", "min_esg", limits.min_esg, 1.0, 0.0, "demand_min_esg")
        yield Wanted(ladder=ladder, drop=lambda table: table["limits"].update(min_esg=None))


def _ends(field: str, name: str, ends: tuple[float, float]) -> Iterator[Wanted]:
    """Lowest and highest weight of an asset or class, where each can bind."""
    for side, (word, free) in enumerate((("lowest", 0.0), ("highest", 1.0))):
        if ends[side] == free:
            continue

        def write(value: float, side: int = side) -> str:
            return f"limits.{field}.{name}={[value, ends[1]] if side == 0 else [ends[0], value]!r}"

        ladder = scaled(
            "limit", f"limits.{field}.{name}.{word}", name, ends[side], WEIGHT_STEP, free, f"demand_{word}",
            write,
        )  # fmt: skip

        def drop(table: Table, side: int = side, free: float = free) -> None:
            low, high = table["limits"][field][name]
            table["limits"][field][name] = (free, high) if side == 0 else (low, free)

        yield Wanted(ladder=ladder, drop=drop)


def _exclusion(limits: Limits, number: int, name: str) -> Wanted:
    rest = [other for other in limits.exclude if other != name]
    ladder = Ladder(
        lever="limit",
        key=f"limits.exclude.{number}",
        name=name,
        now=name,
        step=1.0,
        rungs=1,
        value=lambda n: "" if n else name,
        write=lambda _: f"limits.exclude={_listed(rest)}",
        code="demand_exclude",
    )

    def drop(table: Table) -> None:
        table["limits"]["exclude"] = tuple(other for other in table["limits"]["exclude"] if other != name)

    return Wanted(ladder=ladder, drop=drop)


def _listed(names: list[str]) -> str:
    return "[" + ", ".join('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names) + "]"


def _goal(request: PlanRequest, number: int) -> Wanted:
    goal = request.goals[number]
    key = f"goals.{number}"
    ladder = scaled(
        "probability", key, goal.name, goal.wanted_probability, PROBABILITY_STEP, _LEAST_PROBABILITY, "demand_goal",
        lambda value: f"{key}.wanted_probability={value!r}",
    )  # fmt: skip
    return Wanted(
        ladder=ladder,
        drop=lambda table: table["goals"][number].update(required=False),
        on_paths=True,
    )


def _level(request: PlanRequest) -> Iterator[Wanted]:
    ladder = level_ladder(request)
    if ladder is not None:
        yield Wanted(
            ladder=ladder,
            drop=lambda table: table["client"].update(
                risk_level="C5", lowest_class=False, questionnaire=None
            ),
        )


def level_ladder(request: PlanRequest) -> Ladder | None:
    """Higher risk levels of the client; none where a questionnaire or the lowest sub-class decides."""
    client = request.client
    if client.risk_level in (None, LEVELS[-1]) or client.questionnaire or client.lowest_class:
        return None
    assert client.risk_level is not None
    above = LEVELS[LEVELS.index(client.risk_level) :]
    return Ladder(
        lever="risk_level",
        key="client.risk_level",
        name="risk_level",
        now=client.risk_level,
        step=1.0,
        rungs=len(above) - 1,
        value=lambda n: above[n],
        write=lambda wish: f'client.risk_level="{wish}"',
        code="demand_risk_level",
    )
