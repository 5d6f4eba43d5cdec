"""A table's text with a threshold or its calibration changed, and not a letter else.

The places are taken from the YAML itself, so comments, quotes, order, layout and line ends stay as
the team wrote them. INVARIANT: what could only be changed by losing a comment is refused.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from handraise.core.table.spec import PERCENT
from handraise.errors import InputError

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_\-]*")
_PLAIN_FILE = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./\-]*")
_WORDS = frozenset(("true", "false", "null", "nan", "inf"))
_COMMENT = re.compile(r"[ \t]+#")


def with_threshold(text: str, row: int, below: float | Mapping[str, float]) -> str:
    """Return a table's text with another threshold in one of its confidence rows.

    Args:
        text: of a table without errors.
        row: the place among the confidence rows, 0 for the first.
        below: the threshold, or one for each type; each in (0, 1].

    Raises:
        InputError: a comment stands among thresholds that would be replaced.
    """
    rows = _value(_value(_root(text), "escalate"), "confidence")
    one = rows.value[row] if isinstance(rows, SequenceNode) else rows
    key, value = _pair(one, "below")
    if isinstance(below, Mapping):
        return _with_thresholds(text, key, value, below)
    if isinstance(value, ScalarNode) and _says(value, below):
        return text
    return _replaced(text, key, value, number_text(below))


def _with_thresholds(text: str, key: Node, value: Node, below: Mapping[str, float]) -> str:
    """Return the text with thresholds by type: in their places where the types are the same."""
    there = {name.value: (name, old) for name, old in _pairs(value)}
    if there.keys() == below.keys():
        edits = [
            (old.start_mark.index, _end(old), number_text(below[name]))
            for name, (_, old) in there.items()
            if not _says(old, below[name])
        ]
        return _edited(text, edits)
    quoted = _is_quoted(text, key)
    entries = [
        f"{_written(text, there[name][0]) if name in there else _name(name, quoted=quoted)}: "
        f"{number_text(limit)}"
        for name, limit in below.items()
    ]
    if isinstance(value, MappingNode) and not value.flow_style:
        _refuse_comments(text, value.start_mark.index, _end(value), value)
        line = _line_end(text) + " " * value.start_mark.column
        return _edited(text, [(value.start_mark.index, _end(value), line.join(entries))])
    return _replaced(text, key, value, f"{{{', '.join(entries)}}}")


def with_calibration(text: str, file: str | None = None) -> str:
    """Return a table's text that reads a calibrated confidence.

    Args:
        text: of a table without errors.
        file: where the calibration stands; None for calibration.json beside the table.

    Raises:
        InputError: a comment stands in what would be replaced.
    """
    root = _root(text)
    for key, value in _pairs(root):
        if key.value == "confidence":
            new = _calibrated(file, quoted=_is_quoted(text, key))
            return _replaced(text, key, value, new)
    if root.flow_style:
        before, _ = _pair(root, "escalate")
        quoted, start = _is_quoted(text, before), before.start_mark.index
        new = f"{_name('confidence', quoted=quoted)}: {_calibrated(file, quoted=quoted)}, "
        return _edited(text, [(start, start, new)])
    known, value = _pair(root, "known")
    line = " " * known.start_mark.column + f"confidence: {_calibrated(file, quoted=False)}"
    place = text.find("\n", _end(value)) + 1
    if not place:
        return f"{text}{_line_end(text)}{line}"
    while _COMMENT.match(text, place) and "\n" in text[place:]:  # it belongs to what is known
        place = text.index("\n", place) + 1
    return _edited(text, [(place, place, line + _line_end(text))])


def number_text(value: float) -> str:
    """Return a threshold in the fewest digits that are read as exactly this number.

    Example:
        >>> number_text(0.1 + 0.2), number_text(1e-5)
        ('0.30000000000000004', '0.00001')
    """
    return format(Decimal(repr(float(value))), "f")


def _calibrated(file: str | None, *, quoted: bool) -> str:
    if file is None:
        return '"calibrated"' if quoted else "calibrated"
    plain = _PLAIN_FILE.fullmatch(file) and not quoted
    return f"{{{_name('calibrated', quoted=quoted)}: {file if plain else _in_quotes(file)}}}"


def _root(text: str) -> Any:
    yaml = YAML(typ="safe", pure=True)
    yaml.version = (1, 2)
    return yaml.compose(text)


def _pairs(node: Node) -> list[tuple[Node, Node]]:
    return node.value if isinstance(node, MappingNode) else []


def _pair(node: Node, name: str) -> tuple[Node, Node]:
    return next((key, value) for key, value in _pairs(node) if key.value == name)


def _value(node: Node, name: str) -> Node:
    return _pair(node, name)[1]


def _end(node: Node) -> int:
    """Return where a value ends; what follows it in a block, like comments, is not part of it."""
    while isinstance(node, CollectionNode) and not node.flow_style:
        last = node.value[-1]
        node = last[1] if isinstance(node, MappingNode) else last
    end: int = node.end_mark.index
    return end


def _says(node: Node, limit: float) -> bool:
    """Whether a threshold is written already, as a number or as a percentage."""
    percent = PERCENT.fullmatch(node.value)
    number = Decimal(percent.group(1)) / 100 if percent else node.value
    return float(number) == limit


def _replaced(text: str, key: Node, value: Node, new: str) -> str:
    """Return the text with another value after a key, on its line."""
    start, end = value.start_mark.index, _end(value)
    if isinstance(value, CollectionNode) and not value.flow_style:
        start = text.index(":", key.end_mark.index) + 1
        new = f" {new}"
    _refuse_comments(text, start, end, value)
    return _edited(text, [(start, end, new)])


def _refuse_comments(text: str, start: int, end: int, value: Node) -> None:
    """Refuse to replace a piece of the text that holds a comment."""
    between, at = "", start
    for scalar in _scalars(value):
        between += text[at : scalar.start_mark.index]
        at = scalar.end_mark.index
    if "#" in between + text[at:end]:
        raise InputError(
            f"line {value.start_mark.line + 1}: a comment stands in what would be replaced",
            "move the comment above the row, or change the row by hand",
        )


def _scalars(node: Node) -> Iterator[Node]:
    for key, value in _pairs(node):
        yield key
        yield from _scalars(value)
    if isinstance(node, ScalarNode):
        yield node


def _edited(text: str, edits: list[tuple[int, int, str]]) -> str:
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _written(text: str, node: Node) -> str:
    return text[node.start_mark.index : node.end_mark.index]


def _is_quoted(text: str, key: Node) -> bool:
    return text[key.start_mark.index] in "\"'"


def _name(name: str, *, quoted: bool) -> str:
    """Return a name as a key, in quotes where the others are or where YAML needs them."""
    is_plain = _PLAIN.fullmatch(name) and name.casefold() not in _WORDS
    return name if is_plain and not quoted else _in_quotes(name)


def _in_quotes(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
