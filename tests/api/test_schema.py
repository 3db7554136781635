"""The published JSON Schemas are those of the models."""

from pathlib import Path

import pydantic
import pytest
from goalplan.cli import main
from goalplan.commands.schema import schema_text

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(
    tuple(map(int, pydantic.VERSION.split(".")[:2])) < (2, 12),
    reason="an older pydantic says the same in other words, and nothing about the names of keys",
)
@pytest.mark.parametrize("name", ["request", "plan", "review"])
def test_the_published_schema_is_that_of_the_model(name):
    published = (ROOT / "docs" / "schema" / f"{name}.json").read_text(encoding="utf-8")
    assert published == schema_text(name), "run: goalplan schema -o docs/schema"


def test_the_command_prints_one_and_writes_all(capsys, tmp_path):
    assert main(["schema", "request"]) == 0
    assert capsys.readouterr().out == schema_text("request")
    assert main(["schema", "-o", str(tmp_path / "new")]) == 0
    written = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()}
    assert written == {f"{name}.json": schema_text(name) for name in ("request", "plan", "review")}
    assert capsys.readouterr().out == ""


def test_a_schema_says_what_is_allowed():
    text = schema_text("request")
    assert '"additionalProperties": false' in text
    assert '"schema_version"' in text
