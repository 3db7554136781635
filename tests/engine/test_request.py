import datetime as dt
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
