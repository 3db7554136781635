from pathlib import Path

import pytest
from goalplan.engine.errors import RequestError
from goalplan.engine.suitability.shelf import Product, Shelf, demonstration_shelf
from goalplan.scenarios.market import load_market

HEAD = "code,name_zh,name_en,asset,type,level_issuer,level_seller,fee"
ROW = "A1,甲,A,gold,commodity,R3,R3,0.006"


def shelf_of(tmp_path: Path, *rows: str, head: str = HEAD) -> Shelf:
    path = tmp_path / "shelf.csv"
    path.write_text("\n".join([head, *rows]) + "\n", encoding="utf-8-sig")
    return Shelf.from_csv(path)


def test_a_row_is_a_product_and_the_rest_has_defaults(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, ROW)
    (product,) = shelf.products
    assert (product.code, product.level, product.status, product.lot) == ("A1", 3, "open", 0.01)
    assert (shelf.name, shelf.demonstration, shelf.get("A2"), shelf.get(None)) == ("shelf", False, None, None)


def test_the_higher_of_two_grades_counts(tmp_path: Path) -> None:
    shelf = shelf_of(tmp_path, ROW.replace("R3,R3", "R2,R4"), ROW.replace("A1", "A2").replace("R3,R3", "5,1"))
    assert [product.level for product in shelf.products] == [4, 5]


def test_redemption_fees_step_down_with_the_days_held(tmp_path: Path) -> None:
    (product,) = shelf_of(tmp_path, ROW + ",7:0.015;30:0.005", head=HEAD + ",redemption").products
    assert [product.redemption_fee(d) for d in (0, 6, 7, 29, 30, 1000)] == [
        0.015,
        0.015,
        0.005,
        0.005,
        0.0,
        0.0,
    ]


@pytest.mark.parametrize(
    ("head", "row", "said"),
    [
        ("", ROW.replace("R3,R3", "R7,R3"), "line 2: level_issuer = 7 must be at most 5; give the issuer's"),
        ("", ROW.replace("R3,R3", "high,R3"), "line 2: level_issuer = 'high' is not a whole number"),
        ("", ROW.replace("0.006", "0.6 %"), "line 2: fee = '0.6 %' is not a number; give the running costs"),
        ("", ROW.replace("gold", ""), "line 2: asset is missing; give the id of an asset of the market."),
        (",status", ROW + ",shut", 'line 2: status = \'shut\' is not allowed; give "open", "quota"'),
        (",status", ROW + ",quota", "line 2: quota does not go with status"),
        (",accredited", ROW + ",yes", "line 2: accredited = 'yes' is not true or false"),
        (",dealing", ROW + ",units", "line 2: price is missing; dealing in units needs a price."),
        (",redemption", ROW + ",30:0.005;7:0.015", "line 2: redemption = [...] is not in order"),
        (",redemption", ROW + ",soon", "line 2: redemption.0.days = 'soon' is not a whole number"),
        (",cautions", ROW + ",fire", "line 2: cautions.0 = 'fire' is not allowed"),
        ("", ROW + ",x", "line 2: too many cells"),
        (",colour", ROW + ",red", "the column 'colour' is not known; known are code, name_zh"),
        ("", f"{ROW}\n{ROW}", "line 3: code = 'A1' is there already"),
        ("", "", "there is no product"),
    ],
)
def test_a_fault_names_line_column_and_remedy(tmp_path: Path, head: str, row: str, said: str) -> None:
    with pytest.raises(RequestError) as caught:
        shelf_of(tmp_path, row, head=HEAD + head)
    assert str(caught.value).startswith("shelf.csv")
    assert said in str(caught.value)
    assert all(sentence.endswith((".", "?")) for sentence in caught.value.problems)


def test_a_file_that_cannot_be_read_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="cannot be read"):
        Shelf.from_csv(tmp_path / "none.csv")
    (tmp_path / "gbk.csv").write_bytes("名称".encode("gbk"))
    with pytest.raises(RequestError, match="not UTF-8"):
        Shelf.from_csv(tmp_path / "gbk.csv")


def test_the_demonstration_shelf_says_so_and_fills_every_class() -> None:
    market = load_market()
    shelf = demonstration_shelf()
    assert shelf.demonstration
    assert all("示范" in p.name_zh and "Demonstration" in p.name_en for p in shelf.products)
    assert all(p.code.startswith("DEMO-") for p in shelf.products)
    assert {a.id: a.risk_level for a in market.assets} == {
        a.id: shelf.of_asset(a.id)[0].level for a in market.assets
    }


def test_any_other_market_has_its_classes_as_products() -> None:
    market = load_market()
    shelf = Shelf.of_classes(market)
    assert not shelf.demonstration
    assert [p.code for p in shelf.products] == list(market.asset_ids)
    assert [p.level for p in shelf.products] == [a.risk_level for a in market.assets]


def test_the_digest_depends_on_every_entry() -> None:
    shelf = demonstration_shelf()
    first = shelf.products[0]
    changed = Product.model_validate(first.model_dump() | {"fee": first.fee + 0.0001})
    other = Shelf(name=shelf.name, products=(changed, *shelf.products[1:]), demonstration=True)
    assert other.digest != shelf.digest
    assert Shelf(name="other", products=shelf.products, demonstration=True).digest == shelf.digest
