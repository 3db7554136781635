"""The public names: a change here is a change for every user, and goes into the changelog."""

import ast
import inspect

import goalplan
import pytest

NAMES = [
    "Assumptions",
    "Client",
    "Contributions",
    "DataError",
    "Education",
    "Firm",
    "Holding",
    "HomePurchase",
    "Letterhead",
    "Limits",
    "LumpSum",
    "Market",
    "Plan",
    "PlanRequest",
    "Purchase",
    "Refusal",
    "RequestError",
    "Reserve",
    "Retirement",
    "Review",
    "Shelf",
    "SolverError",
    "__version__",
    "load_assumptions",
    "load_market",
    "review_plan",
    "solve_plan",
    "solve_plans",
    "write_letter",
    "write_pdf",
]


def test_the_public_names_are_pinned():
    assert goalplan.__all__ == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_public_name_loads_and_says_what_it_is(name):
    value = getattr(goalplan, name)
    assert name in dir(goalplan)
    assert vars(goalplan)[name] is value, "loaded once, then an ordinary name of the module"
    if name != "__version__":
        assert value.__name__ == name
        assert value.__doc__.strip()


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'solve_plans_now'"):
        goalplan.solve_plans_now  # noqa: B018


def test_the_main_call_is_pinned():
    parameters = inspect.signature(goalplan.solve_plan).parameters
    required = inspect.Parameter.empty
    assert [(name, p.default) for name, p in parameters.items()] == [
        ("request", required),
        ("market", None),
        ("seed", 0),
        ("paths", 10_000),
        ("detail", "full"),
        ("firm", None),
    ]
    assert all(
        parameters[name].kind is inspect.Parameter.KEYWORD_ONLY
        for name in ("seed", "paths", "detail", "firm")
    )


def test_bad_input_is_a_value_error_and_a_failed_solver_is_not():
    assert issubclass(goalplan.DataError, ValueError)
    assert issubclass(goalplan.RequestError, ValueError)
    assert issubclass(goalplan.SolverError, RuntimeError)
    assert not issubclass(goalplan.SolverError, ValueError)


def test_the_names_of_the_type_checker_are_those_of_the_program():
    """The block for type checkers and the lazy table are two lists: they must not drift apart."""
    block = next(n for n in ast.parse(inspect.getsource(goalplan)).body if isinstance(n, ast.If))
    places = {alias.name: node.module for node in block.body for alias in node.names}
    assert places == goalplan._HOMES
