"""The tear sheet of a backtest: two pages a strategy, drawn by matplotlib; the same bytes for the same result."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..backtests import BacktestResult, crisis_windows, worst_drawdowns

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from ..backtests import Comparison

FloatArray = NDArray[np.float64]

_SIZE = (8.27, 11.69)  # A4, inches
_DARK, _RED, _GREY = "#1f3b63", "#a33b3b", "#8a8f98"


def tear_sheet_pdf(found: Comparison) -> bytes:
    """Return the tear sheets of every strategy of a comparison as one PDF, two pages each.

    Parameters
    ----------
    found : Comparison
        The same one gives the same bytes.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    out = io.BytesIO()
    # No date inside: the same result gives the same bytes.
    with PdfPages(out, metadata={"Title": "goalplan backtest", "CreationDate": None}) as pages:
        for result in found.results:
            for figure in (_first_page(result), _second_page(result)):
                pages.savefig(figure)
    return out.getvalue()


def charts_png(result: BacktestResult) -> bytes:
    """Return the first page of a strategy's tear sheet as a PNG, A4 at 110 dots an inch.

    Parameters
    ----------
    result : BacktestResult
        The same one gives the same bytes.
    """
    out = io.BytesIO()
    _first_page(result).savefig(out, format="png", dpi=110, metadata={"Software": None})
    return out.getvalue()


def _page(result: BacktestResult) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    # Not a layout that is solved for: its last bits, and with them the file, differ from run to run.
    figure.subplots_adjust(left=0.08, right=0.84, top=0.90, bottom=0.04, hspace=0.4)
    m = result.metrics
    figure.suptitle(
        f"{result.name}   {result.dates[0]} to {result.dates[-1]}\n"
        f"CAGR {m.cagr:.1%}   volatility {m.annual_volatility:.1%}   max drawdown {m.max_drawdown:.1%}   "
        f"Sharpe {m.sharpe_ratio:.2f}   turnover {result.turnover:.0%} a year\n"
        "A backtest is no promise: past performance is no indication of the future.",
        fontsize=10,
    )
    return figure


def _first_page(result: BacktestResult) -> Figure:
    from matplotlib.ticker import FuncFormatter, LogLocator

    figure = _page(result)
    linear, log, under, months = figure.subplots(4, 1, height_ratios=[3, 3, 2, 3])
    for axes, scale in ((linear, "linear"), (log, "log")):
        axes.plot(result.dates, result.unit_values, color=_DARK, linewidth=1.0, label=result.name)
        if result.benchmark is not None:
            level = np.concatenate([[1.0], np.cumprod(1.0 + result.benchmark)])
            axes.plot(result.dates, level, color=_GREY, linewidth=0.8, label="benchmark")
        axes.set_yscale(scale)
        if scale == "log":
            for line in (axes.yaxis.set_major_formatter, axes.yaxis.set_minor_formatter):
                line(FuncFormatter(lambda value, _: f"{value:g}"))
            axes.yaxis.set_minor_locator(LogLocator(subs=(2.0, 5.0)))
        axes.set_title(f"Value of one unit, {scale}", fontsize=9)
        axes.legend(fontsize=7, frameon=False)
    fall = result.unit_values / np.maximum.accumulate(result.unit_values) - 1.0
    under.fill_between(result.dates, 100.0 * fall, 0.0, color=_RED, linewidth=0.0, alpha=0.6)
    under.set_title("Under water, % of the peak", fontsize=9)
    _months(months, result)
    _small(figure)
    return figure


def _second_page(result: BacktestResult) -> Figure:
    from matplotlib import colormaps

    figure = _page(result)
    rolling, weights, turnover, falls, crises = figure.subplots(5, 1, height_ratios=[2, 3, 2, 2, 3])
    year = result.rows_per_year
    if len(result.returns) > year:
        deviation, ratio = _rolling(result.returns - result.risk_free, year)
        rolling.plot(
            result.dates[year:], 100.0 * deviation, color=_DARK, linewidth=0.9, label="volatility, %"
        )
        rolling.plot(result.dates[year:], ratio, color=_RED, linewidth=0.9, label="Sharpe ratio")
        rolling.legend(fontsize=7, frameon=False)
    rolling.set_title("One year, rolling", fontsize=9)
    held = np.flatnonzero(np.nanmax(result.weights, axis=0) > 0.005)
    weights.stackplot(
        result.dates,
        100.0 * result.weights[:, held].T,
        labels=[result.asset_ids[i] for i in held],
        colors=[colormaps["tab20"](i) for i in range(20)],
    )
    weights.set_title("Weights, %", fontsize=9)
    weights.legend(fontsize=6, frameon=False, loc="upper left", bbox_to_anchor=(1.0, 1.0))
    years, traded = _turnover(result)
    turnover.bar([str(year) for year in years], 100.0 * traded, color=_DARK, width=0.7)
    turnover.set_title("One-way turnover by calendar year, %", fontsize=9)
    _table(
        falls,
        "The five worst drawdowns",
        ("depth", "peak", "trough", "recovered"),
        [
            (f"{d.depth:.1%}", str(d.peak), str(d.trough), str(d.recovery or "not yet"))
            for d in worst_drawdowns(result)
        ],
    )
    _table(
        crises,
        "Crises",
        ("episode", "return", "drawdown inside"),
        [(w.id, f"{w.total_return:.1%}", f"{w.max_drawdown:.1%}") for w in crisis_windows(result)],
    )
    _small(figure)
    return figure


def _months(axes: Axes, result: BacktestResult) -> None:
    """Draw the heat map of monthly returns."""
    month = result.dates.astype("datetime64[M]")
    last = np.flatnonzero(np.append(month[1:] != month[:-1], True))
    level = result.unit_values[last]
    returns = np.concatenate([[level[0] - 1.0], level[1:] / level[:-1] - 1.0])
    year = month[last].astype("datetime64[Y]").astype(int) + 1970
    table = np.full((int(year[-1] - year[0]) + 1, 12), np.nan)
    table[year - year[0], month[last].astype(int) % 12] = 100.0 * returns
    most = max(float(np.nanmax(np.abs(table))), 1.0)
    axes.imshow(table, aspect="auto", cmap="RdYlGn", vmin=-most, vmax=most)
    for (row, column), value in np.ndenumerate(table):
        if value == value:  # NaN is unequal to itself
            axes.text(column, row, f"{value:.1f}", ha="center", va="center", fontsize=4.5)
    axes.set_yticks(range(len(table)), [str(year[0] + i) for i in range(len(table))])
    axes.set_xticks(range(12), [str(i) for i in range(1, 13)])
    axes.set_title("Monthly returns, %", fontsize=9)


def _rolling(excess: FloatArray, year: int) -> tuple[FloatArray, FloatArray]:
    """Return volatility and Sharpe ratio a year over rolling years, from running sums.

    A running sum has one order of addition; numpy's own means depend on where in memory the numbers lie.
    """
    first, second = (np.cumsum(np.concatenate([[0.0], excess**power])) for power in (1, 2))
    mean = (first[year:] - first[:-year]) / year
    variance = ((second[year:] - second[:-year]) / year - mean**2) * (year / (year - 1.0))
    deviation = np.sqrt(np.maximum(variance, 0.0) * year)
    return deviation, np.divide(mean * year, deviation, out=np.zeros(len(mean)), where=deviation > 1e-12)


def _turnover(result: BacktestResult) -> tuple[Any, Any]:
    """Return years and the money traded at rebalances after the first, half of it over wealth."""
    trades = result.trades
    years = result.dates.astype("datetime64[Y]").astype(int) + 1970
    shown = np.arange(years[0], years[-1] + 1)
    traded = np.zeros(len(shown))
    for j in np.flatnonzero(trades.reasons == "rebalance")[1:]:
        row = int(np.searchsorted(result.dates, trades.dates[j]))
        traded[years[row] - years[0]] += 0.5 * np.abs(trades.values[j]).sum() / result.wealth[row]
    return shown, traded


def _table(axes: Axes, title: str, head: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    axes.axis("off")
    axes.set_title(title, fontsize=9)
    if rows:
        table = axes.table(cellText=rows, colLabels=head, loc="center", cellLoc="left", edges="horizontal")
        table.auto_set_font_size(False)
        table.set_fontsize(6.5)


def _small(figure: Figure) -> None:
    for axes in figure.axes:
        axes.tick_params(which="both", labelsize=6.5)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
