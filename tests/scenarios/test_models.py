"""The registry: every model behind one call, centred on the same assumptions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from goalplan.scenarios import DataError, Market, reference_assumptions, simulate
from goalplan.scenarios.models import MODEL_NAMES, fit_model


@pytest.mark.parametrize("name", MODEL_NAMES)
def test_every_model_has_the_mean_of_the_assumptions(embedded: Market, name: Any) -> None:
    chosen = reference_assumptions(embedded).select(["us_equity", "cn_treasury", "cn_cash"], ["cpi"])
    model = fit_model(name, embedded, chosen)
    assert (model.asset_ids, model.index_ids) == (chosen.asset_ids, chosen.index_ids)
    assert hash(model) == hash(fit_model(name, embedded, chosen))
    paths = simulate(model, 12, 4000, 8, "judge")
    year = np.log(np.concatenate([paths.assets.prod(axis=1), paths.indices.prod(axis=1)], axis=1))
    volatility = np.append(chosen.volatility, chosen.index_volatility)
    median = np.log1p(np.append(chosen.mean, chosen.index_mean)) - 0.5 * volatility**2
    # Means of logs: skewness and spells move them by a small part of the volatility, no more.
    assert (np.abs(year.mean(axis=0) - median) < 0.06 * volatility).all()


def test_unknown_models_are_named(embedded: Market) -> None:
    with pytest.raises(ValueError, match=r"model is 'magic'; allowed are lognormal, student_t, bootstrap"):
        fit_model("magic", embedded, reference_assumptions(embedded))  # type: ignore[arg-type]


def test_an_asset_that_the_market_lacks_is_named(embedded: Market) -> None:
    chosen = reference_assumptions(embedded)
    for name in MODEL_NAMES[1:]:
        with pytest.raises(DataError, match="cannot select"):
            fit_model(name, embedded.select(["gold", "cn_cash"]), chosen)
