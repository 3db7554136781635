"""Write docs/results/promise.md: is a drawdown limit kept on unseen paths? Beside skfolio, on the same markets.

Thirty random markets of eleven risky assets (joint t with 4 degrees of freedom, correlation 0.35, volatility 2 to 25 %)
and cash (2 %, volatility 0.4 %); by month. Set GOALPLAN_PEERS to a Python with benchmarks/peers.txt (`make peers`).
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
from goalplan.engine.risk.horizon import keep_drawdown, path_drawdowns
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ROOT = Path(__file__).parents[1]
OUT = ROOT / "docs" / "results" / "promise.md"
MARKETS, LIMITS, YEARS = 30, (0.05, 0.10, 0.20), (3, 10)
FITTED = 30  # markets also fitted from ten years of history
DESIGN, VALIDATION, JUDGE, MIXES, HISTORY = 1_000, 10_000, 2_000, 500, 120
FREEDOM, CORRELATION, CONFIDENCE = 4.0, 0.35, 0.95


class Law(NamedTuple):
    """Monthly simple returns: mean (N,), covariance (N, N); joint t."""

    mean: FloatArray
    covariance: FloatArray


class Row(NamedTuple):
    """One market, limit and horizon."""

    limit: float
    years: int
    binds: bool
    kept: bool
    ours: float
    given_up: float
    least: float
    skfolio: float
    plugged: float
    uncertain: float


def market(number: int) -> Law:
    draw = np.random.default_rng([number, 0])
    volatility = np.append(np.sort(draw.uniform(0.02, 0.25, size=11)), 0.004)
    mean = np.append(0.02 + draw.uniform(0.1, 0.5, size=11) * volatility[:-1], 0.02)
    correlation = np.full((12, 12), CORRELATION)
    np.fill_diagonal(correlation, 1.0)
    return Law(mean / 12.0, np.outer(volatility, volatility) * correlation / 12.0)


def paths(law: Law, count: int, months: int, seed: list[int], known_from: int | None = None) -> FloatArray:
    """(count, months, N) returns; `known_from`: each path draws mean and scale as known from so many months."""
    draw = np.random.default_rng(seed)
    factor = np.linalg.cholesky(law.covariance)
    shocks = draw.normal(size=(count, months, len(law.mean))) @ factor.T
    shocks *= np.sqrt((FREEDOM - 2.0) / draw.chisquare(FREEDOM, size=(count, months, 1)))
    mean = np.broadcast_to(law.mean, (count, len(law.mean)))
    if known_from is not None:
        mean = mean + draw.normal(size=mean.shape) @ factor.T / np.sqrt(known_from)
        shocks *= np.sqrt((known_from - 1) / draw.chisquare(known_from - 1, size=(count, 1, 1)))
    return np.maximum(mean[:, None, :] + shocks, -0.95)


def mixes(number: int) -> FloatArray:
    """500 mixes, from single assets to broad ones, each with a share of cash from none to all."""
    draw = np.random.default_rng([number, 1])
    risky = np.vstack([draw.dirichlet(np.full(11, a), size=MIXES // 4) for a in (0.1, 0.3, 1.0, 3.0)])
    cash = draw.uniform(0.0, 1.0, size=(MIXES, 1))
    return np.hstack([risky * (1.0 - cash), cash])


def skfolio(histories: FloatArray) -> list[list[list[float] | None]] | None:
    python = os.environ.get("GOALPLAN_PEERS", str(ROOT / ".venv-peers" / "bin" / "python"))
    if not Path(python).exists():
        return None
    with tempfile.TemporaryDirectory() as folder:
        np.savez(Path(folder) / "histories.npz", histories=histories, limits=np.array(LIMITS))
        done = subprocess.run(
            [python, str(ROOT / "benchmarks" / "peer_promise.py"), str(Path(folder) / "histories.npz")],
            capture_output=True,
            text=True,
            check=True,
        )
    found: list[list[list[float] | None]] = json.loads(done.stdout.splitlines()[-1])
    return found


def judged(unseen: FloatArray, weights: FloatArray | list[float] | None, limit: float) -> float:
    if weights is None:
        return float("nan")
    return float((path_drawdowns(unseen, np.asarray(weights)) > limit).mean())


def fitted(history: FloatArray, unseen: FloatArray, limit: float, number: int, *, uncertain: bool) -> float:
    """Share of the true market's paths on which a promise made on the fitted market is broken."""
    law = Law(history.mean(axis=0), np.cov(history.T))
    months, known = unseen.shape[1], HISTORY if uncertain else None
    made = keep_drawdown(
        paths(law, DESIGN, months, [number, 6], known), paths(law, VALIDATION, months, [number, 7], known), limit,
        confidence=CONFIDENCE, mean=law.mean,
    )  # fmt: skip
    return judged(unseen, made.weights, limit)


def rows_of(number: int, history: FloatArray, theirs: list[list[float] | None] | None) -> list[Row]:
    law, tried = market(number), mixes(number)
    found = []
    for years in YEARS:
        months = 12 * years
        design = paths(law, DESIGN, months, [number, 3])
        validation = paths(law, VALIDATION, months, [number, 4])
        unseen = paths(law, JUDGE, months, [number, 5])
        depth = np.array([path_drawdowns(unseen, mix) for mix in tried])
        for place, limit in enumerate(LIMITS):
            made = keep_drawdown(design, validation, limit, confidence=CONFIDENCE, mean=law.mean)
            share = (depth > limit).mean(axis=1)
            best = (tried @ law.mean)[share <= 1.0 - CONFIDENCE].max(initial=-np.inf)
            too = number < FITTED and years == YEARS[0]
            found.append(
                Row(
                    limit=limit,
                    years=years,
                    binds=made.binds,
                    kept=made.kept,
                    ours=judged(unseen, made.weights, limit),
                    given_up=12.0 * float(best - made.weights @ law.mean),
                    least=float(share.min()),
                    skfolio=judged(unseen, None if theirs is None else theirs[place], limit),
                    plugged=fitted(history, unseen, limit, number, uncertain=False) if too else float("nan"),
                    uncertain=fitted(history, unseen, limit, number, uncertain=True) if too else float("nan"),
                )
            )
    return found


def percent(values: list[float]) -> str:
    known = [value for value in values if not np.isnan(value)]
    return f"{100.0 * float(np.mean(known)):.1f} (worst {100.0 * max(known):.1f})" if known else "not run"


def table(rows: list[Row]) -> list[str]:
    lines = [
        "| horizon | limit | binds | ours | given up a year | skfolio | fitted, plugged in | fitted, uncertain |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for years in YEARS:
        for limit in LIMITS:
            here = [r for r in rows if r.years == years and r.limit == limit and r.kept and r.binds]
            cells = [f"{years} years", f"{limit:.0%}", f"{len(here)} of {MARKETS}"]
            cells.append(percent([r.ours for r in here]))
            cells.append(f"{100.0 * float(np.mean([r.given_up for r in here])):+.2f} %" if here else "-")
            cells += [
                percent([getattr(r, name) for r in here]) for name in ("skfolio", "plugged", "uncertain")
            ]
            lines.append("| " + " | ".join(cells) + " |")
    return lines


def page(rows: list[Row], seconds: float, *, peers: bool) -> str:
    binding = [r for r in rows if r.kept and r.binds]
    refused = [r for r in rows if not r.kept]
    false = [r for r in refused if r.least <= 1.0 - CONFIDENCE]
    ours, given_up = [r.ours for r in binding], [r.given_up for r in binding]
    about = str(__doc__).split("\n\n")[1].split(" Set GOALPLAN")[0].replace("\n", " ")
    lines = [
        "# Is a drawdown limit kept on unseen paths?",
        "",
        f"Written by `docs/promise.py`. {about}",
        "",
        f"Each case has {DESIGN:,} paths to make the mix on, {VALIDATION:,} to calibrate it on and {JUDGE:,} fresh",
        f"ones to judge it on; confidence {CONFIDENCE:.0%}. Shown is the share of the fresh paths that break the",
        "limit, in per cent: the mean over the markets where the limit binds, and the worst market. Given up: expected",
        f"return below that of the best of {MIXES} mixes that keep the limit on the fresh paths. Fitted: mean and",
        f"covariance from ten years of history ({FITTED} markets, {YEARS[0]} years ahead), judged on the true law;",
        "uncertain: each path draws mean and scale as they are known from that history.",
        "",
        *table(rows),
        "",
        f"- All binding cases ({len(binding)}): mean {100 * np.mean(ours):.2f} % (aim: 3.5 to 5).",
        f"- Worst market: {100 * max(ours):.2f} % (aim: at most 6.5).",
        f"- Return given up a year: mean {100 * np.mean(given_up):+.2f} % (aim: at most 0.3),",
        f"  most {100 * max(given_up):+.2f} %; below 0 ours earns more than any of the {MIXES}.",
        f"- Refused: {len(refused)}, of which one of the {MIXES} mixes keeps the limit after all: {len(false)}.",
    ]
    if peers:
        lines.append(
            "- skfolio bounds the drawdown of the one path of history that it is given, ten years by month."
        )
    else:
        lines.append("- skfolio was not run: there is no peer environment (`make peers`).")
    return "\n".join([*lines, f"- Made in {seconds:.0f} s of processor time.", ""])


def main() -> None:
    start = time.process_time()
    histories = np.array([paths(market(n), 1, HISTORY, [n, 2])[0] for n in range(MARKETS)])
    theirs = skfolio(histories)
    rows: list[Row] = []
    for number in range(MARKETS):
        rows += rows_of(number, histories[number], None if theirs is None else theirs[number])
        print(f"{number + 1} of {MARKETS} markets", file=sys.stderr)
    text = page(rows, time.process_time() - start, peers=theirs is not None)
    OUT.write_text(text, encoding="utf-8", newline="\n")
    print(text)


if __name__ == "__main__":
    main()
