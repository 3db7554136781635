"""The random numbers under everything: known answers, plain twins, laws."""

from __future__ import annotations

import numpy as np
import pytest
from goalplan.scenarios import _kernels as kernels
from scipy import stats

LANES = kernels.LANES

# Philox4x32-10 known answers (Random123 kat_vectors): counter, key, output.
KNOWN = [
    ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


def words(key: tuple[int, int], first: int, step: int, quad: int, use: int) -> np.ndarray:
    bits = np.empty((4, LANES), dtype=np.uint64)
    kernels.philox(*key, first, step, quad, use, bits)
    return bits


def plain_philox(counter: tuple[int, int, int, int], key: tuple[int, int]) -> tuple[int, int, int, int]:
    """Philox4x32-10 in Python integers."""
    (x0, x1, x2, x3), (k0, k1) = counter, key
    for _ in range(10):
        p0, p1 = 0xD2511F53 * x0, 0xCD9E8D57 * x2
        x0, x1, x2, x3 = (p1 >> 32) ^ x1 ^ k0, p1 & 0xFFFFFFFF, (p0 >> 32) ^ x3 ^ k1, p0 & 0xFFFFFFFF
        k0, k1 = (k0 + 0x9E3779B9) & 0xFFFFFFFF, (k1 + 0xBB67AE85) & 0xFFFFFFFF
    return x0, x1, x2, x3


def normals(rows: int, steps: int, *, key: tuple[int, int] = (1, 2), use: int = 0) -> np.ndarray:
    """Return normals (steps, rows, LANES)."""
    bits, out = np.empty((4, LANES), dtype=np.uint64), np.empty((steps, rows + rows % 2, LANES))
    for step in range(steps):
        kernels.normals(*key, 0, step, rows, use, bits, out[step])
    return out[:, :rows]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN)
def test_philox_gives_the_published_answers(
    counter: tuple[int, int, int, int], key: tuple[int, int], answer: tuple[int, ...]
) -> None:
    assert tuple(int(word) for word in words(key, *counter)[:, 0]) == answer
    assert plain_philox(counter, key) == answer


def test_every_lane_of_philox_equals_the_plain_twin() -> None:
    got = words((5, 6), 1000, 7, 8, 9)
    for lane in (0, 1, LANES // 2, LANES - 1):
        assert tuple(int(w) for w in got[:, lane]) == plain_philox((1000 + lane, 7, 8, 9), (5, 6))


def test_normals_are_box_muller_of_the_words() -> None:
    got = normals(8, 1, key=(3, 4))[0]
    for quad in range(2):
        w = words((3, 4), 0, 0, quad, 0).astype(float)
        for half in (0, 2):
            radius = np.sqrt(-2.0 * np.log((w[half] + 0.5) / 2.0**32))
            angle = (w[half + 1] + 0.5) / 2.0**32 * 2.0 * np.pi
            # Our sine runs from a quarter turn earlier: (cos, sin) of angle - pi/2 up to a sign by half turn.
            plain = np.array([np.sin(angle), np.cos(angle)]) * radius
            pair = got[4 * quad + half : 4 * quad + half + 2]
            np.testing.assert_allclose(np.abs(pair), np.abs(plain), atol=3e-9)
            np.testing.assert_allclose(np.hypot(*pair), radius, atol=3e-9)


def test_extreme_words_give_finite_normals() -> None:
    extreme = np.array([0, 1, 2**31 - 1, 2**31, 2**32 - 2, 2**32 - 1], dtype=np.uint64)
    radius, sine = np.empty(6), np.empty(6)
    kernels._radius(extreme, radius)
    np.testing.assert_allclose(
        radius, np.sqrt(-2.0 * np.log((extreme.astype(float) + 0.5) / 2.0**32)), rtol=1e-9
    )
    cosine = np.ones(6)
    kernels._turn(extreme, cosine, sine)
    np.testing.assert_allclose(cosine**2 + sine**2, 1.0, atol=1e-9)
    assert radius.max() == pytest.approx(6.7637, abs=1e-4)


@pytest.mark.parametrize(("reach", "error"), [(1.0, 1e-13), (40.0, 1e-13), (700.0, 3e-13)])
def test_exponential_equals_that_of_numpy(reach: float, error: float) -> None:
    x = np.linspace(-reach, reach, 40_001)
    y = x.copy()
    kernels.exponential(y)
    np.testing.assert_allclose(y, np.exp(x), rtol=error)


def test_exponential_of_nothing_is_exactly_one() -> None:
    x = np.zeros(5)
    kernels.exponential(x)
    np.testing.assert_array_equal(x, 1.0)


def test_cholesky_equals_that_of_numpy_and_grows_downwards() -> None:
    x = np.random.default_rng(5).normal(size=(40, 7))
    matrix = np.corrcoef(x.T)
    whole, part = np.zeros((7, 8)), np.zeros((4, 4))
    kernels.cholesky(matrix, whole)
    kernels.cholesky(matrix[:4, :4].copy(), part)
    np.testing.assert_allclose(whole[:, :7], np.linalg.cholesky(matrix), atol=1e-14)
    np.testing.assert_array_equal(whole[:4, :4], part)


def test_triangular_equals_a_matrix_product() -> None:
    rng = np.random.default_rng(0)
    D = 6
    factor, mean, z = np.zeros((D, 8)), rng.normal(size=D), rng.normal(size=(8, LANES))
    factor[:, :D] = np.tril(rng.normal(size=(D, D)))
    place = np.array([2, 0, 3, 1])
    out = np.empty((4, LANES))
    kernels.triangular(factor, mean, z, 2, place, out)
    np.testing.assert_allclose(out[place], (mean[:, None] + factor @ z)[2:], atol=1e-13)


def test_normals_have_their_law() -> None:
    z = normals(8, 1000).ravel()
    n = z.size
    assert n > 1_000_000
    assert abs(z.mean()) < 4.0 / np.sqrt(n)
    assert abs(z.var() - 1.0) < 4.0 * np.sqrt(2.0 / n)
    assert abs((z**3).mean()) < 4.0 * np.sqrt(15.0 / n)
    assert abs((z**4).mean() - 3.0) < 4.0 * np.sqrt(96.0 / n)
    assert stats.kstest(z, "norm").pvalue > 1e-3
    tail = float(stats.norm.sf(3.5)) * 2.0
    assert abs((np.abs(z) > 3.5).mean() - tail) < 4.0 * np.sqrt(tail / n)


def test_rows_steps_lanes_and_uses_are_uncorrelated() -> None:
    z = normals(8, 1000)
    bound = 5.0 / np.sqrt(1000 * LANES)
    rows = np.corrcoef(z.transpose(1, 0, 2).reshape(8, -1)) - np.eye(8)
    assert np.abs(rows).max() < bound
    assert abs((z[1:] * z[:-1]).mean()) < bound
    assert abs((z[:, :, 1:] * z[:, :, :-1]).mean()) < bound
    assert abs((z * normals(8, 1000, use=1)).mean()) < bound
    assert abs((z * normals(8, 1000, key=(2, 2))).mean()) < bound
    assert abs((z**2 * normals(8, 1000, use=1) ** 2).mean() - 1.0) < 8.0 * bound


def test_fewer_rows_are_the_same_rows() -> None:
    np.testing.assert_array_equal(normals(5, 3), normals(8, 3)[:, :5])
