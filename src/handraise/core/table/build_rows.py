"""Rows of a table: what fires them, where they lead and what narrows them."""

from __future__ import annotations

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
from handraise.model import OWNER


class RowBuilder:
    """Builds rows.

    Attributes:
        notes: where findings go.
        spec: the whole table's form.
        scope: what expressions may read.
    """

    def __init__(self, notes: Notes, spec: TableSpec, scope: Scope) -> None:
        """Keep what rows refer to."""
        self.notes = notes
        self.spec = spec
        self.scope = scope

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
        fields: dict[str, Any] = {"kind": "unknown"}
        if isinstance(spec, ConfidenceSpec):
            fields = self._below(path, spec)
        elif isinstance(spec, ConsequenceSpec):
            fields = self._consequence(path, spec)
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
            if name != "else" and name not in self.scope.types:
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
            if name not in among:
                where = (*path, place) if (*path, place) in self.notes.source.values else path
                self.notes.unknown(where, what, name, among)
        return tuple(dict.fromkeys(names))
