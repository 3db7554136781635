"""Scores of a forecast sample against what came: PIT, CRPS, log score, and errors of means over overlapping windows."""

from __future__ import annotations

import numpy as np

from ._types import FloatArray


def pit(sample: FloatArray, outcome: float) -> float:
    """Return the probability integral transform: the share of `sample` (P,) below `outcome`, ties by half."""
    below, ties = np.count_nonzero(sample < outcome), np.count_nonzero(sample == outcome)
    return float((below + 0.5 * ties) / sample.size)


def crps(sample: FloatArray, outcome: float) -> float:
    """Return the continuous ranked probability score E|X - y| - E|X - X'|/2 of `sample` (P,), in its units.

    References
    ----------
    Gneiting, Raftery (2007), "Strictly proper scoring rules, prediction, and estimation", Journal of the American
    Statistical Association 102, section 4.2.
    """
    x, n = np.sort(sample), sample.size
    spread = 2.0 * (2.0 * np.arange(1, n + 1) - n - 1.0) @ x / n**2  # E|X - X'|
    return float(np.abs(x - outcome).mean() - 0.5 * spread)


def log_score(sample: FloatArray, outcome: float) -> float:
    """Return minus the log density of `outcome`; lower is better.

    The density is a normal kernel's over `sample` (P,), of Silverman's width, mixed with 1 % of a normal three times
    as wide as the sample: one miss costs much, but not everything.
    """
    deviation = max(float(sample.std()), 1e-12)
    low, high = np.quantile(sample, [0.25, 0.75])
    width = 0.9 * max(min(deviation, (high - low) / 1.349), 1e-3 * deviation) * sample.size**-0.2
    root = np.sqrt(2.0 * np.pi)
    near = float(np.exp(-0.5 * ((outcome - sample) / width) ** 2).mean()) / (root * width)
    wide = 3.0 * deviation
    far = float(np.exp(-0.5 * min(((outcome - sample.mean()) / wide) ** 2, 1400.0))) / (root * wide)
    return -float(np.log(0.99 * near + 0.01 * far))


def block_error(values: FloatArray, block: int) -> float:
    """Return the standard error of the mean of `values` (n,) that overlap over `block` of them.

    Of overlapping batch means: b/n times the variance of the means of all runs of b values, NaN below two blocks.

    References
    ----------
    Meketon, Schmeiser (1984), "Overlapping batch means: something for nothing?", Proc. Winter Simulation Conference.
    """
    n, b = values.size, min(max(block, 1), values.size)
    if n < 2 * b or n < 2:
        return float("nan")
    sums = np.cumsum(np.append(0.0, values - values.mean()))
    means = (sums[b:] - sums[:-b]) / b
    return float(np.sqrt(b / n * np.mean(means**2) / (1.0 - b / n)))
