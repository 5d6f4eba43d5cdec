"""Changing a proposal on its page: what the form shows counts as it is shown."""

from __future__ import annotations

from typing import Any

from handraise.model import Escalation
from tests.web.support import Desk


def order(desk: Desk, proposal: dict[str, Any], amount: float = 150) -> Escalation:
    """Return the question about an unsure order whose amount the agent stated."""
    verdict = desk.operation.gates["order-agent"].decide(
        type="order", confidence=0.1, facts={"amount": amount}, proposal=proposal
    )
    found = desk.operation.store.escalation(verdict.escalation_id or "")
    assert found is not None
    return found


def kept(desk: Desk, one: Escalation) -> Escalation:
    found = desk.operation.store.escalation(one.id)
    assert found is not None
    return found


def test_a_stated_number_that_is_sent_as_it_was_shown_is_still_stated(desk: Desk) -> None:
    asked = order(desk, {"days": 3, "note": "late"})
    session = desk.session("olga")
    page = desk.page(f"/escalations/{asked.id}", session).text
    assert 'name="fact.amount" value="150"' in page.replace("\n", " ")
    typed = {"proposal.days": "5", "proposal.note": "late", "fact.amount": "150", "reason": "more"}
    fields = {"kind": "change", "digest": asked.proposal_digest, **typed}
    preview = desk.post(f"/asks/{asked.asks[0].id}/preview", session, **fields).text
    assert "missing" not in preview
    assert "The gate finds nothing new in it." in preview
    assert desk.answer(asked, session, "change", **typed).status_code == 303
    now = kept(desk, asked)
    assert now.proposal == {"days": 5, "note": "late"}
    assert now.facts == {"amount": 150}
    assert now.reasons == asked.reasons
    assert now.outcome == "changed"


def test_a_stated_number_that_was_one_of_the_changed_ones_is_not_stated_of_the_new(
    desk: Desk,
) -> None:
    asked = order(desk, {"total": -50}, amount=50)
    typed = {"proposal.total": "-5000", "fact.amount": "50", "reason": "all"}
    assert desk.answer(asked, desk.session("olga"), "change", **typed).status_code == 303
    assert "amount is missing" in " ".join(one.sentence for one in kept(desk, asked).reasons)
