"""What is kept of an operation that is watched: counts, monitors, alarms, audits, outcomes, advice.

Instants are aware UTC datetimes.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct


class Tally(Struct, frozen=True, kw_only=True):
    """How many decisions of one kind an agent made in one hour, rehearsals apart.

    Attributes:
        agent: whose.
        version: of the table that judged them.
        hour: when the hour began in which they were judged.
        type: the situation type; empty where it was not usable.
        severity: of the action; empty where it has none.
        rows: the rows that fired; empty for those that went ahead.
        count: how many there were.
        looked: how many of them the monitors have taken up.
    """

    agent: str
    version: str
    hour: datetime
    type: str
    severity: str
    rows: tuple[str, ...]
    count: int
    looked: int = 0


class MonitorRecord(Struct, frozen=True, kw_only=True):
    """A monitor's state between two looks.

    Attributes:
        agent: whose decisions it watches.
        version: of the table whose promise it holds them against.
        series: which of them: `all`, `row confidence.1`, `condition novelty`, `route finance_lead`,
            `type refund_request`.
        state: what the test carries on with, as plain values.
        updated_at: when it last took decisions up.
    """

    agent: str
    version: str
    series: str
    state: dict[str, Any]
    updated_at: datetime


class Alarm(Struct, frozen=True, kw_only=True):
    """Something that was found wrong, from when it was raised until it was over.

    Attributes:
        id: UUIDv7.
        agent: whose operation.
        kind: see `handraise.core.monitor.signals`.
        subject: what it is about; one is not resolved for each agent, kind and subject.
        state: `open`; `acknowledged`: somebody has it; `resolved`: it is over.
        sentence: what is wrong, as it was last seen.
        means: what it usually means.
        lines: more in words.
        examples: ids of escalations or decisions.
        about: the person whose figures these are: only they and the owner see them.
        since: since when it is so.
        raised_at: when it was raised.
        seen_at: when it was last found to be so.
        told_at: when the owner was last sent it.
        acknowledged_at: when somebody took it.
        acknowledged_by: who.
        snoozed_until: until when nobody wants to hear of it.
        snoozed_by: who said so.
        resolved_at: when it was over.
        told: what the owner was last told of it: `wrong`, or `over` (where `unseen` is not empty:
            that it is no longer looked at); None for nothing yet.
        times_told: how often they were told that it is wrong, since it was last told to be over.
        times_back: how often it came back within a day of being over.
        wrong_since: since when it is wrong without a break; None for what an earlier release kept.
        longest_s: how long the longest such stretch was that is over, in seconds.
        unseen: why it is no longer looked at, where that is why it was resolved: nobody knows
            whether it is over; empty otherwise.
    """

    id: str
    agent: str
    kind: str
    subject: str
    state: Literal["open", "acknowledged", "resolved"] = "open"
    sentence: str
    means: str
    lines: tuple[str, ...] = ()
    examples: tuple[str, ...] = ()
    about: str | None = None
    since: datetime | None = None
    raised_at: datetime
    seen_at: datetime
    told_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    snoozed_until: datetime | None = None
    snoozed_by: str | None = None
    resolved_at: datetime | None = None
    told: Literal["wrong", "over"] | None = None
    times_told: int = 0
    times_back: int = 0
    wrong_since: datetime | None = None
    longest_s: float = 0.0
    unseen: str = ""


AuditState = Literal["drawn", "asked", "answered", "left_out"]
AuditAnswer = Literal["right", "wrong", "cannot_tell"]


class Audit(Struct, frozen=True, kw_only=True):
    """A decision taken alone that was drawn by lot, and what a person says of it afterwards.

    Attributes:
        id: the decision's id, a dot and 1; or 2 for a second person's look at the same decision;
            or 3 where the owner settled what these two said.
        decision_id: the decision.
        agent: whose.
        version: of the table that let it go ahead.
        severity: of its action, the stratum of the estimate; empty where it has none.
        probability: with which it was put to a person, in (0, 1]: everything that thinned it out.
        state: `drawn`: not put to anybody yet; `asked`; `answered`; `left_out`: not put to anybody,
            decided by lot and not by looking at it.
        text: the customer's words as the gate had them; None once erased.
        context: the agent's context, plain JSON; None once erased.
        drawn_at: when the decision went ahead.
        person: who is to look at it; None while `drawn`.
        asked_at: when it was put to them.
        due_at: until when they should answer.
        chosen: the action they would have taken, said before they saw the agent's; None where that
            was not asked.
        chosen_at: when they said so.
        answer: what they say of it; None while they have not.
        stake: what a wrong one cost, in the table's money unit; None where not said.
        note: their words.
        answered_at: when they answered.
        answered_by: who.
    """

    id: str
    decision_id: str
    agent: str
    version: str
    severity: str
    probability: float
    state: AuditState = "drawn"
    text: Any = None
    context: Any = None
    drawn_at: datetime
    person: str | None = None
    asked_at: datetime | None = None
    due_at: datetime | None = None
    chosen: str | None = None
    chosen_at: datetime | None = None
    answer: AuditAnswer | None = None
    stake: float | None = None
    note: str = ""
    answered_at: datetime | None = None
    answered_by: str | None = None


class Audited(Struct, frozen=True, kw_only=True):
    """What an estimate takes of an audit: nothing of what the decision was about.

    Attributes:
        decision_id: the decision.
        look: 1 for the first look at it, 2 for a second person's, 3 where the owner settled what
            these two said; each decision has at most one of each.
        version: of the table that let it go ahead.
        severity: of its action; empty where it has none.
        action: what the agent did; None where it named none.
        probability: with which it was put to a person.
        state: as of the audit.
        drawn_at: when the decision went ahead.
        due_at: until when it should be answered; None while it was not put to anybody.
        person: to whom it was put; None for nobody.
        chosen: the action they would have taken, said before they saw the agent's.
        answer: what they say of it; None while they have not.
        answered_at: when.
        stake: what a wrong one cost, in the table's money unit; None where not said.
    """

    decision_id: str
    look: int
    version: str
    severity: str
    action: str | None
    probability: float
    state: AuditState
    drawn_at: datetime
    due_at: datetime | None
    person: str | None
    chosen: str | None
    answer: AuditAnswer | None
    answered_at: datetime | None
    stake: float | None


class Outcome(Struct, frozen=True, kw_only=True):
    """What later turned out to be right, for one decision; the newest told counts.

    Attributes:
        id: UUIDv7.
        agent: whose decision.
        decision_id: which.
        is_right: whether what was done turned out right.
        at: when that turned out.
        told_at: when it was reported.
        source: `file`, `api` (a key that may report outcomes) or `agent` (the agent's own word,
            which never counts in an estimate).
        by: who reported it: a person's id, or the key's label.
        stake: what a wrong one cost, in the table's money unit; None where not said.
        note: words.
    """

    id: str
    agent: str
    decision_id: str
    is_right: bool
    at: datetime
    told_at: datetime
    source: Literal["file", "api", "agent"]
    by: str
    stake: float | None = None
    note: str = ""


class OutcomeCounts(Struct, frozen=True, kw_only=True):
    """How decisions that an agent took alone turned out, as far as anybody told.

    Those of which something is known are no random sample: what went wrong is told more often.

    Attributes:
        alone: how many decisions went ahead, as far as they are counted: the worker does so.
        told: of how many of them somebody told how they turned out.
        wrong: how many of those were wrong.
        staked: of how many of the wrong ones it is known what they cost.
        cost: what those cost together, in the table's money unit.
        own_word: of how many the agent itself said something, which never counts.
    """

    alone: int
    told: int
    wrong: int
    staked: int
    cost: float
    own_word: int


class Advice(Struct, frozen=True, kw_only=True):
    """A change of the table that what was seen speaks for; a person takes it up or declines it.

    Attributes:
        id: UUIDv7.
        agent: whose table.
        version: of the table it is about.
        kind: `threshold`, `silent_row` or `type`.
        subject: the row or type it is about; one is open for each agent, kind and subject.
        sentence: what is advised and why, one plain sentence.
        lines: the evidence, a line each.
        change: the proposed change as a unified diff of the table; empty where there is none.
        evidence: how many decisions, answers or rows speak for it: what was declined comes back
            early only where they have doubled.
        made_at: when it was made.
        state: `open`, `taken`, `declined`, or `past`: what was seen no longer speaks for it.
        settled_at: when it stopped being open.
        settled_by: who settled it; None where nobody did.
        reason: their words.
    """

    id: str
    agent: str
    version: str
    kind: Literal["threshold", "silent_row", "type"]
    subject: str
    sentence: str
    lines: tuple[str, ...] = ()
    change: str = ""
    evidence: int = 0
    made_at: datetime
    state: Literal["open", "taken", "declined", "past"] = "open"
    settled_at: datetime | None = None
    settled_by: str | None = None
    reason: str = ""


class Presence(Struct, frozen=True, kw_only=True):
    """A sign of life that an agent, or one of its processes, promised to give.

    Attributes:
        agent: the agent's name.
        name: of the process; `agent` where it did not name itself.
        beat_at: when it gave the last one.
        every_s: how often it said it would, in seconds.
        due_at: when it is silent for too long; None once it said that it ends.
    """

    agent: str
    name: str
    beat_at: datetime
    every_s: float
    due_at: datetime | None
