import json
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from goalplan.engine.explain import explain
from goalplan.engine.request import PlanRequest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

TEXT = files("goalplan").joinpath("examples", "home.en.toml").read_text(encoding="utf-8")


def changed(changes: dict[str, Any]) -> dict[str, Any]:
    """The home request after changes given as dotted keys with __ for the dot."""
    table: Any = tomllib.loads(TEXT)
    for key, value in changes.items():
        *path, last = (int(part) if part.isdigit() else part for part in key.split("__"))
        here = table
        for part in path:
            here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
        here[last] = value
    return table


def problems(**changes: Any) -> tuple[str, ...]:
    with pytest.raises(ValidationError) as caught:
        PlanRequest.model_validate(changed(changes))
    assert json.loads(caught.value.json())
    return explain(caught.value, PlanRequest)


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        (
            {"client__csh": 3},
            "client.csh = 3 is not a known key",
            (
                "allowed here: id, name, birth_year, risk_level, cash, holdings, lowest_class, "
                "questionnaire, investor, institution, term_months, types, accredited, overrides, "
                "unit_value, unit_peak, reset_on, limit_broken; "
                "did you mean cash?"
            ),
        ),
        (
            {"client__cash": "3"},
            "client.cash = '3' is not a number",
            "give the money to invest today, 0 or more.",
        ),
        (
            {"client__cash": True},
            "client.cash = true is not a number",
            "give the money to invest today, 0 or more.",
        ),
        (
            {"client__cash": -1},
            "client.cash = -1 must be at least 0",
            "give the money to invest today, 0 or more.",
        ),
        (
            {"client": {"cash": 1.0}},
            "client.risk_level is missing",
            'give "C1", "C2", "C3", "C4" or "C5", or the answers to the questionnaire.',
        ),
        (
            {"client": []},
            "client = [...] is not a table of keys",
            "give the table [client] with at least risk_level and cash.",
        ),
        ({"goals": []}, "goals = [...] has too few entries", "give 1 to 50 tables [[goals]]."),
        ({"goals": {}}, "goals = {...} is not a list", "give 1 to 50 tables [[goals]]."),
        (
            {"goals__0__kind": "flat"},
            "goals.0.kind = 'flat' is not allowed",
            "give one of home, education, retirement, reserve, purchase.",
        ),
        (
            {"goals__0": {}},
            "goals.0.kind is missing",
            "give one of home, education, retirement, reserve, purchase.",
        ),
        (
            {"goals__0__due": "soon"},
            "goals.0.due = 'soon' is not a date",
            "give it as YYYY-MM-DD, without a time.",
        ),
        (
            {"goals__0__name": "a\u202eb"},
            "goals.0.name = 'a\\u202eb' contains the unprintable character U+202E",
            "remove it.",
        ),
        (
            {"goals__0__priority": "must"},
            "goals.0.priority = 'must' is not allowed",
            'give "need", "want" or "wish".',
        ),
        (
            {"advisory_fee": 0.5},
            "advisory_fee = 0.5 must be at most 0.05",
            "give the fee as a decimal a year, 0 to 0.05 (0.005 is 0.5 %).",
        ),
        (
            {"limits__bounds": {"gold": [0.2, 0.1]}},
            "limits.bounds = {...} puts the lowest weight of 'gold' above its highest",
            "give [lowest, highest].",
        ),
        (
            {"limits__bounds": {"gold": [0.2, 1.1]}},
            "limits.bounds.gold.1 = 1.1 must be at most 1",
            "give [lowest, highest] weight by asset id, decimals from 0 to 1, such as gold = [0.0, 0.1].",
        ),
        (
            {"limits__groups": {"bond": [0.6, 1.0], "equity": [0.6, 1.0]}},
            "limits.groups = {...} asks for lowest weights of more than 1 in all",
            "lower some of them.",
        ),
        ({"schema_version": 2}, "schema_version = 2 is not allowed", "give 1."),
        (
            {"client__holdings": [{"asset": "gold", "value": 1.0}] * 2},
            "client.holdings.1.asset = 'gold' repeats holdings.0.asset",
            "add them up, or tell them apart by product, account or bought.",
        ),
        (
            {"client__cash": 0.0, "contributions__monthly": 0.0},
            "client.cash = 0.0 leaves no money to plan with",
            "give client.cash, holdings or contributions.",
        ),
        (
            {"start": "2029-04-02"},
            "goals.0.due = 2029-05-01 is less than a month after the plan's start 2029-04-02",
            "give a date from 2029-05-02 to 2089-04-02, or pay it from cash now.",
        ),
    ],
)
def test_one_sentence_names_the_key_the_value_and_the_remedy(
    changes: dict[str, Any], problem: str, remedy: str
) -> None:
    assert problems(**changes) == (f"{problem}; {remedy}",)


def test_every_field_says_what_to_give() -> None:
    def described(schema: dict[str, Any]) -> list[str]:
        return [
            key
            for model in (schema, *schema["$defs"].values())
            for key, field in model["properties"].items()
            if key != "kind" and not field.get("description")
        ]

    assert described(PlanRequest.model_json_schema()) == []


def test_goals_have_different_names_and_reserves_fit_the_money() -> None:
    table = tomllib.loads(TEXT)
    reserve = {"kind": "reserve", "name": "First home", "amount": 300_000.0}
    assert problems(goals=[*table["goals"], reserve]) == (
        "goals.1.name = 'First home' repeats goals.0.name; give each of goals its own name.",
        (
            "goals.1.amount = 300000.0 cannot be set aside at once out of 250000; "
            "give due, a day to build it up by."
        ),
    )


# What a careless or hostile caller may put anywhere in a request.
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
places = st.sampled_from(
    ["start", "currency", "client", "goals", "contributions", "limits", "policy", "x"]
    + [f"client__{key}" for key in ("cash", "holdings", "risk_level", "birth_year")]
    + ["goals__0", *(f"goals__0__{key}" for key in ("kind", "due", "amount", "price", "name", "index"))]
    + ["contributions__dated", "contributions__until", "limits__bounds", "limits__groups"]
)


@given(places, junk)
def test_nonsense_is_either_valid_or_explained(place: str, value: Any) -> None:
    try:
        request = PlanRequest.model_validate(changed({place: value}))
    except ValidationError as error:
        said = explain(error, PlanRequest)
        assert said
        assert all(sentence.endswith((".", "?")) and "\n" not in sentence for sentence in said)
    else:
        assert PlanRequest.model_validate_json(request.model_dump_json()) == request


def test_the_documented_fragments_and_sentences_are_true() -> None:
    page = (Path(__file__).parents[2] / "docs" / "goals.md").read_text(encoding="utf-8")
    fragments = re.findall(r"```toml\n(.*?)```", page, flags=re.DOTALL)
    assert len(fragments) == 2
    for fragment in fragments:
        PlanRequest.model_validate({**tomllib.loads(TEXT), **tomllib.loads(fragment), "start": "2026-05-01"})
    names: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(code, names)
    assert (names["schedule"].months, names["schedule"].payments[0].month) == (36, 36)
    assert problems(start="2026-05-01", goals__0__due="2025-01-01")[0] in page
    assert problems(client__csh=3)[0] in page
