"""A budget for people: the highest threshold that fits, counted by hand and by a plain loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace

from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.types import Calibration
from handraise.errors import InputError
from handraise.service.backtesting.budget import fitted, promise_at, row_of
from handraise.service.backtesting.comparison import opened_both
from handraise.service.backtesting.fit import Fit, Unlooked
from handraise.service.backtesting.fitting import MOST_SCORES
from handraise.service.backtesting.plan import Columns
from handraise.service.backtesting.pools import (
    Budget,
    Pool,
    budget_of,
    chance_over,
    highest_by_days,
    needed_for,
    pools_of,
    shortest_between,
    variation_of,
)
from handraise.service.calibrating.writing import write_calibration
from handraise.service.reading.calibration import CalibrationFile, KeptPromise
from tests.service.backtesting.test_differing import DRAWN_OLD, drawn, slow_judge
from tests.support.two_tables import TABLE, changed, decision, plan_of, table_of, written


def fit(place: Path, budget: str, text: str = TABLE, *, row: str | None = None, **more: Any) -> Fit:
    """Return the fit of a table's text over a file."""
    days_over = more.pop("days_over", 0.05)
    table = table_of(text)
    plan = plan_of(place, **more)
    wanted = row_of(plan.older, table, row)
    with opened_both(plan, table, table, lambda _what, _share: None) as (past, both):
        return fitted(past, both, table, wanted, budget_of(budget), plan, days_over=days_over)


def every_day(days: int, scores: list[float], **more: Any) -> list[dict[str, Any]]:
    """Return one decision of each score on each day; those under 0.3 are wrong."""
    return [
        decision(
            f"{day}-{score}", score, at=f"2026-03-{day:02d}T12:00:00Z", correct=score >= 0.3, **more
        )
        for day in range(1, days + 1)
        for score in scores
    ]


TENTHS = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]


@pytest.fixture
def past(tmp_path: Path) -> Path:
    return written(tmp_path / "past.jsonl", every_day(10, TENTHS))


def test_the_highest_threshold_that_fits_is_found_by_days_and_by_chance(past: Path) -> None:
    found = fit(past, "3 a day each")
    assert (found.row, found.route, found.people, found.capacity) == (
        "confidence.1", "support", ("dana",), 3,
    )  # fmt: skip
    assert found.by_days == 0.4  # stops 0.1, 0.2 and 0.3: three a day
    assert found.by_chance == 0.2  # more than one a day on average is over 3 on over 5 % of days
    assert found.threshold == 0.2
    assert (found.days, found.decisions_a_day, found.is_exact) == (10, 9.0, True)
    assert found.tight == ("support",)
    assert found.variation == 0.0
    assert found.largest_share == pytest.approx(1.366 / 9, abs=1e-3)


def test_what_the_threshold_asks_and_lets_through_is_told(past: Path) -> None:
    found = fit(past, "3 a day each")
    assert (found.present.threshold, found.present.a_day, found.present.days_over) == (0.7, 6.0, 10)
    assert found.fitting is not None
    assert (found.fitting.a_day, found.fitting.busiest_asks, found.fitting.days_over) == (1.0, 1, 0)
    assert found.fitting.chance_over == pytest.approx(0.01899, abs=1e-5)  # P(Poisson(1) > 3)
    change = found.difference
    assert change is not None
    assert change.newer.table == "old.yaml with below: 0.2"
    assert change.newer.version != change.older.version
    assert change.goes_now.decisions.count == 50
    assert (change.goes_now.wrong.count, change.goes_now.stake) == (10, 100.0)
    assert change.words == (
        "row confidence.1: its confidence is below 0.7 -> its confidence is below 0.2",
    )


def test_what_the_present_threshold_would_take_is_told_in_people(past: Path) -> None:
    found = fit(past, "3 a day each")
    assert found.needed == 10  # P(Poisson(6) > 10) is 4.3 %, over 9 it is 8.4 %
    assert found.more_people == 3
    for_all = fit(past, "3 a day")
    assert (for_all.needed, for_all.more_people, for_all.each_a_day) == (10, None, None)


def test_a_budget_for_all_is_not_multiplied_by_the_people(past: Path) -> None:
    two = changed(("support: [dana]", "support: [dana, marc]"))
    assert fit(past, "3 a day each", two).capacity == 6
    assert fit(past, "3 a day", two).capacity == 3
    assert fit(past, "3 a day each", two).by_days == 0.7


def test_a_budget_that_holds_more_allows_a_higher_threshold(past: Path) -> None:
    found = fit(past, "40 a day each")
    assert found.threshold == 1.0
    assert found.tight == ()
    assert found.more_people == 0
    assert found.difference is not None
    assert found.difference.goes_now.decisions.count == 0
    assert found.difference.stops_now.decisions.count == 30
    assert found.unlooked == ()


def test_a_few_days_may_be_over_where_that_is_allowed(tmp_path: Path) -> None:
    some = every_day(20, [0.1]) + every_day(1, [0.15] * 7)
    place = written(tmp_path / "past.jsonl", some)
    assert fit(place, "4 a day each").by_days == 1.0  # one day of 20 is 5 %
    assert fit(place, "4 a day each", days_over=0.04).by_days == 0.15
    assert fit(place, "4 a day each").variation == pytest.approx(0.777, abs=1e-3)


def test_days_without_decisions_are_days(tmp_path: Path) -> None:
    some = [
        decision("a", 0.1, at="2026-03-01T00:00:00Z"),
        decision("b", 0.1, at="2026-03-10T23:59:00Z"),
    ]
    found = fit(written(tmp_path / "past.jsonl", some), "1 a day each")
    assert found.days == 10
    assert found.present.a_day == 0.2
    assert found.decisions_a_day == 0.2


def test_ties_stay_together(tmp_path: Path) -> None:
    place = written(tmp_path / "past.jsonl", every_day(4, [0.2, 0.5, 0.5, 0.5, 0.5]))
    found = fit(place, "4 a day each")
    assert found.by_days == 0.5  # below it there is one a day; above it there are five at once


def test_what_other_rows_ask_is_not_the_thresholds_to_change(tmp_path: Path) -> None:
    some = every_day(10, [0.9] * 3, type="new") + every_day(10, [0.95], revenue=5000.0)
    place = written(tmp_path / "past.jsonl", some)
    found = fit(place, "2 a day each")
    assert found.threshold is None
    assert found.fitting is None
    assert found.difference is None
    support, finance = found.without
    assert (support.route, support.a_day, support.days_over, support.fits) == (
        "support", 3.0, 10, False,
    )  # fmt: skip
    assert (finance.route, finance.a_day, finance.fits) == ("finance", 1.0, False)
    assert finance.days_over == 0  # but by chance
    assert finance.busiest == "2026-03-01"
    others = fit(place, "2 a day").without
    assert [one.capacity for one in others] == [2, None]
    assert [one.fits for one in others] == [False, True]


def test_an_unusable_confidence_stops_at_every_threshold(tmp_path: Path) -> None:
    some = every_day(5, [0.1]) + [
        decision(str(day), None, at=f"2026-03-0{day}T01:00:00Z") for day in range(1, 6)
    ]
    found = fit(written(tmp_path / "past.jsonl", some), "1 a day each", days_over=0.3)
    assert found.without[0].a_day == 1.0
    assert found.by_days == 0.1


def test_people_on_two_routes_are_not_counted_twice(tmp_path: Path) -> None:
    shared = changed(("finance: [ines]", "finance: [dana]"))
    some = every_day(10, TENTHS) + every_day(10, [0.95] * 2, revenue=5000.0)
    place = written(tmp_path / "past.jsonl", some)
    alone, together = fit(place, "4 a day each"), fit(place, "4 a day each", shared)
    assert (alone.by_days, together.by_days) == (0.5, 0.3)
    assert together.tight == ("support", "finance")


def test_a_route_that_needs_two_uses_twice_the_budget(past: Path) -> None:
    two = changed(("support: [dana]", "support: {people: [dana, marc], needs: 2}"))
    assert fit(past, "3 a day each", two).by_days == 0.4
    assert fit(past, "3 a day each", two).present.a_day == 12.0


def test_a_budget_needs_times(tmp_path: Path) -> None:
    bare = written(tmp_path / "a.jsonl", [{"type": "refund", "confidence": 0.6, "revenue": 1}])
    with pytest.raises(InputError, match=r"a\.jsonl: has no times") as raised:
        fit(bare, "3 a day each")
    assert "--at COLUMN" in raised.value.hint
    never = written(tmp_path / "b.jsonl", [decision("a", at="never"), decision("b", at=None)])
    with pytest.raises(InputError, match="no decision says when it was"):
        fit(never, "3 a day each")
    far = written(tmp_path / "c.jsonl", [decision("a"), decision("b", at="2150-01-01T00:00:00Z")])
    with pytest.raises(InputError, match=r"goes over 45,\d\d\d days"):
        fit(far, "3 a day each")


def test_one_day_is_taken_for_what_it_is(tmp_path: Path) -> None:
    found = fit(written(tmp_path / "past.jsonl", every_day(1, TENTHS)), "3 a day each")
    assert (found.days, found.by_days, found.by_chance, found.variation) == (1, 0.4, 0.2, 0.0)


def test_the_row_is_named_where_there_are_several() -> None:
    place = Path("old.yaml")
    two = table_of(changed(("    - {below: 0.7, to: support}\n",
                            "    - {below: 0.7, to: support}\n"
                            "    - {below: 0.9, to: finance, for: {type: [card]}}\n")))  # fmt: skip
    assert row_of(place, two, None).id == "confidence.1"
    assert row_of(place, two, "confidence.2").id == "confidence.2"
    with pytest.raises(InputError, match=r'has no confidence row "confidence\.3"') as raised:
        row_of(place, two, "confidence.3")
    assert raised.value.hint == "it has confidence.1 (line 17), confidence.2 (line 18)"
    both = replace(two, rows=tuple(replace(row, for_types=()) for row in two.rows))
    with pytest.raises(InputError, match="has several confidence rows"):
        row_of(place, both, None)
    typed = table_of(changed(("below: 0.7", "below: {card: 0.4, else: 0.8}")))
    with pytest.raises(InputError, match=r"old\.yaml:17: confidence\.1 has a threshold for each"):
        row_of(place, typed, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("40", "has no unit"),
        ("5 open each", "is not asks a day"),
        ("5 a day and 3 open", "is not asks a day"),
        ("0 a day", "is no capacity"),
        ("", "is no capacity"),
        ("each", "is no capacity"),
        ("many a day each", "is no capacity"),
    ],
)
def test_a_budget_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as raised:
        budget_of(text)
    assert raised.value.hint.startswith("e.g. 40 a day each")


def test_a_budget_is_read_as_capacities_are() -> None:
    assert budget_of(" 60 a day ") == Budget(a_day=60, is_each=False, text="60 a day")
    assert budget_of("40 a day each").is_each


def test_routes_that_share_people_are_looked_at_in_every_combination() -> None:
    text = changed(
        ("  finance: [ines]", "  finance: [ines, dana]\n  desk: [ines]\n  far: [priya]"),
        ("when: revenue > 1000, to: finance", "when: revenue > 1000, to: finance"),
    )
    table = table_of(text)
    routes = ("support", "finance", "desk", "far")
    pools = pools_of(table, table.rows[0], Budget(a_day=10, is_each=True, text=""), routes)
    assert pools == (
        Pool(routes=("support",), capacity=10),
        Pool(routes=("support", "finance"), capacity=20),
        Pool(routes=("support", "finance", "desk"), capacity=20),
    )
    many = replace(table, routes={
        name: replace(table.routes["support"], id=name) for name in ("support", "a")
    } | {f"r{n}": replace(table.routes["support"], id=f"r{n}") for n in range(6)})  # fmt: skip
    names = tuple(many.routes)
    found = pools_of(many, many.rows[0], Budget(a_day=10, is_each=True, text=""), names)
    assert [len(one.routes) for one in found] == [1, len(names)]


def test_how_days_differ_is_told_from_chance() -> None:
    chance = np.random.default_rng(3)
    even = chance.poisson(100, 4000)
    uneven = chance.poisson(chance.gamma(1 / 0.09, 9.0, 4000))
    assert variation_of(even) < 0.03
    assert variation_of(uneven) == pytest.approx(0.3, abs=0.02)
    assert variation_of(np.zeros(9, dtype=int)) == variation_of(np.array([7])) == 0.0
    assert chance_over(np.zeros(9, dtype=int), 0) == 0.0
    assert chance_over(even, 100) == pytest.approx(float((even > 100).mean()), abs=0.03)
    assert chance_over(uneven, 150) == pytest.approx(float((uneven > 150).mean()), abs=0.01)


def test_what_is_needed_is_the_least_that_is_enough() -> None:
    loads = np.array([4] * 19 + [50])
    for days_over in (0.04, 0.05, 0.5):
        needed = needed_for(loads, days_over)
        allowed = int(days_over * 20 + 1e-9)
        assert (loads > needed).sum() <= allowed
        assert chance_over(loads, needed) <= days_over
        less = needed - 1
        assert (loads > less).sum() > allowed or chance_over(loads, less) > days_over
    assert needed_for(np.zeros(3, dtype=int), 0.05) == 0
    assert needed_for(np.array([9]), 0.99) >= 0


def test_a_threshold_is_written_in_few_digits() -> None:
    assert shortest_between(0.6312, 0.63481) == 0.634
    assert shortest_between(0.3, 0.4) == 0.4
    assert shortest_between(0.0, 1.0) == 1.0
    assert shortest_between(0.0, 0.00004) == 0.00004
    assert shortest_between(0.1 + 0.2 - 1e-16, 0.1 + 0.2) <= 0.1 + 0.2


def test_a_threshold_above_nothing_is_none(tmp_path: Path) -> None:
    place = written(tmp_path / "past.jsonl", every_day(3, [0.0, 0.0, 0.0, 0.5]))
    found = fit(place, "1 a day each")
    assert found.by_days is None  # below any threshold over 0 there are three


def test_many_scores_are_looked_at_in_steps(tmp_path: Path) -> None:
    chance = np.random.default_rng(1)
    scores = chance.uniform(0, 1, MOST_SCORES + 1)
    some = [
        decision(str(n), float(score), at=f"2026-03-{1 + n % 10:02d}T12:00:00Z")
        for n, score in enumerate(scores)
    ]
    found = fit(written(tmp_path / "past.jsonl", some), "100 a day each")
    assert not found.is_exact
    assert found.by_days is not None
    by_day = [np.sort(scores[day::10]) for day in range(10)]
    exact = min(day[100] for day in by_day)  # above it there are 101 below on some day
    assert found.by_days == np.floor(exact * 1000) / 1000
    assert found.threshold is not None
    assert found.fitting is not None
    change = found.difference
    assert change is not None
    assert change.newer.rate.count == int((scores < found.threshold).sum())
    assert found.fitting.a_day * 10 == change.newer.rate.count


@pytest.mark.parametrize("several", ["every", "first"])
def test_every_threshold_agrees_with_a_plain_loop_over_the_compiled_gate(
    tmp_path: Path, several: str
) -> None:
    text = DRAWN_OLD.replace("escalate:", f"several: {several}\nescalate:")
    lines = [one for one in drawn() if one["type"]]
    as_json = {"": None, "true": True, "no": False}
    given = [{key: as_json.get(one, one) for key, one in line.items()} for line in lines]
    place = written(tmp_path / "past.jsonl", given)
    days = sorted({one["at"][:10] for one in lines})
    table = table_of(text)
    asked: dict[float, dict[str, int]] = {}
    for below in (0.3, 0.4, 0.5, 0.7, 0.75, 0.8, 0.9, 1.0):
        row = replace(table.rows[0], below=below)
        judge = slow_judge(replace(table, rows=(row, *table.rows[1:])))
        asked[below] = dict.fromkeys(days, 0)
        for line in lines:
            asked[below][line["at"][:10]] += "support" in judge(line)
    for capacity in (15, 20, 25, 28, 30):
        fits = [one for one, by_day in asked.items() if max(by_day.values()) <= capacity]
        found = fit(place, f"{capacity} a day", text, days_over=0.01)
        assert found.by_days == max(fits, default=None)
        present = asked[0.7].values()
        assert found.present.busiest_asks == max(present)
        assert found.present.a_day == sum(present) / len(days)
        assert found.present.days_over == sum(one > capacity for one in present)


def test_a_calibrated_confidence_gives_a_calibrated_threshold(past: Path) -> None:
    map = CalibrationMap("platt", ((0.0, 0.0), (0.5, 0.25), (1.0, 0.9)))
    calibration = Calibration(file="calibration.json", digest="c" * 64, labels=100, map=map)
    table = replace(table_of(TABLE), calibration=calibration)
    plan = plan_of(past)
    with opened_both(plan, table, table, lambda _what, _share: None) as (opened, both):
        found = fitted(opened, both, table, table.rows[0], budget_of("3 a day each"), plan)
    assert found.by_days == 0.2  # stated 0.4 is read as 0.2, 0.3 as 0.15
    assert found.present.a_day == 8.0  # 0.8 is read as 0.64, 0.9 as 0.77
    change = found.difference
    assert change is not None
    assert change.older.rate.count == 80


def kept(folder: Path, **more: Any) -> Path:
    """Write a calibration beside a table; return the table's place."""
    usual: dict[str, Any] = {
        "handraise_calibration": 1, "made_with": "1", "made_at": "2026-01-01", "agent": "agent",
        "labels": 400, "map": None, "max_error": 0.02, "sure": 0.95, "minimum_coverage": 0.2,
        "overall": KeptPromise(threshold=0.6, calibrated=None, sure=0.95, labels=400,
                               accepted=200, errors=0, bound=0.015),
        "by_type": {}, "columns": {},
    }  # fmt: skip
    write_calibration(folder / "calibration.json", CalibrationFile(**(usual | more)))
    return folder / "handraise.yaml"


def test_a_broken_promise_is_said(tmp_path: Path) -> None:
    place, table = kept(tmp_path), table_of(TABLE)
    assert promise_at(place, table, table.rows[0], 0.5) == (
        "0.5 breaks the promise of at most 2% errors, 95% sure: it holds from 0.6 on",
        False,
    )
    assert promise_at(place, table, table.rows[0], 0.6) == (
        "0.6 keeps the promise of at most 2% errors, 95% sure", True,
    )  # fmt: skip
    said, keeps = promise_at(place, table, table.rows[0], None)
    assert said.endswith("promises at most 2% errors, 95% sure, from 0.6 on")
    assert keeps is None


def test_a_row_for_some_decisions_only_is_promised_nothing(tmp_path: Path) -> None:
    table = table_of(TABLE)
    for narrowed in ({"for_types": ("card",)}, {"for_actions": ("refund",)}):
        row = replace(table.rows[0], **narrowed)
        said, keeps = promise_at(kept(tmp_path), table, row, 0.99)
        assert "is for some decisions only: of those it says nothing" in said
        assert keeps is None


def test_quiet_weekends_are_no_chance_of_a_busy_weekday() -> None:
    week = [43, 40, 46, 44, 42, 8, 9]
    loads = np.array([count + (day // 7) % 3 - 1 for day, count in enumerate(week * 10)])
    assert variation_of(loads) == 0.0
    assert chance_over(loads, 60) < 0.01
    assert chance_over(loads[:21], 60) > 0.05  # too few weeks to know the weekdays
    assert variation_of(loads[:21]) > 0.4
    assert chance_over(np.zeros(70, dtype=np.int64), 0) == 0.0
    assert needed_for(loads, 0.05) < needed_for(loads[:21], 0.05)


def test_without_a_promise_that_is_said_too(tmp_path: Path) -> None:
    table = table_of(TABLE)
    said, keeps = promise_at(tmp_path / "handraise.yaml", table, table.rows[0], 0.5)
    assert said.startswith("nothing is promised here")
    assert keeps is None
    unsafe = KeptPromise(
        threshold=None, calibrated=None, sure=0.95, labels=4, accepted=0, errors=0, bound=None
    )
    assert (
        "no threshold could promise"
        in promise_at(kept(tmp_path, overall=unsafe), table, table.rows[0], 0.5)[0]
    )
    assert (
        "promises by type" in promise_at(kept(tmp_path, overall=None), table, table.rows[0], 0.5)[0]
    )
    (tmp_path / "calibration.json").write_text("{}", "utf-8")
    said, keeps = promise_at(tmp_path / "handraise.yaml", table, table.rows[0], 0.5)
    assert "cannot be read" in said
    assert keeps is None


def test_what_is_lost_least_comes_first(tmp_path: Path) -> None:
    some = [
        *every_day(10, [0.25], stake=100.0, took=10),  # all wrong: 10 of money a minute
        *every_day(10, [0.28], type="card", stake=60.0, took=2),  # all wrong: 30 a minute
        *every_day(10, [0.4], type="card", stake=60.0, took=2),  # right: 15 a minute on average
    ]
    place = written(tmp_path / "past.jsonl", some)
    budget = "1 a day each"
    timed = fit(place, budget, columns=Columns(handling_minutes="took"), days_over=0.001)
    assert timed.lost_as == "money a minute"
    assert timed.unlooked == (
        Unlooked(type="refund", decisions=10, lost=10.0),
        Unlooked(type="card", decisions=20, lost=15.0),
    )
    plain = fit(place, budget, days_over=0.001)
    assert plain.lost_as == "money an ask"
    assert [(one.type, one.lost) for one in plain.unlooked] == [("card", 30.0), ("refund", 100.0)]


def test_what_is_not_looked_at_is_ranked_by_errors_where_there_is_no_money(tmp_path: Path) -> None:
    some = [{k: v for k, v in one.items() if k != "stake"} for one in every_day(9, [0.1, 0.2, 0.5])]
    found = fit(written(tmp_path / "past.jsonl", some), "1 a day each", days_over=0.001)
    assert found.lost_as == "errors an ask"
    assert [(one.type, one.lost) for one in found.unlooked] == [("refund", 2 / 3)]
    bare = [{k: v for k, v in one.items() if k != "correct"} for one in some]
    assert fit(written(tmp_path / "b.jsonl", bare), "1 a day each", days_over=0.001).unlooked == ()


def test_the_highest_is_where_none_below_is_too_much() -> None:
    loads = np.array([[1, 3, 2], [1, 3, 2]])
    assert highest_by_days(loads, 2, 0.05) == 0
    assert highest_by_days(loads, 3, 0.05) == 2
    assert highest_by_days(loads, 0, 0.05) == -1
