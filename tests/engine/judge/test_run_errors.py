"""What does not fit together is refused in one sentence that names it."""

import numpy as np
import pytest

CASES = {
    "horizon": ({"table_months": 3}, "table: it covers 3 months and the schedule 2"),
    "paths too short": ({"assets": np.ones((1, 1, 2))}, "returns: shape"),
    "assets": ({"assets": np.ones((1, 2, 3))}, "returns: shape"),
    "portfolio": ({"table": {"hold": np.full((3, 1, 1), 5)}}, "outside the menu's 2"),
    "broken": (
        {"table": {"limit": 0.1, "broken": np.zeros((3, 0))}},
        "no portfolios to hold once it is broken",
    ),
    "wealth": ({"wealth": -1.0}, "wealth: -1.0"),
    "weights": ({"today": np.array([0.7, 0.7])}, "weights:"),
    "fee": ({"advisory_fee": 2.0}, "advisory_fee: 2.0"),
    "peak": ({"unit_peak": 0.5}, "unit_peak: 0.5"),
    "inflow": ({"inflows": [0.0, -1.0, 0.0]}, "make it a payment"),
    "expected": ({"expected": np.ones(3)}, "one amount for each of 1"),
    "index": ({"index": "cpi", "expected": np.ones(1)}, r"payments grow with \['cpi'\]"),
    "no expectation": ({"index": "cpi"}, "expected: missing"),
}


@pytest.mark.parametrize("case", CASES)
def test_refused(build, case):
    given, sentence = CASES[case]
    given = dict(given)
    payments = [build.payment(2, 10.0, index=given.pop("index", None))]
    inflows = given.pop("inflows", [0.0, 0.0, 0.0])
    assets = given.pop("assets", np.ones((1, 2, 2)))
    if months := given.pop("table_months", None):
        given["table"] = {"hold": np.zeros((months + 1, 1, 1)), "origin": np.zeros(months + 1)}
    with pytest.raises(ValueError, match=sentence):
        build.judge(inflows, payments, assets, weights=np.eye(2), **given)


def test_payments_of_another_schedule(build):
    from goalplan.engine.judge.run import run_policy

    table = build.table(build.schedule([0.0] * 3, [build.payment(1, 1.0)] * 2))
    schedule = build.schedule([0.0] * 3, [build.payment(2, 1.0)])
    with pytest.raises(ValueError, match="solve it for this schedule"):
        run_policy(table, build.menu([[1.0]]), schedule, build.returns(np.ones((2, 1))), wealth=1.0)


def test_arrays_are_read_only(build):
    outcome = build.judge([0.0, 0.0], [build.payment(1, 1.0)], np.ones((1, 1)))
    with pytest.raises(ValueError, match="read-only"):
        outcome.wealth[0, 0] = 1.0
