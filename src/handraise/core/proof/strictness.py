"""Whether a new table is at least as strict as an older one, for every possible decision."""

from __future__ import annotations

from msgspec import Struct

from handraise.core.proof.result import State, Witness
from handraise.core.table.types import Table
from handraise.model import Verdict


class Strictness(Struct, frozen=True, kw_only=True):
    """How two tables differ in what they stop.

    Attributes:
        state: `proved` where nothing goes ahead that stopped before; `refuted` by `goes_now`.
        why: one plain sentence where it is not proved.
        goes_now: a decision that stopped before and goes ahead now; its verdict is the new one.
        before: what the gate of the older table said about it.
        stops_now: a decision that went ahead before and stops now.
        fewer: routes that some decision asked before and asks no more although it still stops,
            each with such a decision and the new verdict.
        is_same: whether both are proved to stop the same decisions and to ask the same routes.
        notes: what the comparison takes for granted, each in one plain sentence.
    """

    state: State
    why: str = ""
    goes_now: Witness | None = None
    before: Verdict | None = None
    stops_now: Witness | None = None
    fewer: tuple[tuple[str, Witness], ...] = ()
    is_same: bool = False
    notes: tuple[str, ...] = ()


def strictness(older: Table, newer: Table, *, timeout_s: float = 10.0) -> Strictness:
    """Return whether the newer table is at least as strict as the older one."""
    raise NotImplementedError
