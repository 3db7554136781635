"""monteplan on the account of test_scenarios.py: CPU seconds, memory at the peak, and percentiles of final wealth.

Run in the environment of peers.txt: ``python peer_wealth.py terms.json``, which holds mean, volatility (a year,
arithmetic), correlation, first and last weights, wealth, monthly, months (a multiple of 12) and paths. It also draws
inflation and keeps spending and taxes by month, which cannot be switched off; it charges no trading costs.
"""

import json
import resource
import sys
import time
from pathlib import Path

from monteplan.config.schema import (
    AccountConfig,
    AssetClass,
    GlidePath,
    MarketAssumptions,
    PlanConfig,
    PolicyBundle,
    SimulationConfig,
)
from monteplan.core.engine import simulate

terms = json.loads(Path(sys.argv[1]).read_text())
AGE = 30
end = AGE + terms["months"] // 12
plan = PlanConfig(
    current_age=AGE,
    retirement_age=end - 1,
    end_age=end,
    income_end_age=end,
    accounts=[AccountConfig(balance=terms["wealth"], annual_contribution=12.0 * terms["monthly"])],
    monthly_spending=0.0,
    income_growth_rate=0.0,
)
market = MarketAssumptions(
    assets=[AssetClass(name=f"asset {i}", weight=weight) for i, weight in enumerate(terms["first"])],
    expected_annual_returns=terms["mean"],
    annual_volatilities=terms["volatility"],
    correlation_matrix=terms["correlation"],
    glide_path=GlidePath(start_age=AGE, start_weights=terms["first"], end_age=end, end_weights=terms["last"]),
)
policies = PolicyBundle(rebalancing_months=list(range(1, 13)), tax_rate=0.0)


def once(paths: int) -> tuple[float, dict[str, float]]:
    start = time.process_time()
    found = simulate(plan, market, policies, SimulationConfig(n_paths=paths, seed=1))
    return time.process_time() - start, {k: float(v) for k, v in found.terminal_wealth_percentiles.items()}


once(1_000)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rounds = [once(terms["paths"]) for _ in range(terms["rounds"])]
megabytes = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024.0
print(json.dumps({"seconds": min(r[0] for r in rounds), "megabytes": megabytes, "final": rounds[0][1]}))
