"""Wealth and drawdown of a rebalanced portfolio under a return model, without storing a path of returns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ._table import FloatArray, frozen
from .bootstrap import BlockBootstrap
from .filtered import FilteredHistorical, colour
from .lognormal import LognormalModel
from .mixture import PURPOSES, Law, canonical_places
from .paths import Draw, Model, Stream, simulate
from .regime import RegimeSwitching
from .student_t import StudentT
from .volatility import fit_turbulence

if TYPE_CHECKING:
    from ._wealth_kernels import Account

LEVELS = (1.0, 5.0, 25.0, 50.0, 75.0, 95.0, 99.0)
_CHUNK = 2048  # paths of returns in memory at a time, of a model of the user's own
_LANES = 128
SingleArray = NDArray[np.float32]
Fill = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class WealthPaths:
    """What became of a portfolio on P paths of T months; arrays are read-only, money is nominal.

    Attributes
    ----------
    levels : tuple of float
        Percentiles, 0 to 100.
    wealth : (T+1, L) float64
        Percentiles by month, after that month's money in and payments: the value whose rank is the level's share.
    final, drawdown, cost, unpaid : (P,) float64
        Wealth after the last payments; largest drawdown of the unit value by month, flows taken out; trading costs, and
        payments for which the money was not there.
    """

    levels: tuple[float, ...]
    wealth: FloatArray
    final: FloatArray
    drawdown: FloatArray
    cost: FloatArray
    unpaid: FloatArray


def simulate_wealth(
    model: Model,
    weights: FloatArray,
    paths: int,
    seed: int,
    stream: Stream,
    *,
    wealth: float,
    inflows: FloatArray | None = None,
    payments: FloatArray | None = None,
    trading_cost: FloatArray | float = 0.0,
    levels: Sequence[float] = LEVELS,
    threads: int = 1,
) -> WealthPaths:
    """Follow a portfolio on the paths that ``simulate(model, T, paths, seed, stream)`` would draw.

    A month: money in; payments as far as the money goes; rebalancing to the month's weights at one-way costs; the
    returns, held without trading. Random numbers, returns and accounts are one pass of a compiled kernel in single
    precision: wealth is right to about 1e-5 in twenty years. Paths do not depend on how many there are or on `threads`.

    Parameters
    ----------
    model : Model
        Those of `fit_model` are fused; a model of your own goes by chunks of stored returns.
    weights : (T, N) float64
        To hold from month to month, rows that sum to 1, in the order of ``model.asset_ids``: a glide path.
    paths, seed, stream
        As in `simulate`.
    wealth : float
        At the start, uninvested.
    inflows, payments : (T+1,) float64, optional
        Money in and due at months 0..T.
    trading_cost : (N,) float64 or float
        One-way, as a share of what is traded.
    levels : sequence of float
        Percentiles.
    threads : int

    Raises
    ------
    ValueError
        Naming the argument that does not fit.
    """
    from ._wealth_kernels import Account

    weights = np.asarray(weights, dtype=np.float64)
    N = len(model.asset_ids)
    if weights.ndim != 2 or weights.shape[1] != N or not weights.shape[0]:
        raise ValueError(f"weights: shape {weights.shape}; give a row a month of {N} weights, (T, {N}).")
    if not (np.isfinite(weights).all() and (weights >= 0.0).all() and np.allclose(weights.sum(axis=1), 1.0)):
        raise ValueError("weights: every row must hold weights of 0 or more that sum to 1.")
    T = weights.shape[0]
    flows = [_flow(name, given, T) for name, given in (("inflows", inflows), ("payments", payments))]
    rates = np.broadcast_to(np.asarray(trading_cost, dtype=np.float64), (N,))
    if not ((rates >= 0.0) & (rates < 0.5)).all():
        raise ValueError(f"trading_cost: {trading_cost!r}; give decimals from 0 to 0.5, one or {N}.")
    if not 0.0 <= wealth < 1e15:
        raise ValueError(f"wealth: {wealth!r}; give money from 0 to 1e15.")
    if not levels or not all(0.0 <= level <= 100.0 for level in levels):
        raise ValueError(f"levels: {tuple(levels)}; give percentiles from 0 to 100.")
    if threads < 1:
        raise ValueError(f"threads is {threads}; give 1 or more.")
    request = Draw(months=T, paths=paths, seed=seed, stream=stream, steps_per_month=1, first=0)
    by_month = np.empty((T + 1, paths), dtype=np.float32)
    totals = np.empty((3, paths), dtype=np.float32)
    law = model.law() if isinstance(model, LognormalModel | StudentT | RegimeSwitching) else None
    order = np.arange(N)
    if isinstance(model, LognormalModel | StudentT | RegimeSwitching | FilteredHistorical):
        order = canonical_places(model.assumptions)[0][:N]
    account = Account(
        begin=np.float32(wealth),  # type: ignore[arg-type]  # a float to the checker, single to the compiler
        weights=_single(weights[:, order]),
        rates=_single(rates[order]),
        inflows=_single(flows[0]),
        payments=_single(flows[1]),
        wealth=by_month,
        totals=totals,
    )
    if law is not None:
        fill = _of_law(law, request, account)
    elif isinstance(model, BlockBootstrap):
        fill = _of_rows(model, request, account)
    elif isinstance(model, FilteredHistorical):
        fill = _of_days(model, order, request, account)
    else:
        fill = _of_draws(model, request, account)
    out = np.empty((T + 1, len(levels)))
    _in_threads(fill, _parts(paths, threads))
    _in_threads(_percentiles(by_month, levels, out), _parts(T + 1, threads, 1))
    return WealthPaths(
        levels=tuple(levels),
        wealth=frozen(out),
        final=frozen(by_month[-1].astype(np.float64)),
        drawdown=frozen(totals[0].astype(np.float64)),
        cost=frozen(totals[1].astype(np.float64)),
        unpaid=frozen(totals[2].astype(np.float64)),
    )


def _of_law(law: Law, request: Draw, account: Account) -> Fill:
    """Return the kernel of a law's first N rows, the assets: they do not depend on the indices below them."""
    from ._wealth_kernels import Months, mixture_wealth

    N = account.rates.size
    quads = 4 * ((N + 3) // 4)
    months = Months(
        means=_single(law.means[:, :N]),
        factors=_single(law.factors[:, :N, :quads]),
        start=law.start,
        transition=law.transition,
        table=law.table,
        colour=_single(law.colour[:N, :quads]),
        doubt=law.doubt,
        freedom=law.freedom - (law.place.size - N) if law.freedom > 0.0 else 0.0,
    )

    def fill(low: int, high: int) -> None:
        mixture_wealth(*request.key, request.uses(*PURPOSES), request.first, low, high, months, account)

    return fill


def _of_rows(model: BlockBootstrap, request: Draw, account: Account) -> Fill:
    from ._wealth_kernels import bootstrap_wealth

    N = account.rates.size
    (use,) = request.uses("block")
    table = _single(model.month_table().T)
    shift = _single(np.exp(model.shifts(request)[:, :N]))
    length, fixed = float(model.block), model.kind == "circular"

    def fill(low: int, high: int) -> None:
        bootstrap_wealth(*request.key, use, request.first, low, high, length, fixed, table, shift, account)

    return fill


def _of_days(model: FilteredHistorical, order: NDArray[np.int64], request: Draw, account: Account) -> Fill:
    from ._filtered_wealth_kernels import filtered_wealth

    turbulence = fit_turbulence(model.market, model.assumptions)
    coloured = colour(turbulence, model.assumptions)
    (use,) = request.uses("block")
    law = _single(coloured.rows), _single(coloured.shape), _single(model.first_variance())
    steps, shift = turbulence.steps, _single(model.shifts(request)[:, order])

    def fill(low: int, high: int) -> None:
        filtered_wealth(*request.key, use, request.first, low, high, *law, steps, shift, account)

    return fill


def _of_draws(model: Model, request: Draw, account: Account) -> Fill:
    from ._wealth_kernels import drawn_wealth

    def fill(low: int, high: int) -> None:
        for first in range(low, high, _CHUNK):
            count = min(_CHUNK, high - first)
            drawn = simulate(model, request.months, count, request.seed, request.stream, first=first)
            drawn_wealth(drawn.assets.copy(), first, account)

    return fill


def _percentiles(wealth: SingleArray, levels: Sequence[float], out: FloatArray) -> Fill:
    from ._order_kernels import order_statistics

    asked = np.asarray(levels, dtype=np.float64)
    order = np.argsort(asked, kind="stable")
    ranks = np.clip(np.ceil(asked[order] / 100.0 * wealth.shape[1]).astype(np.int64) - 1, 0, None)

    def fill(low: int, high: int) -> None:
        found = np.empty(ranks.size)
        for month in range(low, high):
            order_statistics(wealth[month], ranks, found)
            out[month, order] = found

    return fill


def _parts(count: int, threads: int, unit: int = _LANES) -> list[tuple[int, int]]:
    """Return `threads` ranges of about equal length that cover 0 .. count, cut at multiples of `unit`."""
    blocks = -(-count // unit)
    cuts = [min(count, unit * (blocks * k // threads)) for k in range(threads + 1)]
    return [(low, high) for low, high in pairwise(cuts) if high > low]


def _in_threads(fill: Fill, parts: list[tuple[int, int]]) -> None:
    if len(parts) == 1:
        fill(*parts[0])
        return
    with ThreadPoolExecutor(len(parts)) as pool:
        for done in [pool.submit(fill, *part) for part in parts]:
            done.result()


def _flow(name: str, given: FloatArray | None, T: int) -> FloatArray:
    if given is None:
        return np.zeros(T + 1)
    flow = np.asarray(given, dtype=np.float64)
    if flow.shape != (T + 1,) or not (np.isfinite(flow).all() and (flow >= 0.0).all()):
        raise ValueError(f"{name}: give {T + 1} amounts of 0 or more, one for each month 0..{T}.")
    return flow


def _single(values: FloatArray) -> SingleArray:
    return np.ascontiguousarray(values, dtype=np.float32)
