"""Audits: decisions that were taken alone and drawn by lot, looked at by people.

INVARIANT: what the agent did stands on no page before its reader has said what they would have
done; nor does what others said, before they have said theirs.
"""

from __future__ import annotations

import re

from starlette.responses import Response

from handraise.errors import AnswerError, Error
from handraise.service.auditing.answering import Question
from handraise.web.pages.me import errors_of
from handraise.web.pages.views.audit import AuditPage, audit_page
from handraise.web.pages.views.audits import COLUMNS, AuditsPage, audits_page
from handraise.web.pages.views.frame import AgentChoice, Frame, frame_of, reader_of
from handraise.web.pages.views.me import Draft
from handraise.web.pages.visitor import Visitor
from handraise.web.pages.watch import agents_meant
from handraise.web.problems import status_of
from handraise.web.render import page, redirect
from handraise.web.site import in_thread

PATH = "/audits"
SAID = {
    "answered": "Your answer is kept.",
    "settled": "What you said counts from now on.",
}
"""What is said after something was done; only these words, whatever the address holds."""

MOST_OTHERS = 100
_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?")


async def show(visitor: Visitor) -> Response:
    """Show what waits for the reader, and what audits say of their agents."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    frame, choice, found = await in_thread(_read, visitor)
    return page("audits.html", frame=frame, choice=choice, page=found, said=said, columns=COLUMNS)


def _read(visitor: Visitor) -> tuple[Frame, AgentChoice, AuditsPage]:
    operation, person = visitor.operation, visitor.person
    shelf, store = operation.shelf, operation.store
    choice, agents = agents_meant(visitor)
    owned = frozenset(one for one in agents if shelf.is_owner(person, one))
    others = {
        one: [
            audit
            for state in ("asked", "drawn")
            for audit in store.audits(one, state=state, limit=MOST_OTHERS)
            if audit.person != person
        ]
        for one in owned
    }
    mine = operation.audits.mine(person)
    found = audits_page(
        mine,
        [operation.estimating.alone(one) for one in agents],
        others,
        operation.audits.about([*mine, *(audit for some in others.values() for audit in some)]),
        owned,
        reader_of(operation, person),
    )
    frame = frame_of(operation, person, visitor.cookie, "audits", agent=choice.agent)
    return frame, choice, found


async def show_one(visitor: Visitor) -> Response:
    """Show one decision as the reader may see it now."""
    said = SAID.get(visitor.request.query_params.get("done", ""), "")
    return await _show_one(visitor, Draft(), said)


async def choose(visitor: Visitor) -> Response:
    """Keep what the reader would have done, and show what the agent did."""
    id, form = visitor.request.path_params["id"], visitor.form
    chosen = form.get("chosen", "") or form.get("own", "")
    try:
        await in_thread(visitor.operation.audits.choose, id, visitor.person, chosen)
    except AnswerError as error:
        return await _show_one(visitor, _draft("choose", error, form), "", status_of(error))
    return redirect(f"{PATH}/{id}")


async def answer(visitor: Visitor) -> Response:
    """Keep what the reader says of a decision, and go on to the next that waits for them."""
    id, form = visitor.request.path_params["id"], visitor.form

    def keep() -> str:
        operation = visitor.operation
        operation.audits.answer(
            id,
            visitor.person,
            form.get("answer", ""),
            stake=_stake(form.get("stake", "")),
            note=form.get("note", ""),
        )
        left = operation.audits.mine(visitor.person)
        return f"{PATH}/{left[0].id}" if left else PATH

    try:
        after = await in_thread(keep)
    except AnswerError as error:
        return await _show_one(visitor, _draft("answer", error, form), "", status_of(error))
    return redirect(f"{after}?done=answered")


async def take_over(visitor: Visitor) -> Response:
    """Put a look into the owner's own hands."""
    id = visitor.request.path_params["id"]
    await in_thread(visitor.operation.audits.take_over, id, visitor.person)
    return redirect(f"{PATH}/{id}")


async def settle(visitor: Visitor) -> Response:
    """Keep the owner's last word on what two people said."""
    id, form = visitor.request.path_params["id"], visitor.form

    def keep() -> None:
        visitor.operation.audits.settle(
            id.rpartition(".")[0],
            visitor.person,
            form.get("answer", ""),
            stake=_stake(form.get("stake", "")),
            note=form.get("note", ""),
        )

    try:
        await in_thread(keep)
    except AnswerError as error:
        return await _show_one(visitor, _draft("settle", error, form), "", status_of(error))
    return redirect(f"{PATH}?done=settled")


def _draft(name: str, error: Error, form: dict[str, str]) -> Draft:
    return Draft(
        form=name, values=form, errors=errors_of(error, {"answer": "", "chosen": "", **form})
    )


def _stake(given: str) -> float | None:
    """Return what a wrong one cost, as it was typed; None for nothing.

    Raises:
        AnswerError: it is no number.
    """
    text = given.strip()
    if not text:
        return None
    # Which of the two a comma is differs from country to country: that is not guessed.
    if not _NUMBER.fullmatch(text):
        raise AnswerError(
            f'stake: "{text[:40]}" is no number',
            "write it without a unit, spaces or commas, e.g. 1234.50",
        )
    return float(text)


async def _show_one(visitor: Visitor, draft: Draft, said: str, status: int = 200) -> Response:
    frame, found = await in_thread(_read_one, visitor)
    return page("audit.html", status=status, frame=frame, page=found, draft=draft, said=said)


def _read_one(visitor: Visitor) -> tuple[Frame, AuditPage]:
    operation, person = visitor.operation, visitor.person
    found: Question = operation.audits.question(visitor.request.path_params["id"], person)
    frame = frame_of(operation, person, visitor.cookie, "audits", agent=found.audit.agent)
    return frame, audit_page(found, reader_of(operation, person))
