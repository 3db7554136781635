"""Constraints as text."""

import math

import numpy as np
import pytest
from goalplan.engine.errors import RequestError
from goalplan.engine.risk.rows import parse_row

NAMES = {
    "gold": np.array([1.0, 0.0, 0.0]),
    "cn-bond": np.array([0.0, 1.0, 0.0]),
    "000300.SH": np.array([0.0, 0.0, 1.0]),
    "cn": np.array([0.0, 1.0, 1.0]),
    "股票": np.array([1.0, 0.0, 1.0]),
}


@pytest.mark.parametrize(
    ("text", "slope", "lower", "upper"),
    [
        ("gold <= 0.6", [1, 0, 0], -math.inf, 0.6),
        ("cn>=.1", [0, 1, 1], 0.1, math.inf),
        ("gold == 0.2", [1, 0, 0], 0.2, 0.2),
        ("0.1 <= gold + cn-bond <= 0.2", [1, 1, 0], 0.1, 0.2),
        ("0.2 >= gold >= 0.1", [1, 0, 0], 0.1, 0.2),
        ("gold >= 2 cn-bond", [1, -2, 0], 0.0, math.inf),
        ("gold - 0.5 * 000300.SH <= 1e-1", [1, 0, -0.5], -math.inf, 0.1),
        ("股票 - cn <= 0.05", [1, -1, 0], -math.inf, 0.05),
        ("-gold + 0.1 <= cn-bond", [-1, -1, 0], -math.inf, -0.1),
        ("cn - cn-bond <= 0.3", [0, 0, 1], -math.inf, 0.3),
    ],
)
def test_a_text_is_a_row(text, slope, lower, upper):
    row = parse_row(text, NAMES)
    np.testing.assert_allclose(row.slope, slope)
    assert (row.lower, row.upper) == (pytest.approx(lower), pytest.approx(upper))
    assert row.name == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("gold", "one comparison"),
        ("gold < 0.6", "expected \\+ or -"),
        ("0.1 <= gold >= 0.2", "one comparison"),
        ("gold <= cn <= 0.2", "one comparison"),
        ("silver <= 0.6", "'silver' is neither an asset nor a group; known are"),
        ("gold * 2 <= 0.6", "expected \\+ or -"),
        ("2 * <= 0.6", "'nothing' is neither"),
        ("0.3 <= 0.6", "holds no weight"),
        ("gold - gold <= 0", "holds no weight"),
        ("gold <=", "one side is empty"),
        ("0.3 <= gold <= 0.2", "lower end is above its upper end"),
        ("gold cn <= 1", "expected \\+ or -"),
    ],
)
def test_what_is_no_row_is_refused_with_the_reason(text, message):
    with pytest.raises(RequestError, match=message):
        parse_row(text, NAMES)
