"""docs/api.md is what the docstrings say, and every public name says enough."""

import importlib
import inspect
import re
import runpy
from pathlib import Path

import pydantic
import pytest

PROGRAM = runpy.run_path(str(Path(__file__).parents[1] / "docs" / "reference.py"))
PUBLIC = [
    pytest.param(getattr(module, name), id=f"{module.__name__}.{name}")
    for module in map(importlib.import_module, PROGRAM["MODULES"])
    for name in module.__all__
    if inspect.isroutine(getattr(module, name)) or inspect.isclass(getattr(module, name))
]


@pytest.mark.skipif(
    tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 12),
    reason="the schema of an older pydantic, which the tables of fields come from, says the same in other words",
)
def test_the_page_is_what_the_program_writes():
    assert PROGRAM["PAGE"].read_text(encoding="utf-8") == PROGRAM["rendered"](), (
        "run: python docs/reference.py"
    )


@pytest.mark.parametrize("value", PUBLIC)
def test_a_public_name_says_what_it_is_and_what_every_argument_is(value):
    text = inspect.getdoc(value)
    assert text
    assert re.fullmatch(r".+[.:]", text.partition("\n\n")[0], flags=re.DOTALL), "opens with a sentence"
    if inspect.isroutine(value):
        missing = [
            name for name in inspect.signature(value).parameters if not re.search(rf"\b{name}\b", text)
        ]
        assert not missing


@pytest.mark.parametrize(
    "value", [each for each in PUBLIC if hasattr(each.values[0], "__dataclass_fields__")]
)
def test_every_field_of_a_public_value_is_named(value):
    """In the docstring, or it is named there where the same parameters are told (`PolicyTask`)."""
    text = inspect.getdoc(value) + (
        "" if "`solve_policy`" not in inspect.getdoc(value) else solve_policy_doc()
    )
    missing = [
        name
        for name, field in value.__dataclass_fields__.items()
        if field.init and not name.startswith("_") and not re.search(rf"\b{name}\b", text)
    ]
    assert not missing


def solve_policy_doc() -> str:
    return inspect.getdoc(importlib.import_module("goalplan.engine.policy").solve_policy) or ""
