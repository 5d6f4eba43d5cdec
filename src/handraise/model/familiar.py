"""What is kept of the familiar: which learned files a table names, and what people said of the new.

What is familiar itself, and how a decision is held against it, is `handraise.core.familiar`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from handraise.model.words import OutcomeName


class Learned(Struct, frozen=True, kw_only=True):
    """What a table says of the learned files it names; part of its version by the digest.

    Attributes:
        folder: where they are, relative to the table's folder.
        digest: of all their content, 64 hex digits.
        facts: the type of each fact that was learned: number, text or boolean.
        reads_text: whether the wording of requests was learned: a decision then needs a text.
        least_rate: the lowest false-alarm rate that its held-out rows can carry, in (0, 1].
    """

    folder: str
    digest: str
    facts: dict[str, str]
    reads_text: bool
    least_rate: float


class SaidOf(Struct, frozen=True):
    """What a person said of the situation an escalation was about.

    Attributes:
        label: the type it is of; None for "it is none": nothing to be learned from.
        by: the person's id.
        at: when they said so.
    """

    label: str | None
    by: str
    at: datetime


class Situation(Struct, frozen=True, kw_only=True):
    """What an escalation that was unlike the familiar was about, and how a person answered it.

    Attributes:
        escalation_id: which escalation.
        version: of the table it began with.
        text: the request in the customer's own words; None where there is none.
        type: the type that the agent took it for; None where it had none.
        facts: the stated facts as they stood at the end.
        outcome: how it ended: a person's answer.
        by: who ended it.
        at: when it ended.
        asked_by: who asked the agent for it, if anybody of the table.
        said: what was said of it already; None for nothing.
    """

    escalation_id: str
    version: str
    text: str | None
    type: str | None
    facts: dict[str, Any]
    outcome: OutcomeName
    by: str
    at: datetime
    asked_by: str | None = None
    said: SaidOf | None = None


class UnusualStop(Struct, frozen=True, kw_only=True):
    """A decision that was held against what was learned, and stopped.

    Attributes:
        escalation_id: which escalation.
        at: when it stopped.
        text: the request in the customer's own words; None where there is none.
        type: the type that the agent took it for; None where it had none.
        familiarity: the share of familiar decisions that are at least as unusual, in (0, 1].
        outcome: how it ended; None while it is open.
    """

    escalation_id: str
    at: datetime
    text: str | None
    type: str | None
    familiarity: float
    outcome: OutcomeName | None = None
