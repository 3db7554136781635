"""No probability is printed as if it were certain."""

import pytest
from goalplan.chance import chance


@pytest.mark.parametrize(
    ("probability", "error", "printed"),
    [
        (0.842, 0.0036, "84.2% ± 0.4%"),
        (0.842, None, "84.2%"),
        (1.0, 0.0, "> 99.9%"),
        (0.9995, 0.0002, "> 99.9%"),
        (0.9994, 0.0002, "99.9% ± 0.0%"),
        (0.0005, None, "0.1%"),
        (0.0004, 0.0001, "< 0.1%"),
        (0.0, 0.0, "< 0.1%"),
    ],
)
def test_what_would_round_to_nothing_or_all_is_a_bound(probability, error, printed):
    assert chance(probability, error) == printed
