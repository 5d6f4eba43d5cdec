"""What there is to see of the familiar and the new: what was learned, what stopped, how it drifts.

Whoever answers for the novel by an agent's newest table may see it, and nobody else. Nothing is
changed here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, cast

from msgspec import Struct

from handraise.clock import Clock
from handraise.core.familiar.look import CannotLookError
from handraise.core.table.types import Table
from handraise.errors import AccessError, InputError, SettingsError
from handraise.model import SaidOf, Situation, UnusualStop
from handraise.service.learning.drift import DriftReport, Drifts, stated_rate
from handraise.service.learning.grouping import Encode, letters_of
from handraise.service.learning.situations import Group, Situations, answering, in_groups
from handraise.service.reading.shelf import Shelf
from handraise.store import Store

if TYPE_CHECKING:
    from handraise.service.learning.artifact import Manifest
    from handraise.service.learning.learned_model import LearnedModel

MOST_STOPS = 200
MOST_POINTS = 5_000
MOST_SAID = 5_000
NEAREST = 10

Point = tuple[datetime, float]


class Spot(Struct, frozen=True):
    """A place on the map of what was learned; both directions are without a unit."""

    x: float
    y: float


class FamiliarMap(Struct, frozen=True, kw_only=True):
    """Where requests lie, in two dimensions.

    Attributes:
        familiar: of learned requests, at most 1,500, with the type of each.
        stops: of requests that were stopped as unlike, with each.
    """

    familiar: tuple[tuple[Spot, str], ...]
    stops: tuple[tuple[Spot, UnusualStop], ...]


class Grouped(Struct, frozen=True, kw_only=True):
    """New situations in groups.

    Attributes:
        groups: the largest first, then what stands alone.
        why: why they are not grouped by their wording, or not at all; empty where they are.
        remedy: what to do about it.
    """

    groups: tuple[Group, ...] = ()
    why: str = ""
    remedy: str = ""


class Said(Struct, frozen=True, kw_only=True):
    """What people said since the agent last learned, by one name.

    Attributes:
        label: the type; None for "it is none".
        escalation_ids: of which situations, newest first.
        by: who said so, the ids of the people.
        is_known: whether the table knows the type already.
    """

    label: str | None
    escalation_ids: tuple[str, ...]
    by: tuple[str, ...]
    is_known: bool


class Overviews:
    """Reads what there is to see, for those who answer for the novel."""

    def __init__(self, store: Store, shelf: Shelf, clock: Clock) -> None:
        """Keep what is needed."""
        self._store = store
        self._shelf = shelf
        self._situations = Situations(store, shelf, clock)
        self._drifts = Drifts(store, shelf)

    def agents(self, person: str) -> tuple[str, ...]:
        """Return the agents whose new situations a person answers for."""
        newest = ((agent, self._shelf.current(agent)) for agent in self._shelf.agents())
        return tuple(agent for agent, table in newest if person in answering(table))

    def table(self, agent: str, person: str) -> Table:
        """Return the newest table of an agent whose new situations a person answers for.

        Raises:
            AccessError: they do not, or there is no such agent.
        """
        if agent not in self.agents(person) or not self._situations.may_say(agent, person):
            raise AccessError(
                "you do not answer for the new situations of an agent of that name",
                "the people of its novelty rows and the owner of its table do",
            )
        return self._shelf.current(agent)

    def learned(self, table: Table) -> tuple[LearnedModel | None, str]:
        """Return what a table learned, and why it is not at hand; both empty where it names none.

        Raises:
            SettingsError: the extra `learn` is not installed.
        """
        found, why = self._shelf.learned.loaded(table)
        return cast("LearnedModel | None", found), why

    def unnamed(self, table: Table, *, limit: int) -> list[Situation]:
        """Return the newest of what nobody has said of yet what it is, oldest first."""
        return self._situations.unnamed(table.agent, limit=limit)

    def grouped(
        self,
        table: Table,
        model: LearnedModel | None,
        situations: Sequence[Situation] | None = None,
    ) -> Grouped:
        """Return the new situations of which nobody has said yet what they are.

        Args:
            table: of which agent.
            model: what it learned; None where that is not at hand.
            situations: these; None for the newest 5,000.
        """
        if situations is None:
            situations = self._situations.unnamed(table.agent)
        encode = model.encode if model is not None else None
        try:
            if encode is None:
                return _by(situations, letters_of)
            try:
                return _by(situations, encode)
            except (CannotLookError, InputError) as error:
                found = _by(situations, letters_of)
                why = f"they are grouped by their letters for now: {error}"
                return Grouped(groups=found.groups, why=why)
        except SettingsError as error:
            return Grouped(why=error.message, remedy=error.hint)

    def said(self, table: Table, manifest: Manifest | None) -> tuple[Said, ...]:
        """Return what people said and was not learned yet, by name, the largest first.

        What was said before the learned files were made counts as learned. Of more than 5,000,
        what was said last.
        """
        since = None if manifest is None else datetime.fromisoformat(manifest.made_at)
        by_label: dict[str | None, list[tuple[str, SaidOf]]] = {}
        for id, said in self._store.said_situations(table.agent, since=since, limit=MOST_SAID):
            by_label.setdefault(said.label, []).append((id, said))
        found = (_said(label, ones, table) for label, ones in by_label.items())
        return tuple(sorted(found, key=lambda one: (-len(one.escalation_ids), one.label or "")))

    def drift(self, table: Table) -> DriftReport:
        """Return whether what was learned still fits.

        Raises:
            InputError: the table names no learned files.
        """
        return self._drifts.report(table.agent)

    def points(self, table: Table) -> list[Point]:
        """Return how usual the newest 5,000 decisions were, oldest first."""
        learned = table.known.learned
        if learned is None:
            return []
        return self._store.familiarity_over_time(
            table.agent, learned=learned.digest, limit=MOST_POINTS
        )

    def stops(self, table: Table, *, nearest: bool = False) -> list[UnusualStop]:
        """Return what was stopped as unlike: the newest 200, or the 10 nearest the line."""
        learned = table.known.learned
        if learned is None:
            return []
        return self._store.unusual_stops(
            table.agent,
            learned=learned.digest,
            up_to=stated_rate(table),
            nearest=nearest,
            limit=NEAREST if nearest else MOST_STOPS,
        )

    def map(self, model: LearnedModel, stops: Sequence[UnusualStop]) -> FamiliarMap:
        """Return where learned requests lie, and those that were stopped.

        What has no text has no place on it.

        Raises:
            CannotLookError: no wording was learned, or a text cannot be encoded.
        """
        places, types = model.familiar_on_map()
        worded = [one for one in stops if one.text is not None]
        found = model.on_map([one.text or "" for one in worded]) if worded else ()
        return FamiliarMap(
            familiar=tuple(
                (Spot(float(x), float(y)), type) for (x, y), type in zip(places, types, strict=True)
            ),
            stops=tuple(
                (Spot(float(x), float(y)), one) for (x, y), one in zip(found, worded, strict=True)
            ),
        )


def _by(situations: Sequence[Situation], encode: Encode) -> Grouped:
    return Grouped(groups=tuple(in_groups(situations, encode)))


def _said(label: str | None, words: Sequence[tuple[str, SaidOf]], table: Table) -> Said:
    people = dict.fromkeys(said.by for _, said in words)
    return Said(
        label=label,
        escalation_ids=tuple(sorted((id for id, _ in words), reverse=True)),
        by=tuple(people),
        is_known=label in table.known.types,
    )
