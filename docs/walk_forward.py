"""Write docs/results/walk_forward.md: every strategy on the embedded market from 2008 on.

Run as ``python docs/walk_forward.py``; with ``--check`` nothing is written and the exit code says whether the
page is current.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from goalplan.backtests import (
    BacktestConfig,
    BacktestResult,
    bootstrap_intervals,
    compare,
    crisis_windows,
    sharpe_caution,
    walk_forward_starts,
)
from goalplan.scenarios.market import load_market

PAGE = Path(__file__).parent / "results" / "walk_forward.md"
EQUAL, PARITY = {"kind": "equal_weight"}, {"kind": "risk_parity"}
CONFIG = BacktestConfig.model_validate(
    {
        "start": "2008-01-02",
        "assets": [name for name in load_market().asset_ids if name != "cn_cash"],
        "benchmark": {"kind": "sixty_forty"},
        "strategy": EQUAL,
        "against": [
            {"kind": "sixty_forty"},
            {"kind": "glide_path", "target": "2026-01-01", "years": 18},
            {"kind": "minimum_variance"},
            {"kind": "minimum_variance", "max_weight": 0.35, "name": "minimum_variance, cap 35 %"},
            {"kind": "minimum_cvar"},
            {"kind": "minimum_cdar"},
            {"kind": "minimum_cdar", "max_weight": 0.35, "name": "minimum_cdar, cap 35 %"},
            PARITY,
            {"kind": "hrp"},
            {"kind": "volatility_target", "risky": EQUAL, "target": 0.08},
            {
                "kind": "cppi",
                "risky": EQUAL,
                "floor": 0.88,
                "ratchet": True,
                "name": "cppi, floor 88 %, ratchet",
            },
            {"kind": "drawdown_control", "risky": EQUAL, "limit": 0.12, "name": "drawdown_control, 12 %"},
            {"kind": "minimum_drawdown"},
            {
                "kind": "minimum_cvar",
                "max_weight": 0.35,
                "frontier": 0.5,
                "name": "cvar_frontier 50 %, cap 35 %",
            },
            {
                "kind": "fixed_weights",
                "weights": dict.fromkeys(["cn_equity_large", "cn_treasury", "gold", "cn_cash"], 0.25),
                "name": "fixed_weights, four quarters",
            },
        ],
    }
)
POLICY = {
    "kind": "goalplan_policy",
    "request": {
        "start": "2008-01-01",
        "client": {"risk_level": "C4", "cash": 1_000_000},
        "goals": [{"kind": "purchase", "name": "Capital", "due": "2026-04-01", "amount": 2_500_000}],
        "limits": {"max_drawdown": 0.12},
    },
    "name": "goalplan_policy, 12 %",
}
# goalplan's own choose among all assets: its menu has its own place for cash.
OURS = BacktestConfig.model_validate(
    CONFIG.model_dump()
    | {
        "assets": None,
        "strategy": {"kind": "goalplan_menu", "position": 0.25},
        "against": [{"kind": "goalplan_menu", "position": 0.5}, POLICY],
    }
)
HEAD = """# Walk-forward of all strategies, 2008 to 2026

Written by `python docs/walk_forward.py` from the embedded market (digest `{digest}`); every number can be
made again from the repository. Its {assets} assets other than `cn_cash`, daily prices in yuan, decisions at
the last close of each month, trades at the next close, its trading costs and product fees, window 252
days, no advisory fee. Risk-free and safe asset: `cn_cash`, which is also among goalplan's own choices. Benchmark:
60/40 of `cn_equity_large` and `cn_treasury`. `goalplan_menu` is the portfolio at that place of the menu, made anew
every month. `goalplan_policy` is one client: 1,000,000 in January 2008, 2,500,000 wanted in April 2026, at most 12 %
drawdown with 95 % confidence, planned at the start and again every year. The account starts after the peak of
October 2007 and before most of the fall of 2008.
"""
TAIL = """
## What to make of it

- The assets are those that exist today, and gold and US equities did unusually well in yuan over these years:
  what holds them all in equal parts looks better here than it had to.
- The strategies of least risk, and risk parity, are bonds with little else, because nothing here bounds them
  from below and none borrows: compare them with `cn_treasury`, not with 60/40. Their Sharpe ratios say that
  bonds were steady while Chinese rates fell for eighteen years, and the deflated figures believe it.
  `cn_credit` is illiquid and smoothed at the source, so its volatility, and theirs, is understated.
- The probabilities of the last table count only the strategies shown. Each has settings that somebody chose
  before, so the deflated figures are still too kind.
- CPPI and drawdown control trade once a month here. That they stayed inside 12 % is luck as much as rule: a
  faster fall between two trades would have broken it.
- `goalplan_policy` grew by the 5.1 % a year that its client's goal asked for and stayed inside its 12 %, barely: one
  client in one history, and the promise was 95 %. The menu's portfolios, which promise nothing about falls, earned more
  and fell 1.8 and 3.5 times as far. So did the middle of the CVaR frontier, at a turnover ten times theirs.
- A strategy of kind `function` is the user's own, and has no row.
"""


def main() -> int:
    """Return 0 if the page was current or has been written, 1 if ``--check`` found it stale."""
    fresh = page()
    if "--check" in sys.argv[1:]:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != fresh)
    PAGE.write_text(fresh, encoding="utf-8", newline="\n")
    return 0


def page() -> str:
    """Return the whole page."""
    market = load_market()
    results = compare(CONFIG, market).results + compare(OURS, market).results
    head = HEAD.format(assets=len(CONFIG.assets or ()), digest=market.digest[:12])
    sections = [
        ("Figures", figures(results)),
        ("Intervals, 90 %, circular block bootstrap", intervals(results)),
        ("Crises: return of the account in each episode", crises(results)),
        ("The same strategy from every month, five years each", starts()),
        ("How much a Sharpe ratio is worth", caution(results)),
    ]
    return head + "".join(f"\n## {title}\n\n{table}\n" for title, table in sections) + TAIL


def figures(results: Sequence[BacktestResult]) -> str:
    """Return one row a strategy."""
    rows = []
    for r in results:
        m = r.metrics
        shares = (m.cagr, m.annual_volatility, m.max_drawdown)
        rows.append(
            [
                r.name,
                *(percent(x) for x in shares),
                f"{m.sharpe_ratio:.2f}",
                f"{m.sortino_ratio:.2f}",
                f"{m.longest_drawdown_days / 365.25:.1f}",
                percent(r.turnover),
                percent(r.costs / r.wealth.mean() / years(r), 2),
                f"{m.beta:.2f}",
                str(sum(event.code == "decision_failed" for event in r.events)),
            ]
        )
    head = ["strategy", "CAGR", "volatility", "max drawdown", "Sharpe", "Sortino", "longest drawdown, years"]
    return markdown([*head, "turnover a year", "trading cost a year", "beta", "failed dates"], rows)


def intervals(results: Sequence[BacktestResult]) -> str:
    """Return the ranges of the bootstrap."""
    rows = []
    for r in results:
        found = bootstrap_intervals(r)
        f = found.figures
        spans = [f"{percent(f[n].low)} to {percent(f[n].high)}" for n in ("cagr", "max_drawdown")]
        sharpe = f"{f['sharpe_ratio'].low:.2f} to {f['sharpe_ratio'].high:.2f}"
        rows.append([r.name, spans[0], sharpe, spans[1], str(found.block), f"{found.independent:.0f}"])
    return markdown(
        ["strategy", "CAGR", "Sharpe", "max drawdown", "block, days", "blocks in the history"], rows
    )


def crises(results: Sequence[BacktestResult]) -> str:
    """Return the account's return and drawdown by episode."""
    tables = [crisis_windows(r) for r in results]
    head = ["strategy", *(window.id for window in tables[0])]
    rows = [
        [r.name, *(f"{percent(w.total_return)} ({percent(w.max_drawdown)})" for w in windows)]
        for r, windows in zip(results, tables, strict=True)
    ]
    return markdown(head, rows) + "\n\nIn brackets: largest drawdown inside the episode."


def starts() -> str:
    """Return the spread over start dates of three strategies."""
    rows = []
    for rule in (CONFIG.strategy, *(s for s in CONFIG.against if s.label in {"sixty_forty", "risk_parity"})):
        spread = walk_forward_starts(CONFIG.model_copy(update={"strategy": rule, "against": ()}), years=5.0)
        low, middle, high = spread.percentiles("cagr", (5.0, 50.0, 95.0))
        worst = spread.percentiles("max_drawdown", (50.0, 95.0))
        rows.append(
            [spread.name, str(len(spread.starts)), *(percent(x) for x in (low, middle, high, *worst))]
        )
    head = ["strategy", "starts", "CAGR 5 %", "CAGR median", "CAGR 95 %", "drawdown median", "drawdown 95 %"]
    return (
        markdown(head, rows) + "\n\nThe runs overlap: the history holds three to four of them side by side."
    )


def caution(results: Sequence[BacktestResult]) -> str:
    """Return the probabilistic and deflated Sharpe ratios."""
    c = sharpe_caution(results)
    rows = [
        [name, f"{sharpe:.2f}", f"{p:.3f}", f"{d:.3f}"]
        for name, sharpe, p, d in zip(c.names, c.sharpe, c.probabilistic, c.deflated, strict=True)
    ]
    note = f"Of {c.trials} strategies without skill the best would be expected at {c.expected_maximum:.2f}."
    return markdown(["strategy", "Sharpe", "P(true > 0)", "P(true > best of luck)"], rows) + f"\n\n{note}"


def years(result: BacktestResult) -> float:
    """Return the calendar years of a run."""
    return float((result.dates[-1] - result.dates[0]).astype(int)) / 365.25


def percent(value: float, digits: int = 1) -> str:
    """Return a share as a percentage."""
    return f"{100.0 * value:.{digits}f} %"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
