"""Who asked the agent for something, however they were named, and whatever they are called now."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from handraise.core.duty.entries import folded, words_in
from handraise.core.table.types import Person

BETWEEN = re.compile(r"[\s<>\"',;:()\[\]?=&/]+")
EDGES = "@.<>()[]\"'"


def askers_named(named: str, people: Mapping[str, Person]) -> list[str]:
    """Return the ids of everybody whom a text names as who asked; sorted, all who may be meant.

    It names them by their ids alone, or somewhere in it by a mail address or all words of a full
    name, in any order; case, width, blanks and what stands around them make no difference.
    """
    whole = folded(named)
    parts = [part for part in (one.strip(EDGES) for one in BETWEEN.split(whole)) if part]
    listed = _ids_alone(whole, parts, people)
    addresses = {part for part in parts if "@" in part}
    words = {word for part in parts if "@" not in part for word in words_in(part)}
    found = {
        id
        for id, person in people.items()
        if folded(id) in listed
        or whole in _contacts(person)
        or addresses & _addresses(person)
        or _is_named(person, words)
    }
    return sorted(found)


def same_people(
    ids: Iterable[str], before: Mapping[str, Person], now: Mapping[str, Person]
) -> set[str]:
    """Return the ids, and those of everybody who goes by a name or a contact of theirs now.

    Args:
        ids: of people, maybe of strangers.
        before: the people among whom they had these ids.
        now: the people of the newest table, where the same person may have another id.
    """
    same = set(ids)
    asked = [before[id] for id in same if id in before]
    names = {folded(one.name) for one in asked}
    contacts = {contact for one in asked for contact in _contacts(one)}
    return same | {
        id
        for id, person in (now.items() if asked else ())
        if folded(person.name) in names or contacts & _contacts(person)
    }


def _ids_alone(whole: str, parts: list[str], people: Mapping[str, Person]) -> set[str]:
    """Return the folded ids in a text that is nothing but ids; empty where it is more."""
    known = {folded(id) for id in people}
    alone = {whole, whole.strip(EDGES)} & known
    return alone or (set(parts) if set(parts) <= known else set())


def _is_named(person: Person, words: set[str]) -> bool:
    name = _words(person.name)
    return bool(name) and name <= words


@lru_cache(maxsize=4096)
def _words(name: str) -> frozenset[str]:
    return frozenset(words_in(folded(name)))


def _contacts(person: Person) -> frozenset[str]:
    return frozenset(folded(contact) for contact in person.contacts)


def _addresses(person: Person) -> frozenset[str]:
    """Return the mail addresses in somebody's contacts."""
    parts = (part for contact in _contacts(person) for part in BETWEEN.split(contact))
    return frozenset(part.strip(EDGES) for part in parts if "@" in part)
