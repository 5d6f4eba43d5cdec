"""The table's YAML text as plain values with the position of each key and value.

YAML 1.2 by ruamel.yaml. Anchors, aliases, tags, directives and merge keys are refused: a table is
read by people from top to bottom. Nothing here knows what a table means; no text makes it raise.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import DuplicateKeyError, RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    CollectionStartEvent,
    DocumentStartEvent,
    NodeEvent,
    ScalarEvent,
)
from ruamel.yaml.reader import ReaderError

from handraise.core.table.torn import Path, Places, Refusal, explained, lines_of, refused_keys
from handraise.model import Finding

MAX_BYTES = 1_000_000
MAX_DEPTH = 40
REMEMBERED = 32
"""How many texts are remembered, none longer than the next."""
REMEMBERED_CHARACTERS = 100_000
TORN = re.compile(r"[\ud800-\udfff]")

__all__ = ["Path", "Places", "Source", "path_text", "read_source"]


class Source(Struct, frozen=True, kw_only=True):
    """A table as it was written.

    Attributes:
        file: its name, for findings.
        text: the text.
        data: plain dicts, lists and scalars.
        keys: (line, column) of each mapping key, 1-based, by path.
        values: (line, column) of each value, 1-based, by path.
    """

    file: str
    text: str
    data: Any
    keys: Places
    values: Places

    def place(self, path: Path, *, key: bool = False) -> tuple[int, int]:
        """Return where `path` stands, or the nearest of its ancestors that stands anywhere."""
        first, second = (self.keys, self.values) if key else (self.values, self.keys)
        for end in range(len(path), 0, -1):
            found = first.get(path[:end]) or second.get(path[:end])
            if found:
                return found
        return (1, 1)

    def finding(
        self,
        path: Path,
        code: str,
        message: str,
        hint: str = "",
        *,
        key: bool = False,
        warning: bool = False,
        offset: int = 0,
    ) -> Finding:
        """Return a finding at `path`; `offset` characters into a text written on one line."""
        line, column = self.place(path, key=key)
        lines = lines_of(self.text)
        if offset and line <= len(lines):
            column += _written_offset(lines[line - 1][column - 1 :], offset)
        return Finding(
            severity="warning" if warning else "error",
            code=code,
            message=message,
            hint=hint,
            file=self.file,
            line=line,
            column=column,
            path=path_text(path),
        )


def path_text(path: Path) -> str:
    """Return a path as people write it: `routes.finance_lead.people[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _written_offset(written: str, offset: int) -> int:
    """Return how far into the written scalar its character stands; 0 when on another line."""
    quote = written[:1]
    if quote in {"|", ">"}:
        return 0
    place = 0
    if quote in {"'", '"'}:
        place = 1
        for _ in range(offset):
            place += 2 if written[place : place + 2] in {"''", '\\"', "\\\\"} else 1
    else:
        place = offset
    return place if place < len(written) else 0


def read_source(text: str, file: str) -> tuple[Source | None, list[Finding]]:
    """Return the values with their positions, or None with the findings that stop the reading.

    The same short text is parsed once, whatever its file: gates, servers and the checklist read it
    again and again, and parsing is nine tenths of reading. Everybody gets values of their own.
    """
    is_short = len(text) <= REMEMBERED_CHARACTERS
    source, findings = (_parsed_before if is_short else _parsed)(text)
    if source is not None:
        source = replace(source, file=file, data=_own(source.data))
    return source, [replace(one, file=file) for one in findings]


def _own(data: Any) -> Any:
    """Return plain values that nobody else has."""
    if isinstance(data, dict):
        return {name: _own(inner) for name, inner in data.items()}
    return [_own(inner) for inner in data] if isinstance(data, list) else data


def _parsed(text: str) -> tuple[Source | None, tuple[Finding, ...]]:
    try:
        found = _unusable(text)
        if found is None:
            loaded = _yaml().load(text)
            keys: Places = {}
            values: Places = {}
            data = _plain(loaded, (), keys, values)
            odd = refused_keys(text, data, keys)
            if odd:
                return None, tuple(_finding(*place, refusal) for place, refusal in odd)
            return Source(file="", text=text, data=data, keys=keys, values=values), ()
    except DuplicateKeyError as error:
        refusal = "duplicate-key", "a key stands twice in the same mapping", "remove one of them"
        found = _marked(error, refusal)
    except MarkedYAMLError as error:
        place, refusal = explained(text, error)
        found = _finding(*place, refusal)
    except ReaderError as error:
        message = f"the character U+{error.character:04X} cannot stand in a table"
        found = _at(text, error.position, ("yaml", message, "take it out"))
    except Exception as error:  # noqa: BLE001 - whatever the YAML library stumbles over is a finding
        message = f"cannot be read as YAML: {error}"
        found = Finding(severity="error", code="yaml", message=message)
    return None, (found,)


_parsed_before = lru_cache(maxsize=REMEMBERED)(_parsed)


class _Constructor(RoundTripConstructor):
    """Reads what looks like a date as the text it is, as YAML 1.2 does."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", RoundTripConstructor.construct_yaml_str)


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.version = (1, 2)
    yaml.Constructor = _Constructor
    return yaml


def _unusable(text: str) -> Finding | None:
    """Return the finding for a text that is too large, empty, or uses what a table may not."""
    if len(text) > MAX_BYTES:
        message = f"the table is larger than {MAX_BYTES:,} characters"
        return _at(text, 0, ("too-large", message, "a table is short; is this the right file?"))
    torn = TORN.search(text)
    if torn is not None:
        half = "yaml", "half a character stands here", "save the file as UTF-8"
        return _at(text, torn.start(), half)
    events = 0
    for event, refusal in _refused(text):
        events += 1
        if refusal is not None:
            mark = event.start_mark
            return _finding(mark.line + 1, mark.column + 1, refusal)
    if not events:
        empty = "empty", "the table is empty", "`handraise init` writes one to begin with"
        return _at(text, 0, empty)
    return None


def _refused(text: str) -> Iterator[tuple[Any, Refusal | None]]:
    """Yield each node of the text, and why it cannot stand in a table, if so."""
    depth = 0
    documents = 0
    for event in YAML(typ="safe", pure=True).parse(text):
        depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
        if isinstance(event, DocumentStartEvent):
            documents += 1
            if documents > 1:
                hint = "put each agent's table in a file of its own"
                yield event, ("documents", "there is more than one document in this file", hint)
            if event.version or event.tags:
                yield event, ("directive", "directives cannot stand in a table", "take the % out")
        elif isinstance(event, NodeEvent):
            yield event, _refusal(event, depth)


def _refusal(event: Any, depth: int) -> Refusal | None:
    if isinstance(event, AliasEvent) or event.anchor:
        hint = "write it out, so that a person can point at it"
        return "anchor", "anchors and aliases cannot stand in a table", hint
    if event.tag:
        return "tag", "tags cannot stand in a table", "take the ! out, or put the text in quotes"
    if depth > MAX_DEPTH:
        return "too-deep", f"this is nested more than {MAX_DEPTH} deep", "a table is flat"
    if not isinstance(event, ScalarEvent):
        return None
    if event.value == "<<" and event.style is None:
        return "merge", "merge keys cannot stand in a table", "write it out"
    if TORN.search(event.value):
        return "yaml", "half a character stands here", "write the whole one"
    return None


def _at(text: str, position: int, refusal: Refusal) -> Finding:
    """Return a finding at a character of the text."""
    lines = lines_of(text[:position])
    return _finding(len(lines), len(lines[-1]) + 1, refusal)


def _marked(error: MarkedYAMLError, refusal: Refusal) -> Finding:
    mark = error.problem_mark or error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    return _finding(line, column, refusal)


def _finding(line: int, column: int, refusal: Refusal) -> Finding:
    code, message, hint = refusal
    return Finding(
        severity="error",
        code=code,
        message=message,
        hint=hint,
        line=line,
        column=column,
    )


def _plain(value: Any, path: Path, keys: Places, values: Places) -> Any:
    """Return ruamel's value as plain Python, and note where each part stands."""
    if isinstance(value, CommentedMap):
        result = {}
        for key, inner in value.items():
            name = str(key) if isinstance(key, str) else key
            _note(keys, (*path, name), value.lc.key(key))
            _note(values, (*path, name), value.lc.value(key))
            result[name] = _plain(inner, (*path, name), keys, values)
        return result
    if isinstance(value, CommentedSeq):
        items = []
        for place, inner in enumerate(value):
            _note(values, (*path, place), value.lc.item(place))
            items.append(_plain(inner, (*path, place), keys, values))
        return items
    return _scalar(value)


def _note(places: Places, path: Path, mark: Any) -> None:
    places[path] = (mark[0] + 1, mark[1] + 1)


def _scalar(value: Any) -> Any:
    """Return a scalar without what ruamel keeps with it."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return int(value)
    return float(value) if isinstance(value, float) else str(value)
