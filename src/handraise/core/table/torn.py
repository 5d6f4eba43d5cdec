"""Where a text stops being YAML: the parser's words in ours, with how to mend it."""

from __future__ import annotations

import re
from typing import Any

from ruamel.yaml.error import MarkedYAMLError

from handraise.core.table.slips import COMMA_NUMBER, without_comma

Path = tuple[str | int, ...]
Place = tuple[int, int]
Places = dict[Path, Place]
Refusal = tuple[str, str, str]

NO_TABS = "a tab stands here", "use spaces"
BANG = re.compile(r"(?:[:,\[{-]\s+|^\s*)(!)")


def lines_of(text: str) -> list[str]:
    """Return the lines as editors count them."""
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


def explained(text: str, error: MarkedYAMLError) -> tuple[Place, Refusal]:
    """Return where a text cannot be read as YAML, what is wrong there, and the remedy."""
    mark = error.problem_mark or error.context_mark
    place = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    lines = lines_of(text)
    line = lines[place[0] - 1] if place[0] <= len(lines) else ""
    lead = line[: len(line) - len(line.lstrip())]
    if "\t" in lead or line[place[1] - 1 : place[1]] == "\t":
        column = lead.index("\t") + 1 if "\t" in lead else place[1]
        return (place[0], column), ("yaml", *NO_TABS)
    if bang := BANG.search(line):
        hint = "write not (…), or put the text in quotes"
        return (place[0], bang.start(1) + 1), ("yaml", "a value cannot begin with !", hint)
    for words, message, hint in _REMEDIES:
        if all(word in f"{error.context} {error.problem}" for word in words):
            start = error.context_mark if message in _AT_START else None
            if start is not None:
                place = (start.line + 1, start.column + 1)
            return place, ("yaml", message, hint)
    what = " ".join(str(part) for part in (error.context, error.problem) if part)
    hint = "check the indentation, the colons and the quotes here"
    return place, ("yaml", f"cannot be read as YAML: {what}", hint)


UNCLOSED = "this quote is never closed"
NO_COLON = "a colon with a space after it is missing here"
_AT_START = {UNCLOSED, NO_COLON}
_REMEDIES = (
    (
        ("expected <block end>", "found '<block"),
        "this line is indented otherwise than those it belongs to",
        "begin it with exactly as many spaces as the lines beside it",
    ),
    (("could not find expected ':'",), NO_COLON, "write key: value"),
    (("quoted scalar", "unexpected end"), UNCLOSED, "close it on the same line"),
    (("flow mapping", "expected ',' or '}'"), "a comma or a } is missing before this", "add it"),
    (("flow sequence", "expected ',' or ']'"), "a comma or a ] is missing before this", "add it"),
    (
        ("mapping values are not allowed",),
        "this colon cannot stand here",
        "put a text with a colon in quotes, or mend the indentation of this line",
    ),
)


def refused_keys(text: str, data: Any, keys: Places) -> list[tuple[Place, Refusal]]:
    """Return the keys that are none: numbers and the like, and the rests of numbers with commas."""
    lines = lines_of(text)
    found: dict[Place, Refusal] = {}
    for path, place in keys.items():
        number = _split_number(lines, place) if _holds_nothing(data, path) else None
        if number is not None:
            start, written = number
            whole = without_comma(written)
            hint = f"write {whole}, or put the whole text in quotes"
            found[place[0], start] = "key", "no comma in numbers", hint
        elif not isinstance(path[-1], str):
            found[place] = "key", "a key must be text", "put it in quotes"
    return list(found.items())


def _holds_nothing(data: Any, path: Path) -> bool:
    """Whether a key stands alone, as the second half of `1,500` does in a flow mapping."""
    for part in path:
        data = data[part]
    return data is None


def _split_number(lines: list[str], place: Place) -> tuple[int, str] | None:
    """Return the column and the text of a number whose comma made its rest a key."""
    for number in COMMA_NUMBER.finditer(lines[place[0] - 1] if place[0] <= len(lines) else ""):
        if number.start() < place[1] - 1 < number.end():
            return number.start() + 1, number.group()
    return None
