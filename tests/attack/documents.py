"""Strategies: requests at the edges of what the models allow, and documents with one thing wrong in them."""

import copy
import datetime as dt
from typing import Any

from goalplan.scenarios.market import load_market
from hypothesis import strategies as st

MARKET = load_market()
START = MARKET.as_of + dt.timedelta(days=1)
MONEY = st.sampled_from([0.0, -0.0, 0.01, 1.0, 8_000.0, 250_000.0, 3e6, 1e9, 1e12])
AMOUNT = st.sampled_from([0.01, 1.0, 500.0, 40_000.0, 600_000.0, 3e6, 1e12])
NAMES = st.one_of(
    st.sampled_from(["Home", "首付", "=cmd|' /C calc'!A0", "+1", "@SUM(A1)", "$x^2$ #set page() @a *b* _c_ `d` \\",
                     "../../etc/passwd", "a" * 60, "{x} {0} %s", "<b>&amp;</b>", "]] '''", "👩‍👩‍👧"[:1], "e\u0301"]),
    st.text(st.characters(exclude_categories=["Cc", "Cf", "Cs", "Co", "Zl", "Zp"]), min_size=1, max_size=60)
    .filter(str.strip),
)  # fmt: skip


def days(first: int, last: int) -> st.SearchStrategy[str]:
    """Days from `first` to `last` days after the start; leap days and month ends come up often."""
    span = st.integers(first, last).map(lambda n: START + dt.timedelta(days=n))
    ends = span.map(
        lambda d: (d.replace(day=1) + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    )
    leap = span.map(lambda d: dt.date(d.year - d.year % 4, 2, 29) if d.year % 100 else d)
    return st.one_of(span, ends, leap).map(str)


@st.composite
def goals(draw: st.DrawFn, number: int, furthest: int) -> dict[str, Any]:
    kind = draw(st.sampled_from(["home", "purchase", "education", "retirement", "reserve"]))
    goal: dict[str, Any] = {"kind": kind, "name": f"{number}{draw(NAMES)}"[:60], "amount": draw(AMOUNT)}
    if kind != "reserve" or draw(st.booleans()):
        goal["due"] = draw(days(28, furthest))
    goal |= draw(
        st.fixed_dictionaries(
            {},
            optional={
                "priority": st.sampled_from(["need", "want", "wish"]),
                "min_fraction": st.sampled_from([1e-6, 0.5, 1.0]),
                "wanted_probability": st.sampled_from([1e-9, 0.5, 0.85, 1.0 - 1e-9]),
                "required": st.booleans(),
            },
        )
    )
    if "due" in goal and draw(st.booleans()):
        goal["index"] = draw(st.sampled_from(MARKET.index_ids))
    if kind == "education":
        goal["years"] = draw(st.integers(1, 6))
    if kind == "retirement":
        goal["until_age"] = draw(st.sampled_from([75, 80]))
    return goal


LIMITS = st.fixed_dictionaries(
    {},
    optional={
        "max_weight": st.sampled_from([1e-6, 0.05, 0.35, 1.0]),
        "bounds": st.sampled_from([{}, {"gold": [0.0, 0.0]}, {"gold": [0.3, 0.3]}, {"cn_cash": [1.0, 1.0]}]),
        "groups": st.sampled_from([{}, {"equity": [0.0, 0.2]}, {"bond": [0.9, 1.0]}]),
        "exclude": st.sampled_from([[], ["gold"], ["cn_cash"], list(MARKET.asset_ids), ["nothing"]]),
        "max_drawdown": st.sampled_from([0.01, 0.12, 0.5, 0.999999]),
        "measured_from": st.sampled_from(["peak", "paid_in"]),
        "confidence": st.sampled_from([0.5, 0.95, 0.999]),
        "reset_every": st.sampled_from([6, 36, 720]),
        "stress": st.sampled_from([{}, {"2008": 0.15}, {"2015": 1e-9}, {"2008": 1.0 - 1e-9}]),
        "cvar": st.sampled_from([1e-9, 0.05, 0.9]),
    },
)


@st.composite
def requests(draw: st.DrawFn, furthest: int = 5 * 365, limited: bool = True) -> dict[str, Any]:
    """Requests whose fields are each allowed; together they may still contradict themselves."""
    count = draw(st.integers(1, 3))
    client = {"risk_level": draw(st.sampled_from(["C1", "C2", "C3", "C4", "C5"])), "cash": draw(MONEY),
              "birth_year": draw(st.sampled_from([START.year - 70, START.year - 72, START.year - 1]))}  # fmt: skip
    held = draw(st.lists(st.sampled_from(MARKET.asset_ids), max_size=3, unique=True))
    client["holdings"] = [{"asset": asset, "value": draw(MONEY)} for asset in held]
    if draw(st.integers(0, 3)) == 0:
        client |= {
            "unit_value": draw(st.sampled_from([1e-6, 0.9, 1.0])),
            "unit_peak": draw(st.sampled_from([1.0, 1e6])),
            "reset_on": draw(days(-2000, 0)),
            "limit_broken": draw(st.booleans()),
        }
    asked = {
        "client": client,
        "goals": [draw(goals(number, furthest)) for number in range(count)],
        "contributions": {
            "monthly": draw(MONEY),
            "growth": draw(st.sampled_from([-0.5, -0.0, 0.0, 0.03, 0.5])),
        },
        "policy": draw(st.sampled_from(["dynamic", "dynamic", "glide_path", "fixed_mix"])),
    }
    if draw(st.booleans()):
        asked["advisory_fee"] = draw(st.sampled_from([0.0, 0.005, 0.05]))
    if draw(st.booleans()):
        asked["contributions"]["dated"] = [{"date": draw(days(31, 600)), "amount": draw(AMOUNT)}]
    if limited and draw(st.booleans()):
        asked["limits"] = draw(LIMITS)
    if draw(st.integers(0, 4)) == 0:
        asked["start"] = draw(days(-40, 400))
    return asked


def _deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


JUNK = st.one_of(
    st.sampled_from([float("nan"), float("inf"), -float("inf"), 1e308, -1e308, -0.0, 5e-324, 10**400, -1, 0, 2**63,
                     None, True, False, "", " ", "\x00", "\u202e", "9" * 5_000, "1e5", "2024-02-30", "0000-00-00",
                     "2024-02-29T00:00:00", [], {}, [[]], [None], {"": {}}, _deep(200), b"\xff", dt.date(1, 1, 1),
                     dt.datetime(2030, 1, 1), 1j]),
    st.text(max_size=8), st.integers(), st.floats(),
)  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn, document: Any) -> Any:
    """Return a copy of a document with one to three of its values, or keys, replaced."""
    whole = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        here, places = whole, []
        while isinstance(here, dict | list) and here and (not places or draw(st.integers(0, 3))):
            key = draw(st.sampled_from(list(here) if isinstance(here, dict) else range(len(here))))
            places.append((here, key))
            here = here[key]
        if not places:
            return draw(JUNK)
        place, key = places[-1]
        act = draw(st.sampled_from(["replace", "replace", "drop", "add"]))
        if act == "replace":
            place[key] = draw(JUNK)
        elif act == "drop":
            del place[key]
        elif isinstance(place, dict):
            place[draw(st.text(max_size=5))] = draw(JUNK)
        else:
            place.append(draw(JUNK))
    return whole
