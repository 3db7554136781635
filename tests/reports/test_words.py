"""Texts of both languages, and the formats of numbers and dates."""

import datetime as dt
import re

import pytest
from goalplan.reports.words import Words, texts

ZH, EN = Words(lang="zh", currency="CNY"), Words(lang="en", currency="CNY")


def leaves(table, path=""):
    for key, value in table.items():
        here = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from leaves(value, here)
        else:
            yield here, value


def test_both_languages_have_the_same_texts_with_the_same_places():
    zh, en = dict(leaves(texts("zh"))), dict(leaves(texts("en")))
    assert list(zh) == list(en)
    for key, text in zh.items():
        assert places(text) == places(en[key]), key
        assert type(text) is type(en[key])
        assert len(text) == len(en[key]) or isinstance(text, str), f"{key}: as many entries in both"


def places(text):
    flat = text if isinstance(text, str) else str(text)
    return sorted(set(re.findall(r"\{(\w+)\}", flat)))


def test_no_text_is_empty_and_chinese_uses_full_width_punctuation():
    for lang in ("zh", "en"):
        assert all(value for _, value in leaves(texts(lang)))
    for key, value in leaves(texts("zh")):
        for text in [value] if isinstance(value, str) else [str(v) for v in value]:
            assert not re.search(r"[一-鿿][,;:?!](?![0-9])", text), key


@pytest.mark.parametrize(
    ("amount", "zh", "en"),
    [
        (600_000.0, "600,000 元", "CNY 600,000"),
        (1_234_567.5, "1,234,568 元", "CNY 1,234,568"),
        (-0.4, "0 元", "CNY 0"),
        (-1_500.0, "−1,500 元", "CNY −1,500"),
        (1e12, "1,000,000,000,000 元", "CNY 1,000,000,000,000"),
    ],
)
def test_money_has_thousands_and_its_unit(amount, zh, en):
    assert ZH.money(amount).replace("\xa0", " ") == zh
    assert EN.money(amount).replace("\xa0", " ") == en


def test_another_currency_keeps_its_code_in_both_languages():
    assert Words(lang="zh", currency="USD").money(5.0).replace("\xa0", " ") == "5 USD"
    assert Words(lang="en", currency="USD").unit == "USD"


@pytest.mark.parametrize(
    ("share", "text"), [(0.1234, "12.3%"), (-0.012, "−1.2%"), (-0.0001, "0.0%"), (1.0, "100.0%")]
)
def test_a_share_is_a_percentage_and_zero_has_no_sign(share, text):
    assert ZH.percent(share) == EN.percent(share) == text


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.8412, 0.0037, "84.1% ± 0.4%"),
        (1.0, 0.0, "> 99.9%"),
        (0.9995, 0.0002, "> 99.9%"),
        (0.9994, 0.0002, "99.9% ± 0.0%"),
        (0.0, 0.0, "< 0.1%"),
        (0.5, None, "50.0%"),
    ],
)
def test_a_simulated_probability_is_never_printed_as_none_or_all(value, error, text):
    assert ZH.chance(value, error).replace("\xa0", " ") == text


def test_dates():
    day = dt.date(2029, 5, 1)
    assert (ZH.day(day), EN.day(day)) == ("2029年5月1日", "1 May 2029")
    assert (ZH.month(day), EN.month(day)) == ("2029年5月", "May 2029")
    assert (ZH.join(["a", "b"]), EN.join(["a", "b"])) == ("a、b", "a; b")
