"""Drawdown: where it is measured, when the limit counts as broken, what is held after it."""

import numpy as np
import pytest

NEVER = 1e12


def unit_path(*levels):
    """Gross returns that take the unit value from 1 through `levels`."""
    levels = np.array([1.0, *levels])
    return (levels[1:] / levels[:-1])[:, None]


def run(build, levels, *, steps=1, months=None, **table):
    T = months or len(levels) // steps
    return build.judge(
        [0.0] * (T + 1), [build.payment(T, NEVER)], unit_path(*levels), steps=steps, table=table
    )


def test_drawdown_is_measured_from_the_peak(build):
    outcome = run(build, [1.1, 0.99, 1.2, 0.9])
    assert outcome.drawdown[0, 0] == pytest.approx(0.25)
    assert outcome.peak_drawdown[0] == pytest.approx(0.25)
    assert outcome.loss_of_paid_in[0] == pytest.approx(0.1)


def test_flows_do_not_move_the_unit_value(build):
    growth = unit_path(1.1, 0.99, 1.2, 0.9)
    still = build.judge([0.0] * 5, [build.payment(4, NEVER)], growth)
    flowing = build.judge(
        [0.0, 50.0, 1e3, 0.0, 7.0], [build.payment(1, 90.0), build.payment(4, NEVER)], growth
    )
    np.testing.assert_allclose(flowing.ledger[0, :, 7], still.ledger[0, :, 7], rtol=1e-14)
    assert flowing.peak_drawdown[0] == pytest.approx(still.peak_drawdown[0], rel=1e-13)


def test_a_large_payment_is_no_loss_of_those_who_stay(build):
    """995 of 1,000 leave at a selling cost of .1 %: that cost is not a fifth of the 5 that stay."""
    outcome = build.judge(
        [0.0, 0.0, 0.0], [build.payment(1, 995.0), build.payment(2, NEVER)], np.ones((2, 1)), cost=0.001,
        wealth=1000.0, today=np.array([1.0]),
    )  # fmt: skip
    assert outcome.paid[0, 0] == 1.0
    assert 0.0 < outcome.peak_drawdown[0] < 0.00101


def test_a_fall_inside_a_month_is_seen_by_days_only(build):
    outcome = run(build, [1.0, 0.8, 1.0, 0.95], steps=2)
    assert outcome.drawdown[0, 0] == pytest.approx(0.2)
    assert outcome.drawdown_monthly[0, 0] == pytest.approx(0.2)
    inside = run(build, [0.8, 1.0, 1.05, 0.98], steps=2)
    assert inside.peak_drawdown[0] == pytest.approx(0.2)
    assert inside.peak_drawdown_monthly[0] == pytest.approx(0.02)
    assert inside.drawdown[0, 0] == pytest.approx(0.2)
    assert inside.drawdown_monthly[0, 0] == pytest.approx(0.02)


def test_windows_start_from_the_day_s_unit_value(build):
    outcome = run(build, [1.5, 1.2, 1.1, 1.3, 0.9], reset_every=2)
    np.testing.assert_allclose(outcome.drawdown[0], [0.2, 0.1 / 1.2, 0.4 / 1.3], rtol=1e-12)
    assert outcome.peak_drawdown[0] == pytest.approx(0.4)


def test_a_peak_of_the_past_counts(build):
    outcome = build.judge([0.0] * 3, [build.payment(2, NEVER)], unit_path(1.0, 1.1), unit_peak=1.25)
    assert outcome.peak_drawdown[0] == pytest.approx(0.2)


def switching(build, levels, *, steps=1, limit=0.15, reset_every=0, **more):
    """Asset 0 follows `levels`, asset 1 stands still; the table holds 0, and 1 once the limit is broken."""
    T = len(levels) // steps
    growth = np.column_stack([unit_path(*levels), np.ones(len(levels))])
    table = {
        "limit": -np.log1p(-limit),
        "broken": np.ones((T + 1, 1)),
        "reset_every": reset_every,
    }
    return build.judge(
        [0.0] * (T + 1),
        [build.payment(T, NEVER)],
        growth,
        weights=np.eye(2),
        steps=steps,
        table=table,
        **more,
    )


def test_after_a_breach_the_broken_portfolio_is_held_to_the_end(build):
    outcome = switching(build, [0.9, 0.84, 0.7, 0.5])
    np.testing.assert_array_equal(outcome.ledger[0, :4, 8], [0, 0, 1, 1])
    assert outcome.breach_month[0] == 2
    assert outcome.peak_drawdown[0] == pytest.approx(0.16)


def test_at_the_limit_it_is_not_broken(build):
    outcome = switching(build, [0.9, 0.85 + 1e-12, 0.86, 0.87])
    assert outcome.breach_month[0] == -1
    np.testing.assert_array_equal(outcome.ledger[0, :4, 8], 0)


def test_a_breach_inside_a_month_counts(build):
    outcome = switching(build, [0.84, 0.95, 0.9, 0.5], steps=2)
    assert outcome.breach_month[0] == 1
    np.testing.assert_array_equal(outcome.ledger[0, :2, 8], [0, 1])


def test_the_flag_is_lowered_at_the_reset(build):
    outcome = switching(build, [0.8, 1.0, 1.0, 1.0, 1.0, 1.0], reset_every=3)
    np.testing.assert_array_equal(outcome.ledger[0, :6, 8], [0, 1, 1, 0, 0, 0])
    assert outcome.breach_month[0] == 1


def test_a_limit_broken_before_today_holds_the_broken_portfolio(build):
    outcome = switching(build, [1.1, 1.1, 1.1], reset_every=2, broken=True)
    np.testing.assert_array_equal(outcome.ledger[0, :3, 8], [1, 1, 0])


def test_the_limit_is_watched_after_month_twelve(build):
    levels = [1.0] * 14 + [0.7] + [0.6] * 3
    outcome = switching(build, levels)
    assert outcome.breach_month[0] == 15
    np.testing.assert_array_equal(outcome.ledger[0, 14:18, 8], [0, 1, 1, 1])


def test_drawdown_state_chooses_the_portfolio(build):
    """States of 5 % each: the nearest to the log drawdown, the last beyond it."""
    levels = [0.97, 0.93, 0.88, 1.0]
    growth = np.column_stack([unit_path(*levels), unit_path(*levels), unit_path(*levels)])
    table = {"hold": np.tile(np.arange(3)[None, :, None], (5, 1, 1)), "drawdown_spacing": 0.05}
    outcome = build.judge(
        [0.0] * 5,
        [build.payment(4, NEVER)],
        growth,
        weights=np.eye(3),
        table=table | {"pay": np.zeros((1, 1, 1))},
    )
    np.testing.assert_array_equal(outcome.ledger[0, :4, 8], [0, 1, 1, 2])
