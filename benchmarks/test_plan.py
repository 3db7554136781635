"""What one plan costs: CPU time in a warm process, and whole processes beside a bare Python.

Targets (CPU, one core, warm, 10,000 judge paths): `detail="core"` 20 ms without, 250 ms with a drawdown limit;
`detail="full"` 2 s; `goalplan plan` 1.5 s; `import goalplan` and `goalplan --help` 0.15 s.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import goalplan
import pytest

EXAMPLE = Path(goalplan.__file__).parent / "examples" / "home.en.toml"
MARKET = goalplan.load_market()
LIMIT = "limits.max_drawdown=0.12"


def solve(detail: Any, *overrides: str) -> goalplan.Plan:
    request = goalplan.PlanRequest.from_toml(EXAMPLE, overrides)
    return goalplan.solve_plan(request, MARKET, detail=detail)


@pytest.mark.benchmark(group="solve_plan, CPU", timer=time.process_time)
@pytest.mark.parametrize(
    ("detail", "overrides", "target"),
    [("core", (), 0.020), ("core", (LIMIT,), 0.250), ("full", (), 2.0), ("full", (LIMIT,), 10.0)],
    ids=["core", "core with a limit", "full", "full with a limit"],
)
def test_one_plan(
    benchmark: Any, promise: Any, detail: Any, overrides: tuple[str, ...], target: float
) -> None:
    first = solve(detail, *overrides)
    assert first.goals == solve("core", *overrides).goals, "core and full are one plan"
    plan = benchmark.pedantic(
        solve, args=(detail, *overrides), rounds=7 if detail == "core" else 3, warmup_rounds=1
    )
    assert plan == first
    if benchmark.enabled:
        told = f'one plan, detail="{detail}", {"12 % limit" if overrides else "no limit"}'
        promise(told, benchmark.stats.stats.median, at_most=target, unit="s")


def one_pass() -> Any:
    from goalplan.engine.follow import judged, make_policy
    from goalplan.engine.setting import prepare
    from goalplan.engine.suitability.firm import Firm

    setting = prepare(goalplan.PlanRequest.from_toml(EXAMPLE), MARKET, 0, 10_000, Firm())
    table = make_policy(setting, "dynamic").table
    return lambda: judged(setting, table, "judge")


@pytest.mark.benchmark(group="solve_plan, CPU", timer=time.process_time)
def test_one_pass_over_the_judge_paths(benchmark: Any) -> None:
    """The floor of any plan: 10,000 paths x 36 months x 12 assets, costs and fees exact."""
    outcome = benchmark.pedantic(one_pass(), rounds=9, warmup_rounds=2)
    assert outcome.paths == 10_000


@pytest.mark.benchmark(group="whole process, wall")
@pytest.mark.parametrize(
    ("words", "target"),
    [
        (("-c", "pass"), None),
        (("-c", "import goalplan"), 0.15),
        (("-m", "goalplan", "--help"), 0.15),
        (("-m", "goalplan", "plan", str(EXAMPLE)), 1.5),
    ],
    ids=["bare Python", "import goalplan", "goalplan --help", "goalplan plan"],
)
def test_a_process(benchmark: Any, promise: Any, words: tuple[str, ...], target: float | None) -> None:
    def run() -> int:
        return subprocess.run([sys.executable, *words], check=True, capture_output=True).returncode

    assert benchmark.pedantic(run, rounds=5, warmup_rounds=1) == 0
    if benchmark.enabled:
        told = " ".join(words[1:]).replace(str(EXAMPLE), "home.toml")
        promise(f"python {words[0]} {told}, wall", benchmark.stats.stats.median, at_most=target, unit="s")
