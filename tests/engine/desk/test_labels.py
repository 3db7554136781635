import datetime as dt
import math

import numpy as np
import pytest
from goalplan.engine.desk.desk import Desk
from goalplan.engine.desk.labels import Label, plan_label, product_labels
from goalplan.engine.suitability.ruleset import load_rules
from goalplan.engine.suitability.shelf import demonstration_shelf
from goalplan.scenarios.market import load_market
from goalplan.scenarios.reference import reference_assumptions
from goalplan.scenarios.stress_set import stress_set


@pytest.fixture(scope="module")
def desk() -> Desk:
    market = load_market()
    assumptions = reference_assumptions(market)
    return Desk(
        market=market,
        assumptions=assumptions,
        stress=stress_set(market, assumptions),
        shelf=demonstration_shelf(),
        rules=load_rules(),
    )


@pytest.fixture(scope="module")
def labels(desk: Desk) -> dict[str, Label]:
    made = product_labels([p.code for p in desk.shelf.products if p.asset in desk.market.asset_ids], desk, 36)
    return {str(label.product): label for label in made}


def test_every_product_has_all_that_a_label_needs(labels: dict[str, Label]) -> None:
    for label in labels.values():
        assert [span.years for span in label.ranges] == [1.0, 3.0]
        assert all(-1.0 < span.low < span.high for span in label.ranges)
        assert label.range_note.zh == "历史测算，不构成收益承诺"
        assert 0.0 < label.volatility < 0.5
        assert 0.0 <= label.max_drawdown < 1.0
        assert label.drawdown_from < label.drawdown_to == dt.date(2026, 4, 30)
        assert label.level_name.zh
        assert label.audience.en.startswith("for investors")
        assert "may lose" in label.disclosure.en


def test_the_range_of_a_year_is_the_lognormal_one_with_an_uncertain_mean(
    desk: Desk, labels: dict[str, Label]
) -> None:
    j = desk.assumptions.asset_ids.index("gold")
    mean, sigma = desk.assumptions.mean[j] - 0.006, desk.assumptions.volatility[j]
    for span in labels["DEMO-3001"].ranges:
        rng = np.random.default_rng(1)
        mu = (
            math.log1p(mean)
            - sigma**2 / 2
            + sigma / math.sqrt(desk.assumptions.years) * rng.normal(size=400_000)
        )
        grown = np.expm1(span.years * mu + sigma * math.sqrt(span.years) * rng.normal(size=mu.size))
        # A sample quantile has the standard error sqrt(p (1 - p) / n) / density; 4 of them.
        for p, value in ((0.05, span.low), (0.95, span.high)):
            share = np.mean(grown < value)
            assert abs(share - p) < 4.0 * math.sqrt(0.05 * 0.95 / mu.size)


def test_falls_are_those_of_the_market(desk: Desk, labels: dict[str, Label]) -> None:
    levels = desk.market.daily[:, desk.market.asset_ids.index("cn_equity_large")]
    levels = levels[~np.isnan(levels)]
    worst = (1.0 - levels / np.maximum.accumulate(levels)).max()
    label = labels["DEMO-1001"]
    assert label.max_drawdown == pytest.approx(worst, rel=1e-12)
    assert label.worst_episode is not None
    assert (label.worst_episode.id, label.worst_episode.proxy) == ("2008", False)
    assert label.worst_episode.loss == pytest.approx(0.72, abs=0.01)
    assert labels["DEMO-4001"].worst_episode is None


def test_special_warnings_follow_the_product(labels: dict[str, Label]) -> None:
    said = {code: " ".join(text.zh for text in label.cautions) for code, label in labels.items()}
    assert said["DEMO-1001"] == ""
    assert "QDII" in said["DEMO-1601"]
    assert "汇率" in said["DEMO-1601"]
    assert "杠杆" in said["DEMO-1202"]
    assert "小市值" in said["DEMO-1202"]
    assert "合格投资者" in said["DEMO-2102"]


def test_the_level_is_the_higher_of_issuer_and_seller(labels: dict[str, Label]) -> None:
    assert (labels["DEMO-1002"].level, labels["DEMO-1002"].level_name.zh) == (4, "中高风险")


def test_the_plan_is_labelled_as_a_whole(desk: Desk) -> None:
    weights = {"cn_treasury": 0.7, "us_nasdaq": 0.3, "gold": 0.0}
    products = {a.id: desk.shelf.of_asset(a.id)[0].code for a in desk.market.assets}
    label = plan_label(weights, products, desk, 12, advisory_fee=0.01)
    free = plan_label(weights, products, desk, 12)
    assert (label.product, label.level) == (None, desk.rules.grade(label.volatility))
    assert label.level == 3
    assert len(label.ranges) == 1
    assert len(label.cautions) == 2
    assert label.ranges[0].low < free.ranges[0].low
    risky = plan_label(weights, products, desk, 12, highest_volatility=0.19)
    assert (risky.level, risky.volatility) == (4, label.volatility)


def test_no_text_of_a_label_speaks_of_certainty(desk: Desk, labels: dict[str, Label]) -> None:
    texts = [
        desk.rules.labels.plan,
        *(t for label in labels.values() for t in (*label.cautions, label.disclosure)),
    ]
    for text in texts:
        assert not [w for w in ("保证", "保本", "稳赚", "必达", "无风险") if w in text.zh]
        assert "guarantee" not in text.en.lower()


def test_a_product_off_the_shelf_cannot_be_labelled(desk: Desk) -> None:
    with pytest.raises(ValueError, match="'X' is not on the shelf"):
        product_labels(["X"], desk, 12)
