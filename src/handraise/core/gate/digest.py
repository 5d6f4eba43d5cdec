"""Freezing what an agent sends: plain values that can be kept, and digests that bind answers.

Total: any value becomes plain; what could not be kept exactly is named, and the gate makes a fault
of it.
"""

from __future__ import annotations

import hashlib
import math
from decimal import Decimal
from typing import Any

import msgspec

from handraise.core.table.values import number, shown
from handraise.model import Decision

MAX_DEPTH = 32
MAX_ITEMS = 20_000
MAX_TEXT = 100_000
MAX_CHARACTERS = 1_000_000
JSON_INTEGER = 2**53
BINDING = frozenset({"proposal", "facts", "case", "key"})
"""The fields that must be kept exactly: an answer binds to them."""
DIGESTED = ("type", "action", "confidence", "facts", "text", "proposal", "case")


class Plainer:
    """Turns values into plain JSON, noting each place that could not be kept exactly.

    What it keeps is bounded, whatever it is given: items, depth and characters.
    """

    def __init__(self) -> None:
        """Start with nothing noted."""
        self.notes: list[str] = []
        self.items = 0
        self.characters = 0

    def plain(self, value: Any, path: str) -> Any:
        """Return `value` as None, bool, int, float, str, list or dict of such."""
        try:
            return self._plain(value, path, 0)
        except Exception:  # noqa: BLE001 - an object that breaks when looked at is kept as broken
            return self._odd(path, f"<{type(value).__name__} that cannot be read>")

    def _odd(self, path: str, what: str) -> str:
        self.notes.append(f"{path} is {what}")
        return what

    def _plain(self, value: Any, path: str, depth: int) -> Any:
        self.items += 1
        kind = type(value)
        if value is None or value is True or value is False:
            return value
        if issubclass(kind, str):
            return self._text(value, path)
        if issubclass(kind, dict | list | tuple):
            if depth > MAX_DEPTH:
                return self._odd(path, "cut: too deeply nested")
            return (
                self._dict(value, path, depth)
                if issubclass(kind, dict)
                else self._list(value, path, depth)
            )
        return self._number(value, path)

    def _dict(self, value: dict[Any, Any], path: str, depth: int) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for key, inner in dict.items(value):
            if self.items >= MAX_ITEMS:
                kept["[cut]"] = self._odd(path, f"cut: {dict.__len__(value) - len(kept):,} more")
                break
            name = self._key(key, path)
            if name in kept:
                self._odd(path, f"holding {shown(name)} twice")
            kept[name] = self._plain(inner, f"{path}.{name[:30]}", depth + 1)
        return kept

    def _key(self, key: Any, path: str) -> str:
        if type(key) is str:
            return self._text(key, path)
        return self._odd(path, f"keyed by {shown(key)}")

    def _list(self, value: list[Any] | tuple[Any, ...], path: str, depth: int) -> list[Any]:
        kept: list[Any] = []
        base: Any = list if isinstance(value, list) else tuple
        for place, inner in enumerate(base.__iter__(value)):
            if self.items >= MAX_ITEMS:
                kept.append(self._odd(path, f"cut: {base.__len__(value) - place:,} more"))
                break
            kept.append(self._plain(inner, f"{path}[{place}]", depth + 1))
        return kept

    def _number(self, value: Any, path: str) -> Any:
        found = number(value)
        if found is None or (isinstance(found, int) and abs(found) > JSON_INTEGER):
            return self._odd(path, shown(value))
        exact = Decimal(repr(found)) if isinstance(value, Decimal) else found
        if exact != value:
            self._odd(path, f"{shown(value)}, kept as {shown(found)}")
        return found

    def _text(self, value: str, path: str) -> str:
        whole = str.__str__(value)
        room = max(min(MAX_TEXT, MAX_CHARACTERS - self.characters), 0)
        kept = whole[:room]
        self.characters += len(kept)
        try:
            kept.encode()
        except UnicodeEncodeError:
            kept = kept.encode("utf-8", "replace").decode()
            self.notes.append(f"{path} is not valid text")
        if len(whole) > room:
            mark = hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()[:16]
            more = len(whole) - room
            self.notes.append(f"{path} is cut: {len(whole):,} characters")
            kept = f"{kept} [cut: {more:,} more characters, the whole is {mark}]"
        return kept


def plain_decision(decision: Decision) -> tuple[Decision, list[str]]:
    """Return the decision in plain values, and what of its proposal or facts was not kept exactly.

    Context and text are for reading only: what is cut of them carries its mark, and is no fault.
    """
    fields = {}
    notes: list[str] = []
    for name in Decision.__struct_fields__:
        plainer = Plainer()
        fields[name] = plainer.plain(getattr(decision, name), name)
        if name in BINDING:
            notes += plainer.notes
    return Decision(**fields), notes


def decision_digest(plain: Decision) -> str:
    """Return the digest of a plain decision without context and key: SHA-256, 64 hex digits."""
    named = {name: getattr(plain, name) for name in DIGESTED}
    # Only where there is one, so that the digests of decisions without stay what they were.
    asked_by = {} if plain.asked_by is None else {"asked_by": plain.asked_by}
    return _digest({**named, **asked_by})


def proposal_digest(action: Any, proposal: Any) -> str:
    """Return the digest of what would be done: the action and its proposal, both plain."""
    return _digest({"action": action, "proposal": proposal})


def _digest(value: Any) -> str:
    return hashlib.sha256(msgspec.json.encode(_canonical(value), order="sorted")).hexdigest()


def _canonical(value: Any) -> Any:
    """Return a plain value in one spelling: 6200.0 and 6200 are the same number."""
    if isinstance(value, float) and value == math.trunc(value) and abs(value) <= JSON_INTEGER:
        return int(value)
    if isinstance(value, dict):
        return {key: _canonical(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_canonical(inner) for inner in value]
    return value
