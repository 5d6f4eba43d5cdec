"""The verdict of a stop: a reason for each row, for each fault, and for what no row looked at."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

from handraise.core.gate import evidence
from handraise.core.gate.explain import reasons_for, routes_of, system_reason, uncovered_reasons
from handraise.core.gate.looking import Look
from handraise.core.table.form import problems
from handraise.core.table.types import Table
from handraise.core.table.values import shown
from handraise.model import Decision, Reason, Verdict

MAX_SENTENCES = 5


class Stopper:
    """Makes the verdict of a stop, once the generated function has found one."""

    def __init__(self, table: Table, rehearsal: bool, waived: tuple[str, ...] = ()) -> None:
        """Keep the table, whether verdicts are practice, and what its owner waived."""
        self.table = table
        self.waived = waived
        self.rehearsal = rehearsal

    def stop(
        self, decision: Decision, hits: list[int], odd: bool, look: Look | None = None
    ) -> Verdict:
        """Return the verdict with a reason for each hit, and one for each fault.

        Args:
            decision: what was judged.
            hits: places of the rows that fired; `~place` where arithmetic failed.
            odd: whether the agent sent something that the table does not allow.
            look: the look at what was learned; None where no row asks for it.
        """
        reasons = reasons_for(self.table, hits, decision, look)
        reasons += uncovered_reasons(self.table, decision, reasons)
        if odd or not reasons:
            reasons += tuple(self._faults(decision))
        return self._verdict(decision, reasons, look.p if look is not None else None)

    def broken(self, decision: Any, error: Exception) -> Verdict:
        """Return the stop for an error of ours: never silent, never reckless."""
        sentence = f"the gate could not judge this decision ({type(error).__name__})"
        return self._verdict(decision, (system_reason("fault", sentence),))

    def _verdict(
        self, decision: Any, reasons: tuple[Reason, ...], familiarity: float | None = None
    ) -> Verdict:
        routes = routes_of(reasons, self.table.several)
        version, rehearsal, waived = self.table.version, self.rehearsal, self.waived
        return Verdict(
            decision, reasons, routes, version, rehearsal, None, None, familiarity, waived
        )

    def _faults(self, decision: Decision) -> list[Reason]:
        """Return what the agent sent that the table does not allow."""
        sentences = list(islice(self._wrong(decision), MAX_SENTENCES + 1))
        if len(sentences) > MAX_SENTENCES:
            sentences[MAX_SENTENCES] = "and more of this kind"
        if not sentences:
            sentences = ["the decision is not of the form the table expects"]
        return [system_reason("fault", sentence) for sentence in sentences]

    def _wrong(self, decision: Decision) -> Iterator[str]:
        given = evidence.facts_given(decision.facts)
        if given is None:
            yield f"the facts are {shown(decision.facts)}, not names with values"
        seen = evidence.gather(self.table, decision)
        for name, stated in (given or {}).items():
            fact = self.table.facts.get(name) if type(name) is str else None
            if fact is None:
                yield f"the fact {shown(name)} is not declared in the table"
            elif fact.is_derived:
                worked_out = seen.facts[fact.id]
                if worked_out is None or evidence.number(stated) != worked_out:
                    comes = "nothing usable" if worked_out is None else shown(worked_out)
                    says = f"the agent says {name} is {shown(stated)}"
                    yield f"{says}, but the proposal comes to {comes}"
        action = self.table.actions.get(seen.action) if seen.action is not None else None
        if action is not None and action.form is not None:
            yield from problems(action.form, decision.proposal)
