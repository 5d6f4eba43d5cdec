"""The records that everything else passes around: frozen, plain, no behaviour beyond reading.

Nothing here decides, stores or sends. Records of the routing table live in
`handraise.core.table.types`.
"""

from handraise.model.decision import Decision, Reason, Resolution, Verdict, Waiter
from handraise.model.escalation import (
    Answer,
    Ask,
    Escalation,
    Event,
    Move,
    Notice,
    NoticeKind,
    PersonState,
)
from handraise.model.familiar import Learned, SaidOf, Situation, UnusualStop
from handraise.model.finding import Finding
from handraise.model.people import (
    Absence,
    CalendarRecord,
    ContactPlan,
    ContactRecord,
    ContactStep,
    Departure,
    DrillRecord,
    DutyRecord,
    Standing,
)
from handraise.model.promise import Promise
from handraise.model.record import ChainedEvent, Checkpoint, Flaw, Head, SealedDecision
from handraise.model.records import (
    AgentKey,
    AskLine,
    Counts,
    DecisionRecord,
    Holding,
    Message,
    ReadyRecord,
    Session,
    TableVersion,
    Waiver,
    Work,
)
from handraise.model.rehearsal import (
    Rehearsal,
    RehearsalAsk,
    RehearsalInvitation,
    RehearsalQuestion,
)
from handraise.model.words import (
    ANSWER_KINDS,
    OUTCOMES,
    OWNER,
    REASON_REQUIRED,
    AnswerKind,
    ConditionName,
    OutcomeName,
    Urgency,
)

__all__ = [
    "ANSWER_KINDS",
    "OUTCOMES",
    "OWNER",
    "REASON_REQUIRED",
    "Absence",
    "AgentKey",
    "Answer",
    "AnswerKind",
    "Ask",
    "AskLine",
    "CalendarRecord",
    "ChainedEvent",
    "Checkpoint",
    "ConditionName",
    "ContactPlan",
    "ContactRecord",
    "ContactStep",
    "Counts",
    "Decision",
    "DecisionRecord",
    "Departure",
    "DrillRecord",
    "DutyRecord",
    "Escalation",
    "Event",
    "Finding",
    "Flaw",
    "Head",
    "Holding",
    "Learned",
    "Message",
    "Move",
    "Notice",
    "NoticeKind",
    "OutcomeName",
    "PersonState",
    "Promise",
    "ReadyRecord",
    "Reason",
    "Rehearsal",
    "RehearsalAsk",
    "RehearsalInvitation",
    "RehearsalQuestion",
    "Resolution",
    "SaidOf",
    "SealedDecision",
    "Session",
    "Situation",
    "Standing",
    "TableVersion",
    "UnusualStop",
    "Urgency",
    "Verdict",
    "Waiter",
    "Waiver",
    "Work",
]
