"""`diff`: what another table would change, in words, by proof and on the past; what fits people."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from msgspec import Struct

from handraise.cli import past_options as past
from handraise.cli.differences import past_of, words_of
from handraise.cli.learn import shown
from handraise.cli.learned import Line
from handraise.cli.options import AsJson, StoreUrl, one_table
from handraise.cli.output import DONE, FAILED, say, say_json, say_lines
from handraise.cli.pair import Pair, pair_of
from handraise.cli.prove import TIMEOUT, Timeout, timeout_s
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.core.table.types import Table
    from handraise.service.backtesting.comparison import Comparison
    from handraise.service.backtesting.difference import Difference
    from handraise.service.backtesting.fit import Fit
    from handraise.service.backtesting.plan import Columns
    from handraise.service.backtesting.review import Review


class OfPast(Struct, frozen=True, kw_only=True):
    """What is asked of the past: where it lies, what its columns hold, and how much is shown."""

    data: list[Path] | None
    engine: str | None
    relation: str | None
    columns: Columns
    ignore_unfamiliar: bool
    examples: int

    @property
    def is_wanted(self) -> bool:
        """Whether any past was named."""
        return bool(self.data) or self.engine is not None or self.relation is not None

    def plan(self, older: Path, newer: Path, beside: Path | None = None) -> Comparison:
        """Return the comparison of two tables on it.

        Raises:
            InputError: the past was not named well.
            SettingsError: what reads it is not installed.
        """
        from handraise.service.extras import need_backtest

        need_backtest()
        from handraise.service.backtesting.comparison import Comparison

        return Comparison(
            older=older,
            newer=newer,
            beside=beside,
            where=past.where_of(self.data, self.engine, self.relation),
            columns=self.columns,
            ignore_unfamiliar=self.ignore_unfamiliar,
            examples=self.examples,
        )


class Format(StrEnum):
    """How a difference is printed."""

    text = "text"
    markdown = "markdown"


DAYS_OVER = "5%"


def diff(
    older: Annotated[
        Path,
        typer.Argument(
            metavar="OLD", help="The routing table that is there; with --signed, the new one."
        ),
    ],
    newer: Annotated[
        Path | None,
        typer.Argument(
            metavar="[NEW]",
            help="The one that may replace it; none with --budget or --signed.",
        ),
    ] = None,
    signed: Annotated[
        bool,
        typer.Option(
            "--signed", help="Compare with the version in force in the store, in place of OLD."
        ),
    ] = False,
    store: StoreUrl = None,
    beside: Annotated[
        Path | None,
        typer.Option(
            "--beside",
            metavar="FOLDER",
            help="Where the files lie that the tables name (known/, calendars, calibration); "
            "otherwise beside each.",
        ),
    ] = None,
    texts_only: Annotated[
        bool,
        typer.Option(
            "--texts-only",
            help="Do without the files that the tables name: they are taken to be the same.",
        ),
    ] = False,
    no_proof: Annotated[
        bool, typer.Option("--no-proof", help="Do not prove whether NEW is at least as strict.")
    ] = False,
    timeout: Timeout = TIMEOUT,
    form: Annotated[
        Format,
        typer.Option(
            "--format", metavar="text|markdown", help="Markdown is fit for a pull request."
        ),
    ] = Format.text,
    data: Annotated[
        list[Path] | None,
        typer.Option(
            "--data",
            metavar="HISTORY",
            help="Decisions of the past, as for `backtest`: a file or a folder; repeatable. "
            "Without it the tables are compared in words and by proof.",
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
            help="End with 1 unless NEW is proved to be at least as strict, or when a decision "
            "of the past that stopped goes ahead now, a claim of either table does not hold of "
            "NEW, one of its tests fails, or the versions differ in something that is not told.",
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Say what another table would change: in its words, by proof, and for the past.

    Whether a decision can go ahead now that stopped before, who must accept again, and what is left
    to do. With --budget, and one table: the highest confidence threshold whose asks the people
    can take. It writes nothing. Ends with 0, whatever the difference, unless --exit-code is given.
    """
    limit_s = timeout_s(timeout)
    of_past = OfPast(
        data=data,
        engine=engine,
        relation=relation,
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
        refused = {
            "--signed": signed, "--store": store, "--beside": beside, "--no-proof": no_proof,
            "--format": form != Format.text, "--exit-code": exit_code, "--texts-only": texts_only,
        }  # fmt: skip
        _check_budget(newer, [one for one, given in refused.items() if given], of_past)
        _say_fit(one_table(older), budget, _rate(days_over), row, of_past, as_json=as_json)
        return
    _check_pair(newer, row, store, signed=signed)
    _check_exit(of_past, exit_code=exit_code, proves=not no_proof)
    if texts_only and (signed or beside is not None or of_past.is_wanted):
        raise InputError(
            "--texts-only: belongs to two texts alone", "leave --signed, --beside and --data out"
        )
    pair = pair_of(older, newer, store=store, beside=beside, texts_only=texts_only)
    from handraise.service.backtesting.review import review, tried

    place = pair.newer_path.parent if signed and beside is None else beside
    seen = _compared(pair, of_past, place) if of_past.is_wanted else None
    found = review(
        pair.older,
        pair.newer,
        pair.names,
        proves=not no_proof,
        timeout_s=limit_s,
        notes=pair.notes,
        tests=None if texts_only else tried(pair.newer, pair.newer_path, beside),
        to_drill=pair.to_drill,
    )
    _say(pair, found, seen, form, as_json=as_json)
    raise typer.Exit(FAILED if exit_code and not _holds(found, seen) else DONE)


def _check_pair(newer: Path | None, row: str | None, store: str | None, *, signed: bool) -> None:
    """Refuse what does not belong to a comparison of two tables."""
    if newer is None and not signed:
        raise InputError(
            "one table alone has no difference",
            "name the new one too, or compare with the version in force: --signed, or ask which "
            "threshold fits people: --budget '40 a day each'",
        )
    if newer is not None and signed:
        raise InputError("--signed: stands in place of OLD", "name the new table alone")
    if store is not None and not signed:
        raise InputError("--store: belongs to --signed", "leave it out")
    if row is not None:
        raise InputError("--row: belongs to --budget", "leave it out")


def _check_exit(of_past: OfPast, *, exit_code: bool, proves: bool) -> None:
    """Refuse an exit code that would rest on nothing.

    Raises:
        InputError: neither a proof nor the past is wanted.
        SettingsError: only a proof is, and what makes it is not installed.
    """
    if not exit_code or of_past.is_wanted:
        return
    if not proves:
        raise InputError(
            "--exit-code: needs a proof, or decisions of the past",
            "leave --no-proof out, or name some: --data HISTORY",
        )
    from handraise.service.extras import need_prove

    need_prove()


def _check_budget(newer: Path | None, refused: list[str], of_past: OfPast) -> None:
    """Refuse what does not belong to a budget."""
    if newer is not None:
        raise InputError("--budget: looks for a threshold of one table", "leave NEW out")
    if not of_past.is_wanted:
        raise InputError("--budget: needs decisions of the past", "--data HISTORY names them")
    if refused:
        raise InputError(f"{refused[0]}: belongs to two tables", "leave it out")


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


def _holds(found: Review, seen: Difference | None) -> bool:
    """Whether nothing goes ahead that stopped before, and no claim and no test is broken.

    In the past, and by proof if there is one. What nobody can tell counts as a difference.
    """
    if not found.keeps_word or not found.is_told:
        return False
    if seen is not None and seen.goes_now.decisions.count:
        return False
    return found.is_as_strict or (found.proof is None and seen is not None)


def _compared(pair: Pair, of_past: OfPast, beside: Path | None) -> Difference:
    plan = of_past.plan(pair.older_path, pair.newer_path, beside)
    from handraise.service.backtesting.comparison import as_compared, opened_both
    from handraise.service.backtesting.differing import difference

    older, newer = as_compared(pair.older, plan), as_compared(pair.newer, plan)
    with shown() as progress, opened_both(plan, older, newer, progress) as (there, both):
        return difference(there, both, older, newer, plan)


def _say(
    pair: Pair, found: Review, seen: Difference | None, form: Format, *, as_json: bool
) -> None:
    from handraise.cli.review_markdown import markdown_of
    from handraise.cli.reviewed import json_of_review, lines_of_review

    path, table = pair.newer_path, pair.newer
    if as_json:
        words = [one.sentence for one in found.changes]
        plain = {"agent": found.agent, "older": found.older, "newer": found.newer, "words": words}
        told = plain if seen is None else msgspec.to_builtins(seen)
        say_json({**told, **json_of_review(path, table, found)})
    elif form == Format.markdown:
        told_of_past = [] if seen is None else [line.text for line in past_of(seen)]
        say("\n\n".join(markdown_of(path, table, found, told_of_past)))
    else:
        lines = [*words_of(found), *lines_of_review(path, table, found)]
        lines += [] if seen is None else [Line(""), *past_of(seen)]
        say_lines(lines)


def _say_fit(
    path: Path, budget: str, days_over: float, named: str | None, of_past: OfPast, *, as_json: bool
) -> None:
    """Say which threshold of a table's row the people have time for."""
    from handraise.service.reading.tables import open_table

    table, _ = open_table(path)
    fit = _fitted(of_past.plan(path, path), table, budget, days_over, named)
    if as_json:
        say_json(fit)
        return
    from handraise.cli.fits import lines_of_fit

    say_lines(lines_of_fit(fit))


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
