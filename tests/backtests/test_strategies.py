"""What each strategy decides, on histories where the answer is known."""

import datetime as dt
import sys
import types

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from goalplan.backtests.strategies import Cppi, DrawdownControl
from goalplan.engine.risk import Constraints, Measure, minimise_risk
from scipy.cluster.hierarchy import linkage, to_tree
from scipy.spatial.distance import squareform

START = dt.date(2010, 6, 1)


@pytest.fixture(scope="module")
def market(make_market, random_levels):
    levels = random_levels(900, 4, seed=31)
    levels[:300, 3] = np.nan
    return make_market(levels, ids=["stock", "bond", "cn_cash", "late"])


def run(market, strategy, **settings):
    return walk_forward(BacktestConfig(**{"start": START, "strategy": strategy, **settings}), market)


def test_fixed_weights_share_out_what_is_not_eligible(market):
    result = run(market, {"kind": "fixed_weights", "weights": {"stock": 0.3, "late": 0.5}})
    assert result.asset_ids == ("stock", "late")
    assert result.targets[0] == pytest.approx([0.8, 0.0])
    assert result.targets[-1] == pytest.approx([0.3, 0.5])
    assert result.cash[-1] / result.wealth[-1] == pytest.approx(0.2, abs=0.01)


def test_equal_weight_counts_who_is_there(market):
    result = run(market, {"kind": "equal_weight"}, window={"lookback": 20})
    assert result.targets[0] == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0.0])
    late = market.days[319]  # the twentieth complete row
    joined = result.decision_dates[(result.targets > 0).all(axis=1)][0]
    assert joined == result.decision_dates[result.decision_dates >= late][0]
    assert result.targets[-1] == pytest.approx([0.25] * 4)


def test_sixty_forty_and_its_failing_side(market):
    mix = {"kind": "sixty_forty", "equity": {"stock": 2.0, "cn_cash": 1.0}, "bonds": {"late": 1.0}}
    result = run(market, mix)
    assert result.targets[-1] == pytest.approx([0.4, 0.2, 0.4])
    failed = [event for event in result.events if event.code == "decision_failed"]
    assert failed[0].date == dt.date(2010, 6, 1)
    assert "no asset of one side" in failed[0].text()
    assert result.weights[5].sum() == 0.0  # nothing held before, so still in cash


def test_glide_path_slopes_down(market):
    path = {
        "kind": "glide_path", "equity": {"stock": 1.0}, "bonds": {"bond": 1.0}, "target": "2012-06-01",
        "years": 1.0, "first": 0.8, "last": 0.2,
    }  # fmt: skip
    result = run(market, path)
    share = dict(zip(result.decision_dates.tolist(), result.targets[:, 0].tolist(), strict=True))
    assert share[dt.date(2010, 6, 1)] == 0.8
    assert share[dt.date(2012, 11, 30)] == 0.2
    left = (dt.date(2012, 6, 1) - dt.date(2011, 11, 30)).days / 365.25
    assert share[dt.date(2011, 11, 30)] == pytest.approx(0.2 + 0.6 * left)
    assert result.targets.sum(axis=1) == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["minimum_cvar", "minimum_cdar", "minimum_drawdown"])
def test_tail_risk_portfolios_are_those_of_the_engine(market, kind):
    result = run(market, {"kind": kind, "confidence": 0.9, "max_weight": 0.7}, end=dt.date(2011, 12, 30))
    measure = {"minimum_cvar": "cvar", "minimum_cdar": "cdar", "minimum_drawdown": "max_drawdown"}[kind]
    k = len(result.decision_dates) - 1
    row = int(np.searchsorted(market.days, result.decision_dates[k]))
    some = result.targets[k] > -1.0
    some[3] = row - 300 >= 252
    window = market.daily[row - 252 : row + 1, some]
    solution = minimise_risk(
        Measure(kind=measure, confidence=0.9),
        window[1:] / window[:-1] - 1.0,
        constraints=Constraints(upper=0.7),
    )
    assert result.targets[k][some] == pytest.approx(solution.weights, abs=1e-7)
    assert not [event for event in result.events if event.date > dt.date(2011, 3, 1)]


def hierarchical(returns):
    """Lopez de Prado 2016, single linkage: order by the tree, halve, divide by inverse variance."""
    S, C = np.cov(returns, rowvar=False), np.corrcoef(returns, rowvar=False)
    distance = np.sqrt(np.clip((1.0 - C) / 2.0, 0.0, 1.0))
    tree = linkage(squareform(distance, checks=False), "single", optimal_ordering=True)
    order = to_tree(tree).pre_order()
    weights, clusters = np.ones(len(S)), [order]

    def variance(items):
        inverse = 1.0 / np.diag(S)[items]
        inverse /= inverse.sum()
        return inverse @ S[np.ix_(items, items)] @ inverse

    while clusters:
        halves = [(c[: len(c) // 2], c[len(c) // 2 :]) for c in clusters if len(c) > 1]
        for left, right in halves:
            share = 1.0 - variance(left) / (variance(left) + variance(right))
            weights[left] *= share
            weights[right] *= 1.0 - share
        clusters = [half for pair in halves for half in pair]
    return weights


def test_hrp_is_the_published_algorithm(market):
    result = run(market, {"kind": "hrp"}, rebalance={"every": "quarterly"}, window={"lookback": 100})
    for decided, target in list(zip(result.decision_dates, result.targets, strict=True))[-3:]:
        row = int(np.searchsorted(market.days, decided))
        window = market.daily[row - 100 : row + 1]
        expected = hierarchical(window[1:] / window[:-1] - 1.0)
        assert target == pytest.approx(expected, abs=1e-6)


def test_cppi_exposure():
    rule = Cppi(risky={"kind": "equal_weight"}, floor=0.8, multiplier=3.0)
    assert rule.exposure(np.array([1.0]), 0.0) == pytest.approx(0.6)
    assert rule.exposure(np.array([1.0, 0.9]), 0.5) == pytest.approx(3.0 * (1.0 - 0.8 / 0.9))
    assert rule.exposure(np.array([1.0, 0.79]), 0.5) == 0.0
    assert rule.exposure(np.array([1.0, 2.0]), 0.5) == 1.0
    growing = rule.model_copy(update={"floor_growth": 0.1})
    assert growing.exposure(np.array([1.0, 1.0]), 1.0) == pytest.approx(3.0 * (1.0 - 0.88))
    ratchet = rule.model_copy(update={"ratchet": True})
    assert ratchet.exposure(np.array([1.0, 2.0, 1.8]), 1.0) == pytest.approx(3.0 * (1.0 - 1.6 / 1.8))


def test_drawdown_control_exposure():
    rule = DrawdownControl(risky={"kind": "equal_weight"}, limit=0.1, multiplier=5.0, window=2)
    assert rule.exposure(np.array([1.0]), 0.0) == pytest.approx(0.5)
    assert rule.exposure(np.array([1.0, 0.95]), 0.0) == pytest.approx(5.0 * 0.05 / 0.95)
    assert rule.exposure(np.array([1.0, 0.89]), 0.0) == 0.0
    assert rule.exposure(np.array([1.0, 0.5, 0.5]), 0.0) == pytest.approx(0.5)  # the old peak has rolled out


@pytest.mark.parametrize("kind", ["cppi", "drawdown_control"])
def test_insurance_follows_the_account(market, kind):
    result = run(market, {"kind": kind, "risky": {"kind": "sixty_forty", **SIDES}}, assets=ASSETS)
    rule = result.config.strategy
    rows = np.searchsorted(result.dates, result.decision_dates)
    days = (result.decision_dates - result.decision_dates[0]).astype(int)
    for k in range(len(rows)):
        # The decision sees the unit value before the trade at its own close; there is none at that close.
        share = rule.exposure(result.unit_values[: rows[k] + 1], days[k] / 365.25)
        assert result.targets[k] == pytest.approx([0.6 * share, 0.4 * share, 1.0 - share], abs=1e-12)


ASSETS = ("stock", "bond", "cn_cash")
SIDES = {"equity": {"stock": 1.0}, "bonds": {"bond": 1.0}}


def test_cppi_keeps_its_floor_when_it_may_trade_daily(market):
    strategy = {"kind": "cppi", "risky": {"kind": "sixty_forty", **SIDES}, "floor": 0.9, "multiplier": 4.0}
    result = run(market, strategy, assets=ASSETS, rebalance={"every": "daily"})
    held = run(market, {"kind": "sixty_forty", **SIDES}, rebalance={"every": "daily"})
    assert result.metrics.max_drawdown < held.metrics.max_drawdown
    assert result.weights.sum(axis=1)[1:] == pytest.approx(1.0)


def test_volatility_target(market):
    strategy = {"kind": "volatility_target", "risky": {"kind": "sixty_forty", **SIDES}, "target": 0.05}
    result = run(market, strategy, assets=ASSETS, window={"lookback": 60})
    row = int(np.searchsorted(market.days, result.decision_dates[-1]))
    window = market.daily[row - 60 : row + 1, :2]
    mix = (window[1:] / window[:-1] - 1.0) @ [0.6, 0.4]
    share = min(1.0, 0.05 / (mix.std(ddof=1) * np.sqrt(252)))
    assert share < 1.0
    assert result.targets[-1] == pytest.approx([0.6 * share, 0.4 * share, 1.0 - share], rel=1e-9)


@pytest.fixture
def user(monkeypatch):
    module = types.ModuleType("goalplan_user_strategy")
    monkeypatch.setitem(sys.modules, "goalplan_user_strategy", module)
    return module


def test_a_users_function_may_name_its_weights(market, user):
    user.hold = lambda history, share: {"bond": share, "stock": 0.1}
    strategy = {"kind": "function", "function": "goalplan_user_strategy:hold", "parameters": {"share": 0.4}}
    result = run(market, strategy, window={"lookback": 10})
    assert result.name == "goalplan_user_strategy:hold"
    assert result.targets[-1] == pytest.approx([0.1, 0.4, 0.0, 0.0])


def test_a_users_function_sees_its_account(market, user):
    seen = []
    user.hold = lambda history: seen.append(history) or np.array([1.0, *np.zeros(len(history.asset_ids) - 1)])
    result = run(market, {"kind": "function", "function": "goalplan_user_strategy:hold"})
    later = seen[-1]
    assert later.held[0] == pytest.approx(1.0)
    row = int(np.searchsorted(result.dates, result.decision_dates[-1]))
    assert later.wealth == pytest.approx(result.wealth[row])
    assert later.unit_values[-1] == pytest.approx(result.unit_values[row])
