"""The closed sets of words: conditions, answers, outcomes, and the reserved route."""

from __future__ import annotations

from typing import Literal

OWNER = "owner"
"""The reserved name of the last resort: a route that is always there, to the table's owner."""

ConditionName = Literal[
    "confidence", "consequence", "novelty", "fault", "stall", "not_ready", "drill"
]

Urgency = Literal["normal", "urgent"]
"""How soon a person must hear of an ask; see `handraise.core.lifecycle.urgency`."""

AnswerKind = Literal["approve", "change", "reject", "instruct", "take_over"]

OutcomeName = Literal[
    "approved", "changed", "rejected", "instructed", "taken_over", "withdrawn", "expired"
]

ANSWER_KINDS: tuple[AnswerKind, ...] = ("approve", "change", "reject", "instruct", "take_over")

OUTCOMES: tuple[OutcomeName, ...] = (
    "approved",
    "changed",
    "rejected",
    "instructed",
    "taken_over",
    "withdrawn",
    "expired",
)

REASON_REQUIRED: frozenset[AnswerKind] = frozenset({"change", "reject", "take_over"})
"""The answers that must say why."""

SignInWay = Literal["link", "openid", "passkey"]
"""How a person came in."""
