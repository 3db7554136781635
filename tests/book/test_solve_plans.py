"""Many requests: each plan has the bytes of the one made alone, in any order and on any executor."""

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor

import goalplan
import pytest

from .conftest import request_of

REQUESTS = [goalplan.PlanRequest.model_validate(request_of(number)) for number in range(6)]
LATE = goalplan.PlanRequest.model_validate(
    {**request_of(9), "goals": [{**request_of(9)["goals"][0], "due": "2001-05-01"}]}
)


@pytest.fixture(scope="module")
def alone() -> list[str]:
    return [goalplan.solve_plan(r, seed=3, paths=500, detail="core").to_json() for r in REQUESTS]


@pytest.mark.parametrize("pool", [None, ThreadPoolExecutor, ProcessPoolExecutor])
def test_each_plan_is_the_plan_made_alone(alone: list[str], pool: type[Executor] | None) -> None:
    order = [4, 0, 5, 2, 1, 3]
    executor = None if pool is None else pool(2)  # type: ignore[call-arg]
    found = list(goalplan.solve_plans([REQUESTS[i] for i in order], seed=3, paths=500, executor=executor))
    if executor is not None:
        executor.shutdown()
    assert [plan.to_json() for plan in found if isinstance(plan, goalplan.Plan)] == [alone[i] for i in order]


def test_a_request_that_cannot_be_solved_stops_no_other(alone: list[str]) -> None:
    with ThreadPoolExecutor(1) as executor:
        first, second = goalplan.solve_plans([LATE, REQUESTS[0]], seed=3, paths=500, executor=executor)
    assert isinstance(first, goalplan.Refusal)
    assert first.client_id == "A9"
    assert "goals.0.due = 2001-05-01" in first.problems[0]
    assert isinstance(second, goalplan.Plan)
    assert second.to_json() == alone[0]


@pytest.mark.verify
def test_a_dask_cluster_makes_the_same_plans(alone: list[str]) -> None:
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        found = list(goalplan.solve_plans(REQUESTS, seed=3, paths=500, executor=client.get_executor()))
    assert [plan.to_json() for plan in found if isinstance(plan, goalplan.Plan)] == alone
