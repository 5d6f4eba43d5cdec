"""A table by its text alone, where the files that it names are not at hand.

What stands in those files is taken to be whatever it may: enough to compare two texts, and never
enough to judge. INVARIANT: no such table is registered or judges for an agent; no version is its.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from handraise.channels.contacts import contact_problem
from handraise.core.confidence.mapping import CalibrationMap
from handraise.core.table.read import read
from handraise.core.table.source import read_source
from handraise.core.table.types import Calibration, Table
from handraise.errors import InputError, TableError
from handraise.model import Learned
from handraise.service.reading.tables import read_text

OTHER = "another known type"
"""Stands for every known type that no text names."""

NOTES = (
    f'read by their text alone: "{OTHER}" stands for any known type that they do not name',
    "what was learned is taken to be the same in both, and to say anything",
)
CALIBRATED = "confidence is taken to be calibrated already, in the same way in both"


def open_texts(older: Path, newer: Path) -> tuple[Table, Table, tuple[str, ...]]:
    """Return two tables by their text alone, and what is taken for granted, a sentence each.

    Args:
        older: the one table.
        newer: the other.

    Raises:
        InputError: a file cannot be read, or only one of them calibrates the confidence.
        TableError: one has findings that are errors.
    """
    texts = [(path, read_text(path)) for path in (older, newer)]
    types = tuple(sorted({OTHER, *(name for path, text in texts for name in _types(text, path))}))
    first, second = (_table(path, text, types) for path, text in texts)
    if (first.calibration is None) != (second.calibration is None):
        raise InputError(
            f"{newer}: only one of the two reads a calibrated confidence",
            "that cannot be compared by text alone: --beside FOLDER names where the files lie",
        )
    notes = NOTES if first.calibration is None else (*NOTES, CALIBRATED)
    return first, second, notes


def _table(path: Path, text: str, types: tuple[str, ...]) -> Table:
    anything = Learned(folder="", digest="", facts={}, reads_text=False, least_rate=0.0)
    same = CalibrationMap("isotonic", ((0.0, 0.0), (1.0, 1.0)))
    reading = read(
        text,
        str(path),
        known=lambda _file, _column: types,
        learned=lambda _folder: (anything, types),
        calibration=lambda file: Calibration(file=file, digest="", labels=0, map=same),
        contact_problem=contact_problem,
    )
    if reading.table is None:
        raise TableError(reading.errors)
    return reading.table


def _types(text: str, path: Path) -> Iterator[str]:
    """Yield every name in a text that may be one of a known type."""
    source, _ = read_source(text, str(path))
    if source is not None and isinstance(source.data, dict):
        yield from _named([source.data.get("escalate"), source.data.get("claims")])


def _named(value: Any, key: object = None) -> Iterator[str]:
    if isinstance(value, dict):
        if key == "below":
            yield from (str(name) for name in value if name != "else")
        for name, inner in value.items():
            yield from _named(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, key)
    elif isinstance(value, str) and key == "type":
        yield value
    elif isinstance(value, str) and key == "when":
        yield from _texts_in(value)


def _texts_in(expression: str) -> Iterable[str]:
    """Return the texts in an expression; nothing where it cannot be read, which is found later."""
    try:
        tree = ast.parse(expression.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return ()
    parts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return [part for part in parts if isinstance(part, str)]
