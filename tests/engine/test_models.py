"""The model that a plan is made on, why, and what its policy does under every other one."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import numpy as np
import pytest
from goalplan.engine.base_model import TITLES, base_model
from goalplan.engine.model_spread import PATHS
from goalplan.engine.plan import Plan
from goalplan.engine.request import PlanRequest
from goalplan.engine.solve import solve_plan
from goalplan.scenarios import Asset, Market, load_market, reference_assumptions
from goalplan.scenarios.model_names import DEFAULT_MODEL, MODEL_NAMES, ModelName
from pydantic import ValidationError


@pytest.fixture(scope="module")
def market() -> Market:
    return load_market()


def asking(**more: Any) -> PlanRequest:
    return PlanRequest(
        client={"risk_level": "C4", "cash": 250_000.0},
        goals=[{"kind": "home", "name": "Flat", "due": "2028-05-01", "amount": 460_000.0}],
        contributions={"monthly": 8_000.0},
        **more,
    )


@pytest.fixture(scope="module")
def limited(market: Market) -> Plan:
    return solve_plan(
        asking(limits={"max_drawdown": 0.1, "confidence": 0.99}, policy="fixed_mix"), market, paths=2_500
    )


def test_a_plan_says_which_model_it_was_made_on_and_why(limited: Plan) -> None:
    (why,) = [f for f in limited.findings if f.code == "model_default"]
    assert limited.models[0].model == DEFAULT_MODEL
    assert limited.provenance.model == limited.models[0].name == why.params["en"]
    assert limited.models[0].name in why.text.en
    assert TITLES[DEFAULT_MODEL].zh in why.text.zh


def test_every_model_but_the_plan_s_own_is_drawn_on_its_own_paths(limited: Plan) -> None:
    assert sorted(row.model for row in limited.models) == sorted(MODEL_NAMES)
    assert [row.paths for row in limited.models] == [2_500, *[PATHS] * 4]
    own = limited.models[0]
    assert own.probabilities == tuple(goal.probability for goal in limited.goals)
    assert limited.drawdown is not None
    assert own.breach == limited.drawdown.window_breach
    assert own.drawdown_high == pytest.approx(limited.drawdown.high)
    for row in limited.models:
        (chance,), breach = row.probabilities, row.breach
        assert breach is not None
        for share in (chance, breach):
            binomial = np.sqrt(share.value * (1.0 - share.value) / row.paths)
            assert share.standard_error == pytest.approx(binomial, rel=1e-3)
    assert len({row.probabilities[0].value for row in limited.models}) > 1


def test_a_breach_share_above_twice_the_allowance_is_a_warning(limited: Plan) -> None:
    high = {
        row.title.en: row.breach.value for row in limited.models if row.breach and row.breach.value > 0.02
    }
    said = {f.params["en"]: f.params["share"] for f in limited.findings if f.code == "model_breach_high"}
    assert said == high
    assert high, "choose a case in which some model breaks the promise"
    assert all(f.severity == "warning" for f in limited.findings if f.code == "model_breach_high")


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_a_request_names_the_model(name: str, market: Market) -> None:
    plan = solve_plan(asking(model=name, policy="fixed_mix"), market, paths=200, detail="core")
    (why,) = [f for f in plan.findings if f.code == "model_asked"]
    assert plan.provenance.model == why.params["en"]
    assert plan.models == ()


def short(months: int, begin: str = "2020-01") -> Market:
    import pandas as pd

    rng = np.random.default_rng(3)
    ids = ("share", "money")
    logs = rng.normal([0.006, 0.0015], [0.04, 0.0005], size=(months, 2))
    levels = 100.0 * np.exp(np.cumsum(np.vstack([np.zeros(2), logs]), axis=0))
    frame = pd.DataFrame(levels, pd.period_range(begin, periods=months + 1, freq="M").to_timestamp(), ids)
    assets = [
        Asset(
            id=i,
            name_zh=i,
            name_en=i,
            asset_class=c,
            currency="CNY",
            risk_level=r,
            region="cn",
            fee=0.0,
            trading_cost=0.0,
            exempt=True,
            esg=None,
            source="test",
        )  # type: ignore[arg-type]
        for i, c, r in (("share", "equity", 3), ("money", "cash", 1))
    ]
    return Market.from_frames(frame, assets, name="young")


@pytest.mark.parametrize("name", ["bootstrap", "filtered_historical"])
def test_a_model_whose_days_are_history_s_keeps_no_drawdown_limit_on_monthly_prices(name: ModelName) -> None:
    monthly = short(130, "2015-01")
    said = rf"{name} takes from history; leave limits\.max_drawdown out, or take one of lognormal, student_t, regime"
    with pytest.raises(ValidationError, match=said) as raised:
        solve_plan(asking(model=name, limits={"max_drawdown": 0.1}), monthly, paths=200, detail="core")
    assert [(each["loc"], each["input"]) for each in raised.value.errors()] == [(("model",), name)]
    assert solve_plan(asking(model=name), monthly, paths=200, detail="core").goals


def test_a_full_plan_on_monthly_prices_leaves_out_the_models_without_days() -> None:
    plan = solve_plan(asking(limits={"max_drawdown": 0.2}, policy="fixed_mix"), short(70), paths=200)
    left = [f.params["reason"] for f in plan.findings if f.code == "model_left_out"]
    for name in ("bootstrap", "filtered_historical"):
        assert any(f"{name} takes from history" in reason for reason in left)
        assert name not in [row.model for row in plan.models]


def test_a_short_history_falls_back_to_the_lognormal_and_says_so() -> None:
    young = short(40)
    kind, model, why = base_model(None, young, reference_assumptions(young))
    assert (kind, why.code, why.severity) == ("lognormal", "model_fallback", "warning")
    assert "needs 60" in why.text.en
    assert model.name == "lognormal with uncertain means and covariance"
    start = dt.date.fromisoformat(str(young.as_of))
    plan = solve_plan(
        PlanRequest(
            client={"risk_level": "C4", "cash": 100_000.0},
            goals=[
                {
                    "kind": "purchase",
                    "name": "Car",
                    "due": str(start.replace(year=start.year + 1)),
                    "amount": 9e4,
                }
            ],
            limits={"max_weight": 1.0},
        ),
        young,
        paths=200,
    )
    assert [row.model for row in plan.models] == ["lognormal"]
    assert sum(f.code == "model_left_out" for f in plan.findings) == 4


def test_a_named_model_that_cannot_be_fitted_is_an_error_at_its_field() -> None:
    young = short(40)
    with pytest.raises(ValidationError) as caught:
        base_model("regime", young, reference_assumptions(young))
    (problem,) = caught.value.errors()
    assert problem["loc"] == ("model",)
    assert re.search(r"needs 120.*Leave model out", problem["msg"], re.DOTALL)
