import datetime as dt
import json
import pickle
import re
import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from goalplan.engine.errors import RequestError, SolverError
from goalplan.engine.explain import explain
from goalplan.engine.request import Limits, PlanRequest
from goalplan.goals import build_schedule
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

AS_OF = dt.date(2026, 4, 30)
START = dt.date(2026, 5, 1)
EXAMPLES = [f"{kind}.{lang}.toml" for kind in ("home", "education", "retirement") for lang in ("zh", "en")]
TEXT = """
[client]
risk_level = "C4"
cash = 250000

[[goals]]
kind = "home"
name = "Flat"
due = 2029-05-01
amount = 600000

[contributions]
monthly = 8000
"""


def example(name: str) -> Path:
    return Path(str(files("goalplan").joinpath("examples", name)))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    path = tmp_path / "home.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


def problems(**changes: Any) -> tuple[str, ...]:
    """What is said about the home request after changes given as dotted keys with __ for the dot."""
    table: Any = tomllib.loads(TEXT)
    for key, value in changes.items():
        *path, last = (int(part) if part.isdigit() else part for part in key.split("__"))
        here = table
        for part in path:
            here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
        here[last] = value
    with pytest.raises(ValidationError) as caught:
        PlanRequest.model_validate(table)
    assert json.loads(caught.value.json())
    return explain(caught.value, PlanRequest)


def test_the_home_request(home: Path) -> None:
    request = PlanRequest.from_toml(home)
    assert request.start is None
    assert (request.schema_version, request.currency, request.advisory_fee) == (1, "CNY", 0.0)
    assert (request.policy, request.limits.max_weight) == ("dynamic", 0.35)
    assert (request.client.wealth, request.goals[0].amount) == (250_000.0, 600_000.0)


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_requests_that_start_after_the_embedded_market(name: str) -> None:
    request = PlanRequest.from_toml(example(name)).starting(AS_OF + dt.timedelta(days=1))
    made = build_schedule(
        request.goals, request.contributions, START, request.client.birth_year, index_growth={"cpi": 0.02}
    )
    assert made.months == {"home": 36, "education": 160, "retirement": 511}[name.split(".")[0]]


@pytest.mark.parametrize("kind", ["home", "education", "retirement"])
def test_both_languages_ask_for_the_same(kind: str) -> None:
    def bare(lang: str) -> Any:
        data = PlanRequest.from_toml(example(f"{kind}.{lang}.toml")).model_dump()
        for named in (data["client"], *data["goals"]):
            named["name"] = ""
        return data

    assert bare("zh") == bare("en")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_the_home_example_leaves_commented_out_works_too(lang: str, tmp_path: Path) -> None:
    text = example(f"home.{lang}.toml").read_text(encoding="utf-8")
    later = "".join(f"(?!{key} )" for key in ("max_drawdown", "confidence") if key not in Limits.model_fields)
    opened = re.sub(rf"^# {later}(\[|\w+ = )", r"\1", text.replace("amount = 600000", ""), flags=re.MULTILINE)
    path = tmp_path / "all.toml"
    path.write_text(opened, encoding="utf-8")
    request = PlanRequest.from_toml(path)
    assert request.start == START
    assert request.goals[0].amount == 600_000.0
    assert request.goals[0].index == "home:beijing"
    assert request.client.wealth == 300_000.0
    assert request.contributions.dated[0].amount == 30_000.0
    assert request.limits.groups == {"equity": (0.0, 0.6)}


def test_json_loses_nothing_and_pickles(home: Path) -> None:
    for request in (PlanRequest.from_toml(home), PlanRequest.from_toml(home).starting(START)):
        assert PlanRequest.model_validate_json(request.model_dump_json()) == request
        assert PlanRequest.model_validate(request.model_dump()) == request
        assert pickle.loads(pickle.dumps(request)) == request


@given(
    cash=st.floats(0.01, 1e12),
    fee=st.floats(0.0, 0.05),
    monthly=st.floats(0.0, 1e12),
    growth=st.floats(-0.5, 0.5),
    level=st.sampled_from(["C1", "C2", "C3", "C4", "C5"]),
    due=st.dates(dt.date(2026, 6, 1), dt.date(2086, 5, 31)),
    high=st.floats(0.0, 1.0),
)
def test_any_request_survives_json(
    cash: float, fee: float, monthly: float, growth: float, level: str, due: dt.date, high: float
) -> None:
    request = PlanRequest.model_validate(
        {
            "start": START,
            "advisory_fee": fee,
            "client": {"cash": cash, "risk_level": level, "holdings": [{"asset": "gold", "value": cash}]},
            "goals": [{"kind": "purchase", "name": "车", "due": due, "amount": 1.0, "index": "home:beijing"}],
            "contributions": {"monthly": monthly, "growth": growth},
            "limits": {"bounds": {"us_equity": [0.0, high], "gold": [0.0, high]}},
        }
    )
    text = request.model_dump_json()
    again = PlanRequest.model_validate_json(text)
    assert again == request
    assert again.model_dump_json() == text


def test_a_request_is_dated_by_the_market_unless_it_has_a_start(home: Path) -> None:
    request = PlanRequest.from_toml(home)
    assert request.starting(START).start == START
    dated = PlanRequest.from_toml(home, ["start=2026-07-01"])
    assert dated.starting(START) is dated
    with pytest.raises(ValidationError) as caught:
        request.starting(dt.date(2029, 5, 2))
    (said,) = explain(caught.value, PlanRequest)
    assert said.startswith(
        "goals.0.due = 2029-05-01 is before the plan's start 2029-05-02; give a date from "
    )


@pytest.mark.parametrize(
    ("changes", "problem", "remedy"),
    [
        (
            {"client__csh": 3},
            "client.csh = 3 is not a known key",
            "allowed here: id, name, birth_year, risk_level, cash, holdings; did you mean cash?",
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
        ({"client": {"cash": 1.0}}, "client.risk_level is missing", 'give "C1", "C2", "C3", "C4" or "C5".'),
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
            "give each of holdings its own asset.",
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
    reserve = {"kind": "reserve", "name": "Flat", "amount": 300_000.0}
    assert problems(goals=[*table["goals"], reserve]) == (
        "goals.1.name = 'Flat' repeats goals.0.name; give each of goals its own name.",
        (
            "goals.1.amount = 300000.0 cannot be set aside at once out of 250000; "
            "give due, a day to build it up by."
        ),
    )


def test_bounds_are_kept_in_one_order() -> None:
    tables = [dict(order) for order in ([("b", [0, 1]), ("a", [0, 0.5])], [("a", [0, 0.5]), ("b", [0, 1])])]
    texts = {
        PlanRequest.model_validate({**tomllib.loads(TEXT), "limits": {"bounds": table}}).model_dump_json()
        for table in tables
    }
    assert len(texts) == 1


def test_overrides_are_made_before_the_request_is_checked(home: Path) -> None:
    request = PlanRequest.from_toml(
        home,
        [
            "client.cash=300000",
            "goals.0.amount = 5e5",
            "goals.0.due=2030-01-01",
            'goals.0.name="新房 = 家"',
            "policy=fixed_mix",
            "limits.bounds.gold=[0.0, 0.1]",
            "contributions={monthly = 1}",
            "contributions.growth=0.02",
        ],
    )
    assert (request.client.cash, request.goals[0].amount, request.policy) == (
        300_000.0,
        500_000.0,
        "fixed_mix",
    )
    assert (request.goals[0].due, request.goals[0].name) == (dt.date(2030, 1, 1), "新房 = 家")
    assert request.limits.bounds == {"gold": (0.0, 0.1)}
    assert (request.contributions.monthly, request.contributions.growth) == (1.0, 0.02)


@pytest.mark.parametrize(
    ("assignment", "words"),
    [
        ("client.cash", "is not an assignment; write KEY=VALUE"),
        ("=3", "is not an assignment"),
        ("client..cash=3", "is not an assignment"),
        ("client.cash=", "'' is not a TOML value"),
        ("client.cash=3\nclient=4", "is not a TOML value"),
        ("client.name=two words", "put text that is more than a word in double quotes"),
        ("client.cash=" + "[" * 5000, "is not a TOML value"),
        ("client.cash=" + "9" * 5000, "is not a TOML value"),
        ("client.cash.fen=3", "client.cash is one value, not a table or a list"),
        ("goals.1.amount=3", "goals has 1 entries, counted from 0; '1' is none of them"),
        ("goals.-1.amount=3", "'-1' is none of them"),
        ("goals.home=3", "'home' is none of them"),
        ("client.cash=much", "client.cash = 'much' is not a number"),
    ],
)
def test_overrides_that_lead_nowhere(home: Path, assignment: str, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        PlanRequest.from_toml(home, [assignment])
    (said,) = caught.value.problems
    assert words in said
    assert said.endswith(".")
    assert len(said) < 12_000


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"client = ", "is not a TOML file: Invalid value (at end of document)"),
        (b"\xff\xfe", "is not UTF-8 text at byte 0"),
        (b"x = " + b"[" * 5000, "too long or nested too deep"),
        (b"x = " + b"9" * 5000, "too long or nested too deep"),
        (b"", "client is missing"),
    ],
)
def test_files_that_are_no_request(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_bytes(content)
    with pytest.raises(RequestError) as caught:
        PlanRequest.from_toml(path)
    assert words in caught.value.problems[0]


def test_a_missing_file_and_a_byte_order_mark(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        PlanRequest.from_toml(tmp_path / "none.toml")
    path = tmp_path / "bom.toml"
    path.write_text(TEXT, encoding="utf-8-sig")
    assert PlanRequest.from_toml(str(path)).client.cash == 250_000.0


def test_every_problem_of_a_file_is_listed(home: Path) -> None:
    with pytest.raises(RequestError) as caught:
        PlanRequest.from_toml(home, ["client.cash=-1", "goals.0.amount=0", "contributions.growth=3"])
    assert [said.split(" ")[0] for said in caught.value.problems] == [
        "client.cash",
        "goals.0.amount",
        "contributions.growth",
    ]
    assert str(caught.value) == "\n".join(caught.value.problems)


def test_whose_fault_an_error_is() -> None:
    assert issubclass(RequestError, ValueError)
    assert issubclass(SolverError, RuntimeError)


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
    table: Any = tomllib.loads(TEXT)
    *path, last = (int(part) if part.isdigit() else part for part in place.split("__"))
    here = table
    for part in path:
        here = here.setdefault(part, {}) if isinstance(here, dict) else here[part]
    here[last] = value
    try:
        request = PlanRequest.model_validate(table)
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
        PlanRequest.model_validate({**tomllib.loads(TEXT), **tomllib.loads(fragment)}).starting(START)
    names: dict[str, Any] = {}
    (code,) = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    exec(code, names)
    assert (names["schedule"].months, names["schedule"].payments[0].month) == (36, 36)
    assert problems(start="2026-05-01", goals__0__due="2025-01-01")[0] in page
    assert problems(client__csh=3)[0] in page
