"""Fused wealth kernels against plain numpy on the same paths, and their errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import (
    LognormalModel,
    Market,
    Model,
    fit_model,
    reference_assumptions,
    simulate,
    simulate_wealth,
)
from goalplan.scenarios import _kernels as kernels
from goalplan.scenarios import _wealth_kernels as wealth_kernels
from goalplan.scenarios._order_kernels import order_statistics
from goalplan.scenarios.paths import Draw

T, IDS = 30, ("us_equity", "gold", "cn_treasury", "cn_cash", "cn_equity_mid")
NAMES = ("lognormal", "student_t", "bootstrap", "regime", "filtered_historical", "plug-in", "own")


@dataclass(frozen=True)
class Own(Model):
    """A model that has no kernel of its own."""

    inner: Model

    @property
    def asset_ids(self) -> tuple[str, ...]:
        return self.inner.asset_ids

    def draw(self, request: Draw) -> tuple[np.ndarray, np.ndarray]:
        return self.inner.draw(request)


@pytest.fixture(scope="module", params=NAMES)
def model(request: pytest.FixtureRequest, embedded: Market) -> Model:
    assumptions = reference_assumptions(embedded).select(IDS, ["cpi"])
    if request.param == "plug-in":
        return LognormalModel(assumptions, False, False)
    if request.param == "own":
        return Own(LognormalModel(assumptions))
    return fit_model(request.param, embedded, assumptions)


def glide() -> np.ndarray:
    """From shares to cash, so that every month trades."""
    share = np.linspace(0.6, 0.1, T)
    rest = 1.0 - share
    return np.column_stack([0.5 * share, 0.2 * rest, 0.3 * rest, 0.5 * rest, 0.5 * share])


def terms() -> dict[str, Any]:
    payments = np.zeros(T + 1)
    payments[[12, 20, T]] = 40_000.0, 50_000.0, 92_000.0
    cost = np.array([0.001, 0.002, 0.0005, 0.0, 0.003])
    return {
        "wealth": 100_000.0,
        "inflows": np.full(T + 1, 2_500.0),
        "payments": payments,
        "trading_cost": cost,
    }


def by_hand(growth: np.ndarray, weights: np.ndarray, given: dict[str, Any]) -> dict[str, np.ndarray]:
    """The account month by month in plain numpy, float64."""
    P = growth.shape[0]
    value, held = np.full(P, given["wealth"]), np.zeros((P, weights.shape[1]))
    unit, peak, fall, costs, unpaid = np.ones(P), np.ones(P), np.zeros(P), np.zeros(P), np.zeros(P)
    wealth = []
    for t in range(T + 1):
        before = value + given["inflows"][t]
        paid = np.minimum(given["payments"][t], before)
        unpaid += given["payments"][t] - paid
        value = before - paid
        wealth.append(value)
        if t == T:
            break
        traded = np.abs(value[:, None] * weights[t] - held)
        cost = np.minimum(traded @ given["trading_cost"], value)
        costs += cost
        invested = value - cost
        unit = unit * (1.0 - cost / before)
        held = invested[:, None] * weights[t] * growth[:, t]
        value = held.sum(axis=1)
        unit = unit * np.where(invested > 0.0, value / np.where(invested > 0.0, invested, 1.0), 1.0)
        peak = np.maximum(peak, unit)
        fall = np.maximum(fall, 1.0 - unit / peak)
    return {"wealth": np.array(wealth), "drawdown": fall, "cost": costs, "unpaid": unpaid}


def test_fused_wealth_is_the_numpy_account_on_the_simulated_paths(model: Model) -> None:
    paths, weights = 300, glide()
    exact = by_hand(simulate(model, T, paths, 7, "judge").assets, weights, terms())
    got = simulate_wealth(model, weights, paths, 7, "judge", **terms(), levels=(0.0, 10.0, 50.0, 90.0, 100.0))
    np.testing.assert_allclose(got.final, exact["wealth"][-1], rtol=2e-5, atol=1.0)
    np.testing.assert_allclose(got.drawdown, exact["drawdown"], atol=1e-5)
    np.testing.assert_allclose(got.cost, exact["cost"], rtol=1e-3)
    np.testing.assert_allclose(got.unpaid, exact["unpaid"], rtol=1e-5, atol=1.0)
    assert 0.0 < (got.unpaid > 0.0).mean() < 1.0
    ranks = np.ceil(np.array(got.levels) / 100.0 * paths).astype(int) - 1
    order = np.sort(exact["wealth"], axis=1)[:, np.maximum(ranks, 0)]
    np.testing.assert_allclose(got.wealth, order, rtol=2e-5, atol=1.0)


def test_bytes_depend_on_neither_threads_nor_number_of_paths(model: Model) -> None:
    one, two, five = (
        simulate_wealth(model, glide(), 1_000, 3, "design", **terms(), threads=n) for n in (1, 2, 5)
    )
    for other in (two, five):
        for field in ("wealth", "final", "drawdown", "cost", "unpaid"):
            np.testing.assert_array_equal(getattr(one, field), getattr(other, field))
    fewer = simulate_wealth(model, glide(), 333, 3, "design", **terms())
    np.testing.assert_array_equal(fewer.final, one.final[:333])
    np.testing.assert_array_equal(fewer.drawdown, one.drawdown[:333])


def test_single_normals_are_the_doubles_rounded() -> None:
    """Within eight roundings; of a radius r near 0, where u rounds to 24 bits below 1, within 2^-24 / r."""
    wide, bits = (np.empty((4, kernels.LANES), dtype=kind) for kind in (np.uint64, np.uint32))
    radius = np.empty(kernels.LANES, dtype=np.float32)
    exact, got = np.zeros((8, kernels.LANES)), np.zeros((8, kernels.LANES), dtype=np.float32)
    for step in range(2_000):
        kernels.normals(5, 6, 0, step, 8, 257, wide, exact)
        wealth_kernels.single_normals(5, 6, 0, step, 8, 257, bits, radius, got)
        r = np.hypot(exact[0::2], exact[1::2]).repeat(2, axis=0)
        assert (np.abs(exact - got) < 3e-6 + 2.0**-24 / np.maximum(r, 2e-4)).all()


@pytest.mark.parametrize(("word", "extreme"), [(0, 6.763), (2**32 - 1, 0.0)])
def test_single_radius_at_the_ends_of_the_words(word: int, extreme: float) -> None:
    words, out = np.full(kernels.LANES, word, dtype=np.uint32), np.empty(kernels.LANES, dtype=np.float32)
    wealth_kernels._single_radius(words, out)
    assert out[0] == pytest.approx(extreme, abs=1e-3)


def test_single_exponential() -> None:
    x = np.linspace(-60.0, 60.0, 200_000).astype(np.float32)
    y = x.copy()
    wealth_kernels.single_exponential(y)
    np.testing.assert_allclose(y, np.exp(x.astype(float)), rtol=4e-7)
    zero = np.zeros(3, dtype=np.float32)
    wealth_kernels.single_exponential(zero)
    np.testing.assert_array_equal(zero, np.ones(3, dtype=np.float32))


@pytest.mark.parametrize("kind", ["normal", "ties", "constant", "outlier"])
def test_order_statistics_are_exact(kind: str) -> None:
    rng = np.random.default_rng(4)
    values = {
        "normal": rng.normal(size=5_001),
        "ties": rng.integers(0, 5, size=5_000).astype(float),
        "constant": np.full(100, 3.25),
        "outlier": np.append(rng.normal(size=999), 1e9),
    }[kind].astype(np.float32)
    ranks = np.array([0, 1, 49, values.size // 2, values.size - 2, values.size - 1])
    ranks = np.sort(np.minimum(ranks, values.size - 1))
    out = np.empty(ranks.size)
    order_statistics(values, ranks, out)
    np.testing.assert_array_equal(out, np.sort(values)[ranks])


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"weights": np.full(5, 0.2)}, r"weights: shape \(5,\); give a row a month of 5 weights"),
        (
            {"weights": np.full((T, 5), 0.3)},
            "weights: every row must hold weights of 0 or more that sum to 1",
        ),
        ({"wealth": -1.0}, "wealth: -1.0; give money from 0"),
        ({"inflows": np.ones(T)}, f"inflows: give {T + 1} amounts of 0 or more"),
        ({"payments": np.full(T + 1, -1.0)}, f"payments: give {T + 1} amounts of 0 or more"),
        ({"trading_cost": 0.9}, "trading_cost: 0.9; give decimals from 0 to 0.5"),
        ({"levels": (101.0,)}, r"levels: \(101.0,\); give percentiles from 0 to 100"),
        ({"threads": 0}, "threads is 0; give 1 or more"),
        ({"paths": 0}, "paths is 0"),
    ],
)
def test_errors_name_the_argument(embedded: Market, change: dict[str, Any], sentence: str) -> None:
    model = LognormalModel(reference_assumptions(embedded).select(IDS, []))
    given: dict[str, Any] = {
        "weights": glide(),
        "paths": 10,
        "seed": 1,
        "stream": "judge",
        **terms(),
    } | change
    weights, paths, seed, stream = (given.pop(name) for name in ("weights", "paths", "seed", "stream"))
    with pytest.raises(ValueError, match=sentence):
        simulate_wealth(model, weights, paths, seed, stream, **given)
