"""The end of a report: what it leaves out, how it is to be read, and the whole table."""

from __future__ import annotations

from handraise.core.table.sheet import sheet_of
from handraise.core.table.types import Table
from handraise.service.backtesting.result import Backtest
from handraise.service.reporting.inputs import Inputs
from handraise.service.reporting.page import (
    Block,
    Cell,
    Glossary,
    Grid,
    Note,
    Points,
    Section,
    Term,
)
from handraise.service.reporting.words import counted, listed, tame, whole

MOST_COLUMNS = 40
MOST_LINES = 200

TERMS = (
    Term(
        "decision", "What the agent is about to do: answer a customer, pay a refund, close a case."
    ),
    Term("stops", "The agent does not act, and a named person is asked first."),
    Term("alone", "The agent acts without asking anybody."),
    Term(
        "confidence",
        "How sure the agent says it is, from 0 to 1. It may be wrong about that, too.",
    ),
    Term("threshold", "The confidence below which the agent stops."),
    Term(
        "caught, for nothing",
        "A stopped decision that would have been wrong is caught; one that would have been right "
        "was stopped for nothing.",
    ),
    Term("label", "What somebody found out later: whether a decision was right."),
    Term(
        "the numbers in brackets or below",
        "The interval in which the true rate lies, 95 times in 100, if decisions go on as these "
        "did (Clopper and Pearson's; for waits, the spread over the repetitions).",
    ),
    Term("route", "A role in the table: the people who are asked, in their order."),
    Term("row", "One line of the table: if this happens, ask that route."),
    Term("deadline", "How long somebody has to take an ask, and to decide it, before it moves on."),
)


def uncovered_section(found: Backtest) -> Section:
    """Return what the figures leave out."""
    blocks: list[Block] = []
    if found.left_out:
        blocks.append(Note("Not judged here, and judged by the gate at work:"))
        blocks.append(Points(tuple(tame(line, 300) for line in found.left_out[:MOST_COLUMNS])))
    bad = [one for one in found.unusable if one.missing or one.unreadable]
    if bad:
        blocks.append(
            Grid(
                caption="Columns with values that were missing or could not be used; where a row "
                "needs one of them, the agent stops",
                columns=("Column", "Missing", "Not usable"),
                rows=tuple(
                    (
                        Cell(tame(one.column, 60)),
                        Cell(whole(one.missing), is_number=True),
                        Cell(whole(one.unreadable), is_number=True),
                    )
                    for one in bad[:MOST_COLUMNS]
                ),
                more=f"And {counted(len(bad) - MOST_COLUMNS, 'more column')}."
                if len(bad) > MOST_COLUMNS
                else "",
            )
        )
    blocks.append(
        Note(
            f"{counted(found.labelled, 'decision')} of {whole(found.decisions)} have a label. What "
            "comes next month may differ from what came here: this page cannot see that."
        )
    )
    return Section(id="uncovered", title="What is not covered", blocks=tuple(blocks))


def reading_section() -> Section:
    """Return the words of the page and what they mean."""
    return Section(id="reading", title="How to read this page", blocks=(Glossary(TERMS),))


def table_section(table: Table) -> Section:
    """Return the whole table in words."""
    sheet = sheet_of(table)
    blocks: list[Block] = [Note(tame(line, 400)) for line in sheet.lead]
    for part in sheet.parts:
        if part.rows:
            rows = tuple(
                tuple(
                    Cell("\n".join(tame(line, 400) for line in cell[:MOST_COLUMNS])) for cell in row
                )
                for row in part.rows[:MOST_LINES]
            )
            more = len(part.rows) - len(rows)
            blocks.append(
                Grid(
                    caption=part.title,
                    columns=part.columns,
                    rows=rows,
                    more=f"And {counted(more, 'more line')}." if more > 0 else "",
                )
            )
        else:
            blocks.append(Note(f"{part.title}:"))
        blocks += [Note(tame(line, 2_000)) for line in part.notes]
    return Section(
        id="table", title="The whole routing table", blocks=tuple(blocks), is_appendix=True
    )


def foot(inputs: Inputs, release: str) -> str:
    """Return what made a report, for who wants to make it again."""
    found = inputs.backtest
    parts = [f"Handraise {release}"]
    if found is not None:
        parts.append(tame(found.engine, 60))
        parts.append(f"history: {listed(found.sources, 4)}")
    if inputs.calibrated is not None:
        report = inputs.calibrated
        parts.append(f"calibrated on {counted(report.labels, 'label')}")
    return " · ".join(parts)
