"""What `simulate` promises of every model: one path in any batch, independent streams, clear refusals."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from goalplan.scenarios.bootstrap import BlockBootstrap
from goalplan.scenarios.lognormal import LognormalModel
from goalplan.scenarios.market import Market
from goalplan.scenarios.paths import Model, simulate
from goalplan.scenarios.reference import reference_assumptions
from hypothesis import given, settings
from hypothesis import strategies as st

SEED = 20260430


@pytest.fixture(scope="module", params=["lognormal", "lognormal, means known", "bootstrap", "circular"])
def model(request: pytest.FixtureRequest, embedded: Market) -> Model:
    assumptions = reference_assumptions(embedded).select(
        ["us_equity", "cn_cash", "cn_equity_mid", "gold", "cn_treasury"], ["home:beijing", "cpi"]
    )
    if request.param.startswith("lognormal"):
        return LognormalModel(assumptions, request.param == "lognormal")
    if request.param == "circular":
        return BlockBootstrap(embedded, assumptions, 6, "circular")
    return BlockBootstrap.fit(embedded, assumptions)


def test_shapes_and_read_only_arrays(model: Model) -> None:
    paths = simulate(model, 7, 11, SEED, "design", steps_per_month=21)
    assert paths.assets.shape == (11, 147, 5)
    assert paths.indices.shape == (11, 7, 2)
    assert not paths.assets.flags.writeable
    assert not paths.indices.flags.writeable
    assert (paths.assets > 0.0).all()
    assert (paths.seed, paths.stream, paths.first, paths.steps_per_month) == (SEED, "design", 0, 21)
    assert len(model.name) > 5


@settings(max_examples=15)
@given(
    paths=st.integers(2, 300),
    cut=st.floats(0.01, 0.99),
    first=st.sampled_from([0, 1, 127, 128, 5000]),
    steps=st.sampled_from([1, 3]),
    seed=st.sampled_from([0, 1, 2**32, 2**64 - 1]),
)
def test_a_path_is_the_same_in_any_chunk(
    model: Model, paths: int, cut: float, first: int, steps: int, seed: int
) -> None:
    at = min(max(1, int(cut * paths)), paths - 1)
    whole = simulate(model, 3, paths, seed, "judge", steps_per_month=steps, first=first)
    left = simulate(model, 3, at, seed, "judge", steps_per_month=steps, first=first)
    right = simulate(model, 3, paths - at, seed, "judge", steps_per_month=steps, first=first + at)
    np.testing.assert_array_equal(np.concatenate([left.assets, right.assets]), whole.assets)
    np.testing.assert_array_equal(np.concatenate([left.indices, right.indices]), whole.indices)


def test_a_longer_horizon_begins_with_the_shorter_one(model: Model) -> None:
    short, long = (simulate(model, months, 50, SEED, "judge") for months in (4, 9))
    np.testing.assert_array_equal(long.assets[:, :4], short.assets)
    np.testing.assert_array_equal(long.indices[:, :4], short.indices)


def test_two_threads_give_the_bytes_of_one(model: Model) -> None:
    whole = simulate(model, 12, 600, SEED, "judge")

    def chunk(first: int) -> np.ndarray:
        return simulate(model, 12, 150, SEED, "judge", first=first).assets

    with ThreadPoolExecutor(2) as pool:
        chunks = list(pool.map(chunk, range(0, 600, 150)))
    assert np.concatenate(chunks).tobytes() == whole.assets.tobytes()


def test_the_method_and_the_function_agree(model: Model) -> None:
    one, other = simulate(model, 2, 5, 1, "design", first=3), model.simulate(2, 5, 1, "design", first=3)
    np.testing.assert_array_equal(one.assets, other.assets)


def test_streams_and_seeds_are_independent(model: Model) -> None:
    sets = [simulate(model, 36, 2000, SEED, stream) for stream in ("design", "validation", "judge")]
    sets.append(simulate(model, 36, 2000, SEED + 1, "judge"))
    growth = [np.log(s.assets).sum(axis=1) for s in sets]
    z = np.stack([(g - g.mean(axis=0)) / g.std(axis=0) for g in growth])
    for i in range(4):
        for j in range(i):
            assert np.abs((z[i] * z[j]).mean(axis=0)).max() < 5.0 / np.sqrt(2000)
            assert not np.array_equal(growth[i], growth[j])


def test_paths_are_independent_of_each_other(model: Model) -> None:
    growth = np.log(simulate(model, 36, 4000, SEED, "judge").assets).sum(axis=1)
    z = (growth - growth.mean(axis=0)) / growth.std(axis=0)
    for lag in (1, 2, 64, 128, 256):
        assert np.abs((z[lag:] * z[:-lag]).mean(axis=0)).max() < 5.0 / np.sqrt(4000 - lag)


def test_steps_of_a_month_multiply_to_the_month(model: Model) -> None:
    months = simulate(model, 5, 40, SEED, "judge", first=77)
    days = simulate(model, 5, 40, SEED, "judge", steps_per_month=21, first=77)
    product = days.assets.reshape(40, 5, 21, 5).prod(axis=2)
    np.testing.assert_allclose(product, months.assets, rtol=1e-12)
    np.testing.assert_array_equal(days.indices, months.indices)


def test_order_of_assets_and_indices_changes_nothing(model: Model, embedded: Market) -> None:
    ids, indices = list(reversed(model.asset_ids)), list(reversed(model.index_ids))
    turned = model.assumptions.select(ids, indices)  # type: ignore[attr-defined]
    if isinstance(model, LognormalModel):
        other: Model = LognormalModel(turned, model.parameter_uncertainty)
    else:
        assert isinstance(model, BlockBootstrap)
        other = BlockBootstrap(embedded, turned, model.block, model.kind, model.parameter_uncertainty)
    one, two = (simulate(m, 6, 30, SEED, "design", steps_per_month=2) for m in (model, other))
    np.testing.assert_array_equal(one.assets, two.assets[:, :, ::-1])
    np.testing.assert_array_equal(one.indices, two.indices[:, :, ::-1])


def test_indices_left_out_do_not_change_the_assets_of_the_lognormal(embedded: Market) -> None:
    assumptions = reference_assumptions(embedded)
    alone = assumptions.select(embedded.asset_ids, [])
    full, none = (
        simulate(LognormalModel(a), 6, 30, SEED, "design", steps_per_month=2) for a in (assumptions, alone)
    )
    np.testing.assert_array_equal(full.assets, none.assets)
    assert none.indices.shape == (30, 6, 0)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"months": 0}, "months is 0; allowed are whole numbers from 1"),
        ({"paths": 0}, "paths is 0"),
        ({"seed": -1}, "seed is -1"),
        ({"seed": 2**64}, "seed is 18446744073709551616"),
        ({"stream": "test"}, "stream is 'test'; allowed are design, validation, judge"),
        ({"steps_per_month": 0}, "steps_per_month is 0"),
        ({"first": -1}, "first is -1"),
        ({"first": 2**32}, "first is 4294967296"),
    ],
)
def test_arguments_out_of_range_are_named(model: Model, change: dict[str, Any], sentence: str) -> None:
    arguments: dict[str, Any] = {"months": 2, "paths": 3, "seed": 1, "stream": "judge"} | change
    with pytest.raises(ValueError, match=sentence):
        simulate(model, **arguments)
