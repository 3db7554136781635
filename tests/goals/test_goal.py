import datetime as dt
from typing import Any

import pytest
from goalplan.goals import Contributions, Education, Goal, HomePurchase, Purchase, Reserve, Retirement
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

GOAL: TypeAdapter[Any] = TypeAdapter(Goal)
DUE = dt.date(2029, 5, 1)


def only_error(make: Any, **fields: Any) -> tuple[str, str]:
    """The one field at fault and what is said about it."""
    with pytest.raises(ValidationError) as caught:
        make(**fields)
    (error,) = caught.value.errors()
    assert caught.value.json()  # what a service answers with
    return str(error["loc"][-1]), error["msg"]


@pytest.mark.parametrize(
    ("kind", "model", "fields"),
    [
        ("home", HomePurchase, {"due": DUE, "amount": 6e5}),
        ("education", Education, {"due": DUE, "amount": 8e4, "years": 4}),
        ("retirement", Retirement, {"due": DUE, "amount": 1.2e4}),
        ("reserve", Reserve, {"amount": 6e4}),
        ("purchase", Purchase, {"due": DUE, "amount": 1.5e5}),
    ],
)
def test_kind_chooses_the_model_and_json_keeps_it(kind: str, model: type, fields: dict[str, Any]) -> None:
    goal = GOAL.validate_python({"kind": kind, "name": "x", **fields})
    assert type(goal) is model
    assert GOAL.validate_json(GOAL.dump_json(goal)) == goal
    assert model(name="x", **fields) == goal


def test_goals_are_frozen_and_know_no_other_key() -> None:
    goal = Purchase(name="Car", due=DUE, amount=1.0)
    with pytest.raises(ValidationError, match="frozen"):
        goal.amount = 2.0  # type: ignore[misc]
    assert only_error(Purchase, name="Car", due=DUE, amount=1.0, age=30)[0] == "age"


@pytest.mark.parametrize(("priority", "wanted"), [("need", 0.85), ("want", 0.70), ("wish", 0.50)])
def test_wanted_probability_follows_priority(priority: Any, wanted: float) -> None:
    assert Purchase(name="x", due=DUE, amount=1.0, priority=priority).wanted_probability == wanted
    given_one = Purchase(name="x", due=DUE, amount=1.0, priority=priority, wanted_probability=0.6)
    assert given_one.wanted_probability == 0.6


def test_a_home_is_given_by_amount_or_by_price() -> None:
    assert HomePurchase(name="x", due=DUE, amount=6e5).amount == 6e5
    by_price = HomePurchase(name="x", due=DUE, price=3e6, down_payment=0.2, costs=5e4)
    assert by_price.amount == 3e6 * 0.2 + 5e4
    agreeing = HomePurchase(name="x", due=DUE, price=3e6, down_payment=0.2, costs=5e4, amount=650_000)
    assert agreeing == by_price


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({}, "amount", "is missing; give amount, or price and down_payment"),
        ({"price": 3e6}, "amount", "give both"),
        ({"down_payment": 0.2}, "amount", "give both"),
        ({"amount": 6e5, "costs": 1.0}, "amount", "does not go with costs"),
        ({"price": 3e6, "down_payment": 0.2, "amount": 7e5}, "amount", "is not price"),
        ({"price": 3e6, "down_payment": 20}, "down_payment", "less than or equal to 1"),
        ({"price": 0.0, "down_payment": 0.2}, "price", "greater than or equal to 0.01"),
        ({"amount": 0.0}, "amount", "greater than or equal to 0.01"),
        ({"amount": -1.0}, "amount", "greater than or equal to 0.01"),
        ({"amount": None}, "amount", "valid number"),
    ],
)
def test_a_home_that_does_not_add_up(fields: dict[str, Any], field: str, words: str) -> None:
    where, said = only_error(HomePurchase, name="x", due=DUE, **fields)
    assert where == field
    assert words in said


def test_a_pension_that_covers_everything_leaves_no_goal() -> None:
    where, said = only_error(Retirement, name="x", due=DUE, amount=5000.0, pension=5000.0)
    assert (where, "covers the spending of 5000" in said) == ("pension", True)


def test_a_reserve_from_the_start_cannot_be_indexed() -> None:
    assert Reserve(name="x", amount=1.0).due is None
    assert only_error(Reserve, name="x", amount=1.0, index="cpi")[0] == "due"
    assert Reserve(name="x", amount=1.0, index="cpi", due=DUE).index == "cpi"


@pytest.mark.parametrize("index", ["cpi", "education", "home:beijing", None])
def test_known_indices(index: str | None) -> None:
    assert Purchase(name="x", due=DUE, amount=1.0, index=index).index == index


@pytest.mark.parametrize("index", ["", "CPI", "home:", "home:Beijing", "cash", "cpi ", "home:a\n"])
def test_other_words_are_no_index(index: str) -> None:
    assert only_error(Purchase, name="x", due=DUE, amount=1.0, index=index)[0] == "index"


@pytest.mark.parametrize(
    ("due", "words"),
    [
        ("2029-02-29", "is not a day of the calendar"),
        ("36 months", "is not a date"),
        ("20290501", "is not a date"),
        ("2029-05-01T00:00:00", "is not a date"),
        (dt.datetime(2029, 5, 1), "is not a date"),
        (20290501, "is not a date"),
        (True, "is not a date"),
        ("0029-05-01", "check the year"),
        ("9029-05-01", "check the year"),
    ],
)
def test_due_is_a_day_and_nothing_else(due: Any, words: str) -> None:
    where, said = only_error(Purchase, name="x", due=due, amount=1.0)
    assert (where, words in said) == ("due", True)


@pytest.mark.parametrize("amount", ["3", True, float("nan"), float("inf"), 1e308, 10**400, [1.0], None])
def test_an_amount_is_a_finite_number(amount: Any) -> None:
    assert only_error(Purchase, name="x", due=DUE, amount=amount)[0] == "amount"


def test_names_are_trimmed_and_normalised() -> None:
    assert Purchase(name="  换车 \u00a0", due=DUE, amount=1.0).name == "换车"
    assert Purchase(name="Cafe\u0301", due=DUE, amount=1.0).name == "Caf\u00e9"
    assert Purchase(name="𠮷野家 #[*] 100%", due=DUE, amount=1.0).name == "𠮷野家 #[*] 100%"


@pytest.mark.parametrize(
    "name", ["", "   ", "a\nb", "a\x00b", "a\u202eb", "a\u200bb", "a\u2028b", "a\ue000b", "x" * 61, 7]
)
def test_names_that_cannot_be_printed(name: Any) -> None:
    assert only_error(Purchase, name=name, due=DUE, amount=1.0)[0] == "name"


def test_negative_zero_is_zero() -> None:
    assert str(Contributions(monthly=-0.0, growth=-0.0).model_dump()) == str(Contributions().model_dump())


@given(
    st.sampled_from(["need", "want", "wish"]),
    st.floats(0.01, 1e11),
    st.floats(0.01, 1.0),
    st.floats(0.0, 1e11),
    st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=20),
)
def test_round_trip_loses_nothing(priority: Any, price: float, share: float, costs: float, name: str) -> None:
    amount = price * share + costs
    if not 0.01 <= amount <= 1e12:
        return
    goal = HomePurchase(name=name, due=DUE, priority=priority, price=price, down_payment=share, costs=costs)
    assert HomePurchase.model_validate_json(goal.model_dump_json()) == goal
    assert HomePurchase.model_validate(goal.model_dump()) == goal
