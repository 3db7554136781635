"""Named stress limits: every portfolio of the menu keeps every one of the library, its loss recomputed here."""

import numpy as np
import pytest
from goalplan.engine.request import PlanRequest
from goalplan.engine.setting import prepare, stress_of
from goalplan.scenarios import load_market
from goalplan.scenarios.stress import StressPath

MARKET = load_market()
EVENTS = stress_of(MARKET, MARKET.asset_ids).paths


def losses(event: StressPath, limits: dict[str, float]) -> np.ndarray:
    """Drawdown of each menu portfolio through the event, from the returns of assets and stand-ins."""
    request = PlanRequest.model_validate(
        {
            "client": {"risk_level": "C5", "cash": 250_000.0},
            "goals": [{"kind": "home", "name": "Flat", "due": "2029-05-01", "amount": 600_000.0}],
            "limits": {"stress": limits, "max_weight": 1.0},
        }
    )
    menu = prepare(request, MARKET, 0, 500).menu
    columns = [event.asset_ids.index(asset) for asset in menu.asset_ids]
    value = np.ones((1, len(menu.weights)))
    for row in event.returns:
        value = np.vstack([value, value[-1] * (1.0 + menu.weights @ row[columns])])
    return np.asarray((1.0 - value / np.maximum.accumulate(value, axis=0)).max(axis=0))


def test_no_event_of_the_library_is_left_out() -> None:
    assert len(EVENTS) == len({event.id for event in EVENTS}) >= 18
    assert {event.id for event in EVENTS if event.proxy} == {"1997-98", "2000-02"}
    assert any(event.proxies for event in EVENTS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.id)
def test_every_portfolio_keeps_a_limit_that_binds(event: StressPath) -> None:
    free = losses(event, {})
    limit = round(float(free.min() + 0.5 * (free.max() - free.min())), 4)
    held = losses(event, {event.id: limit})
    assert free.max() > limit >= held.max() > limit - 1e-4


@pytest.mark.parametrize("limit", [0.06, 0.12])
def test_every_portfolio_keeps_all_of_them_at_once(limit: float) -> None:
    limits = {event.id: limit for event in EVENTS}
    assert max(losses(event, limits).max() for event in EVENTS) <= limit
