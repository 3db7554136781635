"""Weights of skfolio's highest return under a drawdown limit on each history, printed as JSON.

Run in the environment of peers.txt by docs/promise.py: ``python peer_promise.py histories.npz``, which holds
`histories` (M, T, N), monthly simple returns, and `limits` (L,). skfolio's drawdown is that of the uncompounded
running sum on the one path given.
"""

import json
import sys
import warnings

import numpy as np
from skfolio import RiskMeasure
from skfolio.optimization import MeanRisk, ObjectiveFunction

warnings.simplefilter("ignore")


def weights(history: np.ndarray, limit: float) -> list[float] | None:
    model = MeanRisk(
        objective_function=ObjectiveFunction.MAXIMIZE_RETURN,
        risk_measure=RiskMeasure.MAX_DRAWDOWN,
        max_max_drawdown=limit,
    )
    try:
        return np.asarray(model.fit(history).weights_).tolist()
    except Exception:
        return None


table = np.load(sys.argv[1])
found = [[weights(history, float(limit)) for limit in table["limits"]] for history in table["histories"]]
json.dump(found, sys.stdout)
