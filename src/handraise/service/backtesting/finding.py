"""From the columns of the past to what a table reads: each found by name, read as its type.

What a row of the table reads and no column holds is an error here: a backtest that let every such
row fire would be right, and would tell nobody anything.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handraise.core.gate.sql_inputs import NO_NUMBER, NO_TEXT, Inputs, fields_of, wanted_by
from handraise.core.gate.sql_text import identifier
from handraise.core.table.parsing import nearest
from handraise.core.table.types import FactType, Table
from handraise.errors import InputError
from handraise.service.backtesting.past import Column, Part, Past
from handraise.service.backtesting.plan import Columns

Meant = Literal["number", "text", "boolean", "label", "time"]

MEANT: dict[FactType, Meant] = {
    "number": "number",
    "integer": "number",
    "text": "text",
    "one_of": "text",
    "boolean": "boolean",
}
YES, NO = "'true', 'yes', '1'", "'false', 'no', '0'"
MOST_NAMES = 1_000
"""More columns than this are not looked at for a name that was meant."""

FIRST_YEAR, PAST_YEAR = 1970, 2200
"""Times before the one or from the other on are not usable."""

RIGHT, WRONG = f"{YES}, '1.0', 'right', 'correct'", f"{NO}, '0.0', 'wrong', 'incorrect'"


JUDGED = frozenset({"type", "action", "confidence", "text"})
JSON_TYPES: dict[Meant, str] = {
    "number": "'BIGINT', 'UBIGINT', 'HUGEINT', 'DOUBLE'",
    "text": "'VARCHAR'",
    "boolean": "'BOOLEAN'",
}
"""What a value must be in JSON to be one in the gate."""


class Found(Struct, frozen=True, kw_only=True):
    """The past, read as a table's decisions.

    Attributes:
        source: what stands behind FROM: one line for each decision; `column_of` names its columns.
        inputs: where in it a decision stands.
        columns: by what it is for, the name of the column in the past.
        given: by what it is for, a truth in SQL: whether anything stood there, usable or not.
        has: which of `at`, `correct`, `stake`, `handling`, `id`, `text` it has, and the others.
        numbers: which of these are numbers.
        left_out: what could not be judged, a sentence each.
    """

    source: str
    inputs: Inputs
    columns: dict[str, str]
    given: dict[str, str]
    has: frozenset[str]
    numbers: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()


class Use(Struct, frozen=True, kw_only=True):
    """A column that is wanted.

    Attributes:
        key: what it is for.
        meant: as what it is read.
        names: under which it may stand, the first that is there counts.
        option: how to say that it has another name.
        needed: why it must be there; empty where it may be missing.
    """

    key: str
    meant: Meant
    names: tuple[str, ...]
    option: str
    needed: str = ""

    @property
    def is_judged(self) -> bool:
        """Whether the gate reads it: a JSON value of another type is not usable there."""
        return self.key.rpartition(" ")[0] != "" or self.key in JUDGED


def column_of(key: str) -> str:
    """Return under which name a source has what a column is for.

    Engines take names that differ in their case alone for one, and PostgreSQL cuts long ones: what
    holds a name of the table's own is named by its digest.

    Args:
        key: what it is for: `at`, `fact amount`.
    """
    if " " not in key:
        return key
    return f"c_{blake2b(key.encode(), digest_size=16).hexdigest()}"


def found_in(
    past: Past, table: Table, columns: Columns, *, ignore_unfamiliar: bool = False
) -> Found:
    """Return the past read as a table's decisions.

    Raises:
        InputError: a column that a row reads is missing, or holds something else.
    """
    uses = wanted_in(past, table, columns, ignore_unfamiliar=ignore_unfamiliar)
    return replace(read_as(past, uses), left_out=tuple(_not_read(columns, uses)))


def _not_read(columns: Columns, uses: Sequence[Use]) -> Iterator[str]:
    """Yield a sentence for each column that was named for what no row reads."""
    read = {use.key for use in uses}
    named = {
        "action": (columns.action, "--action"),
        "text": (columns.text, "--text"),
        "familiarity": (columns.familiarity, "--familiarity"),
    }
    named |= {f"fact {id}": (one, f"--fact {id}=") for id, one in columns.facts.items()}
    named |= {f"field {id}": (one, f"--proposal {id}=") for id, one in columns.fields.items()}
    for key, (column, option) in named.items():
        if column is not None and key not in read:
            yield f"column {column} ({option}): no row reads it"


def wanted_in(
    past: Past, table: Table, columns: Columns, *, ignore_unfamiliar: bool = False
) -> list[Use]:
    """Return the columns of the past that a table wants.

    Raises:
        InputError: a fact or a field was named that the table does not have.
    """
    return [
        *_of_decisions(table, columns, ignore_unfamiliar=ignore_unfamiliar),
        *_of_facts(past, table, columns),
    ]


def read_as(past: Past, uses: Sequence[Use]) -> Found:
    """Return the past with these columns, each as what it is for.

    Args:
        past: where the decisions lie.
        uses: the columns that are wanted, each key once.

    Raises:
        InputError: a column that must be there is missing, or holds something else.
    """
    names = {use.key: _named(past.parts, use) for use in uses}
    read = [use for use in uses if names[use.key]]
    parts = [_select(past, part, read, names) for part in past.parts]
    key = {use.key: identifier(column_of(use.key)) for use in read}
    facts = {use.key.removeprefix("fact "): key[use.key] for use in read if use.key[:5] == "fact "}
    fields = {use.key[6:]: key[use.key] for use in read if use.key.startswith("field ")}
    return Found(
        source=f"({' UNION ALL '.join(parts)}) past",
        inputs=Inputs(
            type=key["type"],
            action=key.get("action", NO_TEXT),
            confidence=key["confidence"],
            facts=facts,
            fields=fields,
            familiarity=key.get("familiarity", NO_NUMBER),
        ),
        columns={use.key: names[use.key] for use in read},
        given={use.key: identifier(column_of(f"given {use.key}")) for use in read},
        has=frozenset(use.key for use in read),
        numbers=frozenset(use.key for use in read if use.meant == "number"),
    )


def _of_decisions(table: Table, columns: Columns, *, ignore_unfamiliar: bool) -> list[Use]:
    wanted = wanted_by(table)

    def use(key: str, meant: Meant, column: str | None, needed: str = "", name: str = "") -> Use:
        names = (column,) if column is not None else (name or key,)
        said = needed or (f"--{key} names it" if column is not None else "")
        return Use(key=key, meant=meant, names=names, option=f"--{key} COLUMN", needed=said)

    uses = [
        use("type", "text", columns.type, "the table asks for the type"),
        use("confidence", "number", columns.confidence, "the table asks for the confidence"),
        use("at", "time", columns.at),
        use("correct", "label", columns.right),
        use("stake", "number", columns.stake),
        use("id", "text", columns.id),
    ]
    if wanted.action:
        uses.append(use("action", "text", columns.action, "the table asks for the action"))
    if columns.handling_minutes is not None:
        uses.append(use("handling", "number", columns.handling_minutes))
    if wanted.familiarity and not ignore_unfamiliar:
        uses.append(_of_familiarity(columns, use))
    return uses


def _of_familiarity(columns: Columns, use: Callable[..., Use]) -> Use:
    """Return the column of the words or, where none is named, of the shares on record."""
    if columns.text is None:
        return use(
            "familiarity", "number", columns.familiarity, "a row asks whether it is unfamiliar"
        )
    if columns.familiarity is not None:
        raise InputError(
            "--text and --familiarity say the same thing twice",
            "leave out --text where the shares are on record",
        )
    return use("text", "text", columns.text)


def _of_facts(past: Past, table: Table, columns: Columns) -> list[Use]:
    """Return the facts that rows read: as the proposal's fields, or else by their own name."""
    _check_named(table, columns)
    uses: dict[str, Use] = {}
    for id in wanted_by(table).facts:
        fact = table.facts[id]
        own = (columns.facts[id],) if id in columns.facts else (id, f"facts.{id}")
        option = f"--fact {id}=COLUMN"
        plain = Use(
            key=f"fact {id}",
            meant=MEANT[fact.type],
            names=own,
            option=option,
            needed=f"a row reads {id}",
        )
        fields = (
            [_field_use(field, id, columns) for field in fields_of(fact)] if fact.is_derived else []
        )
        if fields and id not in columns.facts and all(map(_anywhere(past.parts), fields)):
            uses |= {one.key: one for one in fields}
        elif fact.is_derived and not fields:
            continue  # worked out from numbers alone
        else:
            uses[plain.key] = plain
    return list(uses.values())


def _field_use(field: str, fact: str, columns: Columns) -> Use:
    name = columns.fields.get(field, f"proposal.{field}")
    return Use(
        key=f"field {field}",
        meant="number",
        names=(name,),
        option=f"--proposal {field}=COLUMN",
        needed=f"{fact} is worked out from it",
    )


def _check_named(table: Table, columns: Columns) -> None:
    for id in columns.facts:
        if id not in table.facts:
            hint = nearest(id, table.facts, f"it has {', '.join(table.facts) or 'none'}")
            raise InputError(f'--fact: the table declares no fact "{id}"', hint)
    known = {field for fact in table.facts.values() for field in fields_of(fact)}
    for field in columns.fields:
        if field not in known:
            hint = nearest(field, known, f"facts read {', '.join(sorted(known)) or 'none'}")
            raise InputError(f'--proposal: no fact reads "{field}" of the proposal', hint)


def _anywhere(parts: Sequence[Part]) -> Callable[[Use], bool]:
    return lambda use: any(name in part.columns for part in parts for name in use.names)


def _named(parts: Sequence[Part], use: Use) -> str:
    """Return the name under which a wanted column stands in all files; empty where in none."""
    for name in use.names:
        without = [part for part in parts if name not in part.columns]
        if not without:
            return name
        if len(without) < len(parts):
            raise InputError(f'{without[0].name}: has no column "{name}"', "other files have it")
    if not use.needed:
        return ""
    names = list(islice(parts[0].columns, MOST_NAMES))
    listed = f"it has {', '.join(names[:12])}" if names else "it has no columns"
    raise InputError(
        f'{parts[0].name}: has no column "{use.names[0]}"; {use.needed}',
        f"{nearest(use.names[0], names, listed)} ({use.option})",
    )


def _select(past: Past, part: Part, uses: Sequence[Use], names: dict[str, str]) -> str:
    """Return a SELECT of one file's decisions, each column as what it is meant to be."""
    chosen = []
    for use in uses:
        column = part.columns[names[use.key]]
        sql = typed(column, use.meant, can_try=past.can_try)
        if sql is None:
            raise InputError(
                f'{part.name}: column "{names[use.key]}": expected {_WORDS[use.meant]}, '
                f"found {_HELD[column.kind]}",
                f"name another one ({use.option})",
            )
        given = f"NULLIF(TRIM({column.sql}), '')" if column.kind == "text" else column.sql
        if use.is_judged and column.json_type:
            sql = f"CASE WHEN {column.json_type} IN ({JSON_TYPES[use.meant]}) THEN {sql} END"
        chosen += [
            f"{sql} {identifier(column_of(use.key))}",
            f"{given} IS NOT NULL {identifier(column_of(f'given {use.key}'))}",
        ]
    return f"SELECT {', '.join(chosen)} FROM {part.sql}"


_WORDS: dict[Meant, str] = {
    "number": "numbers",
    "text": "texts",
    "boolean": "true or false",
    "label": "true or false, right or wrong",
    "time": "times such as 2026-03-31T17:40:00Z",
}
_HELD = {
    "number": "numbers",
    "text": "texts",
    "boolean": "true and false",
    "time": "times",
    "other": "lists or objects",
}


def typed(column: Column, meant: Meant, *, can_try: bool) -> str | None:
    """Return a column read as what it is meant to be; None where it can never be that.

    Args:
        column: the column.
        meant: what it should be: DOUBLE, VARCHAR, BOOLEAN or TIMESTAMP.
        can_try: whether a text that is no number can be made NULL.
    """
    sql = column.sql
    if column.kind == "other":
        return None
    if meant == "text":
        if column.kind == "text":
            return f"NULLIF({sql}, '')" if column.empty_is_missing else sql
        return f"CAST({sql} AS VARCHAR)" if column.kind in ("number", "boolean") else None
    if meant in ("boolean", "label"):
        return _truth(column, *((YES, NO) if meant == "boolean" else (RIGHT, WRONG)))
    if column.kind != meant and not (column.kind == "text" and can_try):
        return None
    if meant == "number":
        if column.kind == "number":
            return f"CAST({sql} AS DOUBLE)"
        # A cast alone would read 1_0 as ten.
        return f"CASE WHEN POSITION('_' IN {sql}) = 0 THEN TRY_CAST(TRIM({sql}) AS DOUBLE) END"
    return _instant(sql, is_text=column.kind == "text")


def _instant(sql: str, *, is_text: bool) -> str:
    """Return a time in UTC; what lies outside of a few lifetimes, as `infinity` does, is none."""
    zoned = f"TRY_CAST(TRIM({sql}) AS TIMESTAMP WITH TIME ZONE)" if is_text else sql
    at = f"CAST({zoned} AS TIMESTAMP)"
    first, past = (f"CAST('{one}-01-01' AS TIMESTAMP)" for one in (FIRST_YEAR, PAST_YEAR))
    return f"CASE WHEN {at} >= {first} AND {at} < {past} THEN {at} END"


def _truth(column: Column, yes: str, no: str) -> str | None:
    sql = column.sql
    if column.kind == "boolean":
        return sql
    if column.kind == "number":
        return f"CASE WHEN {sql} = 1 THEN TRUE WHEN {sql} = 0 THEN FALSE END"
    if column.kind != "text":
        return None
    word = f"LOWER(TRIM({sql}))"
    return f"CASE WHEN {word} IN ({yes}) THEN TRUE WHEN {word} IN ({no}) THEN FALSE END"
