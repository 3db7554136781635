"""How long a plan takes to print: a whole process, and one more plan in a running one; and how large it is.

Printed beside the time of the clock is that of the processor, which other work on the machine does not change.
"""

import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import goalplan
import pytest
from goalplan.engine.suitability.shelf import demonstration_shelf

EXAMPLE = Path(goalplan.__file__).parent / "examples" / "home.zh.toml"
LARGEST = 600 * 1024
ROUNDS = 7


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """Return a file with the home example solved in full, and plans that all print other figures."""
    request = goalplan.PlanRequest.from_toml(EXAMPLE, ("limits.max_drawdown=0.12",))
    plan = goalplan.solve_plan(request, paths=2_000, firm=goalplan.Firm(shelf=demonstration_shelf()))
    file = tmp_path_factory.mktemp("plans") / "home.json"
    file.write_text(plan.to_json(), encoding="utf-8")
    return file, [_other(plan, 8_000.0 + n) for n in range(30)]


def _other(plan, monthly):
    terms = plan.request.contributions.model_copy(update={"monthly": monthly})
    return plan.model_copy(update={"request": plan.request.model_copy(update={"contributions": terms})})


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_one_more_plan(benchmark, promise, plans, tmp_path, lang):
    waiting = iter(plans[1])
    spent = []

    def run():
        start = time.process_time()
        goalplan.write_pdf(next(waiting), tmp_path / "plan.pdf", lang=lang, summary=True)
        spent.append(time.process_time() - start)

    benchmark.pedantic(run, rounds=20, warmup_rounds=2)
    size = (tmp_path / "plan.pdf").stat().st_size
    if benchmark.enabled:
        promise(f"one more plan printed, {lang}", statistics.median(spent[-20:]), at_most=0.4, unit="s")
        promise(f"size of the PDF, {lang}", size / 1024, at_most=LARGEST / 1024, unit="KiB")
    assert size <= LARGEST


def test_a_whole_process(benchmark, promise, plans, tmp_path):
    command = [sys.executable, "-m", "goalplan", "report", str(plans[0]), "-o", str(tmp_path)]
    spent = []

    def run():
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(command, check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)

    benchmark.pedantic(run, rounds=ROUNDS, warmup_rounds=1)
    if benchmark.enabled:
        promise("goalplan report of one plan", statistics.median(spent[-ROUNDS:]), at_most=1.5, unit="s")
    assert (tmp_path / "home.zh.pdf").exists()
