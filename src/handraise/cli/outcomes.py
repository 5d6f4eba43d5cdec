"""`outcomes`: what later turned out to be right, told from a file; and how it looks so far."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from handraise.cli.beside import opened_beside
from handraise.cli.options import DEFAULT_TABLE, AsJson, StoreUrl
from handraise.cli.output import DONE, FAILED, counted, note, say, say_json
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.model import OutcomeCounts
    from handraise.service.outcomes.reading import OutcomeColumns, ReadOutcomes
    from handraise.service.outcomes.telling import Taken

MOST_BAD = 20
MANY_BAD = 1_000


def _column(name: str, about: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(f"--{name}", metavar="COLUMN", help=about)
    return option


Files = Annotated[
    list[Path] | None,
    typer.Argument(
        metavar="[FILE]",
        help="Outcomes: .csv, .tsv, .jsonl (also .gz) and .parquet files, or folders. Without one, "
        "it is shown how decisions turned out so far.",
    ),
]
Table = Annotated[
    Path, typer.Option("--table", metavar="TABLE", help="The table that the store lies beside.")
]
Agent = Annotated[
    str | None,
    typer.Option("--agent", metavar="AGENT", help="Whose. Otherwise that of the table."),
]
Key = Annotated[str | None, _column("key", "Holds the key that each was decided with.")]
Id = Annotated[str | None, _column("id", "Holds the decision's id; instead of --key.")]
Correct = Annotated[
    str | None,
    _column(
        "correct",
        "Holds whether it was right: true or false, yes or no, right or wrong, 1 or 0; empty where "
        "nobody knows.",
    ),
]
At = Annotated[str | None, _column("at", "Holds when it turned out; otherwise it is now.")]
Stake = Annotated[
    str | None, _column("stake", "Holds what a wrong one cost, in the table's money unit.")
]
By = Annotated[
    str | None,
    typer.Option("--by", metavar="NAME", help="Who reports; otherwise the first file's name."),
]


def outcomes(
    files: Files = None,
    key: Key = None,
    id: Id = None,
    correct: Correct = None,
    at: At = None,
    stake: Stake = None,
    by: By = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Keep nothing, and say what would be.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Keep the good ones where others are bad.")
    ] = False,
    table: Table = DEFAULT_TABLE,
    agent: Agent = None,
    store: StoreUrl = None,
    as_json: AsJson = False,
) -> int:
    """Tell how decisions turned out, days or months later; the newest word on each counts.

    All is kept or, where a row is bad, nothing: each bad one is named with its line. The same file
    may be told twice: what is known already is passed over.
    """
    if not files:
        if (key, id, correct, at, stake, by, dry_run, skip_bad) != (*(None,) * 6, False, False):
            raise InputError("no file of outcomes was named", "e.g. handraise outcomes paid.csv …")
        return _show(table, agent, store, as_json=as_json)
    from handraise.service.outcomes.reading import OutcomeColumns, read_outcomes

    if correct is None:
        raise InputError("--correct: no column says whether it was right", "--correct COLUMN")
    columns = OutcomeColumns(correct=correct, key=key, id=id, at=at, stake=stake)
    read = read_outcomes(files, columns)
    taken = _taken(read, table, agent, store, by=by or files[0].name, skip=skip_bad, dry=dry_run)
    if as_json:
        say_json(_told(read, taken))
    else:
        _say_taken(read, taken, columns, dry_run=dry_run)
    return DONE if not taken.bad or skip_bad else FAILED


def _taken(
    read: ReadOutcomes,
    table: Path,
    agent: str | None,
    store: str | None,
    *,
    by: str,
    skip: bool,
    dry: bool,
) -> Taken:
    """Return what came of the reports; what cannot be read counts as bad, before the others."""
    import msgspec

    from handraise.clock import SystemClock
    from handraise.service.outcomes.telling import Outcomes

    with opened_beside(table, store) as place:
        taken = Outcomes(place.store, place.shelf, SystemClock()).take(
            place.one(agent),
            read.reports,
            source="file",
            by=by,
            skip_bad=skip,
            dry_run=dry or (bool(read.bad) and not skip),
        )
    found: Taken = msgspec.structs.replace(taken, bad=(*read.bad, *taken.bad))
    return found


def _say_taken(read: ReadOutcomes, taken: Taken, columns: OutcomeColumns, *, dry_run: bool) -> None:
    for one in taken.bad[:MOST_BAD]:
        say(f"{one.place}: {one.why}")
    if len(taken.bad) > MOST_BAD:
        say(f"and {len(taken.bad) - MOST_BAD:,} more; --json lists them")
    what = counted(taken.kept, "outcome")
    if taken.is_kept:
        say(f"{what} kept{f', {taken.known:,} known already' if taken.known else ''}")
        note(f"{taken.alone:,} of them are about decisions that the agent took alone")
    elif dry_run:
        say(f"{what} would be kept; nothing was written")
    elif taken.bad:
        say(f"nothing was kept: {counted(len(taken.bad), 'row')} of {read.rows:,} cannot be")
        note("mend them; or --skip-bad keeps the other ones")
    else:
        say("nothing was kept: no row says right or wrong")
    if read.unknown:
        note(f'{counted(read.unknown, "row")} with nothing in "{columns.correct}" left out')


def _told(read: ReadOutcomes, taken: Taken) -> dict[str, object]:
    return {
        "rows": read.rows,
        "unknown": read.unknown,
        "kept": taken.kept if taken.is_kept else 0,
        "would_keep": taken.kept,
        "known": taken.known,
        "alone": taken.alone,
        "is_kept": taken.is_kept,
        "bad": [{"place": one.place, "why": one.why} for one in taken.bad[:MANY_BAD]],
        "bad_count": len(taken.bad),
    }


def _show(table: Path, agent: str | None, store: str | None, *, as_json: bool) -> int:
    """Show how the decisions turned out that agents took alone."""
    with opened_beside(table, store) as place:
        found = {one: place.store.outcomes_alone(one) for one in place.agents(agent)}
    if as_json:
        say_json([{"agent": name, **_figures(counts)} for name, counts in found.items()])
        return DONE
    for name, counts in found.items():
        _say_counts(name, counts)
    return DONE


def _figures(counts: OutcomeCounts) -> dict[str, object]:
    return {name: getattr(counts, name) for name in counts.__struct_fields__}


def _say_counts(agent: str, counts: OutcomeCounts) -> None:
    say(agent, bold=True)
    if not counts.told:
        say("    nobody told yet how a decision turned out that it took alone")
        note("`handraise outcomes FILE --key COLUMN --correct COLUMN` tells of some")
    else:
        share = counts.wrong / counts.told
        # Those of the last moments are counted a little later.
        of = f" of {counts.alone:,}" if counts.alone >= counts.told else ""
        say(
            f"    {counts.told:,}{of} decisions taken alone have an outcome: "
            f"{counts.wrong:,} wrong ({share:.1%})"
        )
        if counts.staked:
            say(f"    {counts.staked:,} of the wrong ones cost {counts.cost:,.2f} together")
        note("these are no random sample: what goes wrong is told more often, or not at all;")
        note("`handraise audits` says how many go wrong of all, from a random sample")
    if counts.own_word:
        note(f"the agent itself told of {counts.own_word:,}, which does not count")
