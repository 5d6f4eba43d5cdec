"""What is familiar to the example's agent: learned before it goes live, as `handraise learn` does.

The rows are those it was trained on, and words alone are counted. Which of them are held out is
drawn by chance: they come in no order.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.familiar.look import Asked, Familiar
from handraise.core.table.units import percent_text
from handraise.demo.requests import Request
from handraise.demo.table import ROWS_FILE, Filling, by_type_alone, write_table
from handraise.errors import InputError

if TYPE_CHECKING:
    from handraise.service.learning.plan import Report

MOST_LOOKED_AT = 200
STRANGE = (
    "A stork has built its nest on your mast behind our barn, and the eggs hatch in May.",
    "გუშინ ღერომ ბუდე გააკეთა",
    "Ωψχ ЖЩЮ 漢字",
)
"""Texts that few have learned; the first that is unlike one's own requests tries the table."""


class Promised(Struct, frozen=True, kw_only=True):
    """The share of familiar requests that may be stopped for nothing, and between what it will be.

    Attributes:
        rate: what the table asks for, in (0, 1).
        low: with 90 % certainty it is at least this.
        high: with 90 % certainty it is at most this.
    """

    rate: float
    low: float
    high: float

    @property
    def sentence(self) -> str:
        """The promise in words, e.g. `2%, with these rows 0.49% to 3.7%`."""
        return f"{percent_text(self.rate)}, with these rows {self.low:.2%} to {self.high:.1%}"


class Known(Struct, frozen=True, kw_only=True):
    """What was learned to be familiar.

    Attributes:
        promise: what it promises; None where the rows are too few to learn from.
        notes: what is worth saying about it.
        took_s: how long it took.
    """

    promise: Promised | None
    notes: tuple[str, ...]
    took_s: float


def learn_known(path: Path, rows: Sequence[Request], seed: int, *, is_own: bool = False) -> Known:
    """Learn what is familiar for a table that was laid out, and return what came of it.

    The table for requests of one's own is written anew: with a rate that so many rows can carry, or
    without the row where they carry none.

    Args:
        path: the table.
        rows: what the agent was trained on, as it stands beside the table.
        seed: of the draw of what is held out.
        is_own: whether they are requests of one's own, and not the example's.

    Raises:
        InputError: the folder cannot be written to, or the example's own rows cannot be learned.
        SettingsError: a package is missing.
    """
    started = time.monotonic()
    try:
        found = _learned(path, seed)
    except InputError as error:
        if not is_own:
            raise
        write_table(path, by_type_alone(path.read_text(encoding="utf-8")))
        note = f"Condition three looks at the type alone: {error.message}."
        return Known(promise=None, notes=(note,), took_s=time.monotonic() - started)
    if is_own:
        write_table(path, _filling(found.folder, rows, found.rate).table_text())
    promise = None
    if found.promise is not None:
        low, high = found.promise.low, found.promise.high
        promise = Promised(rate=found.rate, low=low, high=high)
    notes = tuple(_notes(found, promise))
    return Known(promise=promise, notes=notes, took_s=time.monotonic() - started)


def _learned(path: Path, seed: int) -> Report:
    """Learn for the table's rate, or for the lowest that the rows can carry."""
    from handraise.service.learning.learn import Plan, learn
    from handraise.service.learning.rows import Columns

    plan = Plan(
        table=path,
        paths=(path.parent / ROWS_FILE,),
        columns=Columns(text="text", type="type"),
        by_chance=seed,
    )
    found = learn(plan)
    if found.promise is not None:
        return found
    return learn(replace(plan, rate=math.ceil(round(found.least_rate * 1_000, 6)) / 1_000))


def _filling(folder: Path, rows: Sequence[Request], rate: float) -> Filling:
    """Return what the table for requests of one's own is filled with."""
    from handraise.service.learning.learned_model import load

    familiar = load(folder)
    looked_at = [(row.type, " ".join(row.text.split())) for row in rows[:MOST_LOOKED_AT]]
    type, text = max(looked_at, key=lambda one: _p_value(familiar, one[1]))
    strange = (one for one in STRANGE if _p_value(familiar, one) <= rate)
    return Filling(
        types=tuple(sorted({row.type for row in rows})),
        type=type,
        rate=percent_text(rate),
        familiar=text,
        strange=next(strange, ""),
    )


def _p_value(familiar: Familiar, text: str) -> float:
    return familiar.p_value(Asked(text=text, type=None, facts={}))


def _notes(found: Report, promise: Promised | None) -> list[str]:
    notes = [
        f"Handraise learned what is familiar from the same {found.rows:,} requests of"
        f" {len(found.types)} types; {found.held_out:,} of them only to measure with."
    ]
    if promise is not None:
        notes.append(f"It promises: of familiar requests it stops {promise.sentence} (90% sure).")
    if found.forecast is not None:
        notes.append(
            f"Of requests of a type it never saw it would stop {found.forecast.caught:.0%} by their"
            " words (measured on types left out; a careful guess)."
        )
    return notes
