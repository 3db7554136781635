"""Simulated wealth: parity with a numpy account, then CPU time beside it and beside the bare random numbers.

100,000 paths of ten assets: contributions, a glide path, trading costs, seven percentiles a month, drawdown per path.
The baseline is a careful vectorised numpy loop over months; the floor is the kernel's own normals and nothing else.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import (
    LognormalModel,
    Market,
    Model,
    fit_model,
    load_market,
    reference_assumptions,
    simulate,
)
from goalplan.scenarios._kernels import LANES, njit
from goalplan.scenarios._wealth_kernels import single_normals
from goalplan.scenarios.wealth import LEVELS, WealthPaths, simulate_wealth
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ASSETS, COST, START, MONTHLY = 10, 0.001, 250_000.0, 8_000.0
PATHS = 100_000
TARGETS = {
    "numpy": 6.0,
    "floor": 3.5,
    "family": 2.0,
    "threads": 1.6,
    "megabytes": 300.0,
    "cached": 50.0,
    "cold": 1.0,
}


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market().select(load_market().asset_ids[:ASSETS])


def model_of(name: str, market: Market) -> Model:
    assumptions = reference_assumptions(market).select(market.asset_ids, [])
    if name == "plug-in":
        return LognormalModel(assumptions, False, False)
    return fit_model(name, market, assumptions)  # type: ignore[arg-type]


def glide(months: int) -> FloatArray:
    """Equal weights that drift from the first five assets to the last five."""
    share = np.linspace(0.9, 0.1, months)[:, None]
    return np.hstack([np.repeat(share, 5, axis=1), np.repeat(1.0 - share, 5, axis=1)]) / 5.0


def flows(months: int) -> FloatArray:
    return np.append(0.0, np.full(months, MONTHLY))


def fused(model: Model, months: int, paths: int, threads: int = 1) -> WealthPaths:
    return simulate_wealth(
        model,
        glide(months),
        paths,
        1,
        "judge",
        wealth=START,
        inflows=flows(months),
        trading_cost=COST,
        threads=threads,
    )


def account(
    month: Callable[[int], FloatArray], months: int, paths: int
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """The same account in numpy, month by month on all paths at once, in place where numpy can be."""
    weights, inflows = glide(months), flows(months)
    value, unit, peak, fall = np.full(paths, START), np.ones(paths), np.ones(paths), np.zeros(paths)
    held, work = np.zeros((paths, ASSETS)), np.empty((paths, ASSETS))
    percentiles = np.empty((months + 1, len(LEVELS)))
    ranks = np.ceil(np.array(LEVELS) / 100.0 * paths).astype(int) - 1
    for t in range(months + 1):
        value += inflows[t]
        percentiles[t] = np.partition(value, ranks)[ranks]
        if t == months:
            break
        np.multiply(value[:, None], weights[t], out=work)
        work -= held
        np.abs(work, out=work)
        cost = COST * work.sum(axis=1)
        unit *= 1.0 - cost / value
        value -= cost
        np.multiply(value[:, None], weights[t], out=held)
        held *= month(t)
        grown = held.sum(axis=1)
        unit *= grown / value
        value = grown
        np.maximum(peak, unit, out=peak)
        np.maximum(fall, 1.0 - unit / peak, out=fall)
    return value, fall, percentiles


def numpy_lognormal(market: Market, months: int, paths: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    mean, covariance = reference_assumptions(market).select(market.asset_ids, []).monthly_log_moments()
    factor, draw = np.linalg.cholesky(covariance).T, np.random.default_rng(1)
    z, y = np.empty((paths, ASSETS)), np.empty((paths, ASSETS))

    def month(_: int) -> FloatArray:
        draw.standard_normal(out=z)
        np.matmul(z, factor, out=y)
        np.add(y, mean, out=y)
        np.exp(y, out=y)
        return y

    return account(month, months, paths)


def bare_normals(months: int, paths: int) -> None:
    bits, radius = np.empty((4, LANES), dtype=np.uint32), np.empty(LANES, dtype=np.float32)
    _normals(months, paths, bits, radius, np.empty((12, LANES), dtype=np.float32))


@njit
def _normals(
    months: int, paths: int, bits: NDArray[np.uint32], radius: NDArray[np.float32], out: NDArray[np.float32]
) -> None:
    for first in range(0, paths, bits.shape[1]):
        for month in range(months):
            single_normals(1, 0, first, month, ASSETS, 768, bits, radius, out)


def cpu(run: Callable[[], object], rounds: int = 5) -> float:
    """Median seconds of CPU after one call to warm up."""
    run()
    seconds = []
    for _ in range(rounds):
        start = time.process_time()
        run()
        seconds.append(time.process_time() - start)
    return statistics.median(seconds)


@pytest.mark.parametrize("name", ["plug-in", "student_t", "bootstrap", "regime", "filtered_historical"])
def test_the_fused_account_is_the_numpy_account(name: str, market: Market) -> None:
    model, months, paths = model_of(name, market), 36, 2_000
    drawn = simulate(model, months, paths, 1, "judge").assets
    value, fall, percentiles = account(lambda t: drawn[:, t], months, paths)
    got = fused(model, months, paths)
    np.testing.assert_allclose(got.final, value, rtol=1e-5)
    np.testing.assert_allclose(got.drawdown, fall, atol=1e-5)
    np.testing.assert_allclose(got.wealth, percentiles, rtol=1e-5)


def test_the_fused_law_is_the_numpy_law(market: Market) -> None:
    """Other random numbers, the same law: means within four standard errors."""
    months, paths = 36, 20_000
    value, fall, _ = numpy_lognormal(market, months, paths)
    got = fused(model_of("plug-in", market), months, paths)
    for one, other in ((got.final, value), (got.drawdown, fall)):
        assert abs(one.mean() - other.mean()) < 4.0 * np.sqrt((one.var() + other.var()) / paths)


@pytest.mark.parametrize("months", [36, 216])
def test_time(months: int, market: Market, benchmark, promise, capsys) -> None:
    names = ("plug-in", "lognormal", "student_t", "regime", "bootstrap", "filtered_historical")
    models = {name: model_of(name, market) for name in names}
    if not benchmark.enabled:
        pytest.skip("times are taken by make bench")
    rounds = 5 if months == 36 else 3
    seconds = {name: cpu(lambda m=m: fused(m, months, PATHS), rounds) for name, m in models.items()}
    seconds["numpy loop"] = cpu(lambda: numpy_lognormal(market, months, PATHS), 3)
    seconds["bare normals"] = cpu(lambda: bare_normals(months, PATHS), rounds)
    alone = serial_share(lambda: fused(models["plug-in"], months, PATHS, 2))
    walls = [wall(lambda n=n: fused(models["plug-in"], months, PATHS, n)) for n in (1, 2)]
    own, base = seconds["plug-in"], seconds["lognormal"]
    told = f"{PATHS:,} x {months} x {ASSETS}"
    promise(
        f"{told}: numpy loop beside the fused pass",
        seconds["numpy loop"] / own,
        at_least=TARGETS["numpy"],
        unit="x",
    )
    promise(
        f"{told}: fused pass beside its bare normals",
        own / seconds["bare normals"],
        at_most=TARGETS["floor"],
        unit="x",
    )
    for name in ("bootstrap", "regime"):
        promise(f"{told}: {name} beside lognormal", seconds[name] / base, at_most=TARGETS["family"], unit="x")
    promise(
        f"{told}: two threads beside one, wall", walls[0] / walls[1], at_least=TARGETS["threads"], unit="x"
    )
    with capsys.disabled():
        print(f"\n{PATHS} paths x {months} months x {ASSETS} assets, CPU milliseconds")
        for name, value in seconds.items():
            print(f"  {name:<20}{1e3 * value:9.1f}")
        print(f"  numpy / plug-in {seconds['numpy loop'] / own:.1f} (at least {TARGETS['numpy']:g})")
        print(f"  plug-in / bare normals {own / seconds['bare normals']:.2f} (at most {TARGETS['floor']:g})")
        for name in ("bootstrap", "regime"):
            print(f"  {name} / lognormal {seconds[name] / base:.2f} (at most {TARGETS['family']:g})")
        print(
            f"  filtered_historical, {months} x 21 days / lognormal {seconds['filtered_historical'] / base:.2f}"
        )
        print(f"  wall on 1 thread / on 2 {walls[0] / walls[1]:.2f} (at least {TARGETS['threads']:g});"
              f" serial share {alone:.1%}, which allows {2.0 / (1.0 + alone):.2f}")  # fmt: skip
    benchmark.pedantic(lambda: fused(models["plug-in"], months, PATHS), rounds=1)


def serial_share(run: Callable[[], object], rounds: int = 5) -> float:
    """Least share of the CPU time that the calling thread spends while its workers wait, for Amdahl's law."""
    run()
    shares = []
    for _ in range(rounds):
        whole, own = time.process_time(), time.thread_time()
        run()
        shares.append((time.thread_time() - own) / (time.process_time() - whole))
    return min(shares)


def wall(run: Callable[[], object], rounds: int = 15) -> float:
    run()
    seconds = []
    for _ in range(rounds):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


PEAK = """
import re, sys
from pathlib import Path
import numpy as np
from goalplan.scenarios import LognormalModel, load_market, reference_assumptions, simulate_wealth
market = load_market().select(load_market().asset_ids[:10])
model = LognormalModel(reference_assumptions(market).select(market.asset_ids, []), False, False)
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) / 1024.0
def run(paths):
    simulate_wealth(model, np.full((216, 10), 0.1), paths, 1, "judge", wealth=250_000.0,
                    inflows=np.full(217, 8_000.0), trading_cost=0.001)
run(1_000)
before = peak()
run(int(sys.argv[1]))
print(peak() - before, peak())
"""


def test_peak_memory(benchmark, promise, capsys) -> None:
    """Of a process of its own, as its kernel saw it: above what is loaded already, and all in all.

    Not by `getrusage`, whose peak a new process inherits from the one that started it.
    """
    if not Path("/proc/self/status").exists():
        pytest.skip("the peak of a process is read from /proc")
    paths = PATHS if benchmark.enabled else 2_000
    done = subprocess.run(
        [sys.executable, "-c", PEAK, str(paths)], capture_output=True, text=True, check=True
    )
    more, whole = map(float, done.stdout.split())
    with capsys.disabled():
        print(
            f"\n{paths} x 216: {more:.0f} MB at the peak (at most {TARGETS['megabytes']:g}), {whole:.0f} MB with Python"
        )
    if benchmark.enabled:
        promise(
            f"{paths:,} x 216: peak memory above what is loaded",
            more,
            at_most=TARGETS["megabytes"],
            unit="MB",
        )
    assert more < TARGETS["megabytes"]
    benchmark.pedantic(lambda: None, rounds=1)


def peer(market: Market, months: int, paths: int, rounds: int, folder: Path) -> dict[str, Any]:
    """What monteplan takes for the account, see peer_wealth.py."""
    python = os.environ.get("GOALPLAN_PEERS")
    if python is None:
        pytest.skip("GOALPLAN_PEERS names no Python with the peers (make bench sets it)")
    assumed, weights = reference_assumptions(market).select(market.asset_ids, []), glide(months)
    terms = {
        "mean": assumed.mean.tolist(),
        "volatility": ((1.0 + assumed.mean) * np.sqrt(np.expm1(assumed.volatility**2))).tolist(),
        "correlation": assumed.correlation.tolist(),
        "first": weights[0].tolist(),
        "last": weights[-1].tolist(),
        "wealth": START,
        "monthly": MONTHLY,
        "months": months,
        "paths": paths,
        "rounds": rounds,
    }
    (folder / "terms.json").write_text(json.dumps(terms))
    program = Path(__file__).with_name("peer_wealth.py")
    done = subprocess.run(
        [python, str(program), str(folder / "terms.json")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def test_monteplan(market: Market, benchmark, promise, capsys, tmp_path: Path) -> None:
    """Another generator, normal simple months instead of lognormal ones, no costs: medians within a hundredth."""
    months, paths = 36, PATHS if benchmark.enabled else 5_000
    model = model_of("plug-in", market)
    found = peer(market, months, paths, 3 if benchmark.enabled else 1, tmp_path)
    median = float(fused(model, months, paths).wealth[-1, LEVELS.index(50.0)])
    assert found["final"]["p50"] == pytest.approx(median, rel=0.01)
    if benchmark.enabled:
        own = cpu(lambda: fused(model, months, paths), 3)
        promise("monteplan beside the fused pass", found["seconds"] / own, unit="x")
        with capsys.disabled():
            print(f"\nmonteplan, {paths} x {months}: {1e3 * found['seconds']:.0f} ms, {found['megabytes']:.0f} MB more;"
                  f" {found['seconds'] / own:.0f} times plug-in ({1e3 * own:.0f} ms)")  # fmt: skip
    benchmark.pedantic(lambda: None, rounds=1)


def test_default_model_fit_and_simulate(benchmark, promise, capsys) -> None:
    if not benchmark.enabled:
        pytest.skip("times are taken by make bench")
    whole = load_market()
    assumptions = reference_assumptions(whole).select(whole.asset_ids, ["cpi"])
    cached = cpu(lambda: simulate(fit_model("student_t", whole, assumptions), 36, 10_000, 1, "judge"))
    code = (
        "import time; from goalplan.scenarios import *; m = load_market(); a = reference_assumptions(m); "
        "start = time.process_time(); "
        "simulate(fit_model(DEFAULT_MODEL, m, a.select(m.asset_ids, ['cpi'])), 36, 10_000, 1, 'judge'); "
        "print(time.process_time() - start)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    promise(
        "default model, 10,000 x 36: cold fit and paths",
        float(done.stdout),
        at_most=TARGETS["cold"],
        unit="s",
    )
    promise("default model, 10,000 x 36: fit cached", cached, at_most=TARGETS["cached"] / 1e3, unit="s")
    with capsys.disabled():
        print(f"\ndefault model, 10,000 x 36: cold {float(done.stdout):.2f} s (at most {TARGETS['cold']:g}), "
              f"fit cached {1e3 * cached:.0f} ms (at most {TARGETS['cached']:g})")  # fmt: skip
    benchmark.pedantic(lambda: None, rounds=1)
