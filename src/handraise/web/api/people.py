"""What a signed-in person may do through the API; an agent's key never comes this far."""

from __future__ import annotations

from handraise.web.api.endpoint import Call
from handraise.web.api.records import AnswerIn, EscalationOut, escalation_out
from handraise.web.site import in_thread


async def acknowledge(call: Call) -> EscalationOut:
    """Say "I have it": the first deadline stops, the second goes on."""
    desk = call.site.operation.desk
    return escalation_out(await in_thread(desk.acknowledge, call.path["id"], call.caller))


async def answer(call: Call) -> EscalationOut:
    """Answer an ask; the first answer wins."""
    given: AnswerIn = call.body
    answered = await in_thread(
        call.site.operation.desk.answer,
        call.path["id"],
        call.caller,
        kind=given.kind,
        digest=given.digest,
        proposal=given.proposal,
        facts=given.facts,
        reason=given.reason,
        instruction=given.instruction,
    )
    return escalation_out(answered)
