"""One escalation: reading it, saying "I have it", answering, seeing to it that another has it.

A handler reads the form, calls one verb of the desk, and redirects. When the answer is not taken,
the same page comes back as things stand now, saying why, with everything that was typed still
there.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import quote

from starlette.responses import Response

from handraise.errors import (
    AccessError,
    AlreadyAnsweredError,
    AnswerError,
    ConfirmationNeededError,
    Error,
    ProposalMovedError,
)
from handraise.model import Ask, Escalation
from handraise.service.similar import precedents
from handraise.web.pages.answer_form import errors_by_field, given_answer
from handraise.web.pages.inbox import leading_on
from handraise.web.pages.passkeys import ask_to_confirm, confirmation_of
from handraise.web.pages.views.again import MOVES
from handraise.web.pages.views.cells import as_json
from handraise.web.pages.views.change import ChangeView, change_view
from handraise.web.pages.views.escalation import EscalationPage, Seen, escalation_page
from handraise.web.pages.views.forms import Draft
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.onward import asked_from
from handraise.web.pages.views.others import Others, others_of
from handraise.web.pages.views.panel import Mine
from handraise.web.pages.views.words import Reader, sentence
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

CONFLICTS = (AlreadyAnsweredError, ProposalMovedError, AccessError)
LOOKING = timedelta(seconds=60)
"""Whoever was seen within it has a page open; it beats every twenty seconds."""

MOST_STATE = 100


async def show(visitor: Visitor) -> Response:
    """Show an escalation as it stands now, and note that the reader has it before them."""
    escalation_id = visitor.request.path_params["id"]
    begins = await in_thread(_begins_to_look, visitor, escalation_id)
    shown = await _show(visitor, escalation_id, Draft())
    if begins:
        visitor.site.live.looked_at(escalation_id, visitor.person)
    await in_thread(visitor.operation.humans.has_before_them, escalation_id, visitor.person)
    return shown


async def others(visitor: Visitor) -> Response:
    """Note that the reader still has it open; say who else has, and what has become of it."""
    found = await in_thread(_others, visitor)
    return page("others.html", others=found)


async def decision(visitor: Visitor) -> Response:
    """Give the whole decision as a file."""
    escalation_id = visitor.request.path_params["id"]
    found = await in_thread(visitor.operation.desk.escalation, escalation_id, visitor.person)
    headers = {"Content-Disposition": f'attachment; filename="decision-{found.id}.json"'}
    return Response(as_json(found.decision), media_type="application/json", headers=headers)


async def preview(visitor: Visitor) -> Response:
    """Show what a change would bring, before it is sent; nothing is kept."""
    ask_id = visitor.request.path_params["id"]
    is_part = visitor.request.headers.get("HX-Request") == "true"
    try:
        frame, found = await in_thread(_preview, visitor, ask_id)
    except (*CONFLICTS, AnswerError) as error:
        if not is_part:
            return await _refused(visitor, ask_id, error)
        wrong = errors_by_field(error, visitor.form).values() or [sentence(str(error))]
        found = ChangeView(ask_id=ask_id, errors=tuple(dict.fromkeys(wrong)))
        frame = await in_thread(frame_of, visitor.operation, visitor.person, visitor.cookie)
    return page("change_part.html" if is_part else "change.html", frame=frame, change=found)


async def edit(visitor: Visitor) -> Response:
    """Show the form of a change again, with everything that was typed still there."""
    ask_id = visitor.request.path_params["id"]
    draft = Draft(ask_id=ask_id, kind="change", values=visitor.form)
    return await _show(visitor, _escalation_id(ask_id), draft)


async def acknowledge(visitor: Visitor) -> Response:
    """Say "I have it"."""
    ask_id = visitor.request.path_params["id"]
    try:
        escalation = await in_thread(visitor.operation.desk.acknowledge, ask_id, visitor.person)
    except CONFLICTS as error:
        return await _refused(visitor, ask_id, error)
    return redirect(_path(visitor, escalation.id))


async def answer(visitor: Visitor) -> Response:
    """Answer an ask."""
    ask_id = visitor.request.path_params["id"]
    try:
        escalation = await in_thread(_answer, visitor, ask_id)
    except ConfirmationNeededError as error:
        return await ask_to_confirm(visitor, ask_id, error)
    except (*CONFLICTS, AnswerError) as error:
        return await _refused(visitor, ask_id, error)
    return redirect(f"{_path(visitor, escalation.id)}#standing")


async def release(visitor: Visitor) -> Response:
    """Give an ask back: it goes to the next person at once."""
    desk, note = visitor.operation.desk, visitor.form.get("note", "")
    return await _moved(
        visitor, "release", lambda ask_id: desk.release(ask_id, visitor.person, note)
    )


async def reassign(visitor: Visitor) -> Response:
    """Give an ask to a person by name, who is responsible from now on."""
    desk, note = visitor.operation.desk, visitor.form.get("note", "")
    return await _moved(
        visitor,
        "reassign",
        lambda ask_id: desk.reassign(ask_id, visitor.person, _chosen(visitor), note),
    )


async def delegate(visitor: Visitor) -> Response:
    """Let a person do the work of an ask, for which its holder stays responsible."""
    desk, note = visitor.operation.desk, visitor.form.get("note", "")
    return await _moved(
        visitor,
        "delegate",
        lambda ask_id: desk.delegate(ask_id, visitor.person, _chosen(visitor), note),
    )


async def take_back(visitor: Visitor) -> Response:
    """Take the work of an ask back into its holder's own hands."""
    desk = visitor.operation.desk
    return await _moved(
        visitor, "take_back", lambda ask_id: desk.delegate(ask_id, visitor.person, None)
    )


async def _moved(visitor: Visitor, kind: str, move: Callable[[str], Escalation]) -> Response:
    ask_id = visitor.request.path_params["id"]
    try:
        escalation = await in_thread(move, ask_id)
    except (*CONFLICTS, AnswerError) as error:
        return await _refused(visitor, ask_id, error, kind)
    return redirect(f"{_path(visitor, escalation.id)}#asked")


def _chosen(visitor: Visitor) -> str:
    """Return the person who was chosen.

    Raises:
        AnswerError: nobody was.
    """
    to = visitor.form.get("to", "").strip()
    if not to:
        raise AnswerError("to: choose somebody")
    return to


def _answer(visitor: Visitor, ask_id: str) -> Escalation:
    given = given_answer(visitor, ask_id)
    return visitor.operation.desk.answer(
        ask_id, visitor.person, **given, confirmation=confirmation_of(visitor)
    )


def _preview(visitor: Visitor, ask_id: str) -> tuple[Frame, ChangeView]:
    operation, person = visitor.operation, visitor.person
    before = operation.desk.escalation(_escalation_id(ask_id), person)
    after = operation.desk.would(ask_id, person, **given_answer(visitor, ask_id))
    table = operation.shelf.table(before.agent, before.version)
    reader = reader_of(operation, person)
    found = change_view(before, after, ask_id, table, reader, visitor.form)
    return frame_of(operation, person, visitor.cookie), found


def _looks(visitor: Visitor, escalation_id: str) -> Escalation:
    """Note that the reader has an open escalation before them."""
    operation = visitor.operation
    found = operation.desk.escalation(escalation_id, visitor.person)
    if found.state == "open":
        operation.store.note_looker(escalation_id, visitor.person, operation.clock.now())
    return found


def _begins_to_look(visitor: Visitor, escalation_id: str) -> bool:
    """Note that the reader has it before them; return whether nobody knew it yet."""
    since = visitor.operation.clock.now() - LOOKING
    known = visitor.operation.store.lookers(escalation_id, since)
    return _looks(visitor, escalation_id).state == "open" and visitor.person not in known


def _others(visitor: Visitor) -> Others:
    found = _looks(visitor, visitor.request.path_params["id"])
    before = visitor.request.query_params.get("seen", "")[:MOST_STATE]
    return _others_of(visitor, found, before)


def _others_of(visitor: Visitor, found: Escalation, before: str = "") -> Others:
    operation = visitor.operation
    since = operation.clock.now() - LOOKING
    people = operation.store.lookers(found.id, since) if found.state == "open" else []
    return others_of(found, people, reader_of(operation, visitor.person), before)


def _path(visitor: Visitor, escalation_id: str) -> str:
    return f"/escalations/{escalation_id}{asked_from(visitor.form)}"


def _escalation_id(ask_id: str) -> str:
    return ask_id.rpartition(".")[0]


async def _refused(visitor: Visitor, ask_id: str, error: Error, kind: str = "") -> Response:
    """Show the page again as things stand now, with what was typed and why it was not taken."""
    form = visitor.form
    kind = kind or form.get("kind", "")
    draft = Draft(ask_id=ask_id, kind=kind, values=form, errors=errors_by_field(error, form))
    return await _show(visitor, _escalation_id(ask_id), draft, error)


async def _show(
    visitor: Visitor, escalation_id: str, draft: Draft, error: Error | None = None
) -> Response:
    frame, found, reader = await in_thread(_read, visitor, escalation_id, draft)
    return page(
        "escalation.html",
        status=status_of(error) if error else 200,
        frame=frame,
        page=found,
        draft=draft,
        notice=_notice(error, found, draft, reader),
        lost=_lost(found, draft),
    )


def _notice(
    error: Error | None, found: EscalationPage, draft: Draft, reader: Reader
) -> tuple[str, ...]:
    """Return headline and sentences of why it was not taken; empty for nothing."""
    if error is None:
        return ()
    now = "This is how things stand now."
    what = "Nothing was moved." if draft.kind in MOVES else "Your answer was not sent."
    if found.again and (isinstance(error, AlreadyAnsweredError) or found.faster):
        return *found.again.words, now
    if isinstance(error, AlreadyAnsweredError):
        is_by_nobody = not found.faster or not (found.is_open or found.standing.by)
        headline = "This has ended" if is_by_nobody else "Somebody was faster"
        return headline, found.faster or sentence(str(error)), what, now
    if isinstance(error, ProposalMovedError):
        return "The proposal changed while you were reading", sentence(str(error)), what, now
    if isinstance(error, AccessError):
        return (
            "This is not yours to do",
            reader.told(error.message),
            reader.told(error.hint),
            what,
            now,
        )
    if draft.kind in MOVES:
        return "Nothing was moved yet", "Mend this, then send it again."
    return "Your answer was not taken yet", "Mend this, then send it again."


def _lost(found: EscalationPage, draft: Draft) -> str:
    """Return the words that were typed and have no form any more to stand in."""
    is_kept = found.again is not None and found.again.is_same
    if not draft.ask_id or is_kept or any(panel.ask_id == draft.ask_id for panel in found.panels):
        return ""
    typed = (draft.values.get(name, "").strip() for name in ("reason", "instruction", "note"))
    return "\n\n".join(filter(None, typed))


def _read(
    visitor: Visitor, escalation_id: str, draft: Draft
) -> tuple[Frame, EscalationPage, Reader]:
    operation, person = visitor.operation, visitor.person
    escalation = operation.desk.escalation(escalation_id, person)
    owner = operation.shelf.current(escalation.agent).owner
    mine = [
        Mine(ask=ask, targets=operation.desk.targets(escalation, ask, person), owner=owner)
        for ask in operation.desk.may_answer(escalation, person)
    ]
    seen = Seen(
        after={one.ask.id: _approved(visitor, escalation, one.ask) for one in mine},
        precedents=precedents(operation.store, operation.shelf, escalation, person),
        others=_others_of(visitor, escalation),
        onward=leading_on(visitor, escalation, is_done=not mine),
        download=f"/escalations/{escalation.id}/decision.json",
        judged_by=_judged_by(visitor, escalation),
        escalation=escalation,
        events=operation.desk.events(escalation_id, person),
        mine=mine,
        form=operation.desk.form(escalation),
        table=operation.shelf.table(escalation.agent, escalation.version),
    )
    reader = reader_of(operation, person)
    frame = frame_of(operation, person, visitor.cookie)
    return frame, escalation_page(seen, reader, draft), reader


def _judged_by(visitor: Visitor, escalation: Escalation) -> str:
    """Return the path of the table that judged; empty where the reader reads none of its agent."""
    if escalation.agent not in visitor.operation.shelf.agents_read_by(visitor.person):
        return ""
    return f"/table/{quote(escalation.agent, safe='')}/{quote(escalation.version, safe='')}"


def _approved(visitor: Visitor, escalation: Escalation, ask: Ask) -> Escalation | None:
    """Return an escalation as it would stand after the reader's approval; None if it cannot be."""
    try:
        return visitor.operation.desk.would(
            ask.id, visitor.person, kind="approve", digest=escalation.proposal_digest
        )
    except (*CONFLICTS, AnswerError):
        return None
