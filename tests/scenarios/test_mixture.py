"""The kernel of hidden states and scales, against plain numpy and against its exact laws."""

from __future__ import annotations

import numpy as np
import pytest
from goalplan.scenarios import LognormalModel, Market, reference_assumptions, simulate
from goalplan.scenarios import _kernels as kernels
from goalplan.scenarios import _mixture_kernels as mixture_kernels
from goalplan.scenarios.assumptions import Assumptions
from goalplan.scenarios.mixture import (
    Mixture,
    covariance_freedom,
    draw_law,
    law_of,
    one_state,
    table_probabilities,
)
from goalplan.scenarios.paths import Draw
from goalplan.scenarios.student_t import scale_table


@pytest.fixture(scope="module")
def chosen(embedded: Market) -> Assumptions:
    return reference_assumptions(embedded).select(["us_equity", "cn_cash", "gold"], ["cpi", "cash"])


def test_without_states_scales_and_doubt_it_is_the_lognormal_model(chosen: Assumptions) -> None:
    request = Draw(months=4, paths=30, seed=2, stream="judge", steps_per_month=3, first=7)
    none = one_state(3, np.empty(0))
    assets, indices = draw_law(law_of(chosen, none, doubt=True, covariance_doubt=False), 3, request)
    lognormal = simulate(LognormalModel(chosen, True, False), 4, 30, 2, "judge", steps_per_month=3, first=7)
    np.testing.assert_allclose(assets, lognormal.assets, rtol=1e-13)
    np.testing.assert_allclose(indices, lognormal.indices, rtol=1e-13)


def planted() -> Mixture:
    """Two states of three assets, of mean zero and covariance one in the long run along the first axis."""
    p = np.array([0.75, 0.25])
    low = np.array([[1.0, 0, 0], [0.2, 0.9, 0], [-0.3, 0.1, 0.8]])
    return Mixture(
        mean=np.array([[0.1, 0.0, -0.2], [-0.3, 0.0, 0.6]]),
        factor=np.stack([0.8 * low, 1.3 * low]),
        start=np.array([0.4, 0.6]),
        stationary=p,
        transition=np.array([[0.9, 0.1], [0.3, 0.7]]),
        table=scale_table(5.0),
    )


def test_compiled_paths_equal_a_numpy_rewrite(chosen: Assumptions) -> None:
    """States, scales, the bridge, uncertain means and covariance, from the same random words."""
    request = Draw(months=3, paths=20, seed=9, stream="judge", steps_per_month=4, first=5)
    month, step, mean, state, spread = (
        int(u) for u in request.uses("month", "step", "mean", "state", "spread")
    )
    law, bits = planted(), np.empty((4, kernels.LANES), dtype=np.uint64)

    def normals(at: int, rows: int, use: int) -> np.ndarray:
        out = np.empty((8, kernels.LANES))
        kernels.normals(*request.key, 5, at, rows, use, bits, out)
        return out[:rows, :20]

    order = [1, 2, 0, 4, 3]  # cn_cash, gold, us_equity; cash, cpi
    _, cov = chosen.monthly_log_moments()
    F = np.linalg.cholesky(cov[np.ix_(order, order)])
    n = 12.0 * chosen.years
    A = np.zeros((20, 5, 5))
    freedom = n / 4.0 + 4.0
    for i in range(5):
        row, k = normals(i, i + 1, spread), freedom - 5.0 + i + 1.0
        A[:, i, :i] = row[:i].T
        A[:, i, i] = np.sqrt(k * (1.0 - 2.0 / (9.0 * k) + np.sqrt(2.0 / (9.0 * k)) * row[i]) ** 3)

    def spread_out(z: np.ndarray) -> np.ndarray:
        size = z.shape[0]
        return np.sqrt(freedom - 6.0) * np.linalg.solve(A[:, :size, :size], z.T[:, :, None])[:, :, 0].T

    shift = F @ spread_out(normals(0, 5, mean) / np.sqrt(n))
    inner = np.stack([np.block([[f, np.zeros((3, 2))], [np.zeros((2, 3)), np.eye(2)]]) for f in law.factor])
    means = np.stack([F[:, :3] @ m for m in law.mean])
    factors = F @ inner
    w = np.interp((np.arange(200_000) + 0.5) / 200_000, table_probabilities(), law.table)
    wanted = np.log1p(np.append(chosen.mean, chosen.index_mean)[order]) / 12.0
    exact = wanted - np.log(
        sum(
            p * np.exp(means[s]) * np.exp(0.5 * np.outer((factors[s] ** 2).sum(axis=1), w**2)).mean(axis=1)
            for s, p in enumerate(law.stationary)
        )
    )
    now = np.zeros(20, dtype=int)
    assets, indices = np.empty((20, 12, 3)), np.empty((20, 3, 2))
    for m in range(3):
        z = normals(m, 5, month)
        kernels.philox(*request.key, 5, m, 0, state, bits)
        u = (bits[:2, :20] + 0.5) / 2.0**32
        leave = law.start[0] if m == 0 else law.transition[now, 0]
        now = (u[0] > leave).astype(int)
        scale = np.interp(u[1], table_probabilities(), law.table)
        drawn = np.einsum("pij,jp->pi", factors[now], spread_out(z))
        indices[:, m, [1, 0]] = np.exp(means[now] + exact + shift.T + scale[:, None] * drawn)[:, 3:]
        rest = 2.0 * z[:3]
        for k in range(4):
            left = 4 - k
            part = rest / left + np.sqrt(1.0 - 1.0 / left) * normals(4 * m + k, 3, step) if left > 1 else rest
            rest = rest - part
            drawn = np.einsum("pij,jp->pi", factors[now][:, :3, :3], spread_out(part))
            logs = (means[now] + exact + shift.T)[:, :3] / 4.0 + scale[:, None] / 2.0 * drawn
            assets[:, 4 * m + k, [1, 2, 0]] = np.exp(logs)
    got = draw_law(law_of(chosen, law, doubt=True, covariance_doubt=True), 3, request)
    np.testing.assert_allclose(got[0], assets, rtol=2e-7)  # the centre by a rougher sum
    np.testing.assert_allclose(got[1], indices, rtol=2e-7)


def test_quantiles_are_read_between_the_knots() -> None:
    words = np.array([0, 1, 2, 5, 1000, 2**31, 2**32 - 1], dtype=np.uint64)
    knots = table_probabilities()
    out = np.empty(words.size)
    mixture_kernels.quantiles(words, np.log(knots), out)
    exact = np.interp((words.astype(float) + 0.5) / 2.0**32, knots, np.log(knots))
    np.testing.assert_allclose(out, exact, rtol=1e-12)


def test_an_uncertain_covariance_is_inverse_wishart(chosen: Assumptions) -> None:
    """Each variance is (k - 2) / chi-squared(k): mean one, variance 2 / (k - 4), k a quarter of the months."""
    paths, months = 3000, 120
    model = LognormalModel(chosen, False, False)
    known = simulate(model, months, paths, 4, "judge")
    doubted = simulate(LognormalModel(chosen, False, True), months, paths, 4, "judge")
    _, cov = chosen.monthly_log_moments()
    logs = np.log(np.concatenate([doubted.assets, doubted.indices], axis=2))
    each = logs.var(axis=1, ddof=1) / np.diag(cov)
    drawn = 2.0 / (12.0 * chosen.years / 4.0 - 4.0)
    exact = drawn + 2.0 / (months - 1.0) * (1.0 + drawn)
    assert (np.abs(each.mean(axis=0) - 1.0) < 4.0 * np.sqrt(exact / paths)).all()
    # Kurtosis of `each` is below 5, so its variance is known to sqrt(4 / paths).
    assert (np.abs(each.var(axis=0) / exact - 1.0) < 4.0 * np.sqrt(4.0 / paths)).all()
    plain = np.log(known.assets).var(axis=1, ddof=1) / np.diag(cov)[:3]
    assert (plain.var(axis=0) < 0.8 * each.var(axis=0)[:3]).all()


def test_a_drawn_covariance_stays_on_its_path(chosen: Assumptions) -> None:
    """Variances of two halves of a path are correlated by what the draw adds to their sampling noise."""
    paths, months = 4000, 240
    logs = np.log(simulate(LognormalModel(chosen, False, True), months, paths, 8, "judge").assets)
    first, second = (part.var(axis=1, ddof=1) for part in (logs[:, :120], logs[:, 120:]))
    drawn = 2.0 / (12.0 * chosen.years / 4.0 - 4.0)
    rho = drawn / (drawn + 2.0 / 119.0 * (1.0 + drawn))
    for a, b in zip(first.T, second.T, strict=True):
        assert np.corrcoef(a, b)[0, 1] == pytest.approx(rho, abs=4.0 / np.sqrt(paths))


@pytest.mark.parametrize("years", [1, 10])
def test_growth_under_uncertain_means_and_covariance_is_student_t(chosen: Assumptions, years: int) -> None:
    """Log growth over T years is mT + s sqrt(T + T^2/n) sqrt((k - 2)/k) t(k): the predictive law in closed form."""
    from scipy.stats import kstest, t

    paths = 20_000
    grown = np.log(simulate(LognormalModel(chosen), 12 * years, paths, 3, "judge").assets).sum(axis=1)
    mean, _ = chosen.monthly_log_moments()
    k = 12.0 * chosen.years / 4.0
    for n in (0, 2):
        spread = chosen.volatility[n] * np.sqrt((years + years**2 / chosen.years) * (k - 2.0) / k)
        z = (grown[:, n] - 12.0 * years * mean[n]) / spread
        assert kstest(z, t(k).cdf).pvalue > 1e-3
        for goal in (-1.0, 1.0):  # the probability of a goal that many spreads off the median
            exact = float(t.sf(goal, k))
            assert abs((z > goal).mean() - exact) < 4.0 * np.sqrt(exact * (1.0 - exact) / paths)


def test_a_short_history_is_worth_thirty_degrees(chosen: Assumptions) -> None:
    from dataclasses import replace

    assert covariance_freedom(chosen) == pytest.approx(3.0 * chosen.years)
    assert covariance_freedom(replace(chosen, years=2.5)) == 30.0
