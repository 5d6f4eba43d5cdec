"""From the checked form of `audit` to its record: how often each severity is drawn, and by whom."""

from __future__ import annotations

from collections.abc import Sequence

from handraise.core.table.notes import Notes
from handraise.core.table.spec import AuditSpec
from handraise.core.table.types import Auditing
from handraise.core.table.units import UnitProblem, capacity

ELSE = "else"
"""In `one_in` by severity: what stands for the severities that are not named."""


class AuditBuilder:
    """Builds a table's `audit`, and says what is wrong with it."""

    def __init__(self, notes: Notes, severities: Sequence[str], routes: Sequence[str]) -> None:
        """Keep what its names may mean: `severities` is empty where no action is rated."""
        self.notes = notes
        self.severities = severities
        self.routes = routes

    def auditing(self, spec: AuditSpec | None) -> Auditing | None:
        """Return what is drawn; None where nothing is."""
        if spec is None:
            return None
        if spec.to not in self.routes:
            self.notes.unknown(("audit", "to"), "route", spec.to, self.routes)
        return Auditing(
            one_in=self._one_in(spec.one_in),
            to=spec.to,
            within_s=self.notes.seconds(("audit", "within"), spec.within),
            twice=spec.twice,
            at_most_day=self._a_day(spec.at_most),
            promise=spec.promise,
        )

    def _one_in(self, written: int | dict[str, int]) -> dict[str, int]:
        strata = self.severities or ("",)
        if isinstance(written, int):
            return dict.fromkeys(strata, written)
        for severity in written:
            if severity not in (*self.severities, ELSE):
                path = ("audit", "one_in", severity)
                self.notes.unknown(path, "severity", severity, [*self.severities, ELSE], key=True)
        missing = [one for one in strata if one not in written]
        if missing and ELSE not in written:
            self.notes.say(
                ("audit", "one_in"),
                "audit",
                f"it says nothing of {', '.join(missing) or 'actions without a severity'}",
                f"name each severity, or write {ELSE}: 200 for the others",
            )
            return dict.fromkeys(strata, 1)
        return {one: written.get(one, written.get(ELSE, 1)) for one in strata}

    def _a_day(self, written: str | None) -> int | None:
        if written is None:
            return None
        path = ("audit", "at_most")
        try:
            a_day, at_once = capacity(written)
        except UnitProblem as problem:
            self.notes.say(path, "capacity", str(problem))
            return 1
        if a_day is None or at_once is not None:
            self.notes.say(path, "capacity", f'"{written}" is no number a day', "e.g. 5 a day")
            return 1
        return a_day
