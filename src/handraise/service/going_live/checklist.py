"""The go-live checklist: each line with its evidence, its age and its remedy.

The lines themselves are written by the modules beside this one, one subject each; nothing here
signs. INVARIANT: what could not be looked at is red, and says why.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from handraise.clock import Clock
from handraise.core.table.types import Table
from handraise.model import Finding, Waiver
from handraise.service.going_live.confirmed import confirmed_lines
from handraise.service.going_live.drilled import drilled_line
from handraise.service.going_live.line import Line, without_what_is_to_come
from handraise.service.going_live.origins import learned_line, threshold_line
from handraise.service.going_live.proofs import Proofs
from handraise.service.going_live.proved import claims_line
from handraise.service.going_live.subject import Subject
from handraise.service.going_live.tested import trial_lines
from handraise.service.going_live.waiving import waived
from handraise.service.going_live.willing import people_lines
from handraise.service.going_live.workload import capacity_line
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.store import Store


def lines_of(subject: Subject, waivers: Sequence[Waiver] = ()) -> list[Line]:
    """Return the whole checklist of a version, in the order in which it is told.

    Args:
        subject: the version, and where its evidence is kept.
        waivers: red lines that the owner lets stand; one that has ended counts no more.
    """
    lines = [
        _sound(subject),
        *_warnings(subject.findings),
        *trial_lines(subject),
        claims_line(subject),
        learned_line(subject),
        threshold_line(subject),
        capacity_line(subject),
        *people_lines(subject),
        drilled_line(subject),
        *confirmed_lines(subject),
    ]
    lines = [without_what_is_to_come(line, subject.now) for line in lines]
    return waived(lines, waivers, subject.now)


class Checklists:
    """Goes through the checklists of the tables of one store."""

    def __init__(
        self,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        signer: Signer,
        opened: Mapping[Path, str],
    ) -> None:
        """Keep what is looked at.

        Args:
            store: where evidence is kept.
            shelf: the tables.
            clock: the time.
            signer: the operation's.
            opened: the agent of each table file that is open here.
        """
        self._store = store
        self._shelf = shelf
        self._clock = clock
        self._signer = signer
        self._opened = opened
        self.proofs = Proofs()

    def lines(
        self, table: Table, waivers: Sequence[Waiver] = (), proof_wait_s: float | None = None
    ) -> list[Line]:
        """Return the checklist of a registered version.

        Args:
            table: the version.
            waivers: red lines that the owner lets stand.
            proof_wait_s: how long to wait for a proof; None for as long as it takes.
        """
        subject = Subject(
            table=table,
            findings=self._shelf.reading(table.agent, table.version).findings,
            store=self._store,
            now=self._clock.now(),
            place=self._place_of(table),
            signer=self._signer,
            familiar=self._shelf.learned.of(table, wait_s=None),
            proofs=self.proofs,
            proof_wait_s=proof_wait_s,
        )
        return lines_of(subject, waivers)

    def _place_of(self, table: Table) -> Path | None:
        """Return the file of a version; None where its agent's file holds another one by now."""
        if self._shelf.newest(table.agent).version != table.version:
            return None
        found = (path for path, agent in self._opened.items() if agent == table.agent)
        return next(found, None)


def unsound(findings: Sequence[Finding]) -> Line:
    """Return the only line of a table that has errors: nothing else of it can be looked at."""
    errors = [finding for finding in findings if finding.severity == "error"]
    first = errors[0].line_text() if errors else "the table could not be read"
    return Line(
        code="sound",
        name="the table is sound",
        state="red",
        evidence=f"{len(errors)} errors, the first: {first}",
        remedy="mend what `handraise check` finds",
    )


def _sound(subject: Subject) -> Line:
    table = subject.table
    if any(finding.severity == "error" for finding in subject.findings):
        return unsound(subject.findings)
    return Line(
        code="sound",
        name="the table is sound",
        state="green",
        evidence=f"version {table.version}, {len(table.rows)} rows, {len(table.routes)} routes",
        version=table.version,
    )


def is_worth_a_look(finding: Finding) -> bool:
    """Whether a finding is counted among the warnings; missing tests have a line of their own."""
    return finding.severity == "warning" and finding.code != "no-tests"


def _warnings(findings: Sequence[Finding]) -> list[Line]:
    """Return the line about warnings, where there are any."""
    found = [finding for finding in findings if is_worth_a_look(finding)]
    if not found:
        return []
    return [
        Line(
            code="warnings",
            name="its warnings are looked at",
            state="yellow",
            evidence=f"{len(found)} of them",
            remedy="look at what `handraise check` says",
        )
    ]
