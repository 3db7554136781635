"""The whole-number programme: against enumeration, and beside another user of HiGHS in the same process."""

import itertools

import highspy
import numpy as np
import pytest
from goalplan.engine.desk.whole_programme import Row, minimise
from goalplan.engine.errors import SolverError

ROWS: list[Row] = [({0: 2.0, 1: 3.0, 2: 1.0}, 7.5, 20.0), ({0: 1.0, 1: -1.0}, -2.0, 2.0)]
COST, UPPER = [3.0, 4.0, 2.5], [4.0, 4.0, 3.0]


def test_the_optimum_is_that_of_enumeration() -> None:
    best = min(
        sum(c * v for c, v in zip(COST, x, strict=True))
        for x in itertools.product(range(5), range(5), range(4))
        if all(lo <= sum(a * x[j] for j, a in terms.items()) <= hi for terms, lo, hi in ROWS)
    )
    assert np.dot(COST, minimise(COST, UPPER, [True] * 3, ROWS)) == pytest.approx(best)


def test_another_user_of_highs_in_the_process_is_no_obstacle() -> None:
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.addVar(0.0, 1.0)
    other.run()  # starts the scheduler of the process with as many threads as HiGHS likes
    assert minimise([1.0], [3.0], [True], [({0: 1.0}, 1.5, 9.0)]) == pytest.approx([2.0])


def test_no_feasible_point_is_an_error_that_says_so() -> None:
    with pytest.raises(SolverError, match="could not be worked out"):
        minimise([1.0], [1.0], [True], [({0: 1.0}, 2.0, 9.0)])
