import goalplan
import pytest
from goalplan.failures import describe


def test_a_bad_request_has_a_sentence_for_each_problem():
    with pytest.raises(ValueError) as caught:
        goalplan.PlanRequest.model_validate(
            {"client": {"risk_level": "C9", "cash": -1.0}, "goals": [{"kind": "home", "name": "A"}]}
        )
    code, sentences = describe(caught.value)
    assert code == 2
    keys = [sentence.split(" ")[0] for sentence in sentences]
    assert keys[:3] == ["client.risk_level", "client.cash", "goals.0.due"]
    assert all(s.endswith(".") and "\n" not in s for s in sentences)


@pytest.mark.parametrize(
    ("error", "code", "sentences"),
    [
        (goalplan.DataError(["prices.csv: a", "prices.csv: b"]), 2, ("prices.csv: a", "prices.csv: b")),
        (goalplan.RequestError("goals has no entry."), 2, ("goals has no entry.",)),
        (goalplan.SolverError("CLARABEL stopped."), 4, ("CLARABEL stopped.",)),
        (
            PermissionError(13, "Permission denied", "plan.json"),
            2,
            ("plan.json cannot be used (Permission denied); give another path or free the place.",),
        ),
    ],
)
def test_an_exit_code_says_whose_fault_it_is(error, code, sentences):
    assert describe(error) == (code, sentences)


def test_a_fault_of_ours_is_one_sentence_and_the_place_on_request(monkeypatch):
    monkeypatch.delenv("GOALPLAN_TRACEBACK", raising=False)
    code, [sentence] = describe(ZeroDivisionError("division by zero"))
    assert code == 1
    assert "ZeroDivisionError: division by zero" in sentence
    assert "GOALPLAN_TRACEBACK=1" in sentence

    monkeypatch.setenv("GOALPLAN_TRACEBACK", "1")
    try:
        raise ZeroDivisionError("division by zero")
    except ZeroDivisionError as error:
        code, lines = describe(error)
    assert code == 1
    assert lines[0].startswith("Traceback")
