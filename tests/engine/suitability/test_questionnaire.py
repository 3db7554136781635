import datetime as dt
import tomllib
from pathlib import Path
from typing import Any

import pytest
from goalplan.engine.client import Client
from goalplan.engine.errors import RequestError
from goalplan.engine.suitability.questionnaire import LEVELS, Questionnaire, assess
from goalplan.engine.suitability.ruleset import FOLDER, Rules, load_questionnaire, load_rules
from pydantic import ValidationError

BOLD = {
    "capacity": "yes",
    "age": "18_55",
    "income": "salary",
    "share": "under_30",
    "experience": "shares",
    "term": "over_3",
    "aim": "grow",
    "loss": "over_30",
}


def client(level: str | None = None, **answers: str) -> Client:
    return Client.model_validate({"cash": 1.0, "risk_level": level, "questionnaire": {**BOLD, **answers}})


def test_the_score_is_the_sum_and_the_band_the_level() -> None:
    table = load_questionnaire()
    found = assess(client(), table)
    assert (found.level, found.score, found.lowest_class, found.findings) == ("C5", 40, False, ())
    found = assess(client(experience="none", aim="steady", loss="10_30"), table)
    assert (found.level, found.score) == ("C4", 29)


@pytest.mark.parametrize("answer", [{"loss": "none", "aim": "keep"}, {"capacity": "no"}])
def test_no_capacity_or_no_loss_is_the_lowest_class(answer: dict[str, str]) -> None:
    found = assess(client(**answer), load_questionnaire())
    assert (found.level, found.lowest_class) == ("C1", True)


def test_an_answer_may_cap_the_level() -> None:
    assert assess(client(term="under_1", aim="steady"), load_questionnaire()).level == "C2"
    assert assess(client(age="over_70"), load_questionnaire()).level == "C3"


def test_contradicting_answers_are_flagged_and_not_averaged_away() -> None:
    found = assess(client(loss="under_10"), load_questionnaire())
    assert (found.level, found.score, found.contradictory) == ("C2", 34, True)
    (flag,) = found.findings
    assert flag.code == "answers_contradict"
    assert "High growth is wanted" in flag.text.en
    assert "追求较高收益" in flag.text.zh


@pytest.mark.parametrize(
    ("firm", "used", "codes"), [("C5", "C5", []), ("C3", "C3", ["levels_differ"]), (None, "C5", [])]
)
def test_the_lower_of_firm_and_questionnaire_counts(firm: str | None, used: str, codes: list[str]) -> None:
    found = assess(client(firm), load_questionnaire())
    assert (found.level, [f.code for f in found.findings]) == (used, codes)


def test_the_firm_may_know_that_a_client_is_of_the_lowest_class() -> None:
    marked = client().model_copy(update={"lowest_class": True})
    found = assess(marked, load_questionnaire())
    assert (found.level, found.lowest_class) == ("C1", True)


def test_every_missing_or_unknown_answer_is_named() -> None:
    wrong = Client.model_validate({"cash": 1.0, "questionnaire": {**BOLD, "aim": "both", "x": "y"}})
    answers = dict(wrong.questionnaire or {})
    del answers["age"]
    with pytest.raises(RequestError) as caught:
        assess(wrong.model_copy(update={"questionnaire": answers}), load_questionnaire())
    assert caught.value.problems == (
        (
            "client.questionnaire.x is no question of demonstration_cn; questions: capacity, age, income, "
            "share, experience, term, aim, loss."
        ),
        "client.questionnaire.age is missing; give one of over_70, 56_70, 18_55.",
        "client.questionnaire.aim = 'both' is no answer; give one of keep, steady, grow.",
    )


def test_every_question_and_answer_is_in_both_languages() -> None:
    table = load_questionnaire()
    texts = [q.text for q in table.questions] + [a.text for q in table.questions for a in q.answers]
    assert all(text.zh and text.en.isascii() for text in texts)
    assert table.demonstration


def test_a_firms_own_table_is_checked(tmp_path: Path) -> None:
    content = load_questionnaire().model_dump(mode="json")
    cases: list[tuple[dict[str, Any], str]] = [
        ({"bands": [{"level": "C1", "up_to": 10}]}, "ends below 40, the highest score"),
        ({"bands": [{"level": "C2", "up_to": 10}, {"level": "C1", "up_to": 50}]}, "does not rise"),
        ({"contradictions": [content["contradictions"][0] | {"first": {"question": "q", "answers": ["a"]}}]},
         "is not asked"),
    ]  # fmt: skip
    for change, said in cases:
        with pytest.raises(ValidationError, match=said):
            Questionnaire.model_validate(content | change)
    (tmp_path / "q.toml").write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(RequestError, match=r"q\.toml: bands is missing"):
        load_questionnaire(tmp_path / "q.toml")


def test_the_rules_have_sources_dates_and_words() -> None:
    rules = load_rules()
    dated = [
        getattr(rules, name) for name in type(rules).model_fields if hasattr(getattr(rules, name), "source")
    ]
    assert len(dated) >= 12
    assert all(rule.source and rule.date >= dt.date(2016, 1, 1) and rule.text.zh for rule in dated)
    assert rules.retention.years == 20
    assert [rules.matching.highest[level] for level in LEVELS] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("volatility", "level"),
    [(0.0, 1), (0.01, 1), (0.0101, 2), (0.05, 2), (0.051, 3), (0.12, 3), (0.121, 4), (0.2, 4), (0.21, 5)],
)
def test_a_portfolio_is_graded_by_its_volatility(volatility: float, level: int) -> None:
    rules = load_rules()
    assert rules.grade(volatility) == level
    bound = rules.most_volatility(level)
    assert bound is None or rules.grade(bound) == level


@pytest.mark.parametrize(
    ("wealth", "tier"),
    [(0.0, "standard"), (499_999.99, "standard"), (500_000.0, "premium"), (2_999_999.0, "premium"),
     (3_000_000.0, "private")],
)  # fmt: skip
def test_service_tiers_by_wealth(wealth: float, tier: str) -> None:
    assert load_rules().tier(wealth, institution=False).id == tier
    assert load_rules().tier(wealth, institution=True).id == "institution"


def test_a_rule_file_with_a_hole_is_refused(tmp_path: Path) -> None:
    content = tomllib.loads((FOLDER / "cn.toml").read_text(encoding="utf-8"))
    del content["matching"]["highest"]["C4"]
    with pytest.raises(ValidationError, match="does not rise from C1 to C5"):
        Rules.model_validate(content)
    content = tomllib.loads((FOLDER / "cn.toml").read_text(encoding="utf-8"))
    content["lowest_class"]["overridable"] = True
    with pytest.raises(ValidationError, match="False"):
        Rules.model_validate(content)
