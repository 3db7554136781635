"""`goalplan plan`, run in this process on the example that the README shows."""

import goalplan
import pytest
from goalplan.cli import main
from goalplan.engine.findings import Text
from goalplan.engine.plan import Estimate, LimitPrice, StressLoss
from goalplan.show import _TEXTS, show_plan


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """Return a file with the example of a home purchase."""
    from importlib.resources import files

    path = tmp_path_factory.mktemp("request") / "home.toml"
    path.write_bytes((files("goalplan") / "examples" / "home.en.toml").read_bytes())
    return path


@pytest.fixture(scope="module")
def plan(home):
    """Return the plan that `goalplan plan home.toml --paths 2000` makes."""
    return goalplan.solve_plan(goalplan.PlanRequest.from_toml(home), paths=2_000)


def run(capsys, *arguments):
    code = main(["plan", *map(str, arguments)])
    streams = capsys.readouterr()
    return code, streams.out, streams.err


def test_json_is_the_plan_of_the_library(capsys, home, plan):
    code, out, err = run(capsys, home, "--paths", 2000, "--format", "json")
    assert (code, err) == (0, "")
    assert out == plan.to_json() + "\n"
    assert goalplan.Plan.from_json(out) == plan


def test_the_file_is_the_plan_and_the_table_is_on_stdout(capsys, home, plan, tmp_path):
    file = tmp_path / "plan.json"
    code, out, err = run(capsys, home, "--paths", 2000, "-o", file)
    assert (code, err) == (0, f"wrote {file}\n")
    assert goalplan.Plan.from_json(file.read_bytes()) == plan
    assert out.startswith("Plan: ")


def test_the_table_says_what_the_plan_says(capsys, home, plan):
    _, out, _ = run(capsys, home, "--paths", 2000)
    [goal] = plan.goals
    assert f"{goal.probability.value:.1%} ± {goal.probability.standard_error:.1%}" in out
    assert all(f"\n{asset} " in out for asset, w in plan.today.weights.items() if w > 0.001)
    last = [values[-1] for values in plan.wealth.nominal.values]
    assert all(f"{amount:,.0f}" in out for amount in last)
    assert all(f"{lever.value:,.0f}" in out for lever in plan.levers if lever.value is not None)
    assert {"dynamic", "glide path", "best fixed mix"} <= {
        line.split("  ")[0] for line in out.split("Policies on the same paths")[1].splitlines()
    }


def test_chinese_is_chinese(capsys, home):
    code, out, _ = run(capsys, home, "--paths", 500, "--lang", "zh")
    assert code == 0
    words = [texts["en"] for key, texts in _TEXTS.items() if len(texts["en"]) > 6 and "{" not in texts["en"]]
    assert words
    assert not [word for word in words if f"{word}  " in out or f"{word}\n" in out]
    assert "达成概率" in out


def test_set_and_policy_change_the_request(capsys, home):
    arguments = (home, "--paths", 500, "--format", "json", "--policy", "fixed_mix")
    code, out, _ = run(capsys, *arguments, "--set", "client.cash=300000", "--set", 'goals.0.name="A flat"')
    request = goalplan.Plan.from_json(out).request
    assert code == 0
    assert (request.policy, request.client.cash, request.goals[0].name) == ("fixed_mix", 300_000, "A flat")


def test_a_seed_is_the_same_bytes_and_another_seed_is_not(capsys, home):
    runs = [run(capsys, home, "--paths", 500, "--format", "json", "--seed", s)[1] for s in (7, 7, 8)]
    assert runs[0] == runs[1]
    assert runs[0] != runs[2]


def test_a_required_goal_out_of_reach_is_exit_code_3_and_a_named_conflict(capsys, home, tmp_path):
    file = tmp_path / "plan.json"
    demand = ("--set", "goals.0.required=true", "--set", "goals.0.amount=9000000")
    code, out, err = run(capsys, home, "--paths", 500, *demand, "-o", file)
    plan = goalplan.Plan.from_json(file.read_bytes())
    assert code == 3
    assert plan.status == "infeasible"
    assert out.startswith(f"Plan: infeasible. {plan.reason.text.en}")
    assert err == f"wrote {file}\n"


def test_limits_are_shown_with_what_breaks_and_what_they_cost(capsys, plan):
    chance = Estimate(value=0.0314, standard_error=0.0017)
    drawdown = plan.drawdown.model_copy(
        update={"limit": 0.12, "confidence": 0.95, "breach": chance, "window_breach": chance}
    )
    loss = StressLoss(id="2008", name=Text(zh="金融危机", en="Crisis"), loss=0.1234, limit=0.15, proxy=False)
    price = LimitPrice(limit="max_drawdown", probabilities=(0.8761,), required_monthly=7_654.0)
    broken = plan.alternatives[0].model_copy(update={"feasible": False, "breach": 0.2351})
    limited = plan.model_copy(
        update={
            "drawdown": drawdown,
            "stress": (loss,),
            "price_of_limits": (price,),
            "alternatives": (broken,),
        }
    )
    show_plan(limited, "en", {})
    out = capsys.readouterr().out
    assert "breaking the drawdown limit 12.0%" in out
    assert out.count("3.1% ± 0.2%") == 2
    assert ["Crisis", "12.3%", "15.0%"] in [line.split() for line in out.splitlines()]
    assert ["the", "drawdown", "limit", "87.6%", "7,654"] in [line.split() for line in out.splitlines()]
    assert "(breaks a limit)" in out
    assert "23.5%" in out


def test_every_text_is_there_in_both_languages():
    assert all(texts["zh"] and texts["en"] for texts in _TEXTS.values())
    assert all(texts["zh"].count("{") == texts["en"].count("{") for texts in _TEXTS.values())
