"""What a signed-in person may do through the API; an agent's key never comes this far."""

from __future__ import annotations

from handraise.web.api.endpoint import Call
from handraise.web.api.records import (
    AnswerIn,
    DelegateIn,
    EscalationOut,
    NoteIn,
    ReassignIn,
    escalation_out,
)
from handraise.web.site import in_thread


async def acknowledge(call: Call) -> EscalationOut:
    """Say "I have it": the first deadline stops, the second goes on."""
    desk = call.site.operation.desk
    return escalation_out(await in_thread(desk.acknowledge, call.path["id"], call.caller))


async def release(call: Call) -> EscalationOut:
    """Give an ask back: it goes to the next person at once."""
    given: NoteIn = call.body
    desk = call.site.operation.desk
    moved = await in_thread(desk.release, call.path["id"], call.caller, given.note)
    return escalation_out(moved)


async def reassign(call: Call) -> EscalationOut:
    """Give an ask to another person, who is responsible from now on."""
    given: ReassignIn = call.body
    desk = call.site.operation.desk
    moved = await in_thread(desk.reassign, call.path["id"], call.caller, given.to, given.note)
    return escalation_out(moved)


async def delegate(call: Call) -> EscalationOut:
    """Let another person do the work of an ask that stays with its holder; null takes it back."""
    given: DelegateIn = call.body
    desk = call.site.operation.desk
    moved = await in_thread(desk.delegate, call.path["id"], call.caller, given.to, given.note)
    return escalation_out(moved)


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
