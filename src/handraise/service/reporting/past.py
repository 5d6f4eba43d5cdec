"""What the table would have done to the past: by row, type and day, with examples."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from handraise.core.table.sheet import CONDITIONS
from handraise.core.table.types import Table
from handraise.model import OWNER
from handraise.service.backtesting.result import Backtest, Example, TypeLine
from handraise.service.reporting.page import (
    Block,
    Case,
    Cases,
    Cell,
    Grid,
    Note,
    Notice,
    Plot,
    Section,
    Sign,
)
from handraise.service.reporting.words import (
    count_cell,
    counted,
    day,
    listed,
    moment,
    money,
    money_cell,
    money_unit,
    number,
    percent,
    share_cell,
    share_text,
    tame,
    value_text,
    whole,
)

MOST_TYPES = 20
MOST_ROWS = 60
MOST_BARS = 20
MOST_CASES = 5
MOST_FACTS = 12

NONE_ALONE = Cell("–", "none alone", is_number=True)


def rows_section(found: Backtest, table: Table) -> Section:
    """Return the rows of the table as what happens and where it goes, with what each did."""
    unit = money_unit(table)
    has_stake = any(line.stake is not None for line in found.rows)
    rows = []
    for line in found.rows[:MOST_ROWS]:
        row = [
            Cell(
                tame(f"{CONDITIONS.get(line.condition, line.condition)}: {line.rule}", 300),
                tame(line.row),
            ),
            Cell(tame(line.route), people_of(table, line.route)),
            share_cell(line.fired),
            count_cell(line.only),
            _of_labelled(line.wrong, line.labelled),
            _of_labelled(line.labelled - line.wrong, line.labelled),
        ]
        if has_stake:
            row.append(money_cell(line.stake, unit))
        rows.append(tuple(row))
    columns = ("If this happens", "It goes to", "Stops", "Only it", "Caught wrong", "For nothing")
    blocks: list[Block] = [
        Note(
            "Each row of the table with what it would have done to these decisions. One decision "
            "may stop at several rows."
        ),
        Grid(
            caption=f"The rows of the table, on {counted(found.decisions, 'decision')}",
            columns=(*columns, "Money in the wrong ones") if has_stake else columns,
            rows=tuple(rows),
            more=_more(len(found.rows) - len(rows), "row"),
        ),
    ]
    if 0 < len(found.rows) <= MOST_BARS:
        blocks.append(_rows_plot(found))
    return Section(id="rows", title="What stops the agent, and who is asked", blocks=tuple(blocks))


def people_of(table: Table, route: str) -> str:
    """Return the names of a route's people; empty where the table has no such route."""
    if route not in table.routes and route != OWNER:
        return ""
    ids = table.route_people(route)
    return listed([table.people[id].name for id in ids if id in table.people], 4)


def _of_labelled(count: int, labelled: int) -> Cell:
    if not labelled:
        return Cell("–", "no labels", is_number=True)
    return Cell(whole(count), f"of {whole(labelled)}", is_number=True)


def _rows_plot(found: Backtest) -> Plot:
    from handraise.service.plots.past import rows_chart

    most = max(found.rows, key=lambda line: line.fired.count)
    said = f"Most is stopped because {tame(most.rule, 200)}: {share_text(most.fired)} of all."
    return Plot(
        name="by-row",
        title="How much each row stops",
        about=f"A bar for each row of the table. {said}",
        captions=(
            said,
            "Where the full part of a bar is short, other rows stop the same decisions as well.",
        ),
        chart=lambda look: rows_chart(found.rows, look),
        key=(
            Sign("faint", "familiar", "all that the row stops"),
            Sign("block", "familiar", "what no other row stops"),
            Sign("line", "ink", "the interval: where the true rate lies, 95 times in 100"),
        ),
    )


def types_section(found: Backtest, table: Table) -> Section:
    """Return what would have happened to the most frequent types."""
    unit = money_unit(table)
    has_stake = any(line.stake is not None for line in found.types)
    rows = tuple(_type_row(line, unit, has_stake=has_stake) for line in found.types[:MOST_TYPES])
    columns = ("Type", "Decisions", "Stops", "Wrong alone", "Caught wrong")
    return Section(
        id="types",
        title="What it means for each type of request",
        blocks=(
            Grid(
                caption="Most frequent types first; below each rate its interval",
                columns=(*columns, "Money wrong alone") if has_stake else columns,
                rows=rows,
                more=_more(len(found.types) - len(rows), "type"),
            ),
        ),
    )


def _type_row(line: TypeLine, unit: str, *, has_stake: bool) -> tuple[Cell, ...]:
    row = (
        Cell(tame(line.type) or "no type", "" if line.is_known else "not known to the table"),
        count_cell(line.decisions),
        share_cell(line.stopped),
        share_cell(line.errors) if line.stopped.count < line.decisions else NONE_ALONE,
        count_cell(line.caught),
    )
    return (*row, money_cell(line.stake, unit)) if has_stake else row


def days_section(found: Backtest) -> Section:
    """Return how stops are spread over the days."""
    return Section(id="days", title="Day by day", blocks=tuple(_days(found)))


def _days(found: Backtest) -> Iterator[Block]:
    from handraise.service.plots.past import bars_of, days_chart, stops_of

    bars = bars_of(found.days)
    if not bars:
        yield Note("The history says nothing of when decisions were made.")
        return
    days = sum(one.days for one in bars)
    stopped = sum(one.stopped for one in bars)
    most = max(found.days, key=lambda one: one.stopped)
    busiest = f"The busiest day was {day(most.day)} with {counted(most.stopped, 'stop')}."
    mean = f"On average {stopped / days:,.1f} decisions a day would have stopped."
    yield Plot(
        name="by-day",
        title=stops_of(bars),
        about=f"Columns over {counted(days, 'day')}. {mean} {busiest}",
        captions=(f"{mean} {busiest}",),
        chart=lambda look: days_chart(bars, look),
        key=(
            Sign("block", "familiar", stops_of(bars).lower()),
            Sign("dashes", "limit", "the mean of all days"),
        ),
    )


def slipped_section(found: Backtest, table: Table) -> Section:
    """Return what would have gone wrong alone, with examples."""
    alone, unit = found.alone, money_unit(table)
    blocks: list[Block] = []
    if not alone.errors.of:
        blocks.append(
            Notice(
                f"{counted(alone.decisions, 'decision')} would have gone ahead, and none of them "
                "has a label: nobody knows how many were wrong."
            )
        )
    else:
        stake = "" if alone.stake is None else f" {money(alone.stake, unit)} hung on them."
        blocks.append(
            Note(
                f"{counted(alone.decisions, 'decision')} would have gone ahead without a human. Of "
                f"{counted(alone.errors.of, 'labelled one')} among them, "
                f"{whole(alone.errors.count)} were wrong: {share_text(alone.errors)}.{stake}"
            )
        )
    if alone.examples:
        title = "Wrong, and decided alone"
        if alone.stake is not None:
            title += "; most money first"
        blocks.append(Cases(title, tuple(_cases(alone.examples, unit))))
    return Section(id="slipped", title="What would have slipped through", blocks=tuple(blocks))


def nothing_section(found: Backtest, table: Table) -> Section:
    """Return what would have been stopped for nothing, with examples."""
    stopped, unit = found.stopped, money_unit(table)
    blocks: list[Block] = []
    if not stopped.for_nothing.of:
        blocks.append(
            Note(
                f"{counted(stopped.decisions, 'decision')} would have stopped, and none of them "
                "has a label: nobody knows how many a human would have changed."
            )
        )
    else:
        stake = "" if stopped.stake is None else f", with {money(stopped.stake, unit)} at stake"
        caught = stopped.caught
        blocks.append(
            Note(
                f"Of {counted(stopped.for_nothing.of, 'stopped decision')} with a label, "
                f"{whole(stopped.for_nothing.count)} were right anyway: "
                f"{share_text(stopped.for_nothing)}. The others were wrong and were caught: "
                f"{whole(caught.count)} ({percent(caught.share)}){stake}."
            )
        )
    if stopped.examples:
        blocks.append(
            Cases("Right, and stopped all the same", tuple(_cases(stopped.examples, unit)))
        )
    return Section(id="nothing", title="What was stopped for nothing", blocks=tuple(blocks))


def _cases(examples: Sequence[Example], unit: str) -> Iterator[Case]:
    for one in examples[:MOST_CASES]:
        facts = list(one.facts.items())
        lines = [
            ("when", moment(one.at) if one.at else ""),
            ("type", tame(one.type)),
            ("action", tame(one.action)),
            ("confidence", "not usable" if one.confidence is None else number(one.confidence)),
            *((tame(name, 60), value_text(value)) for name, value in facts[:MOST_FACTS]),
            ("", f"and {len(facts) - MOST_FACTS} more" if len(facts) > MOST_FACTS else ""),
            ("at stake", "" if one.stake is None else money(one.stake, unit)),
            ("asked", listed(one.routes)),
        ]
        yield Case(
            name=tame(one.id, 60) or "a decision",
            lines=tuple((name, value) for name, value in lines if value),
            sentences=tuple(tame(sentence, 300) for sentence in one.sentences[:MOST_FACTS]),
        )


def _more(count: int, noun: str) -> str:
    return f"And {counted(count, f'more {noun}')}." if count > 0 else ""
