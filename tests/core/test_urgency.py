"""Urgent: the last resort, the worst the table knows, a route without time. Nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from handraise.core.lifecycle.urgency import urgency_of
from handraise.core.table.read import read
from handraise.core.table.types import Table
from tests.store.records import make_escalation
from tests.support.story import TABLE


def table_of(*changes: tuple[str, str]) -> Table:
    text = TABLE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    table = read(text, "handraise.yaml").table
    assert table is not None
    return table


ONE_SEVERITY = (
    ("severities: [low, high]", "severities: [high]"),
    ("send_reply: low", "send_reply: high"),
)
SHORT = (("acknowledge_within: 30m", "acknowledge_within: 5m"),)
MILD = (("refund: {severity: high", "refund: {severity: low"),)


@pytest.mark.parametrize(
    ("changes", "ask", "action", "urgency"),
    [
        ((), {}, "refund", "urgent"),
        (ONE_SEVERITY, {}, "refund", "normal"),
        (MILD, {}, "refund", "normal"),
        ((), {}, "send_reply", "normal"),
        ((), {}, "unheard_of", "normal"),
        ((), {}, None, "normal"),
        ((), {}, ["refund"], "normal"),
        (SHORT, {}, "send_reply", "urgent"),
        ((), {"with_owner": True}, "send_reply", "urgent"),
        ((), {"with_owner": True, "route": "owner"}, "send_reply", "normal"),
    ],
)
def test_how_soon_somebody_must_hear(changes: Any, ask: Any, action: Any, urgency: str):
    escalation = make_escalation(ask)
    decision = replace(escalation.decision, action=action)

    found = urgency_of(
        escalation.asks[0], replace(escalation, decision=decision), table_of(*changes)
    )
    assert found == urgency
