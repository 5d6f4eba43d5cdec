"""`diff`: what another table would change, in words and on the past; what fits the people."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli import past_options as past
from handraise.cli.differences import lines_of, words_of
from handraise.cli.learn import shown
from handraise.cli.learned import Line
from handraise.cli.options import AsJson, one_table
from handraise.cli.output import DONE, FAILED, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.service.backtesting.comparison import Comparison
    from handraise.service.backtesting.difference import Difference
    from handraise.service.backtesting.fit import Fit

DAYS_OVER = "5%"


def diff(
    older: Annotated[Path, typer.Argument(metavar="OLD", help="The routing table that is there.")],
    newer: Annotated[
        Path | None,
        typer.Argument(metavar="[NEW]", help="The one that may replace it; none with --budget."),
    ] = None,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="HISTORY",
            help="Decisions of the past, as for `backtest`: a file or a folder; repeatable. "
            "Without it the tables are only compared in words.",
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            "--budget",
            metavar="BUDGET",
            help="What people take, e.g. '40 a day each', or '60 a day' for all of a route: "
            "which threshold of OLD fits that, and what it lets through.",
        ),
    ] = None,
    days_over: Annotated[
        str,
        typer.Option(
            "--days-over",
            metavar="RATE",
            help="On which share of days it may be more than the budget.",
        ),
    ] = DAYS_OVER,
    row: Annotated[
        str | None,
        typer.Option(
            "--row", metavar="ROW", help="The confidence row of the budget, e.g. confidence.2."
        ),
    ] = None,
    kind: past.TypeColumn = "type",
    action: past.ActionColumn = None,
    confidence: past.ConfidenceColumn = "confidence",
    at: past.AtColumn = None,
    correct: past.CorrectColumn = None,
    stake: past.StakeColumn = None,
    handling: past.HandlingColumn = None,
    id: past.IdColumn = None,
    text: past.TextColumn = None,
    familiarity: past.FamiliarityColumn = None,
    facts: past.FactColumns = None,
    fields: past.FieldColumns = None,
    ignore_unfamiliar: past.IgnoreUnfamiliar = False,
    engine: past.Engine = None,
    relation: past.Relation = None,
    examples: Annotated[
        int,
        typer.Option(
            "--examples", metavar="COUNT", min=0, max=100, help="How many of each change are shown."
        ),
    ] = 3,
    exit_code: Annotated[
        bool,
        typer.Option(
            "--exit-code",
            help="End with 1 when a decision that stopped goes ahead now; needs the past.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what another table would change: in its words, and for the decisions of the past.

    With --budget, and one table: the highest confidence threshold whose asks the people can take.
    It writes nothing. Ends with 0, whatever the difference, unless --exit-code is given.
    """
    has_past = bool(data) or engine is not None or relation is not None
    _check(newer, budget, exit_code=exit_code, has_past=has_past, narrowed=row is not None)
    from handraise.service.reading.tables import open_table

    first = one_table(older)
    table, _ = open_table(first)
    if not has_past and newer is not None:
        second = one_table(newer)
        _say_words(first, table, second, open_table(second)[0], as_json=as_json)
        return
    from handraise.service.extras import need_backtest

    need_backtest()
    from handraise.service.backtesting.comparison import Comparison

    plan = Comparison(
        older=first,
        newer=one_table(newer) if newer is not None else first,
        where=past.where_of(data, engine, relation),
        columns=past.columns_of(
            kind=kind,
            action=action,
            confidence=confidence,
            at=at,
            correct=correct,
            stake=stake,
            handling=handling,
            id=id,
            text=text,
            familiarity=familiarity,
            facts=facts,
            fields=fields,
        ),
        ignore_unfamiliar=ignore_unfamiliar,
        examples=examples,
    )
    if budget is not None:
        fit = _fitted(plan, table, budget, _rate(days_over), row)
        from handraise.cli.fits import lines_of_fit

        _say(fit, lines_of_fit(fit), as_json=as_json)
        return
    found = _compared(plan, table, open_table(plan.newer)[0])
    _say(found, lines_of(found), as_json=as_json)
    raise typer.Exit(FAILED if exit_code and found.goes_now.decisions.count else DONE)


def _check(
    newer: Path | None, budget: str | None, *, exit_code: bool, has_past: bool, narrowed: bool
) -> None:
    """Refuse what does not belong together.

    Raises:
        InputError: it does not.
    """
    if budget is None and newer is None:
        raise InputError(
            "one table alone has no difference",
            "name the new one too, or ask which threshold fits people: --budget '40 a day each'",
        )
    if budget is not None and newer is not None:
        raise InputError("--budget: looks for a threshold of one table", "leave NEW out")
    if budget is None and narrowed:
        raise InputError("--row: belongs to --budget", "leave it out")
    if not has_past and (budget is not None or exit_code):
        option = "--budget" if budget is not None else "--exit-code"
        raise InputError(f"{option}: needs decisions of the past", "--data HISTORY names them")
    if budget is not None and exit_code:
        raise InputError("--exit-code: belongs to two tables", "leave it out")


def _rate(written: str) -> float:
    """Return a share of days such as `5%` or `0.05`.

    Raises:
        InputError: it is none.
    """
    plain = written.replace(" ", "")
    try:
        found = float(plain.removesuffix("%")) / (100 if plain.endswith("%") else 1)
    except ValueError:
        found = 0.0
    if not 0 < found <= 0.5:
        raise InputError(
            f'--days-over: "{written}" is no share of days', "it is over 0 and at most 50%, e.g. 5%"
        )
    return found


def _say_words(older: Path, first: Table, newer: Path, second: Table, *, as_json: bool) -> None:
    """Say how two tables differ in what they say."""
    from handraise.service.backtesting.changes import changes

    _check_same_agent(older, first, newer, second)
    words = changes(first, second)
    if as_json:
        say_json(
            {
                "agent": first.agent,
                "older": {"table": str(older), "version": first.version},
                "newer": {"table": str(newer), "version": second.version},
                "words": words,
            }
        )
        return
    for line in words_of(words, str(older), first.version, str(newer), second.version):
        say(line.text, bold=line.is_loud)


def _check_same_agent(older: Path, first: Table, newer: Path, second: Table) -> None:
    if first.agent != second.agent:
        raise InputError(
            f'{newer}: is the table of "{second.agent}", and {older} of "{first.agent}"',
            "compare two tables of one agent",
        )


def _compared(plan: Comparison, older: Table, newer: Table) -> Difference:
    from handraise.service.backtesting.comparison import as_compared, opened_both
    from handraise.service.backtesting.differing import difference

    _check_same_agent(plan.older, older, plan.newer, newer)
    older, newer = as_compared(older, plan), as_compared(newer, plan)
    with shown() as progress, opened_both(plan, older, newer, progress) as (there, both):
        return difference(there, both, older, newer, plan)


def _fitted(
    plan: Comparison, table: Table, budget: str, days_over: float, named: str | None
) -> Fit:
    from handraise.service.backtesting.budget import fitted, row_of
    from handraise.service.backtesting.comparison import as_compared, opened_both
    from handraise.service.backtesting.pools import budget_of

    found = budget_of(budget)
    row = row_of(plan.older, table, named)
    table = as_compared(table, plan)
    with shown() as progress, opened_both(plan, table, table, progress) as (there, both):
        return fitted(there, both, table, row, found, plan, days_over=days_over)


def _say(result: object, lines: Iterable[Line], *, as_json: bool) -> None:
    if as_json:
        say_json(result)
        return
    for line in lines:
        say(line.text, bold=line.is_loud)
