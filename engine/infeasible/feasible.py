"""Whether a request can be met: the question that the deletion filter and the repairs ask again and again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...scenarios.market import Market
from ..calibrate import calibrated, validated_shares
from ..follow import SOLVERS, SPACING, UNBOUND, lattice_probability, policy_task
from ..request import PlanRequest
from ..serve import Served, emphasis, serve, serve_required
from ..setting import NoPlan, Setting, has_portfolio, prepare
from ..suitability.firm import Firm

FloatArray = NDArray[np.float64]

_FAR = 4.0  # standard errors by which the plan's own policy cannot do better than one made for the required goals
_OUT_OF_REACH = (
    0.1  # what a goal misses on the lattice where it is likely to miss by as much as `_FAR` on paths
)


@dataclass(slots=True, kw_only=True)
class Feasibility:
    """The answers for one market, seed, number of paths and firm; each request is solved once.

    `count` is the number of requests solved.
    """

    market: Market
    seed: int
    paths: int
    firm: Firm
    count: int = 0
    _served: dict[str, Served | None] = field(default_factory=dict)
    _open: dict[str, bool] = field(default_factory=dict)
    _shares: dict[str, FloatArray | None] = field(default_factory=dict)
    _margin: float = 0.0
    _allowance: float = 0.01

    def know(self, request: PlanRequest, served: Served) -> None:
        """Take over what `serve` has found for a request."""
        self._served[request.model_dump_json()] = served

    def holds(self, request: PlanRequest) -> bool:
        """Whether some policy of the request's kind keeps every limit and meets every required goal."""
        if not self.portfolios(request):
            return False
        if not _needs_paths(request):
            return True
        served = self.served(request)
        return served is not None and served.feasible

    def portfolios(self, request: PlanRequest) -> bool:
        """Whether some portfolio meets the gate and every limit that is not about paths."""
        key = request.model_dump_json()
        if key not in self._open:
            self.count += 1
            self._open[key] = has_portfolio(request, self.market, self.firm)
        return self._open[key]

    def served(self, request: PlanRequest) -> Served | None:
        """The policy that serves the required goals best; None without a portfolio."""
        key = request.model_dump_json()
        if key not in self._served:
            self.count += 1
            setting = self._setting(request)
            self._served[key] = None if setting is None else self._best(request, setting)
            if self._shares.get(key) is not None:
                self._learn_margin(request, key)
        return self._served[key]

    def learn(self, request: PlanRequest) -> None:
        """Remember how far the lattice's probabilities are off, and what share of breaches the lattice is left."""
        served = self.served(request)
        if served is None or not served.missed:
            return
        policy = served.solved.followed.policy
        self._allowance = UNBOUND if policy.task.drawdown_limit is None else policy.breach_probability
        self._shares.clear()  # they were counted at another allowance
        self.score(request)
        self._learn_margin(request, request.model_dump_json())

    def score(self, request: PlanRequest) -> float:
        """By how much the required goals are met on the lattice alone, at the least; below 0 where one is not.

        For a search: some twenty times quicker than `holds`, and not to be relied on.
        """
        key = request.model_dump_json()
        if key not in self._shares:
            setting = self._setting(request) if self.portfolios(request) else None
            self._shares[key] = (
                None if setting is None else self._lattice(replace(setting, emphasis=emphasis(request)))
            )
        return self._over(request, key)

    def _best(self, request: PlanRequest, setting: Setting) -> Served:
        """What `serve` gives; only where a goal is far out of reach the policy made for it alone will do to show it."""
        kind = setting.request.policy
        if not any(goal.required for goal in request.goals):
            return Served(setting=setting, solved=calibrated(setting, kind), missed={})
        if self.score(request) < -_OUT_OF_REACH:
            served, wanted = serve_required(setting, kind), setting.wanted
            error = np.sqrt(wanted * (1.0 - wanted) / setting.paths)
            if any(wanted[g] - share > _FAR * float(error[g]) for g, share in served.missed.items()):
                return served
        return serve(setting, kind)

    def _over(self, request: PlanRequest, key: str) -> float:
        shares = self._shares[key]
        if shares is None:
            return -math.inf
        goals = zip(request.goals, shares + self._margin, strict=True)
        return min(float(p) - goal.wanted_probability for goal, p in goals if goal.required)

    def _learn_margin(self, request: PlanRequest, key: str) -> None:
        """Keep the least excess of a required goal's validated probability over the lattice's."""
        served, shares = self._served[key], self._shares[key]
        if served is None or shares is None or not served.solved.kept:
            return
        found = served.missed or dict(enumerate(validated_shares(served.setting, served.solved)))
        self._margin = min(
            float(share - shares[g]) for g, share in found.items() if request.goals[g].required
        )

    def _lattice(self, setting: Setting) -> FloatArray | None:
        """(n_goals,) probabilities on a lattice twice as coarse as a plan's; None if the limit cannot be kept there."""
        task = policy_task(setting, self._allowance)
        policy = SOLVERS[setting.request.policy](replace(task, spacing=2.0 * (task.spacing or SPACING)))
        return lattice_probability(setting, policy.probability) if policy.feasible else None

    def _setting(self, request: PlanRequest) -> Setting | None:
        try:
            return prepare(request, self.market, self.seed, self.paths, self.firm)
        except NoPlan:
            return None


def _needs_paths(request: PlanRequest) -> bool:
    return request.limits.max_drawdown is not None or any(goal.required for goal in request.goals)
