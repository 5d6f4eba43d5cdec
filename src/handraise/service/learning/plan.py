"""What learning is asked to do, and what it reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from msgspec import Struct

from handraise.model import Decision
from handraise.service.learning.encoders import EncoderChoice
from handraise.service.learning.forecast import Forecast, Overlap, Promise, StoppedType
from handraise.service.learning.rows import Columns
from handraise.service.learning.seen import Conflicts

Progress = Callable[[str, float | None], None]
"""Told what is being done, and the share of it that is done, where that can be said."""


class Named(Struct, frozen=True):
    """A decision of which a person said which type it is of."""

    type: str
    decision: Decision


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
        added: what people named, to be learned as well; never held out, as it is no fair sample.
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
    added: tuple[Named, ...] = ()


class Replaced(Struct, frozen=True, kw_only=True):
    """What was learned before, where it differs from what takes its place.

    Attributes:
        gone: types that were learned then and are not known any more.
        encoder: what turned requests into vectors then; None where it is the same.
        kept_texts: whether texts were kept then; None where it is the same.
    """

    gone: tuple[str, ...] = ()
    encoder: EncoderChoice | None = None
    kept_texts: bool | None = None


class Report(Struct, frozen=True, kw_only=True):
    """What was learned, what it can promise, and what is odd about the rows.

    Attributes:
        folder: where the learned files are.
        digest: of the learned files.
        is_named: whether the table names that folder already.
        rows: labelled rows that could be learned from.
        skipped: rows that could not, by why.
        added: rows among them that people named.
        reads_text: whether the wording was learned.
        fitted: rows that were fitted on.
        held_out: rows that calibrate, in two halves.
        types: rows of each type, most first.
        too_small: types with so few rows that they were divided together.
        facts: the facts that were learned, with what each is.
        present: of each of them, in which share of the rows it is, in [0, 1].
        not_learned: declared facts without a column.
        unchecked: text facts with too many different values to be checked.
        unpaired: facts with too many values for all their combinations to be checked.
        copies: held-out rows that repeat a fitted one exactly.
        conflicts: texts under several types.
        rate: the false-alarm rate that is reported on.
        least_rate: the lowest rate that can be asked for.
        promise: the false-alarm rate and its interval; None where the rows cannot carry it.
        forecast: the share of new types it would catch; None with too few types.
        stopped_types: types that bear most of the false alarms.
        overlaps: types that are hard to tell apart.
        encoder: what turned requests into vectors.
        replaced: how what was learned before differs.
    """

    folder: Path
    digest: str
    is_named: bool
    rows: int
    skipped: dict[str, int]
    added: int
    reads_text: bool
    fitted: int
    held_out: int
    types: dict[str, int]
    too_small: tuple[str, ...]
    facts: dict[str, str]
    present: dict[str, float]
    not_learned: tuple[str, ...]
    unchecked: tuple[str, ...]
    unpaired: tuple[str, ...]
    copies: int
    conflicts: Conflicts
    rate: float
    least_rate: float
    promise: Promise | None
    forecast: Forecast | None
    stopped_types: tuple[StoppedType, ...]
    overlaps: tuple[Overlap, ...]
    encoder: EncoderChoice
    replaced: Replaced
