"""Eight threads with different requests: the same bytes as alone. And what a process keeps between them is bounded."""

import importlib
import inspect
import pkgutil
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import goalplan
import pytest
from goalplan.engine.caches import cache_sizes, caches

HOME = {"kind": "home", "name": "Flat", "due": "2028-05-01", "amount": 300_000.0}
LIMITS: tuple[dict[str, Any], ...] = (
    {},
    {"max_drawdown": 0.12},
    {"max_drawdown": 0.2, "confidence": 0.9},
    {"stress": {"2008": 0.2}},
    {"bounds": {"gold": [0.0, 0.05]}},
    {},
    {"max_weight": 0.25},
    {"groups": {"equity": [0.0, 0.3]}},
)


def solved(number: int) -> str:
    request = {
        "client": {
            "id": f"A{number}",
            "risk_level": f"C{2 + number % 4}",
            "cash": 100_000.0 + 9_000.0 * number,
        },
        "goals": [{**HOME, "due": f"2028-0{1 + number % 9}-01"}],
        "contributions": {"monthly": 3_000.0},
        "policy": ("dynamic", "dynamic", "glide_path")[number % 3],
        "limits": LIMITS[number % len(LIMITS)],
    }
    asked = goalplan.PlanRequest.model_validate(request)
    return goalplan.solve_plan(asked, seed=number % 3, paths=200, detail="core").to_json()


@pytest.mark.parametrize(
    "numbers", [(0, 3, 4, 6), pytest.param(tuple(range(16)), marks=pytest.mark.verify)], ids=("few", "many")
)
def test_eight_threads_give_the_bytes_of_each_alone(numbers: tuple[int, ...]) -> None:
    with ThreadPoolExecutor(8) as threads:
        together = list(threads.map(solved, [*numbers, *reversed(numbers)]))
    alone = [solved(number) for number in numbers]
    assert together == [*alone, *reversed(alone)]


def test_every_cache_is_bounded_and_its_size_is_told() -> None:
    for module in pkgutil.walk_packages(goalplan.__path__, "goalplan."):
        if "__main__" not in module.name:
            importlib.import_module(module.name)
    sizes = cache_sizes()
    assert "engine.setting.shared_paths" in sizes
    for name, kept in caches():
        if sizes[name].most is None:
            assert not inspect.signature(kept.__wrapped__).parameters, f"{name} keeps whatever it is asked"
