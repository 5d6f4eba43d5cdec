"""A decision held against what was learned: once, and only where a row asks.

INVARIANT: whatever goes wrong here is doubt: there is no number then, and the row that asked fires.
"""

from __future__ import annotations

from collections.abc import Collection

from msgspec import Struct

from handraise.core.familiar.look import Asked, CannotLookError, Familiar, Unusual
from handraise.core.gate.evidence import Evidence, facts_given, gather, number, text
from handraise.core.table.types import Table
from handraise.model import Decision

NOT_AT_HAND = "the learned files are not at hand here"


class Looking(Struct, frozen=True):
    """What a table's decisions are held against.

    Attributes:
        table: which facts there are, and which learned files it names.
        familiar: those files, ready to be asked; None where they are not at hand.
    """

    table: Table
    familiar: Familiar | None

    def begin(self, decision: Decision) -> Look:
        """Return the look at one decision; nothing is looked at yet."""
        return Look(self, decision)

    def asked(self, decision: Decision) -> Asked:
        """Return what of a decision is held against what was learned.

        Raises:
            CannotLookError: a learned fact was brought and cannot be used, or cannot be worked out.
        """
        seen = gather(self.table, decision)
        learned = self.table.known.learned
        why = unusable(self.table, decision, seen, learned.facts) if learned is not None else ""
        if why:
            raise CannotLookError(why)
        facts = {id: value for id, value in seen.facts.items() if value is not None}
        return Asked(text=text(decision.text), type=seen.type, facts=facts)

    def usable(self, decision: Decision) -> Familiar:
        """Return the learned files, if this decision can be held against them.

        Raises:
            CannotLookError: it cannot, and why.
        """
        learned = self.table.known.learned
        if self.familiar is None or learned is None:
            raise CannotLookError(NOT_AT_HAND)
        if self.familiar.digest != learned.digest:
            raise CannotLookError("the learned files are not those that the table names")
        if learned.reads_text and text(decision.text) is None:
            missing = decision.text is None
            raise CannotLookError(f"the text is {'missing' if missing else 'no usable text'}")
        return self.familiar


def unusable(table: Table, decision: Decision, seen: Evidence, wanted: Collection[str]) -> str:
    """Return why facts cannot be held against what was learned; empty where they can.

    INVARIANT: only what was not brought at all, or is None, is missing, as it is in labelled rows.
    What was brought and cannot be used, or cannot be worked out, is doubt: it may hide anything.

    Args:
        table: which facts there are.
        decision: what the agent brought.
        seen: what was gathered of it.
        wanted: the facts that are looked at.
    """
    given = facts_given(decision.facts)
    if given is None:
        return "the facts are no usable facts" if wanted else ""
    return "; ".join(
        reason
        for id, reason in seen.why.items()
        if id in wanted and (table.facts[id].is_derived or given.get(id) is not None)
    )


class Look:
    """One decision's look: taken at most once, and remembered.

    Attributes:
        p: the share of familiar decisions at least as unusual, in (0, 1]; None where nothing was
            looked at, or it cannot be told.
        why: why it cannot be told; empty where it can, or nothing was looked at.
    """

    __slots__ = ("_decision", "_looking", "_taken", "p", "why")

    def __init__(self, looking: Looking, decision: Decision) -> None:
        """Keep what would be looked at."""
        self._looking = looking
        self._decision = decision
        self._taken = False
        self.p: float | None = None
        self.why = ""

    def is_usual(self, limit: float) -> bool:
        """Whether it is surely more familiar than the share that may be stopped for nothing.

        Args:
            limit: the rate, in (0, 1).
        """
        if not self._taken:
            self._taken = True
            self._take()
        return self.p is not None and self.p > limit

    def _take(self) -> None:
        try:
            familiar = self._looking.usable(self._decision)
            found = number(familiar.p_value(self._looking.asked(self._decision)))
        except CannotLookError as error:
            self.why = str(error) or "nobody says why"
        except Exception as error:  # noqa: BLE001 - whatever fails here, the row fires
            self.why = f"what was learned cannot be asked ({type(error).__name__})"
        else:
            if found is not None and 0.0 < found <= 1.0:
                self.p = float(found)
            else:
                self.why = "what was learned gives no usable number"

    def unusual(self, limit: float) -> tuple[Unusual, ...]:
        """Return what is unusual, the most unusual first; empty where that cannot be told.

        Args:
            limit: the rate it is held against, in (0, 1).
        """
        try:
            familiar = self._looking.usable(self._decision)
            found = familiar.unusual(self._looking.asked(self._decision), limit)
            return tuple(one for one in found if isinstance(one, Unusual))
        except Exception:  # noqa: BLE001 - the row fired all the same; it says so in its own words
            return ()
