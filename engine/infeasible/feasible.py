"""Whether a request can be met: the question that the deletion filter and the repairs ask again and again."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from ...scenarios.market import Market
from ..calibrate import calibrated
from ..follow import SOLVERS, SPACING, UNBOUND, lattice_probability, policy_task
from ..request import PlanRequest
from ..serve import Served, emphasis, serve, serve_required
from ..setting import NoPlan, Setting, has_portfolio, prepare
from ..suitability.firm import Firm

FloatArray = NDArray[np.float64]

_FAR = 4.0  # standard errors by which the plan's own policy cannot do better than one made for the required goals


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
    _margin: float = 0.0
    _ratio: float = 1.0

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
            self._served[key] = None if setting is None else _best(setting)
        return self._served[key]

    def learn(self, request: PlanRequest) -> None:
        """Remember how far the lattice's probabilities are off, and how far the working limit lies inside."""
        served = self.served(request)
        if served is None or not served.missed:
            return
        limit, working = request.limits.max_drawdown, served.solved.working_limit
        self._ratio = working / limit if limit and working and working < UNBOUND else 1.0
        lattice = self._lattice(served.setting)
        if lattice is None:
            return
        self._margin = min(share - float(lattice[g]) for g, share in served.missed.items())

    def likely(self, request: PlanRequest) -> bool:
        """`holds` on the lattice alone, for a search: some ten times quicker, and not to be relied on."""
        if not self.portfolios(request):
            return False
        setting = self._setting(request)
        if setting is None:
            return False
        shares = self._lattice(replace(setting, emphasis=emphasis(request)))
        if shares is None:
            return False
        goals = zip(request.goals, shares + self._margin, strict=True)
        return all(p >= goal.wanted_probability for goal, p in goals if goal.required)

    def _lattice(self, setting: Setting) -> FloatArray | None:
        """(n_goals,) probabilities on a lattice twice as coarse as a plan's; None if the limit cannot be kept there."""
        limit = setting.request.limits.max_drawdown
        task = policy_task(setting, limit * self._ratio if limit else None)
        policy = SOLVERS[setting.request.policy](replace(task, spacing=2.0 * SPACING))
        return lattice_probability(setting, policy.probability) if policy.feasible else None

    def _setting(self, request: PlanRequest) -> Setting | None:
        try:
            return prepare(request, self.market, self.seed, self.paths, self.firm)
        except NoPlan:
            return None


def _needs_paths(request: PlanRequest) -> bool:
    return request.limits.max_drawdown is not None or any(goal.required for goal in request.goals)


def _best(setting: Setting) -> Served:
    """The answer that `serve` gives, asked in the order that settles most requests at once."""
    kind = setting.request.policy
    if not any(goal.required for goal in setting.request.goals):
        return Served(setting=setting, solved=calibrated(setting, kind), missed={})
    served = serve_required(setting, kind)
    wanted = setting.wanted
    far = any(
        wanted[g] - share > _FAR * float(np.sqrt(wanted[g] * (1.0 - wanted[g]) / setting.paths))
        for g, share in served.missed.items()
    )
    return served if served.feasible or not served.solved.kept or far else serve(setting, kind)
