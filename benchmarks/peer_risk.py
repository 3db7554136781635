"""Least CVaR and CDaR at a target return by four packages: weights and CPU seconds of each, printed as JSON.

Run in the environment of peers.txt by benchmarks/test_risk.py, which names a file of returns and targets:
``python peer_risk.py table.npz``. Measures: 95 %, long only, fully invested; drawdowns of the uncompounded
running sum, as the packages have them. Every solve is called once to warm up, then timed: five times, twice
where a call takes more than 1 s, once from 20 s on, and given up after two minutes of
processor time.
"""

import json
import multiprocessing
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd

warnings.simplefilter("ignore")


def skfolio(measure: str, returns: pd.DataFrame, target: float) -> Callable[[], np.ndarray]:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk, ObjectiveFunction

    model = MeanRisk(
        objective_function=ObjectiveFunction.MINIMIZE_RISK,
        risk_measure=getattr(RiskMeasure, measure.upper()),
        min_return=target,
    )
    return lambda: np.asarray(model.fit(returns).weights_)


def riskfolio(measure: str, returns: pd.DataFrame, target: float) -> Callable[[], np.ndarray]:
    import riskfolio as rp

    def run() -> np.ndarray:
        portfolio = rp.Portfolio(returns=returns)
        portfolio.assets_stats(method_mu="hist", method_cov="hist")
        portfolio.solvers = ["CLARABEL"]
        portfolio.lowerret = target
        names = {"cvar": "CVaR", "cdar": "CDaR", "max_drawdown": "MDD"}
        weights = portfolio.optimization(model="Classic", rm=names[measure], obj="MinRisk", hist=True)
        return weights.to_numpy()[:, 0]

    return run


def pypfopt(measure: str, returns: pd.DataFrame, target: float) -> Callable[[], np.ndarray]:
    from pypfopt import EfficientCDaR, EfficientCVaR

    kind = {"cvar": EfficientCVaR, "cdar": EfficientCDaR}[measure]
    mean = returns.mean()

    def run() -> np.ndarray:
        problem = kind(mean, returns, solver="CLARABEL")
        problem.efficient_return(target)
        return np.asarray(problem.weights)

    return run


def fortitudo(measure: str, returns: pd.DataFrame, target: float) -> Callable[[], np.ndarray]:
    import fortitudo.tech as ft

    assert measure == "cvar"
    values = returns.to_numpy()
    size = values.shape[1]

    def run() -> np.ndarray:
        model = ft.MeanCVaR(values, G=-np.eye(size), h=np.zeros(size), alpha=0.95)
        return np.asarray(model.efficient_portfolio(target))[:, 0]

    return run


PEERS = {"skfolio": skfolio, "riskfolio": riskfolio, "pypfopt": pypfopt, "fortitudo": fortitudo}
SERVES = {
    "cvar": list(PEERS),
    "cdar": ["skfolio", "riskfolio", "pypfopt"],
    "max_drawdown": ["skfolio", "riskfolio"],
}
LIMIT = 120  # seconds of processor time for all calls of one package on one case
LARGE = 50_000  # rows beyond which only the one package that needs no minute a call is run


def timed(run: Callable[[], np.ndarray]) -> dict[str, object]:
    start = time.process_time()
    weights = run()
    first = time.process_time() - start
    seconds = []
    for _ in range(1 if first > 20.0 else 2 if first > 1.0 else 5):
        start = time.process_time()
        weights = run()
        seconds.append(time.process_time() - start)
    return {"weights": weights.tolist(), "seconds": statistics.median(seconds)}


def bounded(run: Callable[[], dict[str, object]]) -> dict[str, object]:
    """Answer of `run` in a process of its own, or the failure: an error, or no answer within the limit."""
    here, there = multiprocessing.Pipe(duplex=False)

    def work() -> None:
        used = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (used + LIMIT, used + LIMIT + 5))
        try:
            there.send(run())
        except Exception as error:
            there.send({"failure": f"{type(error).__name__}: {error}"[:200]})

    process = multiprocessing.get_context("fork").Process(target=work)
    process.start()
    there.close()
    try:
        answer = here.recv()
    except EOFError:
        answer = {"failure": f"no answer within {LIMIT} s"}
    process.join()
    return dict(answer)


def main() -> None:
    table = np.load(sys.argv[1])
    found: dict[str, dict[str, object]] = {}
    for case in sorted(name.removesuffix("/returns") for name in table.files if name.endswith("/returns")):
        measure = case.split(" ")[0]
        values, target = table[f"{case}/returns"], float(table[f"{case}/target"])
        returns = pd.DataFrame(values, columns=[f"a{j:02d}" for j in range(values.shape[1])])
        names = ["fortitudo"] if len(values) > LARGE else SERVES[measure]
        found[case] = {}
        for name in names:
            found[case][name] = bounded(lambda: timed(PEERS[name](measure, returns, target)))  # noqa: B023
    json.dump(found, sys.stdout)


main()
