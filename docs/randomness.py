"""Write the table of docs/randomness.md: a battery on more than 1e8 normals of each precision. Takes a minute.

Run as ``python docs/randomness.py``; with ``--check`` nothing is written and the exit code says whether the page is
current. The exit code is 1 too where a deviation exceeds five standard errors.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from goalplan.scenarios._kernels import LANES, normals
from goalplan.scenarios._wealth_kernels import single_normals
from scipy import stats

PAGE = Path(__file__).with_suffix(".md")
FIRST, LAST = "<!-- battery: written by docs/randomness.py -->\n", "<!-- end of battery -->\n"
BLOCKS, STEPS, ROWS = 128, 1024, 8  # of 2^20 normals
EDGES = np.linspace(-6.0, 6.0, 961)
TAILS = (3.0, 4.0, 4.5, 5.0)
WORST = 5.0
Draw = Callable[[int, int, int], np.ndarray]  # seed, first path, use -> (steps, rows, lanes)


def main() -> int:
    """Return 0 if every deviation is small and the page was current or has been written."""
    double, single = battery(doubles), battery(singles)
    lines = ["| law or pair | double: z | single: z |", "| --- | --- | --- |"]
    lines += [f"| {name} | {double[name]:+.2f} | {single[name]:+.2f} |" for name in double]
    worst = max(abs(z) for z in (*double.values(), *single.values()))
    count = len(double)  # both precisions read the same words
    chance = 1.0 - (1.0 - 2.0 * stats.norm.sf(worst)) ** count
    draws = BLOCKS * STEPS * ROWS * LANES
    said = f"{draws:,} normals of each; largest |z| of {count}: {worst:.2f}"
    lines += ["", f"{said}, which chance alone exceeds with probability {chance:.2f}."]
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(FIRST)
    fresh = f"{head}{FIRST}\n" + "\n".join(lines) + f"\n\n{LAST}{rest.split(LAST)[1]}"
    if "--check" in sys.argv[1:]:
        return int(fresh != text or worst > WORST)
    PAGE.write_text(fresh, encoding="utf-8", newline="\n")
    return int(worst > WORST)


def doubles(seed: int, first: int, use: int) -> np.ndarray:
    """Return normals of `STEPS` months of `LANES` paths."""
    bits, out = np.empty((4, LANES), dtype=np.uint64), np.empty((STEPS, ROWS, LANES))
    for step in range(STEPS):
        normals(seed, 0, first, step, ROWS, use, bits, out[step])
    return out


def singles(seed: int, first: int, use: int) -> np.ndarray:
    """Return the same in single precision, as doubles."""
    bits, radius = np.empty((4, LANES), dtype=np.uint32), np.empty(LANES, dtype=np.float32)
    out = np.empty((STEPS, ROWS, LANES), dtype=np.float32)
    for step in range(STEPS):
        single_normals(seed, 0, first, step, ROWS, use, bits, radius, out[step])
    return out.astype(np.float64)


def battery(draw: Draw) -> dict[str, float]:
    """Return the deviation of every statistic in standard errors."""
    powers, cells, beyond = np.zeros(4), np.zeros(EDGES.size - 1), np.zeros(len(TAILS))
    pairs: dict[str, list[float]] = {}
    for block in range(BLOCKS):
        x = draw(1, block * LANES, 256)
        square = x * x
        powers += x.sum(), square.sum(), (square * x).sum(), (square * square).sum()
        cells += np.histogram(x, EDGES)[0]
        beyond += [np.count_nonzero(np.abs(x) > tail) for tail in TAILS]
        others = {
            "next month": (x[:-1], x[1:]),
            "two months on": (x[:-2], x[2:]),
            "a year on": (x[:-12], x[12:]),
            "the pair of one angle": (x[:, 0::2], x[:, 1::2]),
            "two pairs of a month": (x[:, 0:2], x[:, 2:4]),
            "two quads of a month": (x[:, 0:4], x[:, 4:8]),
            "neighbouring paths": (x[:, :, :-1], x[:, :, 1:]),
            "paths 64 apart": (x[:, :, :64], x[:, :, 64:]),
            "design and validation": (x, draw(1, block * LANES, 512)),
            "design and judge": (x, draw(1, block * LANES, 768)),
            "months and their means": (x, draw(1, block * LANES, 258)),
            "seeds 1 and 2": (x, draw(2, block * LANES, 256)),
        }
        for name, (a, b) in others.items():
            for kind, u, v in (("", a, b), (", squares", a * a - 1.0, b * b - 1.0)):
                total = pairs.setdefault(f"{name}{kind}", [0.0, 0.0])
                total[0] += float((u * v).sum())
                total[1] += u.size * (1.0 if not kind else 4.0)
    n = float(BLOCKS * STEPS * ROWS * LANES)
    mean, second, third, fourth = powers / n
    out = {
        "mean": mean * np.sqrt(n),
        "variance": (second - 1.0) * np.sqrt(n / 2.0),
        "third moment": third * np.sqrt(n / 15.0),
        "fourth moment": (fourth - 3.0) * np.sqrt(n / 96.0),
    }
    for tail, count in zip(TAILS, beyond, strict=True):
        mass = 2.0 * stats.norm.sf(tail)
        out[f"mass beyond {tail:g}"] = (count - n * mass) / np.sqrt(n * mass)
    expected = n * np.diff(stats.norm.cdf(EDGES))
    kept = expected > 10.0
    chi = float(((cells - expected)[kept] ** 2 / expected[kept]).sum())
    out["cells, chi-squared"] = float(stats.norm.isf(stats.chi2.sf(chi, np.count_nonzero(kept))))
    gap = float(np.abs(np.cumsum(cells) / n - stats.norm.cdf(EDGES[1:])).max())
    out["Kolmogorov's distance at the cells"] = float(stats.norm.isf(stats.kstwobign.sf(gap * np.sqrt(n))))
    return out | {name: total / np.sqrt(weight) for name, (total, weight) in pairs.items()}


if __name__ == "__main__":
    sys.exit(main())
