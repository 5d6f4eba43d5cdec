"""The folder that the example runs in: its routing table, and the labelled rows beside it.

The table names learned files; they are not there yet (`known.py` makes them).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from msgspec import Struct

from handraise.demo.requests import Request
from handraise.errors import InputError

TABLE_NAME = "handraise.yaml"
OWN_TABLE = "any_requests.yaml"
ROWS_FILE = Path("requests") / "familiar.csv"
LEARNED = "known: known/ "
BY_TYPE_ALONE = f"known: {{file: {ROWS_FILE.as_posix()}, column: type}} "
LAST_TEST = "  - name: words unlike all"


class Filling(Struct, frozen=True, kw_only=True):
    """What is filled into the table for requests of one's own.

    Attributes:
        types: the known ones.
        type: the known one that its tests are about.
        rate: the share of familiar requests that may be stopped for nothing, e.g. `2%`.
        familiar: a text like those that were learned.
        strange: a text unlike all of them; empty where none was found, and no test has it then.
    """

    types: tuple[str, ...]
    type: str
    rate: str
    familiar: str
    strange: str

    def table_text(self) -> str:
        """Return the table for requests of one's own."""
        text = packaged(OWN_TABLE) if self.strange else _without_last_test(packaged(OWN_TABLE))
        for name, value in (
            ("A_RATE", self.rate),
            ("A_KNOWN_TYPE", _quoted(self.type)),
            (
                "AN_UNKNOWN_TYPE",
                _quoted(f"{max(self.types)}?"),
            ),  # after the last, so not among them
            ("A_STRANGE_TEXT", _quoted(self.strange)),
            ("A_FAMILIAR_TEXT", _quoted(self.familiar)),
        ):
            text = text.replace(name, value)
        return text


def lay_out(folder: Path, rows: Sequence[Request], *, is_own: bool = False) -> Path:
    """Return the routing table's path, after laying it out in a new or empty folder.

    Args:
        folder: where the operation runs and keeps its records.
        rows: what the agent was trained on; written beside the table, to be learned from.
        is_own: whether they are requests of one's own, and not the example's.

    Raises:
        InputError: the folder holds something, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder}: is not empty", "name a new folder for each run")
        (folder / ROWS_FILE).parent.mkdir()
        write_table(folder / TABLE_NAME, _first_text(rows) if is_own else packaged(TABLE_NAME))
        _write_rows(folder / ROWS_FILE, rows)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return folder / TABLE_NAME


def write_table(path: Path, text: str) -> None:
    """Write a routing table."""
    path.write_text(text, encoding="utf-8")


def by_type_alone(text: str) -> str:
    """Return a table that needs no learned files: condition three looks at the type alone."""
    kept = _without_last_test(text).replace(LEARNED, BY_TYPE_ALONE)
    return "".join(line for line in kept.splitlines(keepends=True) if "{unfamiliar:" not in line)


def packaged(*names: str) -> str:
    """Return the text of a file of the example."""
    return files("handraise.demo").joinpath(*names).read_text(encoding="utf-8")


def _first_text(rows: Sequence[Request]) -> str:
    """Return the table for requests of one's own before anything was learned of them."""
    types = tuple(sorted({row.type for row in rows}))
    filling = Filling(types=types, type=types[0], rate="2%", familiar="none yet", strange="?")
    return filling.table_text()


def _without_last_test(text: str) -> str:
    return text.partition(LAST_TEST)[0]


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=not text.isprintable())


def _write_rows(path: Path, rows: Sequence[Request]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["text", "type"])
        writer.writerows([row.text, row.type] for row in rows)
