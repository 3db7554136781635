"""docs/suitability.md says what the code does."""

import re
import tomllib
from pathlib import Path
from typing import get_args

from goalplan.engine.client import Client
from goalplan.engine.suitability.ruleset import Rules, load_rules
from goalplan.engine.suitability.shelf import Caution, Product, Shelf, demonstration_shelf

PAGE = (Path(__file__).parents[3] / "docs" / "suitability.md").read_text(encoding="utf-8")


def test_the_client_of_the_page_is_a_client() -> None:
    (text,) = re.findall(r"```toml\n(.*?)```", PAGE, flags=re.DOTALL)
    client = Client.model_validate(tomllib.loads(text)["client"])
    assert client.accredited is not None
    assert demonstration_shelf().get(client.overrides[0].product) is not None
    assert set(client.types or ()) <= {product.type for product in demonstration_shelf().products}


def test_the_shelf_of_the_page_is_a_shelf(tmp_path: Path) -> None:
    (text,) = re.findall(r"```csv\n(.*?)```", PAGE, flags=re.DOTALL)
    (tmp_path / "shelf.csv").write_text(text, encoding="utf-8")
    (product,) = Shelf.from_csv(tmp_path / "shelf.csv").products
    assert (product.level, product.redemption_fee(10), product.exempt) == (3, 0.005, True)


def test_every_column_caution_and_rule_is_on_the_page() -> None:
    assert all(f"`{name}`" in PAGE for name in (*Product.model_fields, *get_args(Caution)))
    rules = load_rules()
    refusing = {name for name in Rules.model_fields if hasattr(getattr(rules, name), "source")}
    told = {"exclusion", "availability", "professional", "labels"}  # in prose
    table = re.search(r"\| rule \|.*?\n\n", PAGE, flags=re.DOTALL)
    assert table is not None
    assert all(f"| {name.replace('_', ' ')} |" in table.group() for name in refusing - told)
