"""My page: what I must do, how I am reached, when I am here. All of it is the reader's own.

A handler reads the form, calls one verb of the roster, and leads back to the page. What was not
taken is shown again, saying why, with everything that was typed still there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from starlette.responses import Response

from handraise.channels.contacts import contact_name
from handraise.core.duty import day_start, on_duty
from handraise.core.table.types import Person
from handraise.errors import AccessError, Error, InputError
from handraise.model import OWNER, Urgency
from handraise.web.pages.passkeys import passkeys_of
from handraise.web.pages.sessions import sessions_of
from handraise.web.pages.this_device import this_device
from handraise.web.pages.views.figures import FiguresView, figures_view
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft, Known, MyPage, my_page, read_local, read_steps
from handraise.web.pages.views.push import PushView, push_view
from handraise.web.pages.views.words import sentence, zone_of
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

SAID = {
    "accepted": "Thank you. You have accepted this duty.",
    "declined": "You have declined this duty. The owner sees it.",
    "away": "It is noted. The times below are as they will be taken.",
    "back": "Welcome back. From now on you are asked again.",
    "stay": "It is taken back.",
    "asked": "A code is on its way to each contact that is not verified.",
    "none": "All your contacts are verified, or a code is on its way already.",
    "plan": "It is noted how you want to hear of it.",
    "passkey": "Your passkey is added. A message tells you of it too.",
    "renamed": "It is called so from now on.",
    "removed": "That passkey is not accepted any more.",
    "ended": "That session is ended.",
    "alone": "You are signed in here, and nowhere else.",
    "told": "This device is told from now on, beside the messages to your contacts. Try it below.",
    "tried": "The push service took it: in a moment your device shows it.",
    "stopped": "That device is told no more.",
}
"""What is said after something was done; only these words, whatever the address holds."""

MAX_NOTE = 2_000


async def show(visitor: Visitor) -> Response:
    """Show the reader's own duties."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show(visitor, Draft(), said)


async def answer_duty(visitor: Visitor) -> Response:
    """Accept or decline a duty."""
    form, roster = visitor.form, visitor.operation.roster
    agent, digest = form.get("agent", ""), form.get("digest", "")

    def answer() -> str:
        note = _note(form)
        if form.get("answer") == "accept":
            roster.accept(agent, visitor.person, digest, note)
            return "accepted"
        if not note:
            raise InputError("note: say why, in a few words", "the owner reads it")
        roster.decline(agent, visitor.person, digest, note)
        return "declined"

    return await done(visitor, f"duty {agent}", answer)


async def go_away(visitor: Visitor) -> Response:
    """Note that the reader is or will be away."""

    def away() -> str:
        set_away(visitor, visitor.person)
        return "away"

    return await done(visitor, "away", away)


def set_away(visitor: Visitor, person_id: str) -> None:
    """Note that a person is or will be away, by the local times of their zone.

    Raises:
        AccessError: the reader may not say so; the form is not even read then.
        InputError: a time cannot be read, or the roster does not take it.
    """
    operation, form = visitor.operation, visitor.form
    operation.roster.check_right(visitor.person, person_id)
    zone = zone_of(operation.shelf.person(person_id))
    times = {}
    for name in ("from", "to"):
        try:
            times[name] = read_local(form.get(name, ""), zone)
        except ValueError as error:
            raise InputError(f"{name}: {error}") from error
    starts_at = times["from"] or operation.clock.now()
    operation.roster.away(person_id, starts_at, times["to"], _note(form), visitor.person)


async def come_back(visitor: Visitor) -> Response:
    """Note that the reader is back, or will not be away after all."""

    def back() -> str:
        planned = bool(visitor.form.get("planned"))
        visitor.operation.roster.back(visitor.person, visitor.person, planned=planned)
        return "stay" if planned else "back"

    return await done(visitor, "back", back)


async def send_codes(visitor: Visitor) -> Response:
    """Send a code to each of the reader's contacts that is not verified."""

    def send() -> str:
        sent = visitor.operation.roster.invite(visitor.person, again=True)
        return "asked" if sent else "none"

    return await done(visitor, "codes", send)


async def verify(visitor: Visitor) -> Response:
    """Verify the contact through which a code came that the reader types in."""
    roster = visitor.operation.roster
    code = visitor.form.get("code", "").strip()

    def use() -> str:
        found = roster.peek(code)
        if found is None:
            raise InputError(
                "code: this code does not work (any more)",
                "use the newest message, or have a new one sent",
            )
        if found.person != visitor.person:
            raise InputError("code: this code was meant for somebody else", "ask them to use it")
        return contact_name(roster.verify(code).contact)

    try:
        name = await in_thread(use)
    except Error as error:
        return await _refused(visitor, "code", error)
    return await _show(visitor, Draft(), f"{name} is verified: questions may come that way now.")


async def set_plan(visitor: Visitor) -> Response:
    """Note through which contacts first the reader wants to hear of asks of one urgency."""
    form, operation = visitor.form, visitor.operation
    urgency: Urgency = "urgent" if form.get("urgency") == "urgent" else "normal"

    def plan() -> str:
        try:
            steps = () if form.get("drop") else read_steps(form, _contacts(visitor))
        except ValueError as error:
            raise InputError(str(error)) from error
        operation.roster.plan(visitor.person, urgency, steps, visitor.person)
        return "plan"

    return await done(visitor, f"plan {urgency}", plan)


def _contacts(visitor: Visitor) -> list[str]:
    return [one.contact for one in visitor.operation.roster.contacts(visitor.person)]


def _note(form: Mapping[str, str]) -> str:
    note = form.get("note", "").strip()
    if len(note) > MAX_NOTE:
        raise InputError(f"note: longer than {MAX_NOTE:,} characters", "shorten it")
    return note


async def done(visitor: Visitor, form: str, act: Callable[[], str]) -> Response:
    """Do it and lead back to the page, or show the page again with why it was not taken."""
    return await done_meanwhile(visitor, form, partial(in_thread, act))


async def done_meanwhile(
    visitor: Visitor, form: str, act: Callable[[], Awaitable[str]]
) -> Response:
    """Do what takes its time, as `done` does what does not."""
    try:
        done = await act()
    except AccessError:
        raise
    except Error as error:
        return await _refused(visitor, form, error)
    return redirect(f"/me?done={done}")


async def _refused(visitor: Visitor, form: str, error: Error) -> Response:
    errors = errors_of(error, visitor.form)
    draft = Draft(form=form, values=visitor.form, errors=errors)
    return await _show(visitor, draft, "", status=status_of(error))


def errors_of(error: Error, form: Mapping[str, str]) -> dict[str, str]:
    """Return what is wrong by field; a message of ours may begin with the field's name."""
    first, colon, rest = error.message.partition(": ")
    hint = f" {sentence(error.hint)}" if error.hint else ""
    if colon and first in form:
        return {first: sentence(rest) + hint}
    return {"": sentence(error.message) + hint}


async def _show(visitor: Visitor, draft: Draft, said: str, status: int = 200) -> Response:
    frame, found, figures, push = await in_thread(_read, visitor, draft)
    return page(
        "me.html",
        status=status,
        frame=frame,
        page=found,
        passkeys=await in_thread(passkeys_of, visitor),
        sessions=await in_thread(sessions_of, visitor),
        figures=figures,
        push=push,
        draft=draft,
        said=said,
    )


def _read(visitor: Visitor, draft: Draft) -> tuple[Frame, MyPage, list[FiguresView], PushView]:
    operation, id = visitor.operation, visitor.person
    shelf, roster = operation.shelf, operation.roster
    reader = reader_of(operation, id)
    known = Known(
        person=reader.people[id],
        duties=roster.duties(id),
        contacts=roster.contacts(id),
        plans=roster.plans(id),
        absences=roster.absences(id),
        alone_on=_alone_on(visitor),
        is_owner=shelf.is_owner(id),
        has_left=not shelf.is_here(id),
        is_on_duty=_is_on_duty(visitor, reader.people[id]),
        load=_load(visitor, reader.people[id]),
    )
    frame = frame_of(operation, id, visitor.cookie, "me")
    push = push_view(operation, reader, id, this_device(visitor))
    return frame, my_page(known, reader, draft), _figures(visitor), push


def _figures(visitor: Visitor) -> list[FiguresView]:
    """Return the reader's own figures for each agent that may ask them; a rehearsal has none."""
    operation, id = visitor.operation, visitor.person
    if operation.rehearsal:
        return []
    agents = sorted(operation.shelf.agents_read_by(id))
    return [figures_view(operation.humans.figures_of(agent, id, id)) for agent in agents]


def _is_on_duty(visitor: Visitor, person: Person) -> bool:
    """Whether a person is on duty now, by the table of any agent that may ask them."""
    shelf, now = visitor.operation.shelf, visitor.operation.clock.now()
    states = [
        shelf.directory(agent, rehearsal=visitor.operation.rehearsal).states.get(person.id)
        for agent in shelf.agents_of(person.id)
    ]
    return any(on_duty(person, now, state.shifts) for state in states if state is not None)


def _load(visitor: Visitor, person: Person) -> tuple[int, int]:
    """Return how many asks a person has, and how many were put to them since their midnight."""
    operation = visitor.operation
    since = {person.id: day_start(person, operation.clock.now())}
    found = operation.store.open_load([person.id], since, rehearsal=operation.rehearsal)
    return found[person.id]


def _alone_on(visitor: Visitor) -> tuple[str, ...]:
    """Return the routes on which there is nobody but the reader."""
    shelf, person = visitor.operation.shelf, visitor.person
    return tuple(
        route
        for agent, route in shelf.routes_of(person)
        if route != OWNER and shelf.current(agent).route_people(route) == (person,)
    )
