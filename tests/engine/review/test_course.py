"""A plan followed on levels made by hand: what the unit value, its peak and the drift must be."""

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from goalplan.engine.policy.table import PolicyTable
from goalplan.engine.review.course import Course, Levels, Standing, follow
from hypothesis import given, settings
from hypothesis import strategies as st

START = dt.date(2026, 1, 1)
MONTHS = 12


def table(*, hold: Any = 0, limit: float = math.inf, broken: int = 0, reset_every: int = 0) -> PolicyTable:
    """Portfolio `hold` by month, whatever the wealth; `broken` once the limit is."""
    by_month = np.broadcast_to(np.asarray(hold, dtype=np.int16), (MONTHS + 1,))
    states = MONTHS + 1, 1 if math.isfinite(limit) else 0
    return PolicyTable(
        origin=np.zeros(MONTHS + 1),
        spacing=1.0,
        hold=by_month[:, None, None].copy(),
        drawdown_spacing=math.inf,
        limit=limit,
        broken=np.full(states, broken, dtype=np.int16),
        reset_every=reset_every,
        pay=np.zeros((0, 1, 1), dtype=np.int8),
        fractions=np.zeros((0, 2)),
        payment_month=np.zeros(0, dtype=np.int64),
    )


def levels(*curves: Any) -> Levels:
    """Daily levels from the day before the start; a function of the day's number, or a constant."""
    days = np.arange(np.datetime64(START) - 1, np.datetime64(START) + 364)
    n = np.arange(len(days), dtype=float)
    return Levels(
        days=days, values=np.column_stack([c(n) if callable(c) else np.full(len(n), c) for c in curves])
    )


def begun(wealth: float = 100.0, mix: Any = (1.0, 0.0)) -> Standing:
    return Standing(
        closed=START - dt.timedelta(days=1),
        month=0,
        wealth=wealth,
        unit=1.0,
        peak=1.0,
        deepest=0.0,
        broken=False,
        since=START,
        mix=np.array(mix),
    )


def gone(until: dt.date, held: float, market: Levels, begin: Standing | None = None, **terms: Any) -> Course:
    flows = terms.pop("flows", {})
    return follow(
        begin or begun(),
        until,
        held,
        start=START,
        flows=flows,
        table=table(**terms),
        weights=np.eye(2),
        levels=market,
    )


def growing(n: np.ndarray) -> np.ndarray:
    return np.asarray(1.001**n)


def test_money_that_markets_explain_needs_no_drift() -> None:
    until = dt.date(2026, 3, 20)
    days = (until - START).days + 1
    flows = {1: 5.0, 2: -7.0}
    held = (100.0 * 1.001**31 + 5.0) * 1.001**28
    held = (held - 7.0) * 1.001 ** (days - 59)
    found = gone(until, held, levels(growing, 1.0), flows=flows)
    assert found.unexplained == pytest.approx(0.0, abs=1e-9)
    assert found.now.unit == pytest.approx(1.001**days, rel=1e-9)
    assert (found.now.month, found.now.peak, found.now.deepest) == (2, found.now.unit, 0.0)


def test_flows_move_money_and_never_the_unit_value() -> None:
    until = dt.date(2026, 2, 10)
    found = gone(until, 100.0 + 1_000_000.0, levels(1.0, 1.0), flows={1: 1_000_000.0})
    assert found.now.unit == pytest.approx(1.0, rel=1e-9)
    assert found.now.wealth == 1_000_100.0


def test_a_peak_between_valuations_is_found_on_the_market() -> None:
    def hill(n: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(n, [0.0, 20.0, 40.0, 365.0], [1.0, 1.25, 1.0, 1.0]))

    found = gone(dt.date(2026, 3, 31), 100.0, levels(hill, 1.0))
    assert (found.now.unit, found.now.peak) == pytest.approx((1.0, 1.25), rel=1e-9)
    assert found.now.drawdown == pytest.approx(0.2)
    assert found.now.deepest == pytest.approx(0.2)


@given(held=st.floats(20.0, 500.0))
@settings(max_examples=25, deadline=None)
def test_the_drift_ends_at_what_is_held(held: float) -> None:
    found = gone(dt.date(2026, 6, 15), held, levels(growing, 1.0), flows={3: 20.0})
    explained = (100.0 * 1.001**90 + 20.0) * 1.001 ** ((dt.date(2026, 6, 15) - START).days + 1 - 90)
    assert found.now.wealth == held
    assert found.unexplained == pytest.approx(held - explained, rel=1e-6, abs=1e-6)
    # 100 and 20 grow by the same unit value: the money-weighted equation of the period.
    since = found.now.unit
    rate = math.log(since) / ((dt.date(2026, 6, 15) - START).days + 1)
    later = math.exp(rate * ((dt.date(2026, 6, 15) - START).days + 1 - 90))
    assert 100.0 * since + 20.0 * later == pytest.approx(held, rel=1e-6)


def test_a_reset_starts_the_peak_afresh() -> None:
    def down(n: np.ndarray) -> np.ndarray:
        return np.asarray(0.999**n)

    found = gone(dt.date(2026, 5, 9), 100.0 * 0.999**129, levels(down, 1.0), reset_every=3)
    assert found.now.since == dt.date(2026, 4, 1)
    assert found.now.peak == pytest.approx(0.999**90)
    assert found.now.drawdown == pytest.approx(1.0 - 0.999**39)
    assert found.now.deepest == pytest.approx(found.now.drawdown)


def test_once_the_limit_is_broken_the_calm_portfolio_is_held_until_the_reset() -> None:
    def crash(n: np.ndarray) -> np.ndarray:
        return np.asarray(np.interp(n, [0.0, 10.0, 20.0, 365.0], [1.0, 0.8, 0.8, 1.6]))

    terms = {"limit": -math.log(0.9), "broken": 1, "reset_every": 4}
    calm = gone(dt.date(2026, 4, 15), 80.0, levels(crash, 1.0), **terms)
    assert calm.now.broken
    np.testing.assert_array_equal(calm.now.mix, [0.0, 1.0])
    risen = float(crash(np.array([31.0]))[0])  # month 0 is held to its end
    assert gone(
        dt.date(2026, 4, 15), 100.0 * risen, levels(crash, 1.0), **terms
    ).unexplained == pytest.approx(0.0)
    later = gone(dt.date(2026, 5, 2), 80.0, levels(crash, 1.0), **terms)
    assert (later.now.broken, later.now.since) == (False, dt.date(2026, 5, 1))
    np.testing.assert_array_equal(later.now.mix, [1.0, 0.0])


@pytest.mark.parametrize("between", [dt.date(2026, 2, 1), dt.date(2026, 2, 17), dt.date(2026, 3, 31)])
def test_two_reviews_say_what_one_would(between: dt.date) -> None:
    """Where the market explains all, an earlier valuation changes nothing: peak and flag are carried."""

    def wave(n: np.ndarray) -> np.ndarray:
        return np.asarray(1.0 + 0.15 * np.sin(n / 17.0))

    market, terms = levels(wave, 1.0), {"limit": -math.log(0.88), "broken": 1, "reset_every": 5}
    hold, flows, until = (
        [0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0],
        {1: 4.0, 2: 4.0, 3: -9.0, 4: 4.0},
        dt.date(2026, 7, 8),
    )

    def walked(begin: Standing, to: dt.date) -> Standing:
        probe = gone(to, 1.0, market, begin, hold=hold, flows=flows, **terms)
        return gone(to, 1.0 - probe.unexplained, market, begin, hold=hold, flows=flows, **terms).now

    whole, parts = walked(begun(), until), walked(walked(begun(), between), until)
    for name in ("wealth", "unit", "peak", "deepest"):
        assert getattr(parts, name) == pytest.approx(getattr(whole, name), rel=1e-6), name
    assert (parts.month, parts.broken, parts.since) == (whole.month, whole.broken, whole.since)
    np.testing.assert_allclose(parts.mix, whole.mix, atol=1e-6)
