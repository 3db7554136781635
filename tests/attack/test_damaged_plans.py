"""A plan that someone changed: kernels follow its table without looking, so nothing wrong may reach them."""

import base64
import datetime as dt
import json
import zlib
from collections.abc import Callable
from typing import Any

import goalplan
import numpy as np
import pytest
from goalplan.engine.desk.holdings import Book
from goalplan.engine.record import PackedArray, pack, unpack

DAY = dt.date(2026, 11, 2)
HELD = Book(holdings=(), cash=270_000.0)
REQUEST = {
    "client": {"risk_level": "C4", "cash": 250_000.0},
    "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
    "contributions": {"monthly": 8_000.0},
    "limits": {"max_drawdown": 0.12},
}
Change = Callable[[dict[str, Any]], None]


@pytest.fixture(scope="module")
def plan() -> str:
    request = goalplan.PlanRequest.model_validate(REQUEST)
    return goalplan.solve_plan(request, paths=200, detail="core").to_json()


def review(document: dict[str, Any], previous: goalplan.Review | None = None) -> goalplan.Review:
    plan = goalplan.Plan.from_json(json.dumps(document))
    return goalplan.review_plan(
        plan, HELD, DAY if previous is None else dt.date(2026, 12, 1), previous=previous
    )


def array(name: str, change: Callable[[Any], Any]) -> Change:
    """Change an array of the policy."""

    def changed(policy: dict[str, Any]) -> None:
        policy[name] = pack(change(unpack(PackedArray(**policy[name])))).model_dump(mode="json")

    return changed


def entry(name: str, key: str, value: object) -> Change:
    """Change what an array of the policy says of itself."""
    return lambda policy: policy[name].__setitem__(key, value)


def field(name: str, change: Callable[[Any], Any]) -> Change:
    return lambda policy: policy.__setitem__(name, change(policy[name]))


BOMB = base64.b64encode(zlib.compress(bytes(1 << 28), 9)).decode()


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("hold_index", array("hold_index", lambda a: a + np.int16(1_000))),
        ("hold_index", array("hold_index", lambda a: a - np.int16(1_000))),
        ("hold_index", array("hold_index", lambda a: a[:, :, :0])),
        ("hold_index", array("hold_index", lambda a: a[:-1])),
        ("hold_index", array("hold_index", lambda a: a.astype(np.int64))),
        ("broken", array("broken", lambda a: a + np.int16(1_000))),
        ("broken", array("broken", lambda a: a[:, :0])),
        ("pay", array("pay", lambda a: a + np.int8(100))),
        ("pay", array("pay", lambda a: a[:, :, :1])),
        ("fractions", array("fractions", lambda a: a * 2.0)),
        ("fractions", array("fractions", lambda a: a * np.nan)),
        ("payment_month", array("payment_month", lambda a: a + 1_000)),
        ("origin", array("origin", lambda a: a * np.inf)),
        ("origin", array("origin", lambda a: a[:0])),
        ("origin", entry("origin", "dtype", "O")),
        ("origin", entry("origin", "dtype", "no such type")),
        ("origin", entry("origin", "data", "not base64!")),
        ("origin", entry("origin", "data", base64.b64encode(b"not zlib").decode())),
        ("origin", entry("origin", "data", BOMB)),
        ("origin", entry("origin", "shape", [1 << 40])),
        ("origin", entry("origin", "shape", [-1])),
        ("origin", entry("origin", "shape", [-1, -37])),
        ("origin", entry("origin", "shape", [])),
        ("expected_returns", field("weights", lambda rows: rows[:1])),
        ("weights", field("weights", lambda rows: [])),
        ("weights", field("weights", lambda rows: [row[:-1] for row in rows])),
        ("weights", field("weights", lambda rows: [[-w for w in row] for row in rows])),
        ("expected_returns", field("expected_returns", lambda values: values[:1])),
        ("volatilities", field("volatilities", lambda values: [*values, 0.1])),
        ("spacing", field("spacing", lambda _: 0.0)),
        ("drawdown_spacing", field("drawdown_spacing", lambda _: -1.0)),
        ("limit", field("limit", lambda _: -1.0)),
        ("reset_every", field("reset_every", lambda _: -1)),
        ("age", field("age", lambda _: 10**6)),
    ],
)
def test_a_damaged_policy_is_named_and_never_followed(plan: str, name: str, change: Change) -> None:
    document = json.loads(plan)
    change(document["policy"])
    with pytest.raises(goalplan.RequestError, match=rf"policy is damaged \({name}\b.*as goalplan wrote it\."):
        review(document)
    with pytest.raises(goalplan.RequestError):
        goalplan.Plan.from_json(json.dumps(document)).hold(0, 250_000.0)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("months", lambda p: p.update(months=37)),
        ("policy", lambda p: p["request"]["goals"][0].update(due="2029-06-01") or p.update(months=37)),
        ("wealth", lambda p: p["wealth"]["nominal"].update(values=[[1.0]])),
        ("wealth", lambda p: p["wealth"]["nominal"].update(levels=[])),
        ("goals", lambda p: p.update(goals=[])),
        ("provenance", lambda p: p["provenance"].update(paths=0)),
        ("provenance", lambda p: p["provenance"].update(seed=-1)),
    ],
)
def test_parts_of_different_plans_are_told_apart(plan: str, words: str, change: Change) -> None:
    document = json.loads(plan)
    change(document)
    with pytest.raises(
        goalplan.RequestError, match=f"the plan's {words} and its request do not fit together"
    ):
        review(document)


@pytest.mark.parametrize(
    ("words", "change"),
    [
        ("months", lambda r: r.update(months=40)),
        ("month", lambda r: r.update(month=2)),
        ("unit", lambda r: r["unit"].update(value=0.0)),
        ("unit", lambda r: r["unit"].update(peak=0.1)),
        ("unit", lambda r: r["unit"].update(deepest=1.0)),
        ("wealth", lambda r: r["wealth"].update(now=-1.0)),
        ("hold", lambda r: r["hold"].update(weights={})),
        ("holds tulips", lambda r: r["hold"].update(weights={"tulips": 1.0})),
    ],
)
def test_an_earlier_review_that_does_not_fit_is_refused(plan: str, words: str, change: Change) -> None:
    document = json.loads(plan)
    before = json.loads(review(document).to_json())
    change(before)
    with pytest.raises(goalplan.RequestError, match=words):
        review(document, goalplan.Review.from_json(json.dumps(before)))


@pytest.mark.parametrize(
    ("client", "words"),
    [
        ({"unit_value": 1e-300, "unit_peak": 1.0}, "unit_value"),
        (
            {"unit_value": 1.0, "unit_peak": 1.0, "reset_on": "2299-01-01"},
            "client.reset_on\n  is after the plan's start",
        ),
    ],
)
def test_a_plan_under_way_that_cannot_be_is_refused(client: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        goalplan.solve_plan(
            goalplan.PlanRequest.model_validate({**REQUEST, "client": {**REQUEST["client"], **client}}),  # type: ignore[dict-item]
            paths=200, detail="core",
        )  # fmt: skip


def test_a_broken_limit_without_a_limit_says_nothing() -> None:
    """The kernel read beyond its table where the flag was up and there was nothing to hold then."""
    free = {**REQUEST, "limits": {}}
    under_way = {"unit_value": 1.0, "unit_peak": 1.0, "reset_on": "2026-01-01"}
    plans = [
        goalplan.solve_plan(
            goalplan.PlanRequest.model_validate(
                {**free, "client": {**REQUEST["client"], **under_way, "limit_broken": broken}}  # type: ignore[dict-item]
            ),
            paths=200, detail="core",
        )
        for broken in (False, True)
    ]  # fmt: skip
    assert plans[0].today == plans[1].today
    assert plans[0].goals == plans[1].goals
