"""Assumptions under entropy-pooled views: closed forms, the file that states them, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import DataError, Market, View, reference_assumptions, with_pooled_views, with_views
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.assumptions_toml import load_assumptions
from goalplan.scenarios.pooled_views import SCENARIOS

HEAD = """
schema_version = 1
name = "house"
source = "committee"
as_of = 2026-06-30
rationale = "Written for this test."
cash = 0.018
"""


@pytest.fixture(scope="module")
def reference(embedded: Market) -> Assumptions:
    return reference_assumptions(embedded)


def gold(value: float, confidence: float = 1.0) -> View:
    return View(weights={"gold": 1.0}, value=value, confidence=confidence)


def test_views_that_hold_already_change_no_figure(reference: Assumptions) -> None:
    pooled = with_pooled_views(reference, [gold(0.5)], ["at_most"])
    for name in ("mean", "volatility", "index_mean", "index_volatility", "correlation"):
        np.testing.assert_allclose(getattr(pooled, name), getattr(reference, name), rtol=1e-9, atol=1e-12)
    assert with_pooled_views(reference, []) is reference


def test_a_view_holds_and_pulls_what_is_correlated(reference: Assumptions) -> None:
    """A shift of a normal's mean moves another by its regression slope: log growth of us_bonds on that of gold."""
    pooled = with_pooled_views(reference, [gold(0.04)])
    g, b = (reference.asset_ids.index(name) for name in ("gold", "us_agg_bond"))
    assert pooled.mean[g] == pytest.approx(0.04, abs=1e-9)
    slope = reference.correlation[b, g] * reference.volatility[b] / reference.volatility[g]
    moved = np.log1p(pooled.mean) - np.log1p(reference.mean)
    # of a correlation over the scenarios: 1/sqrt(20,000); both are arithmetic means of a lognormal, hence the 2 %
    error = 4.0 * abs(moved[g]) * reference.volatility[b] / reference.volatility[g] / np.sqrt(SCENARIOS)
    assert moved[b] == pytest.approx(slope * moved[g], abs=error + 0.02 * abs(slope * moved[g]))
    assert pooled.volatility[g] == pytest.approx(reference.volatility[g], rel=0.03)


def test_confidence_goes_its_share_of_the_way(reference: Assumptions) -> None:
    half = with_pooled_views(reference, [gold(0.03, 0.5)])
    g = reference.asset_ids.index("gold")
    assert half.mean[g] == pytest.approx(0.5 * (reference.mean[g] + 0.03), abs=1e-9)


def test_indices_can_be_viewed_and_move_assets(reference: Assumptions) -> None:
    pooled = with_pooled_views(
        reference, [View(weights={"cpi": 1.0}, value=0.04, confidence=1.0)], ["at_least"]
    )
    assert pooled.index_mean[reference.index_ids.index("cpi")] == pytest.approx(0.04, abs=1e-9)
    credit = reference.asset_ids.index("cn_credit")  # correlation with consumer prices: -0.34
    assert pooled.mean[credit] < reference.mean[credit] - 0.001


@pytest.mark.parametrize(
    ("views", "message"),
    [
        ([gold(0.02), gold(0.04)], "contradict each other or lie beyond"),
        ([gold(0.6)], r"effective scenarios of 20000, at least 10% are needed|lie beyond the scenarios"),
        ([View(weights={"silver": 1.0}, value=0.02)], r"\['silver'\] are unknown; known are"),
        ([gold(0.02, 0.5), gold(0.02, 0.6)], r"one confidence for all, here are \[0.5, 0.6\]"),
    ],
)
def test_impossible_views_are_refused(reference: Assumptions, views: Any, message: str) -> None:
    with pytest.raises(DataError, match=message):
        with_pooled_views(reference, views)


def read(folder: Path, text: str, market: Market) -> Assumptions:
    path = folder / "house.toml"
    path.write_text(HEAD + text, encoding="utf-8")
    return load_assumptions(path, market)


def test_a_file_of_views_alone_starts_from_the_reference_set(
    tmp_path: Path, embedded: Market, reference: Assumptions
) -> None:
    view = "[[views]]\nweights = { gold = 1.0 }\nvalue = 0.02\nconfidence = 0.25\n"
    found = read(tmp_path, view, embedded)
    expected = with_views(reference, [gold(0.02, 0.25)])
    for name in ("mean", "volatility", "max_weight", "index_mean", "correlation"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))
    assert "+1 gold earns 2.00% a year (confidence 25%)" in found.rationale


def test_a_file_may_pool_and_says_how_many_scenarios_are_left(tmp_path: Path, embedded: Market) -> None:
    text = 'views_by = "entropy_pooling"\n[[views]]\nweights = { gold = 1.0 }\nvalue = 0.02\nrelation = "at_most"\n'
    found = read(tmp_path, text, embedded)
    assert found.name == "house with views"
    assert "effective of 20,000 scenarios: +1 gold earns at most 2.00% a year" in found.rationale


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[views]]\nweights = { gold = 1.0 }\nvalue = 0.02\nrelation = "at_most"\n',
            "house.toml: views.0.relation is 'at_most'; .* write views_by = \"entropy_pooling\"",
        ),
        ("[[views]]\nweights = { }\nvalue = 0.02\n", "house.toml: views.0.weights holds nothing"),
        (
            "[[views]]\nweights = { silver = 1.0 }\nvalue = 0.02\n",
            r"house.toml: views: unknown assets \['silver'\]",
        ),
        ("[[views]]\nweights = { gold = 1.0 }\nvalue = 0.02\nconfidence = 0.0\n", "views.0.confidence"),
        ("", "house.toml: assets.gold is missing; give its mean or geometric"),
    ],
)
def test_faults_of_a_file_are_named(tmp_path: Path, embedded: Market, text: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, text, embedded)


def test_a_series_that_never_moves_stays_still(reference: Assumptions) -> None:
    still = reference.volatility.copy()
    still[reference.asset_ids.index("cn_cash")] = 0.0
    pooled = with_pooled_views(replace(reference, volatility=still), [gold(0.04)])
    k = reference.asset_ids.index("cn_cash")
    assert pooled.volatility[k] == 0.0
    assert pooled.mean[k] == pytest.approx(reference.mean[k], abs=1e-12)
