"""What a return model says, as a picture: fans of growth and drawdowns of every series. Computes percentiles only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

BANDS = ((5.0, 95.0), (25.0, 75.0))
_COLUMNS, _WIDTH, _HEIGHT = 3, 3.6, 2.4
_BLUE = "#1f4e79"


def plot_scenarios(path: Path, levels: dict[str, FloatArray], title: str) -> None:
    """Write one panel a series: 5, 25, 50, 75 and 95 per cent of its level by month, and its worst path.

    Parameters
    ----------
    path : Path
        ``.svg``, ``.png`` or ``.pdf``; written under a temporary name, then renamed.
    levels : dict of (P, T+1) float64
        Simulated levels by name, 1 at month 0.
    title : str
    """
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    rows = -(-len(levels) // _COLUMNS)
    columns = min(_COLUMNS, len(levels))
    figure = Figure(figsize=(_WIDTH * columns, 0.5 + _HEIGHT * rows), layout="constrained")
    axes = np.atleast_1d(figure.subplots(rows, columns, sharex=True, squeeze=False)).ravel()
    for axis, (name, level) in zip(axes, levels.items(), strict=False):
        years = np.arange(level.shape[1]) / 12.0
        asked = sorted({level for band in BANDS for level in band} | {50.0})
        found = dict(zip(asked, np.percentile(level, asked, axis=0), strict=True))
        for (low, high), shade in zip(BANDS, (0.18, 0.35), strict=True):
            axis.fill_between(years, found[low], found[high], color=_BLUE, alpha=shade, linewidth=0.0)
        axis.plot(years, found[50.0], color=_BLUE, linewidth=1.4)
        axis.plot(years, level[level[:, -1].argmin()], color="#a33", linewidth=0.7)
        axis.set_yscale("log")
        axis.set_title(name, fontsize=9)
        axis.tick_params(labelsize=7)
        axis.minorticks_off()
        lowest, highest = axis.get_ylim()
        ticks = np.unique(np.round(np.geomspace(lowest, highest, 7)[1:-1], 2))
        axis.set_yticks(ticks, [f"{t:.2f}" for t in ticks])
    for axis in axes[len(levels) :]:
        axis.set_visible(False)
    figure.suptitle(
        f"{title}\nbands 5-95 and 25-75 per cent, median, worst path; years, log scale", fontsize=9
    )
    form = path.suffix[1:]
    undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}
    part = path.with_name(f".{path.name}.part")
    try:
        with rc_context({"svg.hashsalt": "goalplan"}):  # the same picture is the same bytes
            figure.savefig(part, format=form, dpi=150, metadata=undated.get(form))
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
