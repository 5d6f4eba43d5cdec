"""An exercise: its scoreboard, the reader's questions, and what came of it.

INVARIANT: while it runs nobody sees an answer but their own.
"""

from __future__ import annotations

from starlette.responses import Response

from handraise.errors import AlreadyAnsweredError, AnswerError, Error, NotFoundError
from handraise.model import Rehearsal
from handraise.service.rehearsing.board import board_of
from handraise.service.rehearsing.showing import as_escalation, form_of
from handraise.web.pages.answer_form import FieldsError, errors_by_field, kind_of
from handraise.web.pages.views.escalation import EscalationPage
from handraise.web.pages.views.forms import Change, Draft, read_change
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.rehearsal import RehearsalPage, question_page, rehearsal_page
from handraise.web.pages.views.words import sentence
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread


async def show(visitor: Visitor) -> Response:
    """Show how far an exercise is, or what came of it."""
    frame, found = await in_thread(_read, visitor)
    return page("rehearsal.html", frame=frame, page=found)


def _read(visitor: Visitor) -> tuple[Frame, RehearsalPage]:
    operation, person = visitor.operation, visitor.person
    rehearsals = operation.rehearsals
    rehearsal = rehearsals.of_person(visitor.request.path_params["id"], person)
    asks = rehearsals.asks(rehearsal.id)
    found = rehearsal_page(
        rehearsal,
        [ask for ask in asks if ask.person == person],
        board_of(rehearsal, asks, operation.endings.told(rehearsal)),
        operation.shelf.table(rehearsal.agent, rehearsal.version),
        reader_of(operation, person),
        None if rehearsal.is_open else operation.endings.protocol(rehearsal),
        owner=operation.shelf.current(rehearsal.agent).owner,
    )
    return frame_of(operation, person, visitor.cookie), found


async def end(visitor: Visitor) -> Response:
    """End an exercise before its time."""
    id = visitor.request.path_params["id"]
    await in_thread(visitor.operation.rehearsals.end, id, visitor.person)
    return redirect(f"/rehearsals/{id}")


async def protocol(visitor: Visitor) -> Response:
    """Send the protocol as a page to keep."""
    html, name = await in_thread(_protocol, visitor)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(html, media_type="text/html; charset=utf-8", headers=headers)


def _protocol(visitor: Visitor) -> tuple[str, str]:
    from handraise.service.rehearsing.paper import protocol_html

    operation = visitor.operation
    id = visitor.request.path_params["id"]
    rehearsal = operation.rehearsals.of_person(id, visitor.person)
    found = operation.endings.protocol(rehearsal)
    html = protocol_html(found, rehearsal.protocol or "", operation.signer)
    return html, f"exercise-{rehearsal.started_at:%Y-%m-%d}-{rehearsal.id}.html"


async def show_question(visitor: Visitor) -> Response:
    """Show one of the reader's questions."""
    return await _show_question(visitor, Draft())


async def answer(visitor: Visitor) -> Response:
    """Take the reader's answer, and go on to their next question."""
    try:
        after = await in_thread(_answer, visitor)
    except (AlreadyAnsweredError, AnswerError) as error:
        form = visitor.form
        kind, errors = form.get("kind", ""), errors_by_field(error, form)
        draft = Draft(ask_id=_ask_id(visitor), kind=kind, values=form, errors=errors)
        return await _show_question(visitor, draft, error)
    return redirect(after)


def _number(visitor: Visitor) -> int:
    try:
        return int(visitor.request.path_params["number"])
    except ValueError:
        raise NotFoundError("there is no such question", "open it from the exercise") from None


def _ask_id(visitor: Visitor) -> str:
    return f"{visitor.request.path_params['id']}-{_number(visitor)}.1"


def _answer(visitor: Visitor) -> str:
    """Keep the answer, and return where the reader goes on."""
    form, rehearsals = visitor.form, visitor.operation.rehearsals
    kind = kind_of(form.get("kind", ""))
    change = Change()
    if kind == "change":
        change = _change(visitor)
        if change.errors:
            raise FieldsError(change.errors)
    rehearsal = rehearsals.answer(
        visitor.request.path_params["id"],
        _number(visitor),
        visitor.person,
        kind=kind,
        digest=form.get("digest", ""),
        proposal=change.proposal,
        facts=change.facts,
        reason=form.get("reason"),
        instruction=form.get("instruction") if kind == "instruct" else None,
        unclear=form.get("unclear", ""),
    )
    return _next(visitor, rehearsal)


def _next(visitor: Visitor, rehearsal: Rehearsal) -> str:
    asks = visitor.operation.rehearsals.asks(rehearsal.id, visitor.person)
    left = [ask.number for ask in asks if ask.kind is None]
    after = [number for number in left if number > _number(visitor)] or left
    here = f"/rehearsals/{rehearsal.id}"
    return f"{here}/{after[0]}" if after else here


def _change(visitor: Visitor) -> Change:
    operation = visitor.operation
    id = visitor.request.path_params["id"]
    rehearsal, ask = operation.rehearsals.ask(id, _number(visitor), visitor.person)
    table = operation.shelf.table(rehearsal.agent, rehearsal.version)
    escalation = as_escalation(rehearsal, ask)
    return read_change(escalation, form_of(escalation, table), table, visitor.form)


async def _show_question(visitor: Visitor, draft: Draft, error: Error | None = None) -> Response:
    frame, found, back = await in_thread(_read_question, visitor, draft)
    return page(
        "rehearsal_question.html",
        status=status_of(error) if error else 200,
        frame=frame,
        page=found,
        draft=draft,
        notice=_notice(error, found),
        lost="",
        back=back,
    )


def _notice(error: Error | None, found: EscalationPage) -> tuple[str, ...]:
    """Return headline and sentence of why an answer was not taken; empty for nothing."""
    if error is None:
        return ()
    if isinstance(error, AlreadyAnsweredError):
        if found.again:
            return found.again.words
        return "Your answer was not taken", sentence(str(error)), "This is how things stand now."
    return "Your answer was not taken yet", "Mend this, then send it again."


def _read_question(visitor: Visitor, draft: Draft) -> tuple[Frame, EscalationPage, str]:
    operation, person = visitor.operation, visitor.person
    id, number = visitor.request.path_params["id"], _number(visitor)
    rehearsal, ask = operation.rehearsals.ask(id, number, person)
    table = operation.shelf.table(rehearsal.agent, rehearsal.version)
    escalation = as_escalation(rehearsal, ask)
    numbers = [one.number for one in operation.rehearsals.asks(id, person)]
    found = question_page(
        rehearsal,
        ask,
        escalation,
        form_of(escalation, table),
        table,
        reader_of(operation, person),
        draft,
        f"{numbers.index(number) + 1} of {len(numbers)}",
    )
    return frame_of(operation, person, visitor.cookie), found, f"/rehearsals/{rehearsal.id}"
