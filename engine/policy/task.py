"""The policy task: one checked value with everything a policy is made for."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from .backward import DrawdownState, Problem
from .deep_falls import deep_falls
from .goals import PolicyGoal, plain_goal
from .lattice import FEWEST, Lattice, Span, choose_lattice, on_node, reach, wealth_span
from .menus import Menu
from .moves import edge_tables, laws

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTask:
    """What a policy is made for: menu, money, goals and limit. The parameters are those of `solve_policy`.

    The same task is solved by the dynamic policy (`solve_task`) and by the two that firms can explain by date
    alone (`best_glide_path`, `best_fixed_mix`), so that the three compare like with like.

    Raises
    ------
    ValueError
        One sentence naming the argument, its value and what is allowed.

    """

    menu: Menu | Sequence[Menu]
    wealth: float
    steps: int
    step_years: float
    goals: Sequence[PolicyGoal]
    flows: FloatArray | None = None
    ruin: str = "absorbing"
    shortfall_aversion: float = 0.0
    drawdown_limit: float | None = None
    confidence: float = 0.95
    reset_every: int | None = None
    age: int = 0
    drawdown: float = 0.0
    worst_loss: FloatArray | None = None
    stress_floor: float | None = None
    tolerance: float = 0.005
    spacing: float | None = None
    money: FloatArray = field(init=False, repr=False)
    menus: tuple[Menu, ...] = field(init=False, repr=False)
    law: NDArray[np.int64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        given = (self.menu,) if isinstance(self.menu, Menu) else tuple(self.menu)
        money = np.zeros(self.steps + 1) if self.flows is None else np.array(self.flows, dtype=np.float64)
        _check(self, given, money)
        law, distinct = _laws(given, self.steps)
        money.flags.writeable = law.flags.writeable = False
        for name, value in (
            ("goals", tuple(self.goals)),
            ("money", money),
            ("menus", distinct),
            ("law", law),
        ):
            object.__setattr__(self, name, value)

    @property
    def size(self) -> int:
        """Number of portfolios K."""
        return self.menus[0].size

    @property
    def allowance(self) -> float:
        """Probability a window, at most, of breaking the limit."""
        return 1.0 - self.confidence

    @property
    def ranked(self) -> bool:
        """True where priorities are given: the objective is then tolerance-lexicographic."""
        return any(g.priority is not None for g in self.goals)

    @property
    def resets(self) -> NDArray[np.bool_]:
        """(T+1,) True in the steps that start a new window."""
        reset = np.zeros(self.steps + 1, dtype=np.bool_)
        if self.reset_every:
            reset[self.reset_every - self.age : self.steps : self.reset_every] = True
        return reset

    def problem(self, spacing: float | None, *, limited: bool) -> Problem:
        """Lay the task out on a lattice of `spacing`, with the drawdown state if `limited`."""
        moments = [menu.log_moments(self.step_years) for menu in self.menus]
        span = wealth_span(moments, self.wealth, self.money, self.goals)
        start, state, edges = float(self.wealth + self.money[0]), None, np.zeros((0, 0, 0, 0))
        if limited and spacing is not None:
            lattice, state = _drawdown_lattice(self, span, start, spacing)
        else:
            tracked = not plain_goal(self.goals, self.shortfall_aversion)
            lattice = choose_lattice(span, start, spacing, tracked=tracked)
        stencils, moves = laws(self.menus, self.step_years, lattice.spacing)
        if state is not None:
            tables = [
                edge_tables(menu, stencil, self.step_years, lattice.spacing, state.rows)
                for menu, stencil in zip(self.menus, stencils, strict=True)
            ]
            edges = np.stack(tables)
            deep = deep_falls(
                self.menus, stencils, self.law, self.resets, self.step_years, lattice.spacing, state.rows,
                float(self.drawdown_limit or 0.0),
            )  # fmt: skip
            state = replace(state, deep=deep)
        return Problem(
            menus=self.menus,
            law=self.law,
            stencils=stencils,
            moves=moves,
            edges=edges,
            step_years=self.step_years,
            wealth=float(self.wealth),
            flows=self.money,
            goals=tuple(self.goals),
            absorbing=self.ruin == "absorbing",
            shortfall_aversion=self.shortfall_aversion,
            lattice=lattice,
            reach=reach(lattice, span, self.money, self.goals),
            drawdown=state,
        )


def _laws(menus: tuple[Menu, ...], steps: int) -> tuple[NDArray[np.int64], tuple[Menu, ...]]:
    """Index of the menu that rules each step, and the distinct menus."""
    if len(menus) == 1:
        return np.zeros(steps, dtype=np.int64), menus
    distinct: list[Menu] = []
    law = np.zeros(steps, dtype=np.int64)
    for t, menu in enumerate(menus):
        known = [i for i, m in enumerate(distinct) if m is menu]
        law[t] = known[0] if known else len(distinct)
        if not known:
            distinct.append(menu)
    return law, tuple(distinct)


def _drawdown_lattice(
    task: PolicyTask, span: Span, start: float, spacing: float
) -> tuple[Lattice, DrawdownState]:
    """Lattice on which the limit lies half-way between two states; finer than asked where that leaves few cells."""
    assert task.drawdown_limit is not None
    depth, spacing = -np.log1p(-task.drawdown_limit), min(spacing, (span.top - span.bottom) / FEWEST)
    rows = max(int(np.rint(depth / spacing + 0.5)), 2)
    spacing = float(depth / (rows - 0.5))
    size = int(np.ceil((span.top - span.bottom) / spacing)) + 1
    lattice = on_node(Lattice(origin=span.bottom, spacing=spacing, size=max(size, 12)), start)
    admissible = np.ones((rows, task.size), dtype=np.bool_)
    if task.stress_floor is not None and task.worst_loss is not None:
        kept = np.exp(-spacing * np.arange(rows))
        loss = np.asarray(task.worst_loss)
        admissible = kept[:, None] * (1.0 - loss[None, :]) >= 1.0 - task.stress_floor
        admissible[:, 0] = True
    now = int(np.clip(np.rint(-np.log1p(-task.drawdown) / spacing), 0, rows - 1))
    return lattice, DrawdownState(
        rows=rows,
        now=now,
        reset=task.resets,
        admissible=admissible,
        deep=np.zeros((task.steps, task.size, rows)),
    )


def _check(task: PolicyTask, menus: tuple[Menu, ...], flows: FloatArray) -> None:
    if task.steps < 1 or not task.step_years > 0.0:
        raise ValueError(
            f"steps {task.steps} and step_years {task.step_years} must be at least 1 and positive"
        )
    if len(menus) not in (1, task.steps) or len({m.size for m in menus}) != 1:
        raise ValueError(f"menu: give one menu or one per step ({task.steps}), all of the same size")
    if flows.shape != (task.steps + 1,) or not np.all(np.isfinite(flows)):
        raise ValueError(
            f"flows has shape {flows.shape}; give {task.steps + 1} finite numbers, t = 0..{task.steps}"
        )
    if not (np.isfinite(task.wealth) and task.wealth >= 0.0):
        raise ValueError(f"wealth is {task.wealth}; give a finite amount, not negative")
    if task.wealth + np.maximum(flows, 0.0).sum() <= 0.0:
        raise ValueError("wealth and flows: there is no money at any time; give a positive wealth or inflow")
    if not task.goals and not np.any(flows < 0.0):
        raise ValueError("goals: give at least one goal, or a mandatory outflow to survive")
    for goal in task.goals:
        if not 0 <= goal.step <= task.steps:
            raise ValueError(f"goals: step {goal.step} is outside 0..{task.steps}")
    if task.ruin not in ("absorbing", "survivable"):
        raise ValueError(f"ruin is {task.ruin!r}; choose 'absorbing' or 'survivable'")
    limit = task.drawdown_limit
    if limit is not None and not 0.0 < limit < 1.0:
        raise ValueError(f"drawdown_limit is {limit}; give a fraction between 0 and 1, such as 0.12")
    if not 0.0 < task.confidence < 1.0:
        raise ValueError(f"confidence is {task.confidence}; give a probability between 0 and 1, such as 0.95")
    if limit is not None and not 0.0 <= task.drawdown < limit:
        raise ValueError(f"drawdown is {task.drawdown}; it must be at least 0 and below the limit {limit}")
    if task.reset_every is not None and task.reset_every < 1:
        raise ValueError(f"reset_every is {task.reset_every}; give a number of steps of at least 1, or None")
    if not 0 <= task.age < (task.reset_every or 1):
        raise ValueError(
            f"age is {task.age}; give the steps of the first window that are gone, below reset_every"
        )
    if (task.stress_floor is None) != (task.worst_loss is None):
        raise ValueError("stress_floor and worst_loss belong together: give both or neither")
    if task.worst_loss is not None and np.shape(task.worst_loss) != (menus[0].size,):
        raise ValueError(
            f"worst_loss has shape {np.shape(task.worst_loss)}; give one loss per portfolio, {menus[0].size}"
        )
    if task.tolerance < 0.0:
        raise ValueError(f"tolerance is {task.tolerance}; give a probability of at least 0, such as 0.005")
    if task.shortfall_aversion < 0.0:
        raise ValueError(f"shortfall_aversion is {task.shortfall_aversion}; give a number of at least 0")
    if task.spacing is not None and not task.spacing > 0.0:
        raise ValueError(f"spacing is {task.spacing}; give a positive log-wealth step, or None")
