"""What a proposal comes to, in one short line: the same in subjects, headlines and on buttons.

INVARIANT: nothing is left out without a sign. A long value is cut and says so, fields that have no
room are counted, and the order is that of the proposal.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from handraise.core.table.expression import as_source
from handraise.core.table.form import is_number
from handraise.core.table.money import in_money
from handraise.core.table.types import Table
from handraise.service.telling.wording.texts import ISOLATE, ISOLATE_ENDS, isolated, visible

MOST = 3
ROOM = 90
MAX_VALUE = 24
MAX_SCANNED = 400
"""A customer may write a book."""

NO_BREAK = "\N{NO-BREAK SPACE}"


def figures(action: str, proposal: Any, units: Mapping[str, str]) -> str:
    """Return the main values of a proposal, to stand behind the action's name; empty for none.

    The field of the action's own name comes first and bare, as in ` 6,200 USD (note late, 1 more)`.

    Args:
        action: the name of the action.
        proposal: plain JSON; what is not made of fields has no figures.
        units: of its amounts; see `units_of`.
    """
    if not isinstance(proposal, dict) or not proposal:
        return ""
    has_own = is_number(proposal.get(action))
    own = f" {_figure(proposal[action], units.get(action, ''))}" if has_own else ""
    others = {name: value for name, value in proposal.items() if not (own and name == action)}
    shown = _shown(others, units, MOST - has_own)
    left = len(others) - len(shown)
    if left:
        noun = "more" if own or shown else "field" if left == 1 else "fields"
        shown.append(f"{left:,} {noun}")
    return f"{own} ({', '.join(shown)})" if shown else own


def _shown(fields: Mapping[Any, Any], units: Mapping[str, str], most: int) -> list[str]:
    """Return the first fields for which there is room, each with its value."""
    shown: list[str] = []
    room = ROOM
    for name, value in fields.items():
        words = _figure(value, units.get(name))
        if not words:
            continue
        part = f"{isolated(short(str(name).replace('_', ' '), MAX_VALUE))} {words}"
        room -= len(part)
        if len(shown) == most or room < 0:
            break
        shown.append(part)
    return shown


def _figure(value: Any, unit: str | None) -> str:
    """Return a scalar in few words; empty for what is not to be said in few."""
    if isinstance(value, str):
        return isolated(short(value, MAX_VALUE))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if not is_number(value):
        return ""
    number = repr(value) if unit is None else number_words(value)
    return f"{in_money(number, unit)}{NO_BREAK}{unit}" if unit else number


def short(text: str, most: int) -> str:
    """Return a text on one line, no longer than `most`; what is cut ends with `…`."""
    line = visible(" ".join(text[:MAX_SCANNED].split()))
    is_cut = len(line) > most or len(text) > MAX_SCANNED
    if not is_cut:
        return line
    kept = line[: most - 1]
    is_inside = kept.count(ISOLATE) > kept.count(ISOLATE_ENDS)
    return f"{kept}…{ISOLATE_ENDS if is_inside else ''}"


def units_of(table: Table | None, action: str) -> dict[str, str]:
    """Return the fields of the proposal that are amounts, each with its unit.

    A field is an amount when a fact is read from it directly, whose unit it then has, or when the
    action's form declares it a number; such a one has the empty unit.
    """
    if table is None:
        return {}
    rated = table.actions.get(action)
    form = rated.form.fields if rated and rated.form else {}
    found = {name: "" for name, field in form.items() if field.kind == "number"}
    for fact in table.facts.values():
        source = fact.sources.get(action) or fact.source
        text = as_source(source) if source is not None else ""
        if fact.unit and text.startswith("proposal.") and text[9:].replace("_", "a").isalnum():
            found[text[9:]] = fact.unit
    return found


def number_words(value: float) -> str:
    """Return a number with its thousands set apart, and not a digit less.

    Example:
        >>> number_words(6200), number_words(-1234.5), number_words(0.25), number_words(1e22)
        ('6,200', '-1,234.5', '0.25', '1e+22')
    """
    plain = repr(value)
    if "e" in plain or "n" in plain:
        return plain
    whole, dot, rest = plain.partition(".")
    grouped = f"{int(whole):,}" if whole.lstrip("-").isdigit() and int(whole) else whole
    return grouped if rest == "0" else f"{grouped}{dot}{rest}"
