"""How long a plan takes to print: a whole process, and one more plan in a running one."""

import subprocess
import sys
import time
from pathlib import Path

import goalplan
import pytest

EXAMPLE = Path(goalplan.__file__).parent / "examples" / "home.zh.toml"


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """Return a file with a solved plan, and plans that all print other figures."""
    request = goalplan.PlanRequest.from_toml(EXAMPLE)
    plan = goalplan.solve_plan(request, paths=2_000, detail="core")
    file = tmp_path_factory.mktemp("plans") / "home.json"
    file.write_text(plan.to_json(), encoding="utf-8")
    contributions = request.contributions
    others = [
        plan.model_copy(
            update={
                "request": request.model_copy(
                    update={
                        "start": plan.request.start,
                        "contributions": contributions.model_copy(update={"monthly": 8_000.0 + n}),
                    }
                )
            }
        )
        for n in range(30)
    ]
    return file, others


def test_one_more_plan(benchmark, plans, tmp_path):
    waiting = iter(plans[1])
    benchmark.pedantic(
        lambda: goalplan.write_pdf(next(waiting), tmp_path / "plan.pdf"), rounds=20, warmup_rounds=2
    )
    size = (tmp_path / "plan.pdf").stat().st_size
    benchmark.extra_info["bytes"] = size
    assert size <= 600 * 1024


def test_a_whole_process(benchmark, plans, tmp_path):
    command = [sys.executable, "-m", "goalplan", "report", str(plans[0]), "-o", str(tmp_path)]

    def run():
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - start

    benchmark.pedantic(run, rounds=5, warmup_rounds=1)
    assert (tmp_path / "home.zh.pdf").exists()
