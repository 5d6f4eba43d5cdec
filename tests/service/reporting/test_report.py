"""What stands on a report: the numbers of its files, in words, with what nobody must miss."""

import re
import sys
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from msgspec.structs import replace

from handraise.cli.examples import SUPPORT_TABLE
from handraise.core.table.read import read
from handraise.core.table.types import CalendarUse
from handraise.service.backtesting.result import (
    Backtest,
    Example,
    RouteLine,
    Share,
    TypeLine,
    Unusable,
)
from handraise.service.calibrating.report import Written
from handraise.service.reporting.inputs import Inputs
from handraise.service.reporting.page import Grid, Page, Section
from handraise.service.reporting.people import covered_hours
from handraise.service.reporting.report import page_of, report_html
from handraise.service.reporting.words import SPACE, percent, share_text, whole
from handraise.service.simulating.records import Answer, Needed

NOW = datetime(2026, 11, 28, 17, 0, tzinfo=UTC)
HOSTILE = "</title><script>alert(1)</script><img src=x onerror=alert(2)>\u202e&\"'\x00"
"""What a table, a history or a file may hold, and a page must not."""


class Seen(HTMLParser):
    """The elements, ids and words of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        """All words, with plain spaces."""
        return " ".join(" ".join(self.words).replace(SPACE, " ").split())


def found_in(inputs: Inputs) -> Backtest:
    """Return the backtest of inputs that have one."""
    assert inputs.backtest is not None
    return inputs.backtest


def changed(inputs: Inputs, **fields: object) -> Inputs:
    """Return inputs with another backtest."""
    return replace(inputs, backtest=replace(found_in(inputs), **fields))


def section(page: Page, id: str) -> Section:
    """Return a part of a page."""
    return next(one for one in page.sections if one.id == id)


def grid(page: Page, id: str, number: int = 0) -> Grid:
    """Return a table of a part of a page."""
    return [one for one in section(page, id).blocks if isinstance(one, Grid)][number]


@pytest.fixture(scope="module")
def html(inputs: Inputs) -> str:
    """The whole page, drawn once."""
    return report_html(inputs, NOW)


@pytest.fixture(scope="module")
def seen(html: str) -> Seen:
    """What a reader meets on it."""
    return Seen(html)


def test_the_numbers_are_those_of_the_files(inputs: Inputs, seen: Seen) -> None:
    found, calibrated = found_in(inputs), inputs.calibrated
    assert calibrated is not None
    said = [
        share_text(found.rate),
        share_text(found.alone.errors),
        share_text(found.stopped.for_nothing),
        *(percent(line.fired.share) for line in found.rows),
        *(percent(line.stopped.share) for line in found.types),
        *(whole(line.asks) for line in found.routes),
        f"{whole(calibrated.safe.accepted)} of them",
        f"stated at {calibrated.safe.threshold:.6g} or above",
        *(f"{whole(one.alone)} {percent(one.alone / 2000)}" for one in calibrated.costs[:1]),
    ]
    for words in said:
        assert words.replace(SPACE, " ") in seen.text


def test_the_rows_say_what_they_stopped_caught_and_stopped_for_nothing(inputs: Inputs) -> None:
    rows = grid(page_of(inputs, NOW), "rows").rows
    for row, line in zip(rows, found_in(inputs).rows, strict=True):
        name, route, stops, only, wrong, right, _ = row
        assert line.rule in name.words
        assert name.below == line.row
        assert route.words == line.route
        assert stops.words == percent(line.fired.share)
        assert only.words == whole(line.only)
        assert wrong.words == whole(line.wrong)
        assert right.words == whole(line.labelled - line.wrong)
        assert right.below == f"of {whole(line.labelled)}"


def test_parts_stand_in_the_order_of_a_reader(inputs: Inputs) -> None:
    assert [one.id for one in page_of(inputs, NOW).sections] == [
        "promise",
        "rows",
        "types",
        "days",
        "slipped",
        "nothing",
        "people",
        "uncovered",
        "reading",
        "table",
    ]


def test_the_page_needs_nothing_else(html: str, seen: Seen) -> None:
    assert {"script", "link", "iframe", "object", "embed", "img", "image", "use"}.isdisjoint(
        seen.tags
    )
    assert re.findall(r"https?:|//[a-z]|@import|url\((?!#)", html) == []
    assert [name for name, _ in seen.attributes if name.startswith("on")] == []
    assert {value for name, value in seen.attributes if name == "href"} == {
        f"#{id}"
        for id in [
            "promise",
            "rows",
            "types",
            "days",
            "slipped",
            "nothing",
            "people",
            "uncovered",
            "reading",
            "table",
        ]
    }


def test_no_name_stands_twice_on_the_page(seen: Seen) -> None:
    ids = [value for name, value in seen.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = {value for name, value in seen.attributes if name == "aria-labelledby"}
    assert {one for value in named for one in value.split()} <= set(ids)


def test_every_plot_is_there_for_wide_and_narrow_screens(inputs: Inputs, seen: Seen) -> None:
    plots = page_of(inputs, NOW).plots
    assert [plot.name for plot in plots] == [
        "curve",
        "costs",
        "money",
        "honesty",
        "by-row",
        "by-day",
        "hours-1",
        "hours-2",
        "waits",
    ]
    assert seen.tags.count("svg") == 2 * len(plots)
    assert all(plot.title and plot.about and plot.captions and plot.key for plot in plots)


def test_everything_that_came_from_outside_is_escaped(inputs: Inputs) -> None:
    found = found_in(inputs)
    example = Example(
        id=HOSTILE,
        at=HOSTILE,
        type=HOSTILE,
        action=HOSTILE,
        confidence=None,
        facts={HOSTILE: HOSTILE, "n": [HOSTILE], "big": 10**400},
        was_right=True,
        stake=1.0,
        routes=(HOSTILE,),
        sentences=(HOSTILE,),
    )
    simulated = found.simulated
    assert simulated is not None
    bad = replace(
        found,
        version=HOSTILE,
        engine=HOSTILE,
        sources=(HOSTILE,),
        left_out=(HOSTILE,),
        first=HOSTILE,
        last=HOSTILE,
        unusable=(Unusable(column=HOSTILE, missing=1, unreadable=1),),
        rows=tuple(
            replace(one, row=HOSTILE, route=HOSTILE, rule=HOSTILE, condition=HOSTILE)
            for one in found.rows
        ),
        types=tuple(replace(one, type=HOSTILE) for one in found.types),
        routes=tuple(replace(one, route=HOSTILE) for one in found.routes),
        hours=tuple(replace(one, route=HOSTILE) for one in found.hours),
        alone=replace(found.alone, examples=(example,)),
        stopped=replace(found.stopped, examples=(example,)),
        simulated=replace(
            simulated,
            findings=(HOSTILE,),
            assumptions=(HOSTILE,),
            routes=tuple(replace(one, route=HOSTILE) for one in simulated.routes),
            people=tuple(replace(one, person=HOSTILE) for one in simulated.people),
        ),
    )
    table = replace(inputs.table, agent=HOSTILE, purpose=HOSTILE)
    html = report_html(replace(inputs, backtest=bad, table=table), NOW)
    hostile = Seen(html)
    assert {"script", "img"}.isdisjoint(hostile.tags)
    assert [name for name, _ in hostile.attributes if name.startswith("on")] == []
    assert "\u202e" not in html
    assert "\x00" not in html
    assert "<script>alert(1)" in hostile.text


def test_many_types_rows_and_routes_are_counted_and_not_listed(inputs: Inputs) -> None:
    share = Share(count=1, of=2, share=0.5, low=0.1, high=0.9)
    types = tuple(
        TypeLine(type=f"t{n}", is_known=True, decisions=2, stopped=share, errors=share, caught=0)
        for n in range(1000)
    )
    found = found_in(inputs)
    routes = tuple(RouteLine(route=f"r{n}", asks=1, people=1) for n in range(500))
    page = page_of(
        changed(inputs, types=types, routes=routes, rows=found.rows * 100, unusable=()), NOW
    )
    assert len(grid(page, "types").rows) == 20
    assert grid(page, "types").more == "And 980 more types."
    assert grid(page, "people").more == "And 470 more routes."
    assert grid(page, "rows").more == f"And {100 * len(found.rows) - 60} more rows."
    assert "by-row" not in [plot.name for plot in page.plots]


def test_a_page_stays_small(html: str) -> None:
    assert len(html) < 1_000_000


def test_a_backtest_of_another_version_is_said_loudly(inputs: Inputs) -> None:
    page = page_of(changed(inputs, version="0123456789abcdef"), NOW)
    assert page.notices[0].startswith(
        "The figures of the past are of another version of the table, 0123456789abcdef;"
    )
    assert not any("another version" in words for words in page_of(inputs, NOW).notices)


def test_without_labels_nobody_claims_to_know(inputs: Inputs) -> None:
    found = found_in(inputs)
    nothing = Share(count=0, of=0, share=0.0, low=0.0, high=1.0)
    page = page_of(
        changed(
            inputs,
            labelled=0,
            alone=replace(found.alone, errors=nothing, stake=None, examples=()),
            stopped=replace(
                found.stopped, for_nothing=nothing, caught=nothing, stake=None, examples=()
            ),
            rows=tuple(replace(one, labelled=0, wrong=0, stake=None) for one in found.rows),
            types=tuple(replace(one, errors=nothing, stake=None) for one in found.types),
        ),
        NOW,
    )
    assert "how much of the rest is wrong nobody knows" in page.verdict
    assert "nobody knows how many were wrong" in str(section(page, "slipped").blocks)
    assert "nobody knows how many a human would have changed" in str(section(page, "nothing"))
    assert {row[4].below for row in grid(page, "rows").rows} == {"no labels"}
    assert len(page.tiles) == 2  # what stops, and asks a day
    assert any("2,000 decisions of 2,000 have no label" in words for words in page.notices)


def test_some_labels_are_said_to_be_some(inputs: Inputs) -> None:
    found = found_in(inputs)
    errors = replace(found.alone.errors, of=found.alone.errors.of - 10)
    page = page_of(changed(inputs, labelled=1_990, alone=replace(found.alone, errors=errors)), NOW)
    assert "of what went ahead alone, where a label tells," in page.verdict
    assert any("10 decisions of 2,000 have no label" in words for words in page.notices)


def test_without_times_there_are_no_days_and_no_hours(inputs: Inputs) -> None:
    routes = tuple(
        RouteLine(route=one.route, asks=one.asks, people=one.people)
        for one in found_in(inputs).routes
    )
    page = page_of(
        changed(inputs, first="", last="", days=(), hours=(), routes=routes, simulated=None), NOW
    )
    names = [plot.name for plot in page.plots]
    assert {"by-day", "hours-1", "waits"}.isdisjoint(names)
    assert "says nothing of when" in str(section(page, "days"))
    assert "was not simulated" in str(section(page, "people"))


def test_a_route_that_the_busiest_day_is_too_much_for_needs_more_people(inputs: Inputs) -> None:
    short = RouteLine(
        route="finance_lead",
        asks=900,
        people=1,
        a_day=15.0,
        busiest="2026-09-01",
        busiest_asks=41,
        capacity_day=15,
        days_over=12,
    )
    said = str(section(page_of(changed(inputs, routes=(short,)), NOW), "people"))
    assert "on 12 days more came than its people take" in said
    assert "brought 26 too many: 2 more people with 15 a day" in said


def test_deadlines_that_are_not_held_are_said_loudly(inputs: Inputs) -> None:
    simulated = found_in(inputs).simulated
    assert simulated is not None
    late = replace(simulated.routes[0], acknowledge_held=False)
    page = page_of(
        changed(
            inputs,
            simulated=replace(
                simulated, deadlines_held=False, routes=(late, *simulated.routes[1:])
            ),
        ),
        NOW,
    )
    assert "would not be held" in str(section(page, "people").blocks[0])


def test_who_else_would_hold_the_deadlines_is_said_where_it_was_looked_for(inputs: Inputs) -> None:
    words = "finance_lead: one more person, Mon-Fri 08:00-16:00 (UTC), holds both deadlines"
    needed = Answer(
        target=0.95,
        asks=900,
        most=5,
        routes=(
            Needed(
                route="finance_lead", late=0.2, more=(), late_then=0.03, holds=True, sentence=words
            ),
        ),
        holds=True,
    )
    assert words in str(section(page_of(changed(inputs, needed=needed), NOW), "people"))
    assert words not in str(section(page_of(inputs, NOW), "people"))


def test_without_what_draws_the_page_still_comes_with_its_tables(
    inputs: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "altair", None)
    alone = Seen(report_html(inputs, NOW))
    assert "svg" not in alone.tags
    assert 'pip install "handraise[plots]"' in alone.text
    assert "How much each row stops" in alone.text
    blocks = [block for part in page_of(inputs, NOW).sections for block in part.blocks]
    assert alone.tags.count("table") == sum(isinstance(block, Grid) for block in blocks) > 5


def test_a_history_of_a_thousand_days_is_drawn_by_weeks(inputs: Inputs) -> None:
    found = found_in(inputs)
    days = (replace(found.days[0], day="1970-01-01"), *found.days)
    page = page_of(changed(inputs, days=days), NOW)
    (plot,) = [one for one in page.plots if one.name == "by-day"]
    assert re.fullmatch(r"Stops in \d+ days", plot.title)


def test_almost_nothing_still_makes_a_page(inputs: Inputs) -> None:
    report, found = inputs.calibrated, found_in(inputs)
    assert report is not None
    assert found.simulated is not None
    nothing = changed(
        replace(
            inputs,
            calibrated=replace(
                report,
                curve=(),
                oracle=(),
                costs=(),
                naive=None,
                reliability=replace(report.reliability, bins=()),
            ),
        ),
        rows=(),
        types=(),
        days=found.days[:1],
        hours=tuple(replace(one, asks=0) for one in found.hours[:1]),
        routes=(),
        unusable=(),
        left_out=(),
        simulated=replace(found.simulated, routes=(), people=(), findings=()),
    )
    empty = Seen(report_html(nothing, NOW))
    assert "What stops the agent" in empty.text
    assert empty.tags.count("svg") == 8  # the curve, the costs, the one day and the one hour


def test_people_on_call_by_a_calendar_are_said_to_be(inputs: Inputs) -> None:
    table = inputs.table
    ines = replace(table.people["ines"], calendars=(CalendarUse(file="oncall.ics"),))
    on_call = replace(inputs, table=replace(table, people={**table.people, "ines": ines}))
    said = str(section(page_of(on_call, NOW), "people"))
    assert "on call by calendars, which are not in this picture" in said


def test_hours_are_those_of_each_zone() -> None:
    table = read(SUPPORT_TABLE).table
    assert table is not None
    monday = datetime(2026, 9, 7, tzinfo=UTC)
    lisbon = covered_hours(table, "finance_lead", monday)
    assert lisbon == {24 * day + hour for day in range(5) for hour in range(7, 17)}
    winter = covered_hours(table, "finance_lead", datetime(2026, 11, 30, tzinfo=UTC))
    assert winter == {24 * day + hour for day in range(5) for hour in range(8, 18)}
    assert covered_hours(table, "owner", monday) == set(range(168))
    assert covered_hours(table, "gone", monday) is None


def test_a_table_that_was_changed_after_calibrating_is_said(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    written = Written(
        lines=(), row="confidence.1", version_before=None, version="feed", owner="P", tests=()
    )
    alone = replace(inputs, backtest=None, calibrated=replace(report, written=written))
    page = page_of(alone, NOW)
    assert page.notices[0] == ("Calibrating wrote version feed of the table; it was changed since.")
    assert page.tiles == ()
    assert page.verdict.startswith("Of decisions stated at")
    assert [one.id for one in page.sections] == ["promise", "reading", "table"]


def test_without_a_safe_threshold_that_is_the_verdict(inputs: Inputs) -> None:
    report = inputs.calibrated
    assert report is not None
    none = replace(report, safe=replace(report.safe, threshold=None))
    page = page_of(replace(inputs, backtest=None, calibrated=none), NOW)
    assert page.verdict == "No threshold of confidence is safe: everything needs a human."


def test_many_findings_and_routes_of_a_simulation_are_counted(inputs: Inputs) -> None:
    found = found_in(inputs)
    assert found.simulated is not None
    hours = tuple(replace(found.hours[0], route=f"r{n}") for n in range(9))
    simulated = replace(found.simulated, findings=("a",) * 25)
    said = str(section(page_of(changed(inputs, hours=hours, simulated=simulated), NOW), "people"))
    assert "And 5 more." in said
    assert "And 3 more routes without a picture." in said
    assert "The table has no such route now" in said
