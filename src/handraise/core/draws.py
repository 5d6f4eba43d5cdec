"""Whether what was drawn by lot is what the lots say: each draw is found again with the key.

A draw that somebody left out, one that was put there, and an audit that does not stand as the
record tells are flaws. INVARIANT: nothing here fails for what stands in a row.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from msgspec import Struct

from handraise.core.gate.drawing import drawn
from handraise.core.record import detail_of
from handraise.core.table.types import Auditing
from handraise.model import ChainedEvent, Flaw, SealedDecision

ASKED, CHOSEN, ANSWERED, LEFT_OUT = (
    "audit_asked",
    "audit_chosen",
    "audit_answered",
    "audits_left_out",
)
"""The kinds of the events that tell of audits."""

FIRST, SECOND, SETTLED = ".1", ".2", ".3"
"""How the ids of a decision's audits end: a first look, another person's, the owner's last word."""

OWN = {"agent": "agent", "version": "version", "drawn_at": "decided_at"}
"""The columns of an audit that say what its decision says, and where that says it."""

_HALF = 0.5

TOLD = ("state", "person", "chosen", "answer", "answered_by", "stake")
"""The columns of an audit that events tell of."""

Row = Mapping[str, Any]


class Lots(Struct, frozen=True):
    """The keys by which decisions were drawn, and from when to when each of them was in use.

    Attributes:
        keys: the present one first.
        spans: of each key, the instants of the first and the last decision that it alone drew, as
            they are kept; None where there is none.
    """

    keys: tuple[bytes, ...]
    spans: tuple[tuple[str, str] | None, ...] = ()

    def in_use(self, at: str) -> tuple[bytes, ...]:
        """Return the keys that may have been in use at an instant; as a rule one."""
        if len(self.keys) == 1:
            return self.keys
        sure = [
            key
            for key, span in zip(self.keys, self.spans, strict=True)
            if span is not None and span[0] <= at <= span[1]
        ]
        return tuple(sure) if len(sure) == 1 else self.keys


def lots_of(keys: Sequence[bytes], drawn_ones: Sequence[tuple[str, str, float]]) -> Lots:
    """Return the keys with the time in which each was in use.

    Args:
        keys: the present one first.
        drawn_ones: of decisions that were drawn: id, instant and probability.
    """
    spans: list[tuple[str, str] | None] = [None] * len(keys)
    for id, at, chance in drawn_ones if len(keys) > 1 else ():
        every = Auditing(one_in={"": _one_in(chance)}, to="")
        by = [place for place, key in enumerate(keys) if drawn(every, None, key, id)]
        if len(by) == 1:
            before = spans[by[0]] or (at, at)
            spans[by[0]] = (min(before[0], at), max(before[1], at))
    return Lots(tuple(keys), tuple(spans))


def _one_in(chance: Any) -> int:
    """Return the number that a probability was made of; 1 for what is none."""
    is_chance = isinstance(chance, float) and 0 < chance <= 1
    return round(1 / chance) if is_chance else 1


def draw_flaws(
    decision: SealedDecision, rows: Sequence[Row], auditing: Auditing | None, lots: Lots | None
) -> list[Flaw]:
    """Return what is wrong with the draw of a decision and its audits.

    Args:
        decision: as it is kept.
        rows: its audits, as they are kept; those of one that was not drawn are strange already.
        auditing: what the version that judged it draws; None where it draws nothing, or cannot be
            read.
        lots: the keys; None where they are not at hand, and only what contradicts itself is found.
    """
    fields, place = decision.fields, f"decision {decision.id}"
    chance = fields.get("audit")
    if chance is None:
        return _not_drawn(decision, auditing, lots)
    flaws = []
    if not went_ahead(fields):
        flaws.append(Flaw(None, place, "it was drawn for an audit, and it did not go ahead"))
    severity = fields.get("severity")
    told = auditing or Auditing(one_in={"": _one_in(chance)}, to="", twice=0.0)
    keys = () if lots is None else lots.keys
    found = [looks for key in keys if (looks := drawn(told, severity, key, decision.id))]
    if lots is not None and not found:
        flaws.append(Flaw(None, place, "the lot does not draw it: it was put among the audits"))
    elif auditing is not None and found and found[0][0] != chance:
        what = f"it says that it was drawn with probability {chance}, and the table says otherwise"
        flaws.append(Flaw(None, place, what))
    counts = {len(looks) for looks in found} if auditing is not None else set()
    flaws += _looks(decision, rows, counts)
    return flaws + _unlikely(decision, rows, None if auditing is None else auditing.twice)


def went_ahead(fields: Mapping[str, Any]) -> bool:
    """Whether a decision's row says that it went ahead, and was no rehearsal."""
    stopped = fields.get("escalation_id") is not None or fields.get("rows") != "[]"
    return not stopped and not fields.get("rehearsal")


def _not_drawn(
    decision: SealedDecision, auditing: Auditing | None, lots: Lots | None
) -> list[Flaw]:
    fields = decision.fields
    if auditing is None or lots is None or not went_ahead(fields):
        return []
    keys = lots.in_use(str(fields.get("decided_at")))
    if not all(drawn(auditing, fields.get("severity"), key, decision.id) for key in keys):
        return []
    what = "the lot draws it for an audit, and it was left out"
    return [Flaw(None, f"decision {decision.id}", what)]


def _looks(decision: SealedDecision, rows: Sequence[Row], counts: set[int]) -> list[Flaw]:
    """Return what is wrong with the audits of a decision that was drawn.

    Args:
        decision: as it is kept.
        rows: its audits.
        counts: how many looks the lot may have given; empty where that cannot be told.
    """
    fields, flaws = decision.fields, []
    there = {str(row["id"]): row for row in rows}
    first, second, settled = (f"{decision.id}{end}" for end in (FIRST, SECOND, SETTLED))
    wanted = [first, *([second] if counts == {2} else [])]
    flaws += [Flaw(None, f"audit {id}", "it is gone") for id in wanted if id not in there]
    both = all(there.get(id, {}).get("state") == "answered" for id in (first, second))
    allowed = {first, *([second] if counts != {1} else []), *([settled] if both else [])}
    for id, row in there.items():
        if id not in allowed:
            flaws.append(Flaw(None, f"audit {id}", "the lot gives no such look: it was put there"))
        unlike = [name for name, of in OWN.items() if row.get(name) != fields.get(of)]
        if row.get("severity") != (fields.get("severity") or ""):
            unlike.append("severity")
        if unlike:
            what = f"its {' and '.join(unlike)} is not its decision's: it was edited"
            flaws.append(Flaw(None, f"audit {id}", what))
    return flaws


def _unlikely(decision: SealedDecision, rows: Sequence[Row], twice: float | None) -> list[Flaw]:
    """Return which audits of a drawn decision have a probability that they cannot have.

    It is what the decision's row says, for a second look times `twice`; of one that was put to a
    person it may be thinned, and that is by halves.

    Args:
        decision: as it is kept.
        rows: its audits.
        twice: which share is looked at by a second person; None where that cannot be told.
    """
    chance, flaws = decision.fields.get("audit"), []
    for row in rows:
        whole = chance
        if str(row["id"]) == f"{decision.id}{SECOND}":
            whole = None if twice is None or not isinstance(chance, float) else chance * twice
        if not isinstance(whole, float) or not 0 < whole <= 1:
            continue
        probability = row.get("probability")
        is_put = row.get("state") in {"asked", "answered"}
        if probability != whole and not (is_put and _is_thinned(probability, whole)):
            what = f"its probability is {probability}, and the draw gives {whole}: it was edited"
            flaws.append(Flaw(None, f"audit {row['id']}", what))
    return flaws


def _is_thinned(probability: Any, whole: float) -> bool:
    """Whether a probability is a whole one times a half, a quarter and so on."""
    if not isinstance(probability, float) or not 0 < probability < whole:
        return False
    return math.frexp(probability / whole)[0] == _HALF


class Told:
    """Keeps what events tell of audits, to hold it against how these stand."""

    def __init__(self) -> None:
        """Begin with nothing told."""
        self._left_out: set[str] = set()
        self._by_id: dict[str, dict[str, Any]] = {}

    def note(self, event: ChainedEvent) -> None:
        """Take up an event; one that tells of no audit changes nothing."""
        if event.kind not in {ASKED, CHOSEN, ANSWERED, LEFT_OUT}:
            return
        said = detail_of(event)
        if event.kind == LEFT_OUT:
            left = said.get("audits")
            self._left_out |= {str(id) for id in left} if isinstance(left, list) else set()
            return
        told = self._by_id.setdefault(str(said.get("audit")), dict.fromkeys(TOLD))
        if event.kind == ASKED:
            told |= {"state": "asked", "person": said.get("to"), "chosen": None}
            if "probability" in said:
                told["probability"] = said["probability"]
        elif event.kind == CHOSEN:
            told["chosen"] = said.get("chosen")
        else:
            told |= {"state": "answered", "answered_by": event.who}
            told |= {"answer": said.get("answer"), "stake": said.get("stake")}
            told["person"] = told["person"] or event.who

    def flaws_of(self, row: Row) -> list[Flaw]:
        """Return what is wrong with an audit that was put to a person; it is looked at once.

        Args:
            row: the audit, as it is kept.
        """
        told = self._by_id.pop(str(row["id"]), None)
        place = f"audit {row['id']}"
        if told is None:
            what = "no event tells that it was put to anybody: it was edited, or put there"
            return [Flaw(None, place, what)]
        unlike = [name for name, value in told.items() if row.get(name) != value]
        if not unlike:
            return []
        return [Flaw(None, place, f"its {' and '.join(unlike)} is not what events tell: edited")]

    def left_out_flaws(self, ids: Collection[str]) -> list[Flaw]:
        """Return what is wrong with audits whose rows say that they were left out.

        Args:
            ids: of each one once; those that were put to somebody are told of at the end.
        """
        strange = [id for id in ids if id not in self._left_out and id not in self._by_id]
        self._left_out.difference_update(ids)
        what = "no event tells that it was left out: it was edited"
        return [Flaw(None, f"audit {id}", what) for id in strange]

    def end(self) -> list[Flaw]:
        """Return what is wrong once all audits were looked at, those put to somebody first."""
        what = "events tell that it was put to somebody, and it is gone, or says otherwise"
        flaws = [Flaw(None, f"audit {id}", what) for id in self._by_id]
        what = "events tell that it was left out, and it is gone, or says otherwise"
        return flaws + [Flaw(None, f"audit {id}", what) for id in sorted(self._left_out)]
