"""Learning what is familiar from labelled rows: read twice, divided, fitted, promised, written.

INVARIANT: nothing is written unless everything before it went well; the old files stay until then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import version
from pathlib import Path

import msgspec
from msgspec import Struct

import handraise.core.familiar.conformal as conformal
from handraise.clock import Clock, SystemClock
from handraise.core.familiar.look import Asked, CannotLookError
from handraise.core.familiar.model import Encode
from handraise.core.table.read import read
from handraise.core.table.types import FactType, Table
from handraise.errors import EncoderError, InputError, SettingsError, TableError
from handraise.model import Learned
from handraise.service.learning.artifact import Manifest, write_files
from handraise.service.learning.encoders import Encoder, EncoderChoice, fingerprint, open_encoder
from handraise.service.learning.fitting.facts_fit import FactCounter
from handraise.service.learning.fitting.fit import Fitted, Parts, Rows, fit
from handraise.service.learning.forecast import (
    Forecast,
    Overlap,
    Promise,
    StoppedType,
    leave_types_out,
    overlaps,
    promise,
    stopped_types,
)
from handraise.service.learning.learned_model import FINGERPRINT, MAP, Encoding, map_directions
from handraise.service.learning.packing import packed
from handraise.service.learning.rows import Batch, Columns, Row, RowReader, read_rows
from handraise.service.learning.seen import Conflicts, Seen
from handraise.service.learning.splitting import LEAST_OF_TYPE, Reservoir, Sample, Split
from handraise.service.reading.tables import labelled_types, read_text

MAX_FITTED = 30_000
MAX_HELD_OUT = 10_000
LEAST_HELD_OUT = 20
RATE = 0.02
FOLDER = "known"

Progress = Callable[[str, float | None], None]
"""Told what is being done, and the share of it that is done, where that can be said."""


class Plan(Struct, frozen=True, kw_only=True):
    """What to learn from, and how.

    Attributes:
        table: the routing table.
        paths: the labelled files, or folders of them.
        columns: which columns hold what.
        facts: the facts to learn; None for each declared one that has a column.
        held_out: files whose rows are held out instead of the last ones of each type.
        encoder: what turns requests into vectors.
        folder: where the learned files go; None where the table names it, or `known` beside it.
        keep_texts: whether texts are kept, to be shown as the nearest ones.
        by_chance: a seed: rows are held out by chance instead of the last ones.
        rate: the false-alarm rate to report on; None for the table's.
        added: rows that people named, to be learned as well.
    """

    table: Path
    paths: tuple[Path, ...]
    columns: Columns
    facts: tuple[str, ...] | None = None
    held_out: tuple[Path, ...] = ()
    encoder: EncoderChoice = EncoderChoice(kind="words")
    folder: Path | None = None
    keep_texts: bool = False
    by_chance: int | None = None
    rate: float | None = None
    added: tuple[Row, ...] = ()


class Report(Struct, frozen=True, kw_only=True):
    """What was learned, what it can promise, and what is odd about the rows.

    Attributes:
        folder: where the learned files are.
        digest: of the learned files.
        is_named: whether the table names that folder already.
        rows: labelled rows that could be learned from.
        skipped: rows that could not, by why.
        added: rows among them that people named.
        fitted: rows that were fitted on.
        held_out: rows that calibrate, in two halves.
        types: rows of each type, most first.
        too_small: types of which nothing could be held out.
        facts: the facts that were learned, with what each is.
        not_learned: declared facts without a column.
        unchecked: text facts with too many different values to be checked.
        copies: rows that repeat an earlier one exactly; they are where the first one is.
        conflicts: texts under several types.
        least_rate: the lowest rate that can be asked for.
        promise: the false-alarm rate and its interval; None where the rows cannot carry it.
        forecast: the share of new types it would catch; None with too few types.
        stopped_types: types that bear most of the false alarms.
        overlaps: types that are hard to tell apart.
        encoder: what turned requests into vectors.
    """

    folder: Path
    digest: str
    is_named: bool
    rows: int
    skipped: dict[str, int]
    added: int
    fitted: int
    held_out: int
    types: dict[str, int]
    too_small: tuple[str, ...]
    facts: dict[str, str]
    not_learned: tuple[str, ...]
    unchecked: tuple[str, ...]
    copies: int
    conflicts: Conflicts
    least_rate: float
    promise: Promise | None
    forecast: Forecast | None
    stopped_types: tuple[StoppedType, ...]
    overlaps: tuple[Overlap, ...]
    encoder: EncoderChoice


def learn(
    plan: Plan, *, clock: Clock | None = None, progress: Progress = lambda _what, _share: None
) -> Report:
    """Learn what is familiar, write the learned files, and return what came of it.

    The same rows give the same files.

    Args:
        plan: what to learn from, and how.
        clock: the time, to be written beside it.
        progress: told what is being done.

    Raises:
        InputError: a file, column or value is not as expected, or there are too few rows.
        TableError: the table has findings that are errors.
        SettingsError: a package is not installed.
        EncoderError: the encoder cannot be reached.
    """
    table, kinds, not_learned = _table_and_facts(plan, progress)
    encoder = None if plan.encoder.kind == "words" else open_encoder(plan.encoder)
    if plan.columns.text is None:
        encoder = None
    elif encoder is None:
        _need_learn()
    gathered = _gathered(plan, kinds, progress)
    encode = None if encoder is None else Encoding(encoder)
    try:
        return _learned(plan, table, gathered, not_learned, encoder, encode, clock, progress)
    except CannotLookError as error:
        raise EncoderError(str(error), "nothing was written; try again") from None


class _Gathered(Struct, frozen=True, kw_only=True):
    """What two readings of the rows gave."""

    seen: Seen
    parts: Parts
    counter: FactCounter | None
    skipped: dict[str, int]
    copies: int
    kinds: dict[str, str]


def _table_and_facts(
    plan: Plan, progress: Progress
) -> tuple[Table, dict[str, FactType], tuple[str, ...]]:
    """Return the table, the facts to be learned, and the declared ones that have no column."""
    bare = Columns(text=None, type=plan.columns.type)
    reader = read_rows(plan.paths, bare, {})
    types: set[str] = {row.type for row in plan.added}
    for batch in _told(reader, "reading the types", progress):
        types.update(batch.types)
    table = _table(plan.table, types)
    wanted = [name for name in plan.facts or () if name not in table.facts]
    if wanted:
        declared = ", ".join(table.facts) or "none"
        raise InputError(
            f'{plan.table}: there is no fact "{wanted[0]}"', f"the table declares {declared}"
        )
    there = set(reader.names)
    facts = {
        name: fact.type
        for name, fact in table.facts.items()
        if (
            plan.columns.facts.get(name, name) in there
            if plan.facts is None
            else name in plan.facts
        )
    }
    if plan.columns.text is None and not facts:
        raise InputError(
            "there is nothing to learn: no text column is named and no fact has a column",
            "name the column of the requests with --text",
        )
    return table, facts, tuple(name for name in table.facts if name not in facts)


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
    )
    if reading.table is None:
        raise TableError(reading.errors)
    return reading.table


def _gathered(plan: Plan, facts: dict[str, FactType], progress: Progress) -> _Gathered:
    seen, split = Seen(facts), Split(by_chance=plan.by_chance)
    readers = [(read_rows(plan.paths, plan.columns, facts), False)]
    if plan.held_out:
        readers.append((read_rows(plan.held_out, plan.columns, facts), True))
    skipped: dict[str, int] = {}
    for reader, given in readers:
        for batch in _told(reader, "reading the rows", progress):
            seen.add(batch)
            split.see(batch, given=given)
        for why, count in reader.skipped.items():
            skipped[why] = skipped.get(why, 0) + count
    added = _added(plan.added, facts, start=seen.rows)
    seen.add(added)
    split.see(added)
    copies = split.settle()
    kinds = {name: _kind(type) for name, type in facts.items()}
    counter = FactCounter(kinds) if kinds else None
    fitted, members, whole = Sample(MAX_FITTED), Reservoir(MAX_HELD_OUT), Reservoir(MAX_HELD_OUT)
    for batch in _again(readers, added, progress):
        parts = split.parts(batch)
        places = [place for place, part in enumerate(parts) if part == "fit"]
        fitted.offer(batch, split.hashes(batch), places)
        if counter is not None:
            counter.add([_asked(batch.row(place)) for place in places])
        for place, part in enumerate(parts):
            if part != "fit":
                (members if part == "members" else whole).offer(batch.row(place))
    parts_of = Parts(
        _rows([one.row for one in fitted.rows()]),
        _rows(members.rows),
        _rows(whole.rows),
        plan.columns.text is not None,
    )
    _check_enough(parts_of)
    return _Gathered(
        seen=seen, parts=parts_of, counter=counter, skipped=skipped, copies=copies, kinds=kinds
    )


def _again(
    readers: Sequence[tuple[RowReader, bool]], added: Batch, progress: Progress
) -> Iterator[Batch]:
    for reader, _ in readers:
        yield from _told(reader, "dividing the rows", progress)
    yield added


def _check_enough(parts: Parts) -> None:
    least = min(len(parts.members.asked), len(parts.whole.asked))
    if least < LEAST_HELD_OUT:
        raise InputError(
            f"there are too few rows: {least} could be held out for each half, "
            f"and {LEAST_HELD_OUT} are needed",
            f"of each type with {LEAST_OF_TYPE} rows or more a fifth is held out: bring more rows",
        )


def _learned(
    plan: Plan,
    table: Table,
    gathered: _Gathered,
    not_learned: tuple[str, ...],
    encoder: Encoder | None,
    encode: Encode | None,
    clock: Clock | None,
    progress: Progress,
) -> Report:
    parts = gathered.parts
    facts = gathered.counter.facts() if gathered.counter is not None else None
    fitted = fit(
        parts,
        facts,
        encode,
        keep_texts=plan.keep_texts,
        step=lambda what: progress(f"learning {what}", None),
    )
    rate = plan.rate or min((row.unfamiliar for row in table.rows if row.unfamiliar), default=RATE)
    held_out = len(fitted.held_out.whole)
    least = conformal.least_rate(held_out)
    progress("leaving types out", None)
    forecast = leave_types_out(parts, gathered.kinds, encode, rate)
    report = Report(
        folder=_folder(plan, table),
        digest="",
        is_named=table.known.learned is not None and plan.folder is None,
        rows=gathered.seen.rows,
        skipped=gathered.skipped,
        added=len(plan.added),
        fitted=len(parts.fit.asked),
        held_out=len(parts.members.asked) + len(parts.whole.asked),
        types=dict(sorted(gathered.seen.types.items(), key=lambda one: (-one[1], one[0]))),
        too_small=tuple(gathered.seen.too_small(LEAST_OF_TYPE)),
        facts=gathered.kinds,
        not_learned=not_learned,
        unchecked=_unchecked(gathered),
        copies=gathered.copies,
        conflicts=gathered.seen.conflicts(),
        least_rate=least,
        promise=promise(rate, held_out) if rate >= least else None,
        forecast=forecast,
        stopped_types=stopped_types(fitted, parts.whole, encode, rate),
        overlaps=overlaps(fitted, parts.whole, encode),
        encoder=encoder.choice if encoder is not None else EncoderChoice(kind="words"),
    )
    progress("writing", None)
    manifest = _written(report, fitted, encoder, clock or SystemClock())
    return msgspec.structs.replace(report, digest=manifest.digest)


def _written(report: Report, fitted: Fitted, encoder: Encoder | None, clock: Clock) -> Manifest:
    content = packed(fitted.model, fitted.held_out)
    arrays = content.arrays
    if encoder is not None:
        arrays[FINGERPRINT] = fingerprint(encoder)
    directions = map_directions(fitted.model)
    if directions is not None:
        arrays[MAP] = directions
    manifest = Manifest(
        handraise_learned=1,
        folder="",
        digest="",
        files={},
        made_with=version("handraise"),
        made_at=clock.now().strftime("%Y-%m-%dT%H:%M:%SZ"),
        facts=report.facts,
        reads_text=fitted.model.wording is not None,
        least_rate=report.least_rate,
        encoder=report.encoder,
        types=tuple(sorted(report.types)),
        summary={
            "rows": report.rows,
            "added": report.added,
            "fitted": report.fitted,
            "held_out": report.held_out,
            "types": len(report.types),
            "promise": msgspec.to_builtins(report.promise),
            "forecast": msgspec.to_builtins(report.forecast),
        },
    )
    return write_files(report.folder, manifest, content.meta, arrays)


def _folder(plan: Plan, table: Table) -> Path:
    if plan.folder is not None:
        return plan.folder
    named = table.known.learned.folder if table.known.learned is not None else FOLDER
    return plan.table.parent / named


def _unchecked(gathered: _Gathered) -> tuple[str, ...]:
    if gathered.counter is None:
        return ()
    return tuple(name for name in gathered.kinds if name in gathered.counter.too_many)


def _told(reader: RowReader, what: str, progress: Progress) -> Iterator[Batch]:
    for batch in reader:
        yield batch
        progress(what, reader.done_bytes / max(reader.total_bytes, 1))


def _kind(type: FactType) -> str:
    if type in ("number", "integer"):
        return "number"
    return "boolean" if type == "boolean" else "text"


def _asked(row: Row) -> Asked:
    facts = {name: value for name, value in row.facts.items() if value is not None}
    return Asked(row.text, row.type, facts)


def _rows(rows: Sequence[Row]) -> Rows:
    return Rows(tuple(_asked(row) for row in rows), tuple(row.number for row in rows))


def _added(rows: Sequence[Row], facts: dict[str, FactType], *, start: int) -> Batch:
    """Return the rows that people named as one batch behind the others."""
    return Batch(
        [start + place for place, _ in enumerate(rows, 1)],
        [row.text for row in rows],
        [row.type for row in rows],
        {name: [row.facts.get(name) for row in rows] for name in facts},
    )


def _need_learn() -> None:
    from importlib.util import find_spec

    if find_spec("sklearn") is None:
        raise SettingsError("scikit-learn is not installed", "pip install 'handraise[learn]'")
