"""How familiar each decision of the past is: as it was recorded, or held against what was learned.

INVARIANT: what cannot be told is NULL, and the row that asks fires, as it would in the gate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.familiar.look import Asked, CannotLookError, Familiar, Unusual
from handraise.core.gate.looking import Looking
from handraise.core.gate.sql_text import identifier
from handraise.core.table.types import Table
from handraise.errors import InputError
from handraise.model import Decision
from handraise.service.backtesting.finding import Found, column_of
from handraise.service.backtesting.past import DuckPast, Past

MOST = 200_000
"""More decisions than this are not held against what was learned: it takes a millisecond each."""
AT_ONCE = 2_000
SURE = 0.5

Progress = Callable[[str, float | None], None]


class Recorded(Struct, frozen=True):
    """What was learned, as far as one number on record tells it; see `Familiar`.

    Attributes:
        digest: of the learned files that the table names.
        p: the share of familiar decisions at least as unusual; None where it is not known.
    """

    digest: str
    p: float | None

    @classmethod
    def of(cls, table: Table, p: float | None) -> Recorded | None:
        """Return it for a table; None where that names no learned files."""
        learned = table.known.learned
        return None if learned is None else cls(learned.digest, p)

    def p_value(self, asked: Asked) -> float:
        """Return the share on record."""
        if self.p is None:
            raise CannotLookError("no share of familiar decisions is on record")
        return self.p

    def unusual(self, asked: Asked, rate: float) -> tuple[Unusual, ...]:
        """Return nothing: a share does not say in what a decision is unusual."""
        return ()


def where_words_are_held(past: Past) -> DuckPast:
    """Return a past whose words can be held against what was learned.

    Raises:
        InputError: it lies on another engine, where every such row would fire.
    """
    if isinstance(past, DuckPast):
        return past
    raise InputError(
        f"--text: {past.engine} cannot hold words against what was learned",
        "name a column with the shares on record (--familiarity COLUMN), or write files",
    )


def with_familiarity(
    past: DuckPast, found: Found, table: Table, familiar: Familiar | None, progress: Progress
) -> Found:
    """Return the past with each decision held against what was learned.

    Args:
        past: labelled files.
        found: what they hold; with texts.
        table: names what was learned.
        familiar: that, ready to be asked; None where it cannot be had: every such row fires.
        progress: told how far it is.

    Raises:
        InputError: there are too many decisions.
    """
    kept = past.keep(f"SELECT *, row_number() OVER () hr_line FROM {found.source}")
    ((count,),) = past.lines(f"SELECT COUNT(*) FROM {kept}")
    if count > MOST:
        raise InputError(
            f"{', '.join(past.sources)}: {count:,} texts are too many to be held against "
            f"what was learned (at most {MOST:,})",
            "try it on a part, or name a column with the shares on record: --familiarity COLUMN",
        )
    known = past.keep("SELECT CAST(0 AS BIGINT) hr_of, CAST(0 AS DOUBLE) hr_p LIMIT 0")
    keys = list(found.columns)
    columns = ", ".join(["hr_line", *(identifier(column_of(key)) for key in keys)])
    recorded = as_recorded(table, keys)
    looking = Looking(recorded, familiar)
    for start in range(0, count, AT_ONCE):
        progress("holding decisions against what was learned", start / count)
        lines = past.lines(
            f"SELECT {columns} FROM {kept} WHERE hr_line > {start} AND hr_line <= {start + AT_ONCE}"
        )
        shares = [
            (line, p)
            for line, *values in lines
            if (p := _share(looking, recorded, dict(zip(keys, values, strict=True)))) is not None
        ]
        past.append(known, shares)
    source = f"(SELECT k.*, hr_p familiarity FROM {kept} k LEFT JOIN {known} ON hr_line = hr_of) p"
    return replace(
        found, source=source, inputs=replace(found.inputs, familiarity="familiarity"),
        has=found.has | {"familiarity"},
    )  # fmt: skip


def _share(looking: Looking, table: Table, line: dict[str, Any]) -> float | None:
    look = looking.begin(decision_of(line, table))
    look.is_usual(SURE)
    return look.p


def as_recorded(table: Table, keys: Iterable[str]) -> Table:
    """Return a table for what is on record: a fact with a column of its own is a stated one.

    Args:
        table: the table.
        keys: what there are columns for.
    """
    own = {key[5:] for key in keys if key.startswith("fact ")}
    facts = {
        id: replace(fact, source=None, sources={}, otherwise=None) if id in own else fact
        for id, fact in table.facts.items()
    }
    return replace(table, facts=facts)


def decision_of(line: dict[str, Any], table: Table) -> Decision:
    """Return a decision of the past as an agent would have brought it.

    Args:
        line: what is on record of it, by what it is for.
        table: which facts are stated, and which are worked out.
    """
    given = {key: value for key, value in line.items() if value is not None and value == value}
    facts = {key[5:]: value for key, value in given.items() if key.startswith("fact ")}
    return Decision(
        type=given.get("type"),
        action=given.get("action"),
        confidence=given.get("confidence"),
        text=given.get("text"),
        facts={id: value for id, value in facts.items() if not table.facts[id].is_derived},
        proposal={key[6:]: value for key, value in given.items() if key.startswith("field ")},
    )
