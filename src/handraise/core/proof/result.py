"""What a proof came to: proved, refuted by a decision that can be tried, or left open.

INVARIANT: the verdict of a witness is what the gate itself said about its decision. What the solver
thinks of it is never shown.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from handraise.model import Decision, Verdict

State = Literal["proved", "refuted", "open"]

Code = Literal[
    "claim",
    "contradiction",
    "dead-row",
    "monotone-confidence",
    "monotone-money",
    "never-errors",
    "reachable-human",
    "shadowed-row",
    "unusable-stops",
]
"""What is proved: the team's own claims, and what is claimed of every table."""


class Witness(Struct, frozen=True, kw_only=True):
    """A decision that can be run, with what the gate said about it.

    Attributes:
        decision: plain JSON throughout.
        familiarity: what the learned files are taken to say about it, in (0, 1]; None where they
            are not asked, or cannot tell.
        verdict: what the gate said about it, as a rehearsal.
    """

    decision: Decision
    familiarity: float | None = None
    verdict: Verdict


class Result(Struct, frozen=True, kw_only=True):
    """What came of one claim.

    Attributes:
        code: what kind of claim it is.
        name: what is claimed, in one plain sentence.
        state: `proved` for every possible decision; `refuted` by `witness`, or by what the table
            says; `open` where neither could be shown.
        is_grave: whether an agent should not go live with this refuted or open; what only makes a
            table longer than it need be is not grave.
        why: one plain sentence where it is not proved.
        witness: a decision for which it does not hold, where there is one.
        other: the second decision of a pair: the same, with less confidence or more money.
        subject: the id of the row, the fact or the route, or the claim's name; may be empty.
        line: where it stands in the file, 1-based; 0 for nowhere.
    """

    code: Code
    name: str
    state: State
    is_grave: bool
    why: str = ""
    witness: Witness | None = None
    other: Witness | None = None
    subject: str = ""
    line: int = 0
