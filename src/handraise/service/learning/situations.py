"""New situations: what was unlike the familiar and people answered, in groups, and what it is.

What was novel stays novel until a person has said which type it is, and it was learned.

INVARIANTS: only somebody who answers for the novel may say what it is, and nobody of what they
asked the agent for; nothing of a rehearsal, and nothing that was erased, gets here.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.lifecycle.askers import same_people
from handraise.core.table.parsing import nearest
from handraise.core.table.types import Table
from handraise.errors import AccessError, InputError, NotFoundError
from handraise.model import Situation
from handraise.service.learning.grouping import (
    MAX_TEXTS,
    Encode,
    clusters_of,
    nearest_the_middle,
    vectors_of,
    words_apart,
)
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

MAX_LABEL = 100
MAX_EXAMPLES = 3
_ID_LENGTH = 10


class Group(Struct, frozen=True, kw_only=True):
    """New situations that are alike, of which nobody has said yet what they are.

    Attributes:
        id: a short digest of which they are: another one as soon as one is added.
        count: how many they are.
        examples: up to three texts, those nearest the middle first; a customer's own words.
        words: those that set it apart from the others; may be none.
        types: how often the agent took them for which type; "" where it had none.
        outcomes: how often they ended how.
        escalation_ids: sorted.
        newest_at: when the newest of them was answered.
    """

    id: str
    count: int
    examples: tuple[str, ...]
    words: tuple[str, ...]
    types: Mapping[str, int]
    outcomes: Mapping[str, int]
    escalation_ids: tuple[str, ...]
    newest_at: datetime

    @property
    def is_alone(self) -> bool:
        """Whether it is like no other."""
        return self.count == 1


class Naming(Struct, frozen=True, kw_only=True):
    """What came of a person's word.

    Attributes:
        label: the type's name; None for "it is none".
        count: how many situations they were.
        news: of how many of them nobody had said so.
        is_known: whether the table knows the type already: then the wording is new, not the type.
        near: which name they may have meant, in words; empty for a known one, or none.
    """

    label: str | None
    count: int
    news: int
    is_known: bool = False
    near: str = ""


class Situations:
    """Lists the new situations of a store, and keeps what people say of them."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf
        self._clock = clock

    def groups(
        self, agent: str, encode: Encode, min_size: int = 2, *, since: datetime | None = None
    ) -> list[Group]:
        """Return what nobody has named yet: groups, the largest first, then what stands alone.

        The newest 5,000 of them are looked at. What has no text stands alone.

        Args:
            agent: whose.
            encode: gives a unit vector for each text.
            min_size: what has fewer members is taken apart; at least 2.
            since: only what was answered at this instant or later.

        Raises:
            NotFoundError: there is no such agent.
            SettingsError: the extra `learn` is not installed.
            InputError: the encoder gave no vectors.
        """
        return in_groups(self.unnamed(agent, since=since), encode, min_size)

    def unnamed(
        self, agent: str, *, since: datetime | None = None, limit: int = MAX_TEXTS
    ) -> list[Situation]:
        """Return the newest of what nobody has named yet, oldest first.

        Args:
            agent: whose.
            since: only what was answered at this instant or later.
            limit: at most so many.

        Raises:
            NotFoundError: there is no such agent.
        """
        self._shelf.current(agent)
        return self._store.new_situations(agent, limit=limit, since=since, unnamed=True)[::-1]

    def group(self, agent: str, group_id: str, encode: Encode) -> Group:
        """Return the group of that id, as `groups` lists it.

        Raises:
            NotFoundError: there is none: it was named, or others have joined it since.
            SettingsError, InputError: as `groups`.
        """
        for one in self.groups(agent, encode):
            if one.id == group_id:
                return one
        raise NotFoundError(
            f'there is no group "{group_id}"',
            "`handraise situations` lists them as they are now: new ones may have joined it",
        )

    def may_say(self, agent: str, person: str) -> bool:
        """Whether a person answers for the novel: they are on a route of its rows, or the owner."""
        table = self._shelf.current(agent)
        return person in answering(table) and self._shelf.is_here(person)

    def name(self, agent: str, escalation_ids: Sequence[str], label: str, by: str) -> Naming:
        """Keep which type some situations are of, to be learned from.

        A later word replaces an earlier one.

        Args:
            agent: whose.
            escalation_ids: the situations, of a group or chosen one by one.
            label: the type's name, 1 to 100 characters; known ones may get more wordings.
            by: the person who says so.

        Raises:
            NotFoundError: there is no such agent or situation.
            AccessError: the person does not answer for the novel, or asked for one of them.
            InputError: the name is not usable, or no situation was given.
        """
        usable = _usable(label)
        table = self._shelf.current(agent)
        near = self.near(agent, usable)  # before it is a given one itself
        named = self._said(table, escalation_ids, usable, by)
        is_known = usable in table.known.types
        return Naming(
            label=usable,
            count=len(set(escalation_ids)),
            news=named,
            is_known=is_known,
            near=near,
        )

    def near(self, agent: str, label: str) -> str:
        """Return which known or already given name a new one is almost; empty for none.

        Raises:
            NotFoundError: there is no such agent.
            InputError: the name is not usable.
        """
        table, usable = self._shelf.current(agent), _usable(label)
        said = (one.said.label for one in self._store.named_situations(agent) if one.said)
        names = sorted({*table.known.types, *filter(None, said)})
        return "" if usable in names else nearest(usable, names, "")

    def none(self, agent: str, escalation_ids: Sequence[str], by: str) -> Naming:
        """Keep that some situations are of no type: nothing is to be learned from them.

        Raises:
            NotFoundError, AccessError, InputError: as `name`.
        """
        news = self._said(self._shelf.current(agent), escalation_ids, None, by)
        return Naming(label=None, count=len(set(escalation_ids)), news=news)

    def _said(self, table: Table, ids: Sequence[str], label: str | None, by: str) -> int:
        if not self.may_say(table.agent, by):
            listed = ", ".join(sorted(answering(table)))
            raise AccessError(
                f'"{by}" does not answer for new situations of {table.agent}',
                f"these do: {listed}",
            )
        if not ids:
            raise InputError("no situation was given", "name a group, or escalations")
        for one in self._store.situations_of(table.agent, ids):
            if self._has_asked(table, one, by):
                raise AccessError(
                    f"{by} asked the agent for {one.escalation_id}",
                    "somebody else must say what it is",
                )
        now = self._clock.now()
        return self._store.say_situation(table.agent, ids, label, by=by, now=now)

    def _has_asked(self, table: Table, situation: Situation, person: str) -> bool:
        ids = (situation.asked_by or "").split()
        if not ids:
            return False
        before = self._shelf.table(table.agent, situation.version).people
        return person in same_people(ids, before, table.people)


def answering(table: Table) -> set[str]:
    """Return who answers for the novel by a table: the people of its novelty rows, the owner."""
    routes = {row.to for row in table.rows if row.condition == "novelty"}
    return {table.owner, *(one for route in routes for one in table.route_people(route))}


def _usable(label: str) -> str:
    found = unicodedata.normalize("NFC", label).strip()
    if not found or len(found) > MAX_LABEL:
        raise InputError(
            f"a type's name of {len(found)} characters", f"it has 1 to {MAX_LABEL} of them"
        )
    if any(unicodedata.category(one).startswith("C") for one in found):
        raise InputError(
            "a type's name with characters that cannot be seen", "write it with letters and digits"
        )
    return found


def in_groups(situations: Sequence[Situation], encode: Encode, min_size: int = 2) -> list[Group]:
    """Return groups of situations, the largest first, then what stands alone.

    Args:
        situations: oldest first; what has no text stands alone.
        encode: gives a unit vector for each text.
        min_size: what has fewer members is taken apart; at least 2.

    Raises:
        SettingsError: the extra `learn` is not installed.
        InputError: the encoder gave no vectors.
    """
    worded = [one for one in situations if one.text is not None]
    mute = [one for one in situations if one.text is None]
    return _grouped(worded, encode, max(min_size, 2)) + [_group([one], (), ()) for one in mute]


def _grouped(found: Sequence[Situation], encode: Encode, min_size: int) -> list[Group]:
    texts = [one.text or "" for one in found]
    if not texts:
        return []
    vectors = vectors_of(texts, encode)
    whole = [
        part
        for places in clusters_of(vectors)
        for part in ([places] if len(places) >= min_size else [[place] for place in places])
    ]
    places = sorted(whole, key=lambda part: (-len(part), part[0]))
    return [
        _group(
            [found[place] for place in part],
            [texts[place] for place in nearest_the_middle(vectors, part, MAX_EXAMPLES)],
            words,
        )
        for part, words in zip(places, words_apart(texts, places), strict=True)
    ]


def _group(found: Sequence[Situation], examples: Sequence[str], words: tuple[str, ...]) -> Group:
    ids = tuple(sorted(one.escalation_id for one in found))
    return Group(
        id=hashlib.sha256("\n".join(ids).encode()).hexdigest()[:_ID_LENGTH],
        count=len(ids),
        examples=tuple(examples),
        words=words,
        types=dict(Counter(one.type or "" for one in found).most_common()),
        outcomes=dict(Counter(one.outcome for one in found).most_common()),
        escalation_ids=ids,
        newest_at=max(one.at for one in found),
    )
