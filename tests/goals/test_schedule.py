import datetime as dt
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from goalplan.goals import (
    Contributions,
    Education,
    Goal,
    HomePurchase,
    Purchase,
    Reserve,
    Retirement,
    Schedule,
    add_months,
    build_schedule,
)
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

START = dt.date(2026, 5, 1)
HOME = HomePurchase(name="Home", due=dt.date(2029, 5, 1), amount=600_000.0)
RETIREMENT = Retirement(
    name="Retirement", due=dt.date(2038, 7, 1), amount=12_000.0, pension=6_000.0, until_age=90, index="cpi"
)


def schedule(*goals: Goal, birth_year: int | None = None, **contributions: Any) -> Schedule:
    paid_in = Contributions.model_validate(contributions)
    return build_schedule(goals, paid_in, START, birth_year, index_growth={"cpi": 0.02})


def refused(*goals: Goal, birth_year: int | None = None, **contributions: Any) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        schedule(*goals, birth_year=birth_year, **contributions)
    assert caught.value.json()
    return [(".".join(map(str, error["loc"])), error["msg"]) for error in caught.value.errors()]


def test_the_home_case() -> None:
    # 250,000 and 8,000 a month for 600,000 in 36 months: 36 contributions, at months 1 to 36
    made = schedule(HOME, monthly=8_000.0)
    assert made.start == START
    assert made.months == 36
    assert made.inflows.tolist() == [0.0] + [8_000.0] * 36
    (payment,) = made.payments
    assert (payment.goal, payment.month, payment.amount) == (0, 36, 600_000.0)
    assert (payment.index, payment.priority, payment.min_fraction) == (None, 0, 1.0)


def test_arrays_are_read_only() -> None:
    made = schedule(HOME)
    assert made.inflows.dtype == np.float64
    with pytest.raises(ValueError, match="read-only"):
        made.inflows[0] = 1.0


def test_a_due_date_inside_a_month_is_paid_at_its_beginning() -> None:
    made = schedule(HOME.model_copy(update={"due": dt.date(2029, 5, 31)}))
    assert made.payments[0].month == 36


def test_education_is_paid_once_a_year() -> None:
    goal = Education(name="x", due=dt.date(2036, 9, 1), amount=80_000.0, years=4, index="education")
    made = schedule(goal)
    assert [p.month for p in made.payments] == [124, 136, 148, 160]
    assert {(p.amount, p.index) for p in made.payments} == {(80_000.0, "education")}


def test_retirement_is_paid_to_december_of_the_last_year_and_the_pension_comes_in() -> None:
    made = schedule(RETIREMENT, birth_year=1978)
    first, last = 146, 511
    assert add_months(START, last) == dt.date(2068, 12, 1)
    assert [p.month for p in made.payments] == list(range(first, last + 1))
    assert made.months == last
    t = np.arange(first, last + 1)
    np.testing.assert_allclose(made.inflows[first:], 6_000.0 * 1.02 ** (t / 12), rtol=1e-14)
    assert not made.inflows[:first].any()


def test_a_nominal_pension_stays_as_it_is() -> None:
    made = schedule(RETIREMENT.model_copy(update={"index": None}), birth_year=1978)
    assert set(made.inflows[146:]) == {6_000.0}


def test_an_indexed_pension_needs_the_expected_growth() -> None:
    with pytest.raises(ValidationError, match=r"goals\.0\.pension\n.*'cpi', .*\(known: none\); give another"):
        build_schedule([RETIREMENT], Contributions(), START, 1978)


def test_contributions_end_when_the_salary_ends() -> None:
    without = schedule(RETIREMENT.model_copy(update={"pension": 0.0}), birth_year=1978, monthly=100.0)
    assert np.flatnonzero(without.inflows).tolist() == list(range(1, 147))
    until = schedule(
        RETIREMENT.model_copy(update={"pension": 0.0}), birth_year=1978, monthly=100.0, until="2050-01-01"
    )
    assert np.flatnonzero(until.inflows)[-1] == 284


def test_growth_is_a_yearly_raise() -> None:
    made = schedule(HOME, monthly=1_000.0, growth=0.1)
    np.testing.assert_allclose(
        made.inflows[[1, 12, 13, 24, 25, 36]], [1e3, 1e3, 1.1e3, 1.1e3, 1.21e3, 1.21e3]
    )


def test_lump_sums_come_in_at_their_month() -> None:
    made = schedule(
        HOME,
        monthly=10.0,
        dated=[{"date": "2027-02-15", "amount": 30_000.0}, {"date": "2029-05-01", "amount": 5_000.0}],
    )
    assert made.inflows[9] == 30_010.0
    assert made.inflows[36] == 5_010.0


def test_payments_are_sorted_by_month_then_priority() -> None:
    goals = [
        Purchase(name="wish", due=dt.date(2028, 5, 1), amount=1.0, priority="wish"),
        Purchase(name="late", due=dt.date(2029, 5, 1), amount=2.0),
        Purchase(name="need", due=dt.date(2028, 5, 20), amount=3.0),
        Reserve(name="reserve", amount=4.0, priority="want"),
    ]
    assert [p.goal for p in schedule(*goals).payments] == [3, 2, 0, 1]


def test_a_reserve_is_set_aside_at_once_or_by_its_day() -> None:
    at_once = schedule(HOME, Reserve(name="x", amount=9.0))
    assert (at_once.payments[0].goal, at_once.payments[0].month) == (1, 0)
    by_day = schedule(HOME, Reserve(name="x", amount=9.0, due=dt.date(2027, 5, 1)))
    assert (by_day.payments[0].goal, by_day.payments[0].month) == (1, 12)


@pytest.mark.parametrize(
    ("due", "words"),
    [
        ("2026-04-30", "is before the plan's start 2026-05-01; give a date from 2026-06-01 to 2086-05-01"),
        ("2026-05-31", "is less than a month after"),
        ("2086-06-01", "is more than 60 years after"),
    ],
)
def test_a_due_date_outside_the_plan(due: str, words: str) -> None:
    ((where, said),) = refused(HOME, Purchase(name="x", due=due, amount=1.0))
    assert where == "goals.1.due"
    assert words in said


def test_the_first_and_the_last_month_are_allowed() -> None:
    assert schedule(Purchase(name="x", due=dt.date(2026, 6, 1), amount=1.0)).months == 1
    assert schedule(Purchase(name="x", due=dt.date(2086, 5, 31), amount=1.0)).months == 720


def test_streams_that_run_past_the_longest_plan_say_how_far_they_may() -> None:
    goal = Education(name="x", due=dt.date(2076, 9, 1), amount=1.0, years=20)
    ((where, said),) = refused(goal)
    assert (where, "give at most 10" in said) == ("goals.0.years", True)
    assert schedule(goal.model_copy(update={"years": 10})).months <= 720
    assert refused(goal.model_copy(update={"years": 11}))


@pytest.mark.parametrize(("start", "most"), [(START, 89), (dt.date(2026, 12, 1), 90)])
def test_an_age_past_the_longest_plan_says_how_old(start: dt.date, most: int) -> None:
    goal = RETIREMENT.model_copy(update={"until_age": 95, "index": None})
    with pytest.raises(ValidationError, match=f"give an age of at most {most}"):
        build_schedule([goal], Contributions(), start, 1996)
    allowed = goal.model_copy(update={"until_age": most})
    assert build_schedule([allowed], Contributions(), start, 1996).months <= 720
    with pytest.raises(ValidationError, match=r"goals\.0\.until_age"):
        build_schedule([allowed.model_copy(update={"until_age": most + 1})], Contributions(), start, 1996)


def test_an_age_before_the_first_payment() -> None:
    ((where, said),) = refused(RETIREMENT.model_copy(update={"until_age": 50}), birth_year=1978)
    assert (where, "before due = 2038-07-01; give an age of at least 60" in said) == (
        "goals.0.until_age",
        True,
    )


@pytest.mark.parametrize(
    ("year", "words"), [(None, "'Retirement' needs it"), (2027, "give a year from 1906 to 2026")]
)
def test_a_retirement_needs_a_year_of_birth(year: int | None, words: str) -> None:
    ((where, said),) = refused(RETIREMENT, birth_year=year)
    assert (where, words in said) == ("client.birth_year", True)


@pytest.mark.parametrize(
    ("contributions", "field", "words"),
    [
        ({"monthly": 1.0, "until": "2026-05-31"}, "contributions.until", "2026-06-01"),
        ({"dated": [{"date": "2026-05-31", "amount": 1.0}]}, "contributions.dated.0.date", "client.cash"),
        ({"dated": [{"date": "2029-06-01", "amount": 1.0}]}, "contributions.dated.0.date", "2029-05-01"),
    ],
)
def test_contributions_that_never_arrive(contributions: dict[str, Any], field: str, words: str) -> None:
    ((where, said),) = refused(HOME, **contributions)
    assert (where, words in said) == (field, True)


def test_an_end_in_the_past_without_monthly_payments_does_no_harm() -> None:
    assert not schedule(HOME, until="2020-01-01").inflows.any()


def test_a_plan_needs_something_to_wait_for() -> None:
    ((where, said),) = refused(Reserve(name="x", amount=1.0))
    assert (where, "nothing to plan" in said) == ("goals", True)


def test_every_problem_is_reported_at_once() -> None:
    places = [where for where, _ in refused(HOME.model_copy(update={"due": START}), RETIREMENT)]
    assert places == ["client.birth_year", "goals.0.due"]


due_dates = st.dates(dt.date(2026, 6, 1), dt.date(2066, 5, 1))
amounts = st.floats(0.01, 1e9)
priorities = st.sampled_from(["need", "want", "wish"])
purchases = st.builds(Purchase, name=st.just("p"), due=due_dates, amount=amounts, priority=priorities)
schools = st.builds(Education, name=st.just("e"), due=due_dates, amount=amounts, years=st.integers(1, 8))
pensions = st.builds(
    Retirement,
    name=st.just("r"),
    due=due_dates,
    amount=st.floats(100.0, 1e6),
    pension=st.floats(0.0, 99.0),
    until_age=st.integers(82, 99),
)
goal_lists = st.lists(purchases | schools | pensions, min_size=1, max_size=6)


@given(goal_lists, st.floats(0.0, 1e6), st.floats(-0.5, 0.5))
def test_totals_and_order(goals: list[Any], monthly: float, growth: float) -> None:
    made = build_schedule(goals, Contributions(monthly=monthly, growth=growth), START, 1985)
    order = [(p.month, p.priority) for p in made.payments]
    assert order == sorted(order)
    assert made.months == order[-1][0]
    assert made.inflows.shape == (made.months + 1,)
    assert made.inflows[0] == 0.0
    pension_money = 0.0
    for number, goal in enumerate(goals):
        mine = [p for p in made.payments if p.goal == number]
        months = [p.month for p in mine]
        assert all(later > earlier for earlier, later in pairwise(months))
        times = 1
        if goal.kind == "education":
            times = goal.years
        if goal.kind == "retirement":  # to December of the last year, counted in calendar months
            times = 12 * (1985 + goal.until_age - goal.due.year) + 13 - goal.due.month
        assert sum(p.amount for p in mine) == pytest.approx(goal.amount * times, rel=1e-12)
        pension_money += getattr(goal, "pension", 0.0) * len(mine)
    salary = [goal.due for goal in goals if goal.kind == "retirement"]
    last = made.months
    if salary:
        end = min(salary)
        last = min(
            last, (end.year - START.year) * 12 + end.month - START.month
        )  # START is a first of a month
    years, rest = divmod(last, 12)
    q = 1.0 + growth
    expected = monthly * (12 * sum(q**k for k in range(years)) + rest * q**years)
    assert made.inflows.sum() == pytest.approx(expected + pension_money, rel=1e-9, abs=1e-9)


@given(st.floats(0.0, 1e6), st.floats(0.0, 1e6), st.floats(0.0, 0.5), st.floats(0.0, 0.5))
def test_more_paid_in_is_never_less(one: float, other: float, slow: float, fast: float) -> None:
    low, high = sorted((one, other))
    less, more = sorted((slow, fast))
    small = schedule(HOME, monthly=low, growth=less).inflows
    large = schedule(HOME, monthly=high, growth=more).inflows
    assert (large >= small).all()


@given(goal_lists, st.floats(0.01, 100.0))
def test_money_scales(goals: list[Any], scale: float) -> None:
    def scaled(goal: Any) -> Any:
        update = {"amount": goal.amount * scale}
        if goal.kind == "retirement":
            update["pension"] = goal.pension * scale
        return goal.model_copy(update=update)

    plain = build_schedule(goals, Contributions(monthly=100.0, growth=0.03), START, 1985)
    large = build_schedule(
        [scaled(goal) for goal in goals], Contributions(monthly=100.0 * scale, growth=0.03), START, 1985
    )
    np.testing.assert_allclose(large.inflows, plain.inflows * scale, rtol=1e-12)
    np.testing.assert_allclose(
        [p.amount for p in large.payments], [p.amount * scale for p in plain.payments], rtol=1e-12
    )


@given(goal_lists, st.randoms(use_true_random=False))
def test_the_order_of_goals_changes_no_total(goals: list[Any], random: Any) -> None:
    shuffled = goals[:]
    random.shuffle(shuffled)
    one = build_schedule(goals, Contributions(monthly=5.0), START, 1985)
    other = build_schedule(shuffled, Contributions(monthly=5.0), START, 1985)
    np.testing.assert_allclose(one.inflows, other.inflows, rtol=1e-12)

    def key(made: Schedule) -> list[tuple[int, int, float]]:
        return sorted((p.month, p.priority, p.amount) for p in made.payments)

    assert key(one) == key(other)
