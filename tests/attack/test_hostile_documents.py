"""Documents with something wrong in them, and requests at the edges of what is allowed: a sentence, or a plan."""

import json
import tomllib
from functools import cache
from typing import Any

import goalplan
import pytest
from goalplan.engine.explain import explain
from goalplan.engine.handed_in import read_toml
from goalplan.service.review_request import ReviewRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from .documents import MARKET, damaged, requests

WHOLE: dict[str, Any] = {
    "start": "2026-05-01", "currency": "CNY", "advisory_fee": 0.005, "policy": "dynamic", "model": None,
    "products": ["F-1"],
    "client": {"id": "a", "name": "b", "birth_year": 1980, "risk_level": "C4", "cash": 1e5,
               "holdings": [{"asset": "gold", "value": 1e4, "bought": "2024-02-29", "units": 1.0}],
               "questionnaire": {"q1": "a"}, "accredited": {"basis": "x", "evidence": "y", "date": "2024-02-29"},
               "overrides": [{"product": "p", "warned": "2024-02-29", "evidence": "e"}], "types": ["bond"]},
    "goals": [
        {"kind": "home", "name": "h", "due": "2029-05-01", "price": 1e6, "down_payment": 0.3, "index": "cpi"},
        {"kind": "education", "name": "e", "due": "2030-05-01", "amount": 1e4, "years": 4},
        {"kind": "retirement", "name": "r", "due": "2041-05-01", "amount": 1e4, "until_age": 90, "pension": 1e3},
        {"kind": "reserve", "name": "s", "amount": 1e3},
        {"kind": "purchase", "name": "p", "due": "2029-05-01", "amount": 1e4, "min_fraction": 0.5},
    ],
    "contributions": {"monthly": 1e3, "growth": 0.03, "until": "2040-01-31",
                      "dated": [{"date": "2027-02-28", "amount": 1e4}]},
    "limits": {"max_weight": 0.3, "bounds": {"gold": [0.0, 0.1]}, "groups": {"bond": [0.1, 1.0]}, "exclude": ["x"],
               "max_drawdown": 0.12, "stress": {"2008": 0.15}, "stress_floor": 0.2, "cvar": 0.1, "min_esg": 50.0},
}  # fmt: skip


def examples(count: int) -> settings:
    return settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))


@cache
def plan() -> Any:
    home = {"kind": "home", "name": "Flat", "due": "2027-05-01", "amount": 300_000.0}
    request = {**WHOLE, "goals": [home], "limits": {}, "products": [], "contributions": {"monthly": 2_000.0}}
    request["client"] = {"risk_level": "C4", "cash": 250_000.0}
    found = goalplan.solve_plan(
        goalplan.PlanRequest.model_validate(request), MARKET, paths=100, detail="core"
    )
    return json.loads(found.to_json())


def told(error: ValidationError, model: type[BaseModel]) -> None:
    """Every problem is a sentence of moderate length."""
    for sentence in explain(error, model):
        assert sentence.endswith((".", "?")), sentence
        assert len(sentence) < 2_000, sentence


def checked(model: type[BaseModel], document: Any) -> None:
    """A document is taken or explained."""
    try:
        model.model_validate(document)
    except ValidationError as error:
        told(error, model)


@examples(400)
@given(damaged(WHOLE))
def test_a_damaged_request_is_explained(document: Any) -> None:
    checked(goalplan.PlanRequest, document)


@examples(60)
@given(st.data())
def test_a_damaged_plan_is_explained(data: st.DataObject) -> None:
    checked(goalplan.Plan, data.draw(damaged(plan())))


@examples(60)
@given(st.data())
def test_a_damaged_request_for_a_review_is_explained(data: st.DataObject) -> None:
    held = [{"asset": "gold", "value": 1e4, "bought": "2024-02-29", "units": 1.0}]
    whole = {"plan": plan(), "as_of": "2026-11-02", "holdings": held, "cash": 5e3, "changed": WHOLE,
             "unmapped": [{"product": "x", "value": 1.0}], "paid_in": 1e4, "paid_out": 0.0}  # fmt: skip
    checked(ReviewRequest, data.draw(damaged(whole)))


@examples(200)
@given(st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_json_of_a_request_or_explained(content: bytes) -> None:
    try:
        goalplan.PlanRequest.model_validate_json(content)
    except ValidationError as error:
        told(error, goalplan.PlanRequest)


@examples(200)
@given(content=st.binary(max_size=40) | st.text(max_size=40).map(str.encode))
def test_any_bytes_are_a_toml_file_or_bad_input(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(content)
    try:
        assert read_toml(path) == tomllib.loads(content.decode("utf-8-sig"))
    except goalplan.RequestError as error:
        assert error.problems[0].endswith(".")  # noqa: PT017


def planned(document: dict[str, Any]) -> None:
    """A request that is taken gives a plan that survives JSON, or says what does not fit."""
    try:
        plan = goalplan.solve_plan(
            goalplan.PlanRequest.model_validate(document), MARKET, paths=100, detail="core"
        )
    except ValidationError as error:
        told(error, goalplan.PlanRequest)
    except goalplan.RequestError as error:
        assert "limits.confidence = 0.999 cannot be checked on paths = 100" in str(error)  # noqa: PT017
    except goalplan.SolverError as error:
        assert "will fail again" in str(error)  # noqa: PT017 - a limit of 1e-9 is beyond a solver's digits
    else:
        assert goalplan.Plan.from_json(plan.to_json()) == plan
        assert all(0.0 <= goal.probability.value <= 1.0 for goal in plan.goals)


def poor(goal: dict[str, Any], **more: Any) -> goalplan.PlanRequest:
    goals = [{"kind": "purchase", "name": "p", "due": "2026-06-01", "amount": 0.01, **goal}]
    client = {"risk_level": "C4", "cash": 0.0}
    return goalplan.PlanRequest.model_validate(
        {"start": "2026-05-01", "client": client, "goals": goals, "contributions": {"monthly": 0.01}, **more}
    )


def test_a_probability_that_any_sum_reaches_asks_for_money_all_the_same() -> None:
    plan = goalplan.solve_plan(poor({"wanted_probability": 1e-9}), MARKET, paths=100, detail="core")
    assert plan.levers[0].value == 10.0  # the smallest step that is not nothing


def test_more_confidence_than_the_paths_can_show_is_refused() -> None:
    words = r"limits\.confidence = 0\.999 cannot be checked on paths = 2703; give at least 2704 paths"
    with pytest.raises(goalplan.RequestError, match=words):
        goalplan.solve_plan(
            poor({}, limits={"max_drawdown": 0.12, "confidence": 0.999}), MARKET, paths=2_703, detail="core"
        )


@pytest.mark.verify
@examples(400)
@given(requests(furthest=1_500))
def test_any_allowed_request_has_a_plan(document: dict[str, Any]) -> None:
    planned(document)
