"""The folder that the example runs in: its routing table, and the labelled file beside it."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from handraise.errors import InputError

TABLE_NAME = "handraise.yaml"
KNOWN_FILE = Path("requests") / "familiar.csv"


def lay_out(folder: Path, types: Sequence[str] | None = None) -> Path:
    """Return the routing table's path, after laying it out in a new or empty folder.

    Args:
        folder: where the operation runs and keeps its records.
        types: the known types of requests of one's own; None for the example's.

    Raises:
        InputError: the folder holds something, or cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise InputError(f"{folder}: is not empty", "name a new folder for each run")
        (folder / KNOWN_FILE).parent.mkdir()
        (folder / TABLE_NAME).write_text(_table_text(types), encoding="utf-8")
        _write_known(folder / KNOWN_FILE, types)
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to ({error.strerror or error})") from None
    return folder / TABLE_NAME


def _packaged(*names: str) -> str:
    return files("handraise.demo").joinpath(*names).read_text(encoding="utf-8")


def _table_text(types: Sequence[str] | None) -> str:
    if types is None:
        return _packaged(TABLE_NAME)
    known, unknown = min(types), f"{max(types)}?"  # nothing among them comes after the last one
    text = _packaged("any_requests.yaml").replace("A_KNOWN_TYPE", json.dumps(known))
    return text.replace("AN_UNKNOWN_TYPE", json.dumps(unknown))


def _write_known(path: Path, types: Sequence[str] | None) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        if types is None:
            file.write(_packaged(*KNOWN_FILE.parts))
            return
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["type"])
        writer.writerows([type] for type in sorted(types))
