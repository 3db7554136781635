"""Scores of a forecast sample against what came: PIT, CRPS, log score, and errors of means over overlapping windows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ._types import BoolArray, FloatArray, IntArray


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


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockShare:
    """A mean with the ends of its interval from a circular block bootstrap."""

    value: float
    low: float
    high: float


def block_draws(n: int, block: int, resamples: int, seed: int) -> IntArray:
    """Return row numbers (resamples, n) of circular blocks of `block` rows; the same seed gives the same draws.

    References
    ----------
    Politis, Romano (1992), "A circular block-resampling procedure for stationary data", in Exploring the Limits of
    Bootstrap.
    """
    size = min(max(block, 1), n)
    count = -(-n // size)
    begins = np.random.Generator(np.random.Philox(seed)).integers(0, n, (resamples, count))
    rows: IntArray = ((begins[:, :, None] + np.arange(size)) % n).reshape(resamples, -1)[:, :n]
    return rows


def block_share(
    values: FloatArray, block: int, *, level: float = 0.9, resamples: int = 2000, seed: int = 1
) -> BlockShare:
    """Return the mean of `values` (n,) by start, and its bootstrap interval where `block` of them overlap.

    With fewer than two blocks the data cannot tell, and the interval is 0 to 1.
    """
    n = values.size
    if n == 0:
        return BlockShare(value=float("nan"), low=float("nan"), high=float("nan"))
    if n < 2 * block:
        return BlockShare(value=float(values.mean()), low=0.0, high=1.0)
    means = values[block_draws(n, block, resamples, seed)].mean(axis=1)
    low, high = np.quantile(means, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
    return BlockShare(value=float(values.mean()), low=float(low), high=float(high))


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """Promises between two probabilities: their mean, and the share that came true."""

    low: float
    high: float
    count: int
    promised: float
    came: BlockShare


@dataclass(frozen=True, slots=True, kw_only=True)
class Reliability:
    """Promised probabilities against what came.

    Attributes
    ----------
    bins : tuple of ReliabilityBin
        Those that hold a promise.
    count : int
    promised, came : float, BlockShare
        Means over all.
    brier : BlockShare
        Mean of (promised - came)^2; lower is better, 0.25 for a coin.
    reliability, resolution, uncertainty, within : float
        Murphy's parts: brier = reliability - resolution + uncertainty + within, the last from promises that differ
        inside a bin.
    """

    bins: tuple[ReliabilityBin, ...]
    count: int
    promised: float
    came: BlockShare
    brier: BlockShare
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def reliability(
    promised: FloatArray,
    came: FloatArray,
    block: int,
    *,
    edges: tuple[float, ...] = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
    level: float = 0.9,
    resamples: int = 2000,
    seed: int = 1,
) -> Reliability:
    """Return the reliability table and the Brier score with its decomposition.

    Parameters
    ----------
    promised, came : (S, G)
        Probability and outcome (0 or 1) of G promises made at each of S starts in order of time, NaN where there is
        none. Starts are resampled in blocks, their promises together.
    block : int
        Starts that overlap.
    edges : tuple of float
        Of the bins; an upper edge belongs to the next bin, the last to its own.

    References
    ----------
    Murphy (1973), "A new vector partition of the probability score", Journal of Applied Meteorology 12, 595-600;
    Stephenson, Coelho, Jolliffe (2008), "Two extra components in the Brier score decomposition", Weather and
    Forecasting 23, 752-757.
    """
    there = ~np.isnan(promised)
    if not there.any():
        raise ValueError("promised has no entry; give one probability or more")
    number = np.clip(np.digitize(np.nan_to_num(promised), edges[1:-1]), 0, len(edges) - 2)
    S = len(promised)
    draws = block_draws(S, block, resamples, seed) if 2 * block <= S else None

    def share(mask: BoolArray, values: FloatArray, worst: float) -> BlockShare:
        sums, counts = np.where(mask, values, 0.0).sum(axis=1), mask.sum(axis=1)
        value = float(sums.sum() / counts.sum())
        if draws is None:
            return BlockShare(value=value, low=0.0, high=worst)
        total = counts[draws].sum(axis=1)
        some = total > 0
        means = sums[draws].sum(axis=1)[some] / total[some]
        low, high = np.quantile(means, [0.5 - 0.5 * level, 0.5 + 0.5 * level])
        return BlockShare(value=value, low=float(low), high=float(high))

    base = float(came[there].mean())
    bins, gap, spread = [], 0.0, 0.0
    for k in range(len(edges) - 1):
        mine = there & (number == k)
        count = int(mine.sum())
        if not count:
            continue
        said, found = float(promised[mine].mean()), share(mine, came, 1.0)
        gap += count * (said - found.value) ** 2
        spread += count * (found.value - base) ** 2
        bins.append(ReliabilityBin(low=edges[k], high=edges[k + 1], count=count, promised=said, came=found))
    n = int(there.sum())
    brier = share(there, (promised - came) ** 2, 1.0)
    parts = gap / n - spread / n + base * (1.0 - base)
    return Reliability(
        bins=tuple(bins),
        count=n,
        promised=float(promised[there].mean()),
        came=share(there, came, 1.0),
        brier=brier,
        reliability=gap / n,
        resolution=spread / n,
        uncertainty=base * (1.0 - base),
        within=brier.value - parts,
    )
