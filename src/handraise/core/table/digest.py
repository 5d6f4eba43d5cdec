"""The version of a table: a digest of its meaning, whatever its comments and layout."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec

from handraise.core.table.expression import as_source
from handraise.core.table.types import Table

_CAME_LATER: dict[str, dict[str, Any]] = {
    "people": {"calendars": (), "holidays": None},
    "routes": {"needs": 1},
}
_CAME_LATER_TO_ALL: dict[str, Any] = {
    "audit": None,
    "quiet_after_s": None,
    "false_alarms": 0.05,
    "confirm": None,
    "readers": (),
}
"""What an earlier release had no word for, with what stands for "not used"."""


_OF_LEARNED = ("digest", "facts", "reads_text")


def version_of(table: Table) -> str:
    """Return the digest of a table's meaning: 16 hex digits of SHA-256.

    Comments, layout, the order of mappings without an order of their own, and the place of rows in
    the file do not change it. The known types are part of it, wherever they are read from.
    """
    given = [case.given for case in table.tests]
    bare = [msgspec.structs.replace(case, given={}) for case in table.tests]
    content = msgspec.to_builtins(msgspec.structs.replace(table, tests=tuple(bare)))
    del content["version"]
    for row, original in zip(content["rows"], table.rows, strict=True):
        del row["line"]
        row["when"] = as_source(original.when) if original.when else None
    for case, fields in zip(content["tests"], given, strict=True):
        del case["line"]
        case["given"] = fields
    for claim, said in zip(content["claims"], table.claims, strict=True):
        del claim["line"]
        claim["when"] = as_source(said.when) if said.when else None
    if not table.claims:
        del content["claims"]
    del content["known"]["file"], content["known"]["column"]
    _leave_out_what_was_not_learned(content)
    _leave_out_what_is_not_calibrated(content)
    _leave_out_what_came_later(content)
    encoded = msgspec.json.encode(_spelled(content), order="sorted")
    return hashlib.sha256(b"handraise table 1\n" + encoded).hexdigest()[:16]


def _leave_out_what_was_not_learned(content: dict[str, Any]) -> None:
    """Keep of learned files what they are and what they read, not where they lie."""
    known, rows = content["known"], content["rows"]
    if known["learned"] is None:
        del known["learned"]
    else:
        known["learned"] = {name: known["learned"][name] for name in _OF_LEARNED}
    for row in rows:
        if row["unfamiliar"] is None:
            del row["unfamiliar"]


def _leave_out_what_is_not_calibrated(content: dict[str, Any]) -> None:
    """Keep of a calibration its digest, which covers the map; not the name of its file."""
    if content["calibration"] is None:
        del content["calibration"]
    else:
        content["calibration"] = content["calibration"]["digest"]


def _leave_out_what_came_later(content: dict[str, Any]) -> None:
    """Take out what earlier releases had no word for, where a table does not use it.

    A table that has not changed keeps the version it was signed for.
    """
    for name, unused in _CAME_LATER_TO_ALL.items():
        if content[name] == unused:
            del content[name]
    for part, later in _CAME_LATER.items():
        for entry in content[part].values():
            for name, unused in later.items():
                if entry[name] == unused:
                    del entry[name]


def _spelled(value: Any) -> Any:
    """Return a value that JSON can hold, two different ones never in the same spelling."""
    if isinstance(value, dict):
        return {_name(key): _spelled(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(inner) for inner in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return {"number": repr(value)}
    return value


def _name(key: Any) -> str:
    return f"={key}" if isinstance(key, str) else f"{type(key).__name__} {key!r}"
