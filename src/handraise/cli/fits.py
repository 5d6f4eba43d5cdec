"""What `diff --budget` prints: the threshold that fits, what it costs, and what else could be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from handraise.cli.backtested import percent_text
from handraise.cli.differences import changes_of
from handraise.cli.learned import Line
from handraise.cli.output import counted
from handraise.core.table.wording import number_text

if TYPE_CHECKING:
    from handraise.service.backtesting.fit import Fit, Level, Without

MOST_TYPES = 8


def lines_of_fit(fit: Fit) -> Iterator[Line]:
    """Yield which threshold fits, and all that hangs on it."""
    people = ", ".join(fit.people)
    yield Line(
        f"{fit.budget} for {fit.route} ({people}): {fit.capacity:,} a day together; "
        f"more on at most {percent_text(fit.days_over)} of days"
    )
    yield Line(
        f"{counted(fit.days, 'day')} of the past, {fit.decisions_a_day:,.1f} decisions a day"
    )
    yield from _answer(fit)
    yield from _without(fit)
    yield from _costs(fit)
    if fit.difference is not None:
        yield Line("")
        yield Line(f"below: {number_text(fit.present.threshold)} -> {_number(fit.threshold)}")
        yield from changes_of(fit.difference)
    yield from _closing(fit)


def _answer(fit: Fit) -> Iterator[Line]:
    present = number_text(fit.present.threshold)
    yield Line(f"at present, below: {present}: {_level(fit.present, fit)}")
    if fit.threshold is None or fit.fitting is None:
        yield Line(f"no threshold of {fit.row} fits this budget", is_loud=True)
        return
    kind = "fits" if fit.tight else "fits, and so would any"
    yield Line(
        f"below: {number_text(fit.threshold)} {kind}: {_level(fit.fitting, fit)}", is_loud=True
    )
    yield Line(
        f"  by the days of the past {_number(fit.by_days)}, by chance {_number(fit.by_chance)}: "
        f"the lower one counts. They take {percent_text(fit.largest_share)} of all decisions; "
        f"days differ by {percent_text(fit.variation)} beyond chance"
    )
    if len(fit.tight) > 1:
        yield Line(f"  {' and '.join(fit.tight)} share people: they are counted together")
    if not fit.is_exact:
        yield Line("  there are many scores: they were looked at in steps of 0.001")


def _number(threshold: float | None) -> str:
    return "none" if threshold is None else number_text(threshold)


def _level(level: Level, fit: Fit) -> str:
    return (
        f"{level.a_day:,.1f} asks a day, at most {level.busiest_asks:,}; over {fit.capacity:,} on "
        f"{counted(level.days_over, 'day')}, by chance on {percent_text(level.chance_over)} of days"
    )


def _without(fit: Fit) -> Iterator[Line]:
    for line in fit.without:
        if not line.fits:
            yield Line(f"even without {fit.row}, {_asked(line)}", is_loud=True)


def _asked(line: Without) -> str:
    return (
        f"{line.route} gets {line.a_day:,.1f} asks a day, {line.busiest_asks:,} on {line.busiest}; "
        f"its people take {line.capacity or 0:,}"
    )


def _costs(fit: Fit) -> Iterator[Line]:
    """Yield what the present threshold would take instead, what is promised, what is lost."""
    present = number_text(fit.present.threshold)
    if fit.more_people:
        people = counted(fit.more_people, "more person", "more people")
        hold = "holds" if fit.more_people == 1 else "hold"
        yield Line(f"{people} at {fit.each_a_day:,} a day {hold} {present}")
    elif fit.needed > fit.capacity:
        more = fit.needed - fit.capacity
        yield Line(
            f"{counted(more, 'more ask', 'more asks')} a day hold {present}: {fit.needed:,} a day"
        )
    else:
        yield Line(f"the people take what {present} asks of them")
    yield Line(fit.promise, is_loud=fit.keeps_promise is False)
    if fit.unlooked:
        parts = [f"{one.type or '(none)'} {one.lost:,.3g}" for one in fit.unlooked[:MOST_TYPES]]
        yield Line(f"least is lost by not looking at ({fit.lost_as}): {', '.join(parts)}")


def _closing(fit: Fit) -> Iterator[Line]:
    yield Line("")
    if fit.threshold is not None and fit.threshold != fit.present.threshold:
        yield Line(
            f"nothing was written; at {fit.table}:{fit.line} it would be  "
            f"below: {number_text(fit.threshold)}"
        )
    yield Line("days are days of UTC; `handraise backtest --assume 6m` plays people's hours")
