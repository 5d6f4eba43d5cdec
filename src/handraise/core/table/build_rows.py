"""Rows of a table: what fires them, where they lead and what narrows them."""

from __future__ import annotations

import math
from typing import Any

from handraise.core.table.expression import Scope
from handraise.core.table.notes import Notes
from handraise.core.table.source import Path
from handraise.core.table.spec import (
    ConfidenceSpec,
    ConsequenceSpec,
    ForSpec,
    NoveltySpec,
    TableSpec,
)
from handraise.core.table.types import Row
from handraise.core.table.units import percent_text
from handraise.model import OWNER, Learned


class RowBuilder:
    """Builds rows.

    Attributes:
        notes: where findings go.
        spec: the whole table's form.
        scope: what expressions may read.
        learned: what the learned files say of themselves; None where there are none to be read.
    """

    def __init__(
        self, notes: Notes, spec: TableSpec, scope: Scope, learned: Learned | None = None
    ) -> None:
        """Keep what rows refer to."""
        self.notes = notes
        self.spec = spec
        self.scope = scope
        self.learned = learned

    def rows(self) -> tuple[Row, ...]:
        """Return the rows in the order of the file."""
        rows: list[Row] = []
        order = self.notes.source.data["escalate"]
        for condition in order:
            single = not isinstance(order[condition], list)
            for place, one in enumerate(getattr(self.spec.escalate, condition)):
                path: Path = ("escalate", condition) if single else ("escalate", condition, place)
                rows.append(self._row(path, condition, place + 1, one))
        return tuple(rows)

    def _row(
        self,
        path: Path,
        condition: str,
        number: int,
        spec: ConfidenceSpec | ConsequenceSpec | NoveltySpec,
    ) -> Row:
        routes = self.spec.routes
        if spec.to not in routes and spec.to != OWNER:
            self.notes.unknown((*path, "to"), "route", spec.to, [*routes, OWNER])
        if isinstance(spec, ConfidenceSpec):
            fields = self._below(path, spec)
        elif isinstance(spec, ConsequenceSpec):
            fields = self._consequence(path, spec)
        else:
            fields = self._novelty(path, spec)
        narrowed = spec.for_ or ForSpec()
        inside: Path = (*path, "for")
        return Row(
            id=f"{condition}.{number}",
            condition=condition,  # type: ignore[arg-type]
            to=spec.to,
            tag=spec.tag,
            name=spec.name,
            for_types=self._narrowed((*inside, "type"), narrowed.type, self.scope.types),
            for_actions=self._narrowed((*inside, "action"), narrowed.action, self.scope.actions),
            line=self.notes.source.place(path)[0],
            **fields,
        )

    def _below(self, path: Path, spec: ConfidenceSpec) -> dict[str, Any]:
        if not isinstance(spec.below, dict):
            return {"kind": "below", "below": spec.below}
        for name in spec.below:
            if name != "else" and _is_unknown("type", name, self.scope.types):
                among = [*self.scope.types, "else"]
                self.notes.unknown((*path, "below", name), "type", name, among, key=True)
        by_type = {name: value for name, value in spec.below.items() if name != "else"}
        return {"kind": "below", "below": spec.below.get("else"), "below_by_type": by_type}

    def _consequence(self, path: Path, spec: ConsequenceSpec) -> dict[str, Any]:
        if (spec.when is None) == (spec.severity is None):
            self.notes.say(
                path,
                "row",
                'a consequence row has either "when" or "severity"',
                "e.g. when: abs(revenue_usd) > 5000",
            )
            return {"kind": "when"}
        if spec.severity is not None:
            among = self.spec.severities
            if spec.severity not in among:
                self.notes.unknown((*path, "severity"), "severity", spec.severity, among)
            if not self.spec.actions:
                self.notes.say(
                    (*path, "severity"),
                    "no-actions",
                    "no action is rated, so no severity can be judged",
                    "rate the agent's actions under actions:",
                )
            return {"kind": "severity", "severity": spec.severity}
        where = (*path, "when")
        when = self.notes.expression(where, spec.when or "", self.scope, "boolean")
        return {"kind": "when", "when": when}

    def _novelty(self, path: Path, spec: NoveltySpec) -> dict[str, Any]:
        if (spec.unknown is None) == (spec.unfamiliar is None):
            self.notes.say(
                path,
                "row",
                'a novelty row has either "unknown" or "unfamiliar"',
                "e.g. unknown: type, or unfamiliar: 2%",
            )
            return {"kind": "unknown"}
        if spec.unfamiliar is None:
            return {"kind": "unknown"}
        where: Path = (*path, "unfamiliar")
        if not isinstance(self.spec.known, str):
            self.notes.say(
                where,
                "not-learned",
                "nothing was learned that a situation could be held against",
                "run `handraise learn DATA --table TABLE`, and write known: known/",
                key=True,
            )
        elif self.learned is not None and spec.unfamiliar < self.learned.least_rate:
            least = percent_text(_rounded_up(self.learned.least_rate))
            self.notes.say(
                where,
                "rate",
                f"the held-out rows carry no less than {least}",
                "ask for that, or learn from more rows",
            )
        return {"kind": "unfamiliar", "unfamiliar": spec.unfamiliar}

    def _narrowed(
        self, path: Path, names: list[str] | None, among: tuple[str, ...]
    ) -> tuple[str, ...]:
        what = str(path[-1])
        if names is None:
            return ()
        if not names:
            self.notes.say(
                path,
                "row",
                f"this row is narrowed to no {what} at all",
                f"name at least one, or take for.{what} out",
            )
        for place, name in enumerate(names):
            if _is_unknown(what, name, among):
                where = (*path, place) if (*path, place) in self.notes.source.values else path
                self.notes.unknown(where, what, name, among)
        return tuple(dict.fromkeys(names))


def _is_unknown(what: str, name: str, among: tuple[str, ...]) -> bool:
    """Whether a name is surely none of those; where no type could be read, nobody knows."""
    return name not in among and bool(among or what != "type")


def _rounded_up(rate: float) -> float:
    """Return a rate in hundredths of a percent, never less than it is."""
    return math.ceil(round(rate * 10_000, 6)) / 10_000
