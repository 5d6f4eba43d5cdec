"""What a signed-in person may do through the API; an agent's key never comes this far."""

from __future__ import annotations

from contextlib import suppress

from handraise.errors import ConfirmationNeededError, InputError
from handraise.model import Escalation
from handraise.service.access.confirming import Confirmation
from handraise.service.secrets import secret_hash
from handraise.web.api.endpoint import Call
from handraise.web.api.records import (
    AnswerIn,
    DelegateIn,
    EscalationOut,
    NoteIn,
    ReassignIn,
    escalation_out,
)
from handraise.web.security import session_cookie
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
    """Answer an ask; the first answer wins.

    Raises:
        ConfirmationNeededError: it needs a passkey; it says what the browser must sign.
    """
    given: AnswerIn = call.body
    said = {name: getattr(given, name) for name in given.__struct_fields__}
    brought = said.pop("confirmation")
    desk, ask_id = call.site.operation.desk, call.path["id"]
    session = secret_hash(call.request.cookies.get(session_cookie(call.site), ""))

    def answered() -> Escalation:
        confirmation = Confirmation(credential=brought, session=session) if brought else None
        try:
            return desk.answer(ask_id, call.caller, **said, confirmation=confirmation)
        except ConfirmationNeededError as error:
            with suppress(InputError):  # without passkeys here, the error alone says what to do
                error.challenge = desk.begin_confirmation(ask_id, call.caller, session, **said)
            raise

    return escalation_out(await in_thread(answered))
