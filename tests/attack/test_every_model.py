"""Whatever stands in a field of whatever model: it is taken and comes back the same, or is refused field by field."""

import importlib
import pkgutil

import goalplan
import pytest
from goalplan.goals.edge import EdgeModel
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63)
    | st.sampled_from(
        (0, -0.0, 1, 0.5, 1e308, 5e-324, float("nan"), float("inf"), "", "2029-02-29", "2029-05-01")
    )
    | st.floats()
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def every(model: type[EdgeModel]) -> set[type[EdgeModel]]:
    """Return the models made from one, itself left out."""
    below = set(model.__subclasses__())
    return below.union(*map(every, below))


for found in pkgutil.walk_packages(goalplan.__path__, "goalplan."):
    if not found.name.rpartition(".")[2].startswith("_"):
        importlib.import_module(found.name)
MODELS = sorted(every(EdgeModel), key=lambda model: f"{model.__module__}.{model.__qualname__}")


def test_there_are_models():
    assert {"PlanRequest", "Plan", "Review"} <= {model.__name__ for model in MODELS}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_model_takes_or_refuses(model, data):
    names = [field.alias or name for name, field in model.model_fields.items()]
    given_ = data.draw(st.dictionaries(st.sampled_from([*names, "unknown"]), VALUES))
    made, problems = taken(model, given_)
    if made is None:
        assert {str(problem["loc"][0]) for problem in problems if problem["loc"]} <= {*names, "unknown"}
        assert all(problem["msg"] for problem in problems)
    else:
        assert "unknown" not in given_
        assert model.model_validate_json(made.model_dump_json(by_alias=True)) == made


def taken(model, values):
    """Return what a model makes of the values, or None and what is wrong with them."""
    try:
        return model.model_validate(values), ()
    except ValidationError as refused:
        return None, refused.errors()
