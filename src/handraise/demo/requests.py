"""The requests an operation is tried on: the example's own, or those of any labelled CSV file.

A request knows what a careful person would have done with it; the agent never reads that. Rows of
types that are too rare to learn are left out, and counted.
"""

from __future__ import annotations

import csv
import io
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from msgspec import Struct

from handraise.core.table.expression import nearest
from handraise.errors import InputError
from handraise.service.reading.labelled import labelled_rows

MIN_OF_TYPE = 5
HAND_OVER = "hand_over"
SEND_REPLY = "send_reply"
TRAIN_SHARE = 0.78


class Request(Struct, frozen=True, kw_only=True):
    """A customer's message with what the record says, and what would be right.

    Attributes:
        id: the customer's matter, e.g. `LK-00017`.
        text: the message.
        type: the kind of request, as a person labelled it.
        amount: the money on the record, in USD; a monthly sum for billing.
        right_action: what a careful person would have the agent do; `hand_over` for nothing.
        right_amount: the sum a careful person would agree to.
    """

    id: str
    text: str
    type: str
    amount: float = 0.0
    right_action: str = SEND_REPLY
    right_amount: float = 0.0

    @property
    def is_for_a_person(self) -> bool:
        """Whether a person must take it, whatever the agent drafts."""
        return self.right_action == HAND_OVER

    @property
    def right_proposal(self) -> dict[str, Any] | None:
        """What a careful person would agree to; None where nothing is to be done."""
        if self.is_for_a_person or (self.right_amount == 0 and self.right_action in MONEY):
            return None
        return proposal(self, self.right_action, self.type, self.right_amount)


class Columns(Struct, frozen=True, kw_only=True):
    """Which columns of a labelled file hold what."""

    text: str = "text"
    type: str = "type"
    amount: str | None = None


class Split(Struct, frozen=True, kw_only=True):
    """Requests divided by chance within each type: those to learn, and those to run."""

    train: tuple[Request, ...]
    run: tuple[Request, ...]


MONEY: dict[str, str] = {"refund": "refund", "change_billing": "monthly_change"}
"""The field of the proposal that holds the money, by action."""


def proposal(request: Request, action: str, type: str, amount: float) -> dict[str, Any]:
    """Return exactly what an action would do about a request."""
    if action in MONEY:
        return {MONEY[action]: int(amount) if amount == int(amount) else amount}
    return {"account": request.id} if action == "delete_account" else {"reply": type}


def familiar() -> list[Request]:
    """Return the example's requests of the types its agent learns."""
    return _packaged("familiar.csv")


def unfamiliar() -> list[Request]:
    """Return the example's requests of types that its agent never saw."""
    return _packaged("unfamiliar.csv", start=5001)


def _packaged(name: str, start: int = 1) -> list[Request]:
    place = files("handraise.demo") / "requests" / name
    rows = csv.DictReader(io.StringIO(place.read_text(encoding="utf-8"), newline=""))
    return [
        Request(
            id=f"LK-{number:05d}",
            text=row["text"],
            type=row["type"],
            amount=float(row["amount"]),
            right_action=row["right_action"],
            right_amount=float(row["right_amount"]),
        )
        for number, row in enumerate(rows, start)
    ]


def read_labelled(path: Path, columns: Columns, *, start: int = 1) -> list[Request]:
    """Return the requests of a CSV file with a text and a label on each row.

    Where an amount is given and is not zero, the right thing is to refund it; elsewhere, to reply.
    Rows without a text or a label are passed over.

    Args:
        path: the file, UTF-8, with a line of column names.
        columns: which columns hold what.
        start: the number of the first request.

    Raises:
        InputError: the file cannot be read, a column is missing, an amount is no number, or no row
            is left.
    """
    found: list[Request] = []
    for line, row in _rows(path, columns):
        text, type = (row[columns.text] or "").strip(), (row[columns.type] or "").strip()
        if not text or not type:
            continue
        amount = _amount(path, line, row, columns.amount)
        action = "refund" if amount else SEND_REPLY
        found.append(
            Request(
                id=f"case-{start + len(found):06d}",
                text=text,
                type=type,
                amount=amount,
                right_action=action,
                right_amount=amount,
            )
        )
    if not found:
        raise InputError(f"{path}: no row has a text and a type", "are these the columns?")
    return found


def as_unfamiliar(requests: Iterable[Request]) -> list[Request]:
    """Return requests as ones that a person must take."""
    return [
        Request(
            id=request.id,
            text=request.text,
            type=request.type,
            amount=request.amount,
            right_action=HAND_OVER,
        )
        for request in requests
    ]


def without_rare(requests: Sequence[Request]) -> tuple[list[Request], dict[str, int]]:
    """Return the requests of types with enough rows to learn, and the rows of the types left out.

    Raises:
        InputError: fewer than two types are left.
    """
    rows = Counter(request.type for request in requests)
    rare = {type: count for type, count in sorted(rows.items()) if count < MIN_OF_TYPE}
    kept = len(rows) - len(rare)
    if kept < 2:
        raise InputError(
            f"{'only one type has' if kept else 'no type has'} {MIN_OF_TYPE} rows or more",
            "an agent needs at least two to tell apart; is this the right column?",
        )
    return [request for request in requests if request.type not in rare], rare


def split(requests: Sequence[Request], seed: int) -> Split:
    """Return the requests divided by chance within each type; each part has some of every type."""
    chance = random.Random(seed)  # noqa: S311 - a draw that can be repeated, nothing secret
    by_type: dict[str, list[Request]] = defaultdict(list)
    for request in requests:
        by_type[request.type].append(request)
    train: list[Request] = []
    run: list[Request] = []
    for type in sorted(by_type):
        rows = by_type[type]
        chance.shuffle(rows)
        learned = min(round(len(rows) * TRAIN_SHARE), len(rows) - 1)
        train += rows[:learned]
        run += rows[learned:]
    return Split(train=tuple(train), run=tuple(run))


def _rows(path: Path, columns: Columns) -> list[tuple[int, dict[str, str]]]:
    wanted = [name for name in (columns.text, columns.type, columns.amount) if name is not None]
    names, rows = labelled_rows(path, wanted)
    _check_columns(path, names, columns)
    return rows


def _check_columns(path: Path, names: list[str], columns: Columns) -> None:
    for wanted in (columns.text, columns.type, columns.amount):
        if wanted is not None and wanted not in names:
            listed = f"it has {', '.join(names[:12])}" if names else "it is empty"
            raise InputError(f'{path}: has no column "{wanted}"', nearest(wanted, names, listed))


def _amount(path: Path, line: int, row: dict[str, str], column: str | None) -> float:
    written = (row[column] or "").strip() if column else ""
    if not written:
        return 0.0
    try:
        found = float(written)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e12:
        raise InputError(f'{path}:{line}: "{written}" is no amount', "write it like 40.50")
    return found
