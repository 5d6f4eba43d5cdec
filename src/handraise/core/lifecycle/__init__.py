"""The life of an escalation as pure functions: record in, record with events and notices out.

Nothing here looks at a watch, stores or sends. INVARIANTS: an open ask has a holder who may answer
it; a resolved escalation has no open ask and never moves again; only a person's answer, a
withdrawal or the table's own `unanswered: reject` ends one; an answer binds to the digest of the
proposal the person saw.

    opening.py    a verdict becomes an escalation     deadlines.py  what time alone brings
    holding.py    who has it: taken, given on         answering.py  answers, and what they bring
    changing.py   a changed proposal                  checking.py   what is checked before
    rights.py     who may                             askers.py     who asked the agent for it
    confirming.py  what needs a passkey              again.py       what is done a second time
    parts.py      what all these are made of
"""

from handraise.core.lifecycle.again import done_before
from handraise.core.lifecycle.answering import give_answer, withdraw
from handraise.core.lifecycle.askers import askers_named
from handraise.core.lifecycle.checking import (
    check_answer,
    may_answer,
    moment_words,
    open_ask,
)
from handraise.core.lifecycle.confirming import (
    confirming_people,
    must_confirm,
    needs_confirmation,
)
from handraise.core.lifecycle.deadlines import MAX_REMINDER_S, next_move, undelivered
from handraise.core.lifecycle.holding import acknowledge, delegate, reassign, release
from handraise.core.lifecycle.opening import open_escalation
from handraise.core.lifecycle.parts import OWNER_ROUTE
from handraise.core.lifecycle.rights import asked_by, has_right, may_agree, shut_out

__all__ = [
    "MAX_REMINDER_S",
    "OWNER_ROUTE",
    "acknowledge",
    "asked_by",
    "askers_named",
    "check_answer",
    "confirming_people",
    "delegate",
    "done_before",
    "give_answer",
    "has_right",
    "may_agree",
    "may_answer",
    "moment_words",
    "must_confirm",
    "needs_confirmation",
    "next_move",
    "open_ask",
    "open_escalation",
    "reassign",
    "release",
    "shut_out",
    "undelivered",
    "withdraw",
]
