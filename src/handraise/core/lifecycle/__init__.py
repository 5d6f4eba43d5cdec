"""The life of an escalation as pure functions: record in, record with events and notices out.

Nothing here looks at a watch, stores or sends. INVARIANTS: an open ask has a holder who may answer
it; a resolved escalation has no open ask and never moves again; only a person's answer, a
withdrawal or the table's own `unanswered: reject` ends one; an answer binds to the digest of the
proposal the person saw.

    opening.py    a verdict becomes an escalation       deadlines.py   what time alone brings
    answering.py  what people do                        parts.py       what these are made of
"""

from handraise.core.lifecycle.answering import (
    acknowledge,
    check_answer,
    give_answer,
    may_answer,
    open_ask,
    withdraw,
)
from handraise.core.lifecycle.deadlines import MAX_REMINDER_S, next_move, undelivered
from handraise.core.lifecycle.opening import open_escalation
from handraise.core.lifecycle.parts import OWNER_ROUTE

__all__ = [
    "MAX_REMINDER_S",
    "OWNER_ROUTE",
    "acknowledge",
    "check_answer",
    "give_answer",
    "may_answer",
    "next_move",
    "open_ask",
    "open_escalation",
    "undelivered",
    "withdraw",
]
