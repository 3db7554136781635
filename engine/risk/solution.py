"""What a risk programme answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ._types import FloatArray

Status = Literal["optimal", "infeasible", "unbounded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Active:
    """A constraint that holds with equality.

    Attributes
    ----------
    name : str
        Of a row or a limit, or ``"<asset> >= bound"``, ``"<asset> <= bound"`` for a bound of a weight.
    bound : float
        In the units of the constraint.
    shadow_price : float
        Change of the programme's value per unit by which the bound is raised.
    """

    name: str
    bound: float
    shadow_price: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One solver that was tried.

    Attributes
    ----------
    solver : str
    outcome : str
        How it ended.
    rounds : int
        Problems it solved.
    """

    solver: str
    outcome: str
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solution:
    """Answer to a risk programme.

    Attributes
    ----------
    status : {"optimal", "infeasible", "unbounded"}
    reason : str
        One sentence; empty if optimal.
    weights : (N,), or empty if there are none
    value : float
        Of the objective, recomputed in numpy from the weights; NaN without weights.
    bound : float
        No feasible portfolio has a value below (above, for `maximise_return`) this.
    gap : float
        Distance of `value` and `bound`, relative to the value.
    expected_return : float
        Per step, net of trading cost.
    turnover, trading_cost : float
        Against the previous weights; 0 without them.
    risks : mapping of name to float
        Every limited measure, recomputed in numpy.
    active : tuple of Active
    least : mapping of name to float
        If infeasible: for each limit, the least value of its measure that the other constraints leave (or,
        where those conflict among themselves, that the linear constraints leave), and for a target that
        cannot be reached the highest return.
    iterations : int
        Master problems solved.
    attempts : tuple of Attempt
        Every solver that was tried, in order.
    """

    status: Status
    reason: str
    weights: FloatArray
    value: float
    bound: float
    gap: float
    expected_return: float
    turnover: float
    trading_cost: float
    risks: Mapping[str, float]
    active: tuple[Active, ...]
    least: Mapping[str, float]
    iterations: int
    attempts: tuple[Attempt, ...]
