"""What learning reads: the table as it will be, and the labelled rows, twice, divided and sampled.

INVARIANT: what people named is fitted on and never held out: it was stopped, so it is no fair
sample of the familiar, and would make more of it look usual.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.familiar.look import Asked
from handraise.core.gate.evidence import gather, text
from handraise.core.gate.looking import unusable
from handraise.core.table.read import read
from handraise.core.table.source import read_source
from handraise.core.table.types import FactType, Table
from handraise.errors import InputError, TableError
from handraise.model import Learned
from handraise.service.learning.fitting.facts_fit import FactCounter
from handraise.service.learning.fitting.fit import Parts, Rows
from handraise.service.learning.plan import Named, Plan, Progress
from handraise.service.learning.rows import NO_TEXT, Batch, Columns, Row, RowReader, read_rows
from handraise.service.learning.seen import Seen, check_types
from handraise.service.learning.splitting import Reservoir, Sample, Split
from handraise.service.reading.calibration import read_calibration
from handraise.service.reading.tables import labelled_types, read_text

FOLDER = "known"
MAX_FITTED = 30_000
MAX_HELD_OUT = 10_000
LEAST_HELD_OUT = 20
NAMED_NO_TEXT = f"named by people, {NO_TEXT}"
NAMED_UNUSABLE = "named by people, a fact that cannot be used"


class Wanted(Struct, frozen=True, kw_only=True):
    """What is to be learned for which table.

    Attributes:
        table: as it will be once its learned files are there.
        facts: the facts to be learned, with their types.
        not_learned: declared facts without a column.
    """

    table: Table
    facts: dict[str, FactType]
    not_learned: tuple[str, ...]


class Gathered(Struct, frozen=True, kw_only=True):
    """What two readings of the rows gave.

    Attributes:
        seen: what all rows showed.
        parts: a bounded sample of them, divided.
        counter: what was counted of the facts of fitted rows; None without facts.
        skipped: rows that cannot be learned from, by why.
        added: rows among them that people named.
        copies: held-out rows that repeat a fitted one.
        kinds: of each fact: number, text or boolean.
    """

    seen: Seen
    parts: Parts
    counter: FactCounter | None
    skipped: dict[str, int]
    added: int
    copies: int
    kinds: dict[str, str]


def agent_of(path: Path) -> str:
    """Return the agent of a table that may lack its learned files yet.

    Raises:
        InputError: the file cannot be read.
        TableError: it names no agent.
    """
    source, findings = read_source(read_text(path), str(path))
    found = source.data.get("agent") if source and isinstance(source.data, dict) else None
    if not isinstance(found, str):
        raise TableError(findings or read(read_text(path), str(path)).errors)
    return found


def wanted_of(plan: Plan, progress: Progress) -> Wanted:
    """Return what is to be learned, after a look at all types.

    Raises:
        InputError: a file, column or value is not as expected, or there is nothing to learn.
        TableError: the table has findings that are errors.
    """
    reader = read_rows(plan.paths, Columns(text=None, type=plan.columns.type), {})
    types = {one.type for one in plan.added}
    for batch in told(reader, "reading the types", progress):
        types.update(batch.types)
        check_types(len(types))
    table = _table(plan.table, types)
    there, columns = set(reader.names), plan.columns.facts
    named = {*(plan.facts or ()), *columns}
    for name in sorted(named - table.facts.keys()):
        declared = ", ".join(table.facts) or "none"
        raise InputError(
            f'{plan.table}: there is no fact "{name}"', f"the table declares {declared}"
        )
    facts = {
        name: fact.type
        for name, fact in table.facts.items()
        if name in named or (plan.facts is None and columns.get(name, name) in there)
    }
    if plan.columns.text is None and not facts:
        raise InputError(
            "there is nothing to learn: no text column is named and no fact has a column",
            "name the column of the requests with --text",
        )
    not_learned = tuple(name for name in table.facts if name not in facts)
    return Wanted(table=table, facts=facts, not_learned=not_learned)


def _table(path: Path, types: set[str]) -> Table:
    """Return the table as it will be once its learned files are there.

    Raises:
        TableError: it has other findings that are errors.
    """
    nothing = Learned(folder="", digest="0" * 64, facts={}, reads_text=False, least_rate=1e-9)
    reading = read(
        read_text(path),
        str(path),
        known=lambda file, column: labelled_types(path.parent / file, column),
        learned=lambda _folder: (nothing, tuple(sorted(types))),
        calibration=lambda file: read_calibration(path.parent / file),
    )
    if reading.table is None and {finding.code for finding in reading.errors} == {"not-learned"}:
        raise InputError(
            f"{path}: a row asks for what is unfamiliar, but known: lists types",
            f"first write `known: {FOLDER}/` in the table, in place of the list",
        )
    if reading.table is None:
        raise TableError(reading.errors)
    return reading.table


def gathered(plan: Plan, wanted: Wanted, progress: Progress) -> Gathered:
    """Return what two readings of the rows give; memory stays bounded whatever their number.

    Raises:
        InputError: a file, column or value is not as expected, or there are too few rows.
    """
    facts = wanted.facts
    seen, split = Seen(facts), Split(by_chance=plan.by_chance)
    readers = [read_rows(plan.paths, plan.columns, facts)]
    if plan.held_out:
        readers.append(read_rows(plan.held_out, plan.columns, facts))
    for given, reader in enumerate(readers):
        for batch in told(reader, "reading the rows", progress, start=_start(readers, reader)):
            seen.add(batch)
            split.see(batch, given=bool(given))
    rows, mute = _rows_of(plan, wanted, start=sum(reader.rows for reader in readers))
    added = _batch(rows, facts)
    named = frozenset(added.types) - seen.types.keys()
    seen.add(added)
    split.see(added, fitted=True)
    copies = split.settle()
    if plan.held_out and 0 < copies == readers[-1].rows - sum(readers[-1].skipped.values()):
        raise InputError(
            "--held-out: each of its rows repeats one that is learned from",
            "name rows of their own: these would make every new request look unusual",
        )
    kinds = {name: _kind(type) for name, type in facts.items()}
    counter = FactCounter(kinds) if kinds else None
    again = _again(readers, added, progress)
    parts = _divided(again, split, counter, reads_text=plan.columns.text is not None)
    return Gathered(
        seen=seen,
        parts=replace(parts, named=named),
        counter=counter,
        skipped=_skipped(readers, mute),
        added=len(rows),
        copies=copies,
        kinds=kinds,
    )


def _divided(
    batches: Iterator[Batch], split: Split, counter: FactCounter | None, *, reads_text: bool
) -> Parts:
    fitted, members, whole = Sample(MAX_FITTED), Reservoir(MAX_HELD_OUT), Reservoir(MAX_HELD_OUT)
    for batch in batches:
        parts = split.parts(batch)
        if len(parts) != len(batch):
            raise InputError("a labelled file changed while it was read", "try again")
        places = [place for place, part in enumerate(parts) if part == "fit"]
        fitted.offer(batch, split.hashes(batch), places)
        if counter is not None:
            counter.add([_asked(batch.row(place)) for place in places])
        for place, part in enumerate(parts):
            if part != "fit":
                (members if part == "members" else whole).offer(batch.row(place))
    least = min(len(members.rows), len(whole.rows))
    if least < LEAST_HELD_OUT or not len(fitted):
        raise InputError(
            f"there are too few rows: {least} could be held out for each half, "
            f"and {LEAST_HELD_OUT} are needed",
            "a fifth of the rows is held out: bring some 200 or more",
        )
    return Parts(
        _rows([one.row for one in fitted.rows()]),
        _rows(members.rows),
        _rows(whole.rows),
        reads_text,
    )


def told(reader: RowReader, what: str, progress: Progress, *, start: int = 0) -> Iterator[Batch]:
    """Yield the batches of a reader, their rows counted from `start`; says how far it is."""
    for batch in reader:
        numbers = [start + number for number in batch.numbers] if start else batch.numbers
        yield replace(batch, numbers=numbers)
        progress(what, reader.done_bytes / max(reader.total_bytes, 1))
    progress(what, 1.0)


def _again(readers: Sequence[RowReader], added: Batch, progress: Progress) -> Iterator[Batch]:
    starts = [_start(readers, reader) for reader in readers]
    for start, reader in zip(starts, readers, strict=True):
        yield from told(reader, "dividing the rows", progress, start=start)
    yield added


def _start(readers: Sequence[RowReader], reader: RowReader) -> int:
    """Return how many rows come before those of a reader; the ones before have been read."""
    return sum(one.rows for one in readers[: readers.index(reader)])


def _skipped(readers: Sequence[RowReader], mute: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for reader in readers:
        for why, count in reader.skipped.items():
            found[why] = found.get(why, 0) + count
    return found | mute


def _rows_of(plan: Plan, wanted: Wanted, *, start: int) -> tuple[list[Row], dict[str, int]]:
    """Return what people named as rows behind the others, and how many cannot be used, by why.

    The gate would not judge a decision with a fact that cannot be used: it is not learned either.
    """
    rows: list[Row] = []
    skipped: dict[str, int] = {}
    for one in plan.added:
        words = None if plan.columns.text is None else _text(one)
        seen = gather(wanted.table, one.decision)
        if plan.columns.text is not None and words is None:
            skipped[NAMED_NO_TEXT] = skipped.get(NAMED_NO_TEXT, 0) + 1
        elif unusable(wanted.table, one.decision, seen, wanted.facts):
            skipped[NAMED_UNUSABLE] = skipped.get(NAMED_UNUSABLE, 0) + 1
        else:
            rows.append(Row(start + len(rows) + 1, words, one.type, seen.facts))
    return rows, skipped


def _text(named: Named) -> str | None:
    found = text(named.decision.text)
    return found if found is not None and found.strip() else None


def _batch(rows: Sequence[Row], facts: dict[str, FactType]) -> Batch:
    return Batch(
        [row.number for row in rows],
        [row.text for row in rows],
        [row.type for row in rows],
        {name: [row.facts.get(name) for row in rows] for name in facts},
    )


def _kind(type: FactType) -> str:
    if type in ("number", "integer"):
        return "number"
    return "boolean" if type == "boolean" else "text"


def _asked(row: Row) -> Asked:
    facts = {name: value for name, value in row.facts.items() if value is not None}
    return Asked(row.text, row.type, facts)


def _rows(rows: Sequence[Row]) -> Rows:
    return Rows(tuple(_asked(row) for row in rows), tuple(row.number for row in rows))
