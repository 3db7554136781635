"""A judge with one rule taken out is caught: each mutant of the kernel turns the check of that rule red."""

from pathlib import Path

import goalplan.engine.judge._kernels as kernels
import numpy as np
import pytest

NEVER = 1e12


def fees(build):
    outcome = build.judge([0.0] * 3, [build.payment(2, NEVER)], np.ones((2, 1)), fee=0.12, advisory_fee=0.06)
    np.testing.assert_allclose(outcome.final, 100.0 * (0.99 * 0.995) ** 2, rtol=1e-12)
    np.testing.assert_allclose(outcome.final + outcome.product_fee + outcome.advisory_fee, 100.0, rtol=1e-12)


def costs(build):
    outcome = build.judge([0.0] * 3, [build.payment(2, 50.0)], np.ones((2, 1)), cost=0.01)
    np.testing.assert_allclose(outcome.final, 100.0 / 1.01 - 50.0 / 0.99, rtol=1e-12)
    np.testing.assert_allclose(outcome.cost, 1.0 / 1.01 + 0.5 / 0.99, rtol=1e-12)


def flows(build):
    outcome = build.judge([0.0, 7.0, 7.0], [build.payment(2, 50.0)], np.full((2, 1), 1.1))
    np.testing.assert_allclose(outcome.final, 121.0 + 7.7 + 7.0 - 50.0, rtol=1e-12)


def limited(build, levels, *, steps=1, reset_every=0):
    levels = np.array([1.0, *levels])
    growth = np.column_stack([levels[1:] / levels[:-1], np.ones(len(levels) - 1)])
    T = len(growth) // steps
    table = {"limit": -np.log(0.85), "broken": np.ones((T + 1, 1)), "reset_every": reset_every}
    return build.judge(
        [0.0] * (T + 1), [build.payment(T, NEVER)], growth, weights=np.eye(2), steps=steps, table=table
    )


def limit_to_the_end(build):
    held = limited(build, [1.0] * 13 + [0.7, 0.7]).ledger[0, :15, 8]
    np.testing.assert_array_equal(held, [0] * 14 + [1])


def peak_until_the_reset(build):
    outcome = limited(build, [1.0, 0.9, 0.9, 0.8, 0.8, 0.8], reset_every=5)
    np.testing.assert_allclose(outcome.drawdown, [[0.2, 0.0]], atol=1e-12)
    np.testing.assert_array_equal(outcome.ledger[0, :6, 8], [0, 0, 0, 0, 1, 0])


def days_and_months(build):
    outcome = limited(build, [0.9, 1.0, 0.9, 1.0], steps=2)
    np.testing.assert_allclose(outcome.drawdown, [[0.1]])
    np.testing.assert_allclose(outcome.drawdown_monthly, [[0.0]], atol=1e-12)


CHECKS = (fees, costs, flows, limit_to_the_end, peak_until_the_reset, days_and_months)

MUTANTS = {
    "product fee not charged": (fees, "* kept[lane]\n", "\n"),
    "advisory fee not charged": (fees, "invested[lane] * advisory_fee", "0.0"),
    "purchases and sales free": (costs, "excess[lane] += c * abs(gap)", "pass"),
    "last sale free": (costs, "state[MONEY, lane] - cost", "state[MONEY, lane]"),
    "contribution of the last month forgotten": (
        flows,
        "inflow = cash.inflows[month]",
        "inflow = cash.inflows[month] if month < months else 0.0",
    ),
    "payment not deducted": (flows, "= wealth - spent", "= wealth"),
    "month ignored in the returns": (flows, "returns[month * steps + step]", "returns[0] ** 2"),
    "limit ignored after month 12": (limit_to_the_end, "if floor > 0.0:", "if floor > 0.0 and month < 12:"),
    "peak reset early": (peak_until_the_reset, "age % policy.reset_every == 0", "age % 2 == 0"),
    "flag never lowered": (peak_until_the_reset, "state[FLAG, lane] = 0.0", "pass"),
    "monthly drawdown labelled daily": (days_and_months, "    observe(unit, marks[WINDOW])", "    pass"),
    "daily drawdown labelled monthly": (days_and_months, "steps > 1 and k == 1", "steps > 9 and k == 1"),
}


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_the_judge_keeps_the_rule(build, check):
    check(build)


def interpreted(changes=()):
    """The kernel's source run as plain Python, eight lanes wide, after the changes."""
    source = Path(kernels.__file__).read_text(encoding="utf-8")
    changes = [
        ("from ...scenarios._kernels import inner, njit", "inner = njit = lambda f: f"),
        ("LANES = 128", "LANES = 8"),
        *changes,
    ]
    for old, new in changes:
        assert old in source, f"the kernel no longer holds {old!r}"
        source = source.replace(old, new)
    scope = {"__package__": "goalplan.engine.judge", "__name__": "goalplan.engine.judge._mutant"}
    exec(compile(source, "mutant", "exec"), scope)
    return scope


def put_in(monkeypatch, scope):
    monkeypatch.setattr(kernels, "run_paths", scope["run_paths"])
    monkeypatch.setattr(kernels, "LANES", scope["LANES"])


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_is_caught(build, monkeypatch, name):
    check, old, new = MUTANTS[name]
    put_in(monkeypatch, interpreted([(old, new)]))
    with pytest.raises(AssertionError):
        check(build)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_without_a_change_the_interpreted_judge_keeps_the_rule(build, monkeypatch, check):
    put_in(monkeypatch, interpreted())
    check(build)
