"""The HTTP service: the same bytes as a call in Python, and one clear problem for everything else."""

import datetime as dt
import json
import logging
import socket
from collections.abc import Iterator
from typing import Any

import goalplan
import pytest
from goalplan.cli import main
from goalplan.engine.desk.holdings import Book
from goalplan.service.app import create_app
from goalplan.service.settings import ServiceSettings
from goalplan.service.work import Sources

from .serving import KEY, REQUEST, Client, problem, served


@pytest.fixture(scope="module")
def client() -> Iterator[Client]:
    settings = ServiceSettings(workers=1, api_key=KEY, max_body=60_000, sources=Sources(max_months=60))
    with served(settings) as (client, _):
        yield client


def test_a_plan_is_the_plan_of_a_call_in_python(client: Client) -> None:
    answer = client.post("/plans", REQUEST, paths=300, seed=7, detail="core")
    assert answer.status == 200
    alone = goalplan.solve_plan(
        goalplan.PlanRequest.model_validate(REQUEST), seed=7, paths=300, detail="core"
    )
    assert answer.text == alone.to_json()


def test_holdings_are_diagnosed(client: Client) -> None:
    held = {**REQUEST["client"], "cash": 1_000.0, "holdings": [{"asset": "gold", "value": 9_000.0}]}
    found = client.post("/diagnose", {**REQUEST, "client": held}, paths=200).json()
    assert found["wealth"] == 10_000.0
    assert found["goals"][0]["name"] == "Flat by the lake"
    problem(client.post("/diagnose", {**REQUEST, "client": {**held, "cash": 0.0, "holdings": []}}), 422)


@pytest.fixture(scope="module")
def plan(client: Client) -> dict[str, Any]:
    answer = client.post("/plans", REQUEST, paths=300, detail="core")
    assert answer.status == 200
    return answer.json()


def review_of(plan: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"plan": plan, "as_of": "2026-11-02", "cash": 5_000.0,
            "holdings": [{"asset": "gold", "value": 265_000.0}], **more}  # fmt: skip


def test_a_review_is_the_review_of_a_call_in_python(client: Client, plan: dict[str, Any]) -> None:
    answer = client.post("/review", review_of(plan, paid_in=20_000.0))
    assert answer.status == 200, answer.text
    alone = goalplan.review_plan(
        goalplan.Plan.model_validate(plan),
        Book(holdings=(goalplan.Holding(asset="gold", value=265_000.0),), cash=5_000.0),
        dt.date(2026, 11, 2),
        paid_in=20_000.0,
    )
    assert answer.text == alone.to_json()
    again = client.post("/review", review_of(plan, as_of="2026-12-01", previous=answer.json()))
    assert again.json()["wealth"]["paid_in"] == 20_000.0 + 8_000.0


def test_a_review_with_a_changed_request_makes_a_new_plan(client: Client, plan: dict[str, Any]) -> None:
    changed = {**REQUEST, "contributions": {"monthly": 9_000.0}}
    answer = client.post("/review", review_of(plan, changed=changed))
    assert answer.status == 200, answer.text
    assert answer.json()["followed"] == "new_plan"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"as_of": "2026-02-30"}, "as_of = '2026-02-30' is not a day of the calendar"),
        ({"as_of": "2001-01-01"}, "before"),
        ({"cash": -1.0}, "cash = -1.0 must be at least 0"),
        ({"holdings": [{"asset": "tulips", "value": 1.0}]}, "not an asset of the market"),
        ({"plan": {}}, "plan.status is missing"),
        ({"typo": 1}, "typo = 1 is not a known key"),
    ],
)
def test_what_is_wrong_with_a_review_is_named(
    client: Client, plan: dict[str, Any], change: dict[str, Any], words: str
) -> None:
    found = problem(client.post("/review", {**review_of(plan), **change}), 422)
    assert any(words in fault["detail"] for fault in found["errors"]), found["errors"]


def test_a_plan_with_more_paths_than_the_service_takes_is_not_reviewed(
    client: Client, plan: dict[str, Any]
) -> None:
    much = {**plan, "provenance": {**plan["provenance"], "paths": 10**9}}
    found = problem(client.post("/review", review_of(much)), 422)
    assert found["errors"][0]["detail"].startswith("plan.provenance.paths = 1000000000 is out of range")


def test_health_is_open_and_says_what_runs(client: Client) -> None:
    found = client.get("/healthz", headers={"X-API-Key": ""}).json()
    assert found["status"] == "ok"
    assert found["version"] == goalplan.__version__
    assert found["market_digest"] == goalplan.load_market().digest
    client.post("/plans", REQUEST, paths=200, detail="core")
    (kept,) = client.get("/healthz").json()["cached"]
    assert 1 <= kept["engine.setting.shared_paths"] <= 4


def test_the_schema_is_the_published_one(client: Client) -> None:
    from goalplan.commands.schema import schema_text

    for name in ("request", "plan", "review"):
        assert client.get(f"/schema/{name}").text == schema_text(name)
    problem(client.get("/schema/other"), 422)


def test_the_document_names_the_models_and_the_problems(client: Client) -> None:
    document = client.get("/openapi.json").json()
    operation = document["paths"]["/plans"]["post"]
    body = operation["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/PlanRequest"}
    assert set(operation["responses"]["422"]["content"]) == {"application/problem+json"}
    assert document["components"]["schemas"]["PlanRequest"]["additionalProperties"] is False
    assert document["security"] == [{"key": []}]


def test_every_field_that_is_wrong_is_named(client: Client) -> None:
    wrong = {**REQUEST, "client": {"risk_level": "C9", "cash": -1.0}, "typo": 1}
    found = problem(client.post("/plans", wrong, paths=1), 422)
    assert {e.get("pointer") for e in found["errors"]} == {
        None,
        "/client/risk_level",
        "/client/cash",
        "/typo",
    }
    late = {**REQUEST, "goals": [{**REQUEST["goals"][0], "due": "2001-01-01"}]}
    assert "goals.0.due" in problem(client.post("/plans", late), 422)["errors"][0]["detail"]


def test_what_is_no_request_at_all_is_told_apart(client: Client) -> None:
    problem(client.post("/plans", content=b"{a"), 400)
    problem(client.post("/plans", content=b"[" * 900), 400)
    problem(client.post("/plans", content=b"\xff\xfe"), 400)
    problem(client.post("/plans", content=json.dumps(REQUEST).encode(), headers={}), 415)
    problem(client.post("/plans", REQUEST, headers={"X-API-Key": "wrong"}), 401)
    problem(client.get("/plans"), 405)
    problem(client.post("/healthz", content=b"", headers={}), 405)
    problem(client.post("/schema/request", content=b"", headers={}), 405)
    problem(client.get("/elsewhere"), 404)
    long = {**REQUEST, "goals": [{**REQUEST["goals"][0], "due": "2039-05-01"}]}
    assert "60 at most" in problem(client.post("/plans", long), 422)["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (json.dumps(REQUEST)[:-1] + ', "client": {"risk_level": "C1", "cash": 1}}', "the key 'client' twice"),
        ('{"goals": [{"name": "a", "name": "b"}]}', "the key 'name' twice"),
        ("[" * 30_000, "not JSON"),
        ('{"a": ' + "9" * 5_000 + "}", "not JSON"),
    ],
)
def test_a_body_that_says_two_things_at_once_is_not_taken(client: Client, content: str, words: str) -> None:
    assert words in problem(client.post("/plans", content=content.encode()), 400)["detail"]


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/plans?pahts=200", "'pahts' is not a parameter here; give some of detail, paths, seed"),
        ("/plans?paths=200&paths=300", "The parameter paths stands 2 times"),
        ("/review?paths=200", "give none"),
        ("/plans?paths=50001", ""),
        ("/plans?paths=99", ""),
        ("/plans?seed=-1", ""),
        ("/plans?seed=9223372036854775808", ""),
        ("/plans?paths=1e3", ""),
        ("/plans?detail=%ff", ""),
    ],
)
def test_parameters_are_known_and_in_range(client: Client, path: str, words: str) -> None:
    answer = client.send("POST", path, json.dumps(REQUEST).encode(), {"Content-Type": "application/json"})
    assert words in problem(answer, 422)["detail"]


@pytest.mark.parametrize(
    "change",
    [{"cash": float("nan")}, {"cash": float("inf")}, {"cash": 1e308}, {"cash": True}, {"name": "\ud800"},
     {"name": "a\u0000"}, {"id": "x" * 50_000}, {"holdings": [{"asset": f"x{n}", "value": 1} for n in range(1_001)]}],
)  # fmt: skip
def test_hostile_values_are_named(client: Client, change: dict[str, Any]) -> None:
    found = problem(client.post("/plans", {**REQUEST, "client": {**REQUEST["client"], **change}}), 422)
    assert found["errors"][0]["detail"].startswith("client.")


def test_a_body_too_large_is_refused_with_and_without_a_stated_length(client: Client) -> None:
    large = json.dumps({**REQUEST, "typo": "x" * 61_000}).encode()
    problem(client.post("/plans", content=large), 413)
    problem(client.post("/plans", content=iter([large[:40_000], large[40_000:]])), 413)


def test_nothing_of_the_client_is_logged(
    client: Client, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post("/plans", REQUEST, paths=200, detail="core")
        client.post("/plans", {**REQUEST, "typo": 1})
        client.post("/plans", content=json.dumps(REQUEST).encode()[:-1])
        client.post("/diagnose", REQUEST, paths=200)
    for each in (caplog.text, *capfd.readouterr()):
        assert "Zhang" not in each
        assert "lake" not in each


def test_an_address_that_is_taken_is_bad_input(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as line:
        port = line.getsockname()[1]
        assert main(["serve", "--port", str(port)]) == 2
    assert f"--host 127.0.0.1 --port {port} cannot be listened on" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"host": "0.0.0.0"}, "GOALPLAN_API_KEY"),
        ({"api_key": "short"}, "16 characters"),
        ({"workers": 0}, "workers = 0"),
        ({"timeout": float("nan")}, "timeout"),
    ],
)
def test_settings_that_make_no_sense_are_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(goalplan.RequestError, match=words):
        ServiceSettings(**change)


def test_a_market_larger_than_allowed_is_refused() -> None:
    with pytest.raises(goalplan.RequestError, match="max_assets"):
        create_app(ServiceSettings(max_assets=3))
