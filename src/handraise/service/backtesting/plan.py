"""What is tried on which past: the table, where the past lies, and what its columns hold."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct


class Columns(Struct, frozen=True, kw_only=True):
    """Which columns of the past hold what; each is named as a decision's field unless it is said.

    Attributes:
        type: the situation type.
        action: the kind of thing done; None for `action`, where the table needs one.
        confidence: as the agent stated it, in [0, 1].
        at: when it was decided; None for `at`, where there is one.
        right: whether the agent's choice was right; None for `correct`, where there is one.
        stake: the money that hung on it; None for `stake`, where there is one.
        handling_minutes: how long a person worked on it; None for nothing.
        id: what the past calls a decision, for examples; None for `id`, where there is one.
        text: the customer's words, to be held against what was learned; None for nothing.
        familiarity: the share of familiar decisions at least as unusual, where it is on record.
        facts: the column of each fact that has another name.
        fields: the column of each field of the proposal that is not `proposal.FIELD`.
    """

    type: str = "type"
    action: str | None = None
    confidence: str = "confidence"
    at: str | None = None
    right: str | None = None
    stake: str | None = None
    handling_minutes: str | None = None
    id: str | None = None
    text: str | None = None
    familiarity: str | None = None
    facts: dict[str, str] = {}
    fields: dict[str, str] = {}


class Where(Struct, frozen=True, kw_only=True):
    """Where the past lies: in files, or in a table of a database.

    Attributes:
        paths: labelled files, or folders of them.
        engine: an address that Ibis knows, `postgres://…`; None for files.
        relation: the table there, `schema.table`.
    """

    paths: tuple[Path, ...] = ()
    engine: str | None = None
    relation: str | None = None


class Plan(Struct, frozen=True, kw_only=True):
    """What to try on what.

    Attributes:
        table: the routing table's file.
        where: where the past lies.
        columns: which of its columns hold what.
        ignore_unfamiliar: whether rows `unfamiliar` are left out where they cannot be judged.
        examples: how many of each kind are shown, 0 for none.
    """

    table: Path
    where: Where
    columns: Columns = Columns()
    ignore_unfamiliar: bool = False
    examples: int = 5
