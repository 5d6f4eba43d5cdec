"""What a backtest promised of a table: the rates that the watch holds against what comes."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Promise(Struct, frozen=True, kw_only=True):
    """The deferral rate that a version of a table had on the past, as counts.

    Counts and not rates, so that whoever watches can work out an interval of any certainty.

    Attributes:
        agent: whose table.
        version: of the table.
        at: when it was worked out.
        decisions: how many there were.
        stopped: how many of them would have stopped.
        rows: how many each row would have stopped, by its id.
        conditions: how many each condition would have stopped.
        routes: how many each route would have been asked.
        types: of each type, how many decisions and how many of them stopped.
        first: the earliest decision; None where times were not known.
        last: the latest.
        alike: so many decisions at a time are as good as one, told from how far days lie apart;
            at least 1, and 1 where times were not known.
    """

    agent: str
    version: str
    at: datetime
    decisions: int
    stopped: int
    rows: dict[str, int]
    conditions: dict[str, int]
    routes: dict[str, int]
    types: dict[str, tuple[int, int]]
    first: datetime | None = None
    last: datetime | None = None
    alike: float = 1.0
