"""Stand-ins for what does not fit the form, so that the rest of a broken table is still looked at.

Never part of a table that is used: a table with an error is not used at all. A stand-in is sound,
so nothing is ever said about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from handraise.core.table.source import Path
from handraise.model import OWNER

ROWS: dict[str, Any] = {
    "confidence": {"below": 0.5, "to": OWNER},
    "consequence": {"when": "false", "to": OWNER},
    "novelty": {"unknown": "type", "to": OWNER},
}
CASE = {"name": "-", "given": {}, "expect": "proceed"}
CLAIM = {"always": "proceed"}
NEEDED = frozenset({"name", "contact", "people", "severity", "type"})
WHOLES = frozenset({"people", "routes", "known", "severities", "actions", "facts"})
"""Where a stand-in for the whole would make everything that refers to it look wrong."""


def mended(data: dict[Any, Any], broken: Sequence[Path]) -> dict[Any, Any] | None:
    """Return the data with stand-ins; None when nothing useful is left.

    Args:
        data: what stands in the file.
        broken: paths in it, also of keys that are missing.
    """
    result: dict[Any, Any] = _copied(data)
    people = list(_dict(result.get("people")))
    if not people:
        return None
    for path in broken:
        first = path[0]
        if first == "severities" or (first in WHOLES and len(path) == 1):
            return None
        if first == "known" and not isinstance(path[1], int):
            return None
        try:
            _stand_in(result, path, people[0])
        except (LookupError, TypeError, AttributeError):
            return None  # what is broken cannot even be pointed at; its finding stands
    return result


def _stand_in(data: dict[Any, Any], path: Path, person: str) -> None:
    """Put something harmless at the path, or take away what may be left out."""
    first = path[0]
    wholes: dict[Any, Any] = {"handraise": 1, "agent": "agent", "owner": person}
    if first == "escalate":
        _stand_in_row(data, path)
    elif first in wholes:
        data[first] = wholes[first]
    elif first in WHOLES and len(path) > 2 and isinstance(path[2], str) and path[2] not in NEEDED:
        data[first][path[1]].pop(path[2], None)
        if path[2] == "from":
            data[first][path[1]].pop("otherwise", None)
    elif first in WHOLES:
        data[first][path[1]] = _part(data, path, person)
    elif first == "tests" and len(path) > 1:
        data[first][path[1]] = CASE
    elif first == "claims" and len(path) > 1:
        data[first][path[1]] = {"name": f"- {path[1]}", **CLAIM}
    else:
        data.pop(first, None)


def _part(data: dict[Any, Any], path: Path, person: str) -> Any:
    """Return a stand-in for one person, route, action, fact or known type."""
    written = data[path[0]][path[1]]
    match path[0]:
        case "people":
            return {"name": "-", "contact": "mailto:nobody@example.com"}
        case "routes":
            return {"people": [person]}
        case "actions":
            severity = _dict(written).get("severity")
            listed = _list(data.get("severities")) or ["low"]
            return {"severity": severity if isinstance(severity, str) else listed[0]}
        case "facts":
            kind = _dict(written).get("type")
            return {"type": kind if isinstance(kind, str) else "number"}
        case _:
            return f"- {path[1]}"


def _stand_in_row(data: dict[Any, Any], path: Path) -> None:
    if len(path) == 1:
        data["escalate"] = dict(ROWS)
        return
    condition = str(path[1])
    if len(path) > 2 and isinstance(path[2], int):
        data["escalate"][condition][path[2]] = ROWS[condition]
    else:
        data["escalate"][condition] = ROWS[condition]


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(inner) for key, inner in value.items()}
    return [_copied(inner) for inner in value] if isinstance(value, list) else value


def _dict(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
