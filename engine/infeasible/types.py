"""What a plan says where it cannot be made: the conflicting demands by name, and the repairs."""

from typing import Literal

from ...goals.edge import EdgeModel
from ..findings import Text

Wish = float | str


class Demand(EdgeModel):
    """One member of a conflict.

    Attributes
    ----------
    key
        Where it stands in the request, as `--set` takes it (``limits.stress.2008``); the two ends of a bound
        are told apart by ``.lowest`` and ``.highest``, and a required goal is ``goals.0``.
    name
        The goal's name as the client says it; the key's last word for a limit.
    asked
        What the request asks for: of a goal, the probability.
    attainable
        What it could be at best if the other members stand: the least limit or weight that can be kept, the highest
        probability. None where only leaving it out will do.
    text
        The demand as a sentence.

    """

    key: str
    name: str
    asked: Wish
    attainable: Wish | None = None
    text: Text


class Conflict(EdgeModel):
    """Demands that cannot be met together, while any all but one of them can.

    Attributes
    ----------
    demands
        A minimal set, found by a deletion filter.
    sample
        ``"portfolios"``: no portfolio meets them, decided by convex programmes to `tolerance` of a weight or a loss.
        ``"validation"``: no policy meets them on the validation paths of the plan's seed; `tolerance` is then the
        binomial standard error of the share of paths at stake.
    tolerance
        See `sample`.

    """

    demands: tuple[Demand, ...]
    sample: Literal["portfolios", "validation"]
    tolerance: float


class Repair(EdgeModel):
    """The smallest change of one kind that makes the plan feasible, everything else unchanged.

    Attributes
    ----------
    lever
        What is changed.
    key
        Where it stands in the request.
    now, value
        Before and after. `value` was solved again and found feasible; None where no value up to `searched_to` is.
    step
        Values are multiples of it (of months for a date, of levels for the client's risk level).
    just_short
        The value one step before `value`, solved again and found infeasible; `now` if that is it.
    searched_to
        Last value tried.
    assignment
        The change as `goalplan plan --set` takes it; None without a value.
    text
        The repair as a sentence.

    """

    lever: Literal["limit", "probability", "contribution", "date", "amount", "risk_level"]
    key: str
    now: Wish
    value: Wish | None = None
    step: float
    just_short: Wish | None = None
    searched_to: Wish
    assignment: str | None = None
    text: Text
