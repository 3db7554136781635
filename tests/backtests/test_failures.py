"""What goes wrong is said in one sentence; a date that fails costs that date and nothing else."""

import datetime as dt
import sys
import types

import numpy as np
import pytest
from goalplan.backtests import BacktestConfig, walk_forward
from goalplan.scenarios.errors import DataError
from pydantic import ValidationError

START = dt.date(2010, 6, 1)
EQUAL = {"kind": "equal_weight"}


@pytest.fixture(scope="module")
def market(make_market, random_levels):
    return make_market(random_levels(800, 3, seed=41), cost=0.001)


@pytest.fixture
def user(monkeypatch):
    module = types.ModuleType("goalplan_user_strategy")
    monkeypatch.setitem(sys.modules, "goalplan_user_strategy", module)
    return module


FUNCTION = {"kind": "function", "function": "goalplan_user_strategy:f"}
WRONG = {
    "raises": (lambda n: 1 / 0, "raised ZeroDivisionError"),
    "nan": (lambda n: np.full(n, np.nan), "not a number"),
    "short": (lambda n: np.array([1.5, -0.5, 0.0]), "at least 0"),
    "levered": (lambda n: np.full(n, 0.5), "sum to 1.5"),
    "shape": (lambda n: np.ones(n + 1), "shape"),
    "text": (lambda n: "equal", "no array of numbers"),
    "unknown": (lambda n: {"gold": 1.0}, "gold, not eligible"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_failing_date_keeps_the_previous_weights(market, user, name):
    wrong, words = WRONG[name]
    bad = {dt.date(2011, 3, 31), dt.date(2011, 4, 29)}

    def f(history):
        count = len(history.asset_ids)
        return wrong(count) if history.dates[-1].item() in bad else np.full(count, 1.0 / count)

    user.f = f
    result = walk_forward(BacktestConfig(start=START, strategy=FUNCTION, window={"lookback": 20}), market)
    assert {event.date for event in result.events} == bad
    assert all(words in event.text() for event in result.events)
    failed = np.isnan(result.targets).all(axis=1)
    assert failed.sum() == 2
    assert not result.traded[failed].any()
    # The account drifted over the two months, then went on as one that skips them.
    rows = np.searchsorted(result.dates, sorted(bad))
    between = slice(int(rows[0]), int(rows[1]) + 10)
    first = int(np.searchsorted(market.days, np.datetime64(START)))
    levels = market.daily[first:][between]
    units = result.weights[between] * result.wealth[between, None] / levels
    assert units == pytest.approx(np.broadcast_to(units[0], units.shape), rel=1e-9)
    assert result.traded[~failed].all()
    assert np.isfinite(result.wealth).all()


def test_a_failing_window_is_recorded_and_passes(make_market, random_levels):
    levels = random_levels(800, 3, seed=43)
    levels[200:330, 1] = levels[200, 1]  # flat for a while: no variance
    market = make_market(levels)
    config = BacktestConfig(start="2010-05-03", strategy={"kind": "risk_parity"}, window={"lookback": 60})
    result = walk_forward(config, market)
    reasons = {event.parameters["reason"] for event in result.events}
    assert reasons == {"an asset has no variance over the window"}
    assert 1 <= len(result.events) <= 4
    assert not np.isnan(result.targets[-1]).any()


def test_nothing_eligible_stays_in_cash(market):
    early = BacktestConfig(start="2010-01-04", strategy={"kind": "minimum_variance"}, cash=0.02)
    result = walk_forward(early, market)
    assert result.events[0].code == "decision_failed"
    assert "no asset is eligible" in result.events[0].text("en")
    assert "no asset is eligible" in result.events[0].text("zh")
    assert result.wealth[100] == pytest.approx(
        1e6 * 1.02 ** ((result.dates[100] - result.dates[0]).astype(int) / 365.25)
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"assets": ("a0", "gold")}, "no 'gold'; it has a0, a1, a2"),
        ({"strategy": {"kind": "fixed_weights", "weights": {"a9": 1.0}}}, "no 'a9'"),
        ({"strategy": {"kind": "sixty_forty"}, "assets": ("a0",)}, "no 'cn_equity_large', 'cn_treasury'"),
        ({"start": dt.date(2030, 1, 1)}, "fewer than 3 rows"),
        ({"end": dt.date(2009, 1, 1), "start": None}, "never all eligible|fewer than 3 rows"),
        ({"cash": "gold"}, "cash = 'gold'"),
        ({"risk_free": "gold"}, "risk_free = 'gold'"),
        ({"benchmark": "gold"}, "benchmark = 'gold'"),
        ({"cash": -2.0}, "above -1"),
        ({"flows": {"dated": [{"date": "2001-01-01", "amount": 5.0}]}}, r"flows.dated.0.date = 2001-01-01"),
        ({"window": {"lookback": 5_000}, "start": None}, "never all eligible"),
    ],
)
def test_data_errors_name_what_is_wrong(market, settings, words):
    config = BacktestConfig(**{"start": START, "strategy": EQUAL, **settings})
    with pytest.raises(DataError, match=words):
        walk_forward(config, market)


def test_daily_needs_daily_prices(make_market, random_levels):
    market = make_market(random_levels(60, 2), monthly=True)
    with pytest.raises(DataError, match="no daily prices; use 'monthly'"):
        walk_forward(BacktestConfig(strategy=EQUAL), market)
    result = walk_forward(BacktestConfig(strategy=EQUAL, frequency="monthly"), market)
    assert result.rows_per_year == 12
    assert str(result.dates[0]) == "2010-01-31"


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"strategy": {"kind": "momentum"}}, "minimum_variance"),
        ({"strategy": {**EQUAL, "lookbak": 3}}, "lookbak"),
        ({"strategy": {"kind": "fixed_weights", "weights": {"a0": 0.8, "a1": 0.3}}}, "sum to 1.1"),
        ({"strategy": {"kind": "sixty_forty", "bonds": {"a0": 0.0}}}, "above 0"),
        ({"strategy": {"kind": "function", "function": "no colon"}}, "function"),
        ({"start": "2020-01-01", "end": "2019-01-01"}, "not after start"),
        ({"assets": ()}, "one or more"),
        ({"assets": ("a0", "a0")}, "each once"),
        ({"rebalance": {"every": "daily"}, "frequency": "monthly"}, "needs frequency = 'daily'"),
        ({"strategy": {"kind": "minimum_variance"}, "window": {"lookback": 1}}, "give 2 or more"),
        ({"rebalance": {"every": "hourly"}}, "'quarterly'"),
        ({"costs": {"trading_bps": -1.0}}, "greater than or equal to 0"),
        ({"initial": float("nan")}, "finite"),
    ],
)
def test_a_wrong_configuration_names_the_key(settings, words):
    with pytest.raises(ValidationError, match=words):
        BacktestConfig(**{"strategy": EQUAL, **settings})


@pytest.mark.parametrize("function", ["no_such_module_anywhere:f", "math:no_such_function", "math:pi"])
def test_a_missing_function_stops_the_run(market, function):
    config = BacktestConfig(start=START, strategy={"kind": "function", "function": function})
    with pytest.raises(ValueError, match=r"strategy\.function"):
        walk_forward(config, market)


def test_an_asset_that_ends_before_its_purchase_stays_cash(make_market, random_levels):
    levels = random_levels(800, 2, seed=44)
    market = make_market(levels)
    start = market.days[600].item()
    decided = int(
        np.flatnonzero(market.days.astype("datetime64[M]") == market.days[620].astype("datetime64[M]"))[-1]
    )
    levels[decided + 1 :, 1] = np.nan  # its last price is that of the decision's close
    config = BacktestConfig(start=start, strategy=EQUAL, rebalance={"delay": 2})
    result = walk_forward(config, make_market(levels))
    codes = [event.code for event in result.events]
    assert codes == ["series_ended", "not_tradable"]
    row = int(np.searchsorted(result.dates, np.datetime64(result.events[1].date)))
    assert result.weights[row] == pytest.approx([0.5, 0.0], abs=1e-3)
    assert result.weights[-1] == pytest.approx([1.0, 0.0], abs=1e-3)
