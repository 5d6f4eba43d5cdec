"""Passkeys: those of one's own page, coming in by one, confirming an answer with one.

What a browser must sign is asked for when a button is pressed, and made from the very form that is
sent afterwards. Without a script nothing here happens, and the pages say how to go on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from handraise.errors import ConfirmationNeededError, Error, InputError, SignInError
from handraise.model import Escalation, Session
from handraise.service.access.confirming import Confirmation
from handraise.service.access.party import is_installed
from handraise.service.access.passkeys import MOST
from handraise.web.pages.answer_form import given_answer
from handraise.web.pages.strangers import come_in, sign_in_page, strangers_form
from handraise.web.pages.views.frame import Frame, frame_of, reader_of
from handraise.web.pages.views.passkeys import (
    ConfirmPage,
    PasskeysView,
    confirm_page,
    passkeys_view,
)
from handraise.web.pages.views.words import sentence
from handraise.web.pages.visitor import Visitor
from handraise.web.problems import headers_of, status_of
from handraise.web.render import page, redirect
from handraise.web.security import client_address, local_path, visit_cookie
from handraise.web.site import in_thread, site_of

CREDENTIAL = "credential"
"""The field in which a form brings what the passkey answered."""


# One's own.


def passkeys_of(visitor: Visitor) -> PasskeysView:
    """Return the part about passkeys of the reader's own page."""
    operation, person = visitor.operation, visitor.person
    passkeys = operation.passkeys
    known = passkeys.of(person)
    session = operation.door.sessions.session(visitor.cookie)
    return passkeys_view(
        known,
        reader_of(operation, person),
        trouble=passkeys.trouble,
        is_missing=not is_installed(),
        is_fresh=session is not None and passkeys.is_fresh(session),
        has_room=len(known) < MOST,
        needed_by=passkeys.needed_by(person),
    )


def _session(visitor: Visitor) -> Session:
    """Return the session a form was sent in.

    Raises:
        SignInError: it has ended meanwhile.
    """
    found = visitor.operation.door.sessions.session(visitor.cookie)
    if found is None:
        raise SignInError("you are signed out", "sign in again")
    return found


async def begin_registration(visitor: Visitor) -> Response:
    """Return what the browser needs to make a passkey."""
    passkeys = visitor.operation.passkeys
    return await _asked(lambda: passkeys.begin_registration(_session(visitor)))


async def register(visitor: Visitor) -> Response:
    """Keep a passkey that the browser made."""
    form, passkeys = visitor.form, visitor.operation.passkeys
    label, credential = form.get("label", ""), form.get(CREDENTIAL, "")
    await in_thread(lambda: passkeys.register(_session(visitor), label, credential))
    return redirect("/me?done=passkey#passkeys")


async def rename(visitor: Visitor) -> Response:
    """Call a passkey otherwise."""
    form, passkeys = visitor.form, visitor.operation.passkeys
    await in_thread(passkeys.rename, visitor.person, form.get("id", ""), form.get("label", ""))
    return redirect("/me?done=renamed#passkeys")


async def remove(visitor: Visitor) -> Response:
    """Accept a passkey no more."""
    form, passkeys = visitor.form, visitor.operation.passkeys
    await in_thread(lambda: passkeys.remove(_session(visitor), form.get("id", "")))
    return redirect("/me?done=removed#passkeys")


# Coming in.


async def begin_sign_in(request: Request) -> Response:
    """Return what the browser needs to let a passkey sign; it names nobody's.

    Raises:
        TooManyError: it was asked for too often from there.
    """
    await strangers_form(request)
    site = site_of(request)
    visit = request.cookies.get(visit_cookie(site), "")

    def begin() -> dict[str, Any]:
        site.operation.limits.check("passkey", client_address(request))
        return site.operation.passkeys.begin_sign_in(visit)

    return await _asked(begin)


async def sign_in(request: Request) -> Response:
    """Sign in whoever's passkey has signed.

    Raises:
        TooManyError: it was tried too often from there.
    """
    form = await strangers_form(request)
    site = site_of(request)
    operation, after = site.operation, local_path(form.get("next"))
    visit = request.cookies.get(visit_cookie(site), "")
    await in_thread(operation.limits.check, "passkey", client_address(request))
    try:
        credential = form.get(CREDENTIAL, "")
        person = await in_thread(operation.passkeys.signed_in, visit, credential)
        return await come_in(request, person, way="passkey", after=after)
    except SignInError as error:
        return await sign_in_page(request, status=401, after=after, trouble=sentence(str(error)))


# Confirming an answer.


def confirmation_of(visitor: Visitor) -> Confirmation | None:
    """Return the confirmation that a form brings with an answer; None where it brings none."""
    credential = visitor.form.get(CREDENTIAL, "")
    if not credential:
        return None
    return Confirmation(credential=credential, session=_session(visitor).id)


async def begin_confirmation(visitor: Visitor) -> Response:
    """Return what the browser needs to confirm the answer that is in the form."""
    ask_id, desk = visitor.request.path_params["id"], visitor.operation.desk

    def begin() -> dict[str, Any]:
        given, session = given_answer(visitor, ask_id), _session(visitor).id
        found = desk.begin_confirmation(ask_id, visitor.person, session, **given)
        if found is None:
            raise InputError("you have no passkey yet", "add one on your page, then answer again")
        return found

    return await _asked(begin)


async def ask_to_confirm(visitor: Visitor, ask_id: str, error: ConfirmationNeededError) -> Response:
    """Show what is answered, in words, and ask for the passkey."""
    why = error.message.partition(": ")[2] if visitor.form.get(CREDENTIAL) else ""
    frame, found = await in_thread(_to_confirm, visitor, ask_id, why)
    return page("confirm.html", status=status_of(error) if why else 200, frame=frame, page=found)


def _to_confirm(visitor: Visitor, ask_id: str, why: str) -> tuple[Frame, ConfirmPage]:
    operation, person = visitor.operation, visitor.person
    escalation = operation.desk.escalation(ask_id.rpartition(".")[0], person)
    return frame_of(operation, person, visitor.cookie), confirm_page(
        escalation,
        _after(visitor, ask_id),
        operation.shelf.table(escalation.agent, escalation.version),
        visitor.form,
        reader_of(operation, person),
        ask_id=ask_id,
        why=why,
        trouble=operation.passkeys.trouble,
        has_passkey=bool(operation.passkeys.of(person)),
    )


def _after(visitor: Visitor, ask_id: str) -> Escalation | None:
    """Return how the escalation would stand after the answer; None where that cannot be told."""
    try:
        given = given_answer(visitor, ask_id)
        return visitor.operation.desk.would(ask_id, visitor.person, **given)
    except Error:
        return None


async def _asked(begin: Callable[[], dict[str, Any]]) -> Response:
    """Return for the script what a passkey is asked, or what is wrong, in one sentence."""
    said: dict[str, Any]
    headers: dict[str, str] = {}
    try:
        said, status = {"publicKey": await in_thread(begin)}, 200
    except Error as error:
        said, status, headers = {"said": sentence(str(error))}, status_of(error), headers_of(error)
    content = msgspec.json.encode(said)
    return Response(content, status_code=status, headers=headers, media_type="application/json")
