"""No is an answer: infeasible, unbounded, wrong input and solver failure are told apart."""

import numpy as np
import pytest
from goalplan.engine.errors import RequestError, SolverError
from goalplan.engine.risk import (
    Constraints,
    Limit,
    Measure,
    conic,
    linear,
    maximise_return,
    minimise_risk,
    oracle,
    simplex,
    solve,
)
from goalplan.engine.risk.master import Point
from goalplan.engine.risk.oracle import Reference
from goalplan.scenarios.errors import DataError

NAMES = tuple("abcdef")


@pytest.fixture
def least(market):
    return minimise_risk("cvar", market).value


def test_a_limit_below_the_least_is_refused_with_the_least(market, least):
    found = maximise_return(market, [Limit(name="tail", measure="cvar", at_most=0.9 * least)])
    assert found.status == "infeasible"
    assert found.least == {"tail": pytest.approx(least, rel=1e-7)}
    assert "'tail' asks for" in found.reason
    assert found.weights.size == 0
    assert np.isnan(found.value)


@pytest.mark.parametrize("kind", ["cvar", "cdar", "max_drawdown", "variance"])
def test_the_least_itself_is_feasible_and_a_little_less_is_not(market, kind):
    lowest = minimise_risk(kind, market)
    at_end = maximise_return(market, [Limit(measure=kind, at_most=lowest.value * (1.0 + 1e-7))])
    assert at_end.status == "optimal"
    assert at_end.value == pytest.approx(lowest.expected_return, rel=0.02)
    below = maximise_return(market, [Limit(measure=kind, at_most=lowest.value * (1.0 - 1e-4))])
    assert below.status == "infeasible"


def test_a_target_that_cannot_be_reached_names_the_highest(market):
    highest = float(market.mean(axis=0).max())
    found = minimise_risk("cvar", market, target_return=1.1 * highest)
    assert found.status == "infeasible"
    assert found.least == {"target_return": pytest.approx(highest)}
    assert minimise_risk("cvar", market, target_return=highest).status == "optimal"


def test_limits_that_conflict_with_one_another(market):
    """Least variance wants the calm asset, and the shock hurts that one alone."""
    shock = np.array([[-0.5, 0.0, 0.0, 0.0, 0.0, 0.0]])
    variance = minimise_risk("variance", market).value
    limits = [
        Limit(name="calm", measure="variance", at_most=1.1 * variance),
        Limit(name="shock", measure="max_drawdown", at_most=0.01, scenarios=shock),
    ]
    found = maximise_return(market, limits)
    assert found.status == "infeasible"
    assert found.least["calm"] > 1.1 * variance
    assert found.least["shock"] > 0.01
    without = maximise_return(market, limits[:1])
    assert without.status == "optimal"
    assert without.risks["calm"] <= 1.1 * variance


def test_three_limits_of_which_two_conflict(market, least):
    limits = [
        Limit(name="low", measure="cvar", at_most=0.5 * least),
        Limit(name="lower", measure=Measure(kind="cvar", confidence=0.9), at_most=1e-5),
        Limit(name="easy", measure="max_drawdown", at_most=0.9),
    ]
    found = maximise_return(market, limits)
    assert found.status == "infeasible"
    assert found.least["low"] == pytest.approx(least, rel=1e-7)
    assert "conflict" in found.reason


def test_rows_without_a_portfolio(market):
    found = minimise_risk(
        "cvar", market, constraints=Constraints(assets=NAMES, rows=("a + b >= 0.6", "a + b <= 0.5"))
    )
    assert found.status == "infeasible"
    assert "rows leave no portfolio" in found.reason
    assert not found.least


def test_without_bounds_a_return_is_unbounded(market):
    free = Constraints(lower=-np.inf, upper=np.inf)
    assert maximise_return(market, constraints=free).status == "unbounded"
    limited = maximise_return(market, [Limit(measure="variance", at_most=1e-4)], constraints=free)
    assert limited.status == "optimal"


def test_an_arbitrage_has_unbounded_cvar():
    returns = np.array([[0.01, 0.0], [0.02, 0.0], [0.03, 0.0]])
    found = minimise_risk("cvar", returns, constraints=Constraints(lower=-np.inf, upper=np.inf))
    assert found.status == "unbounded"


WRONG = [
    ({"measure": "sharpe"}, RequestError, "measure: 'sharpe' is unknown"),
    (
        {"constraints": Constraints(lower=0.3, upper=0.2)},
        RequestError,
        "asset0: the lowest weight 0.3 is above",
    ),
    (
        {"constraints": Constraints(rows=("gold <= 1",))},
        RequestError,
        "'gold' is neither an asset nor a group",
    ),
    ({"constraints": Constraints(assets=("a",))}, RequestError, "assets: 1 names"),
    ({"constraints": Constraints(max_turnover=0.1)}, RequestError, "previous: missing"),
    ({"constraints": Constraints(previous=np.zeros(6), max_turnover=-1.0)}, RequestError, "max_turnover: -1"),
    ({"constraints": Constraints(previous=np.zeros(6), trading_cost=-1.0)}, RequestError, "trading_cost: -1"),
    ({"constraints": Constraints(min_esg=3.0)}, RequestError, "esg: missing"),
    (
        {"constraints": Constraints(min_esg=3.0, esg=[1, 2, 3, 4, 5, np.nan])},
        RequestError,
        "esg: .* not a number",
    ),
    ({"constraints": Constraints(budget=np.nan)}, RequestError, "budget: nan"),
    ({"constraints": Constraints(upper=[1.0, 2.0])}, RequestError, r"upper: shape \(2,\)"),
    (
        {"constraints": Constraints(groups={"g": ("z",)})},
        RequestError,
        r"groups\['g'\]: \['z'\] are no assets",
    ),
    ({"constraints": Constraints(cap=0.2, exempt=("z",))}, RequestError, r"exempt: \['z'\] are no assets"),
    ({"constraints": Constraints(assets=NAMES, groups={"a": ("b",)})}, RequestError, "'a' is also an asset"),
    (
        {"constraints": Constraints(assets=NAMES, rows=("a <= 1", "a <= 1"))},
        RequestError,
        "stand there twice",
    ),
    ({"measure": "tracking_error"}, RequestError, "needs constraints.benchmark"),
    ({"mean": [0.1]}, RequestError, r"mean: shape \(1,\)"),
    ({"target_return": np.nan}, RequestError, "target_return: nan"),
    (
        {"limits": [Limit(measure="max_drawdown", at_most=1.0)]},
        RequestError,
        "at_most is 1.0; give 0 up to but not 1",
    ),
    (
        {"limits": [Limit(measure="variance", at_most=-1.0)]},
        RequestError,
        "at_most is -1.0; give a number, 0 or more",
    ),
    (
        {"limits": [Limit(measure="cvar", at_most=0.1)] * 2},
        RequestError,
        r"\['cvar 95 %'\] stand there twice",
    ),
    ({"limits": [Limit(measure="cvar", at_most=0.1, scenarios=np.zeros((3, 2)))]}, RequestError, "2 assets"),
    (
        {"limits": [Limit(measure="cvar", at_most=0.1, probabilities=[1.0])]},
        RequestError,
        "without scenarios",
    ),
    ({"probabilities": [0.5, 0.5]}, DataError, r"probabilities of shape \(2,\)"),
    ({"probabilities": np.full(400, 0.1)}, DataError, "sum to 40"),
]


@pytest.mark.parametrize(("given", "kind", "message"), WRONG)
def test_wrong_input_is_named(market, given, kind, message):
    with pytest.raises(kind, match=message):
        minimise_risk(**{"measure": "cvar", "scenarios": market, **given})


def test_wrong_scenarios_are_named(market):
    broken = market.copy()
    broken[7, 2] = np.nan
    with pytest.raises(DataError, match=r"the return at \(7, 2\) is nan"):
        minimise_risk("cvar", broken)
    with pytest.raises(DataError, match=r"shape \(6,\)"):
        minimise_risk("cvar", market[0])
    with pytest.raises(RequestError, match=r"cvar reads scenarios \(S, N\), these are paths"):
        minimise_risk("cvar", market.reshape(20, 20, 6))


class Broken:
    """A master solver that gives up."""

    def __init__(self, master, precision=0.0):
        self.master = master

    def sync(self):
        pass

    def solve(self, cost, lower, upper):
        none = np.empty(0)
        return Point(status="numerical trouble", variables=none, rows=none, cuts=none, tight=none > 0.0)


def test_every_attempt_is_recorded(market, monkeypatch):
    plain = minimise_risk("cvar", market)
    tried = [("SimplexSolver", simplex.NAME), ("LinearSolver", linear.NAME), ("ConicSolver", conic.NAME)]
    for failed, (kind, name) in enumerate(tried):
        found = minimise_risk("cvar", market)
        assert [a.outcome for a in found.attempts] == ["numerical trouble"] * failed + ["optimal"]
        assert found.attempts[-1].solver == f"cutting planes, {name}"
        assert found.value == pytest.approx(plain.value, rel=2e-8)
        monkeypatch.setattr(solve, kind, Broken)
    found = minimise_risk("cvar", market)
    assert [a.outcome for a in found.attempts] == ["numerical trouble"] * 3 + ["optimal"]
    assert found.attempts[-1].solver == oracle.NAME
    assert found.value == pytest.approx(plain.value, rel=1e-7)
    failed = Reference(status="failed", weights=np.empty(0), optimum=np.nan)
    monkeypatch.setattr(oracle, "solve_in_full", lambda problem: failed)
    with pytest.raises(SolverError, match=r"numerical trouble after 1.*failed after 1"):
        minimise_risk("cvar", market)


def test_our_simplex_alone_is_not_believed_that_nothing_is_feasible(market):
    found = minimise_risk("cvar", market, target_return=1.0)
    assert [(a.solver, a.outcome) for a in found.attempts] == [
        (f"cutting planes, {simplex.NAME}", "infeasible"),
        (f"cutting planes, {linear.NAME}", "infeasible"),
    ]
