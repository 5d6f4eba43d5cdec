"""The example's people when nobody sits at the keyboard: they confirm, read their mail and answer.

What they answer is what the labels of the requests say is right. A message calls them; then they
work through their inbox, for one message may stand for many questions.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from functools import partial
from types import TracebackType
from typing import Any

from msgspec import Struct

from handraise.demo.browser import PROPOSAL, Browser, Said
from handraise.demo.mail import Mailboxes
from handraise.demo.requests import MONEY, Request
from handraise.errors import AccessError, Error

LOOK_EVERY_S = 0.4


class Ticket(Struct, frozen=True, kw_only=True):
    """What a careful person knows: the request, and what the agent wants to do."""

    request: Request
    action: str


KnowsTicket = Callable[[str], Ticket | None]
"""escalation id -> what is known about it; None leaves it to the visitor."""


def answer_to(ticket: Ticket, shown: dict[str, str]) -> Said:
    """Return what a careful person answers.

    Args:
        ticket: the request and the action that the agent wants to take.
        shown: the proposal as the page shows it, field by field.
    """
    request, right = ticket.request, ticket.request.right_proposal
    about = request.type.replace("_", " ")
    if request.is_for_a_person:
        return Said(kind="take_over", typed={"reason": f"This is no work for the agent: {about}."})
    if ticket.action != request.right_action:
        if ticket.action in MONEY or ticket.action == "delete_account":
            return Said(kind="reject", typed={"reason": f"Not what was asked for: {about}."})
        order = f"This is about: {about}. {_order(request)}"
        return Said(kind="instruct", typed={"instruction": order})
    if right is None:
        return Said(kind="reject", typed={"reason": "Nothing is owed here; I have looked it up."})
    if all(_is_same(value, shown.get(name, "")) for name, value in right.items()):
        return Said(kind="approve")
    changed = {PROPOSAL + name: str(value) for name, value in right.items()}
    why = "The record says otherwise." if ticket.action in MONEY else f"This is about: {about}."
    return Said(kind="change", typed={**changed, "reason": why})


def _order(request: Request) -> str:
    right = request.right_proposal
    if right is None:
        return "There is nothing to do about it."
    values = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in right.items())
    return f"Please {request.right_action.replace('_', ' ')} ({values})."


def _is_same(value: Any, text: str) -> bool:
    if isinstance(value, int | float):
        try:
            return float(text.replace(",", "")) == float(value)
        except ValueError:
            return False
    return str(value) == text.strip()


class Crew:
    """All scripted people; they answer in a thread of its own."""

    def __init__(
        self, base_url: str, people: Iterable[str], mail: Mailboxes, knows: KnowsTicket
    ) -> None:
        """Hire them; they begin with `go`."""
        self._mail = mail
        self._knows = knows
        self._browsers = {person: Browser(base_url, person, mail) for person in people}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-people", daemon=True)
        self.error: Exception | None = None

    def confirm(self) -> None:
        """Let each show that messages reach them, sign in, and accept what they will be asked.

        Raises:
            StillOpenError: a message did not reach somebody.
            AccessError: the pages do not let somebody in.
        """
        for browser in self._browsers.values():
            browser.confirm_contact()
            browser.ask_for_link()
        for browser in self._browsers.values():
            browser.enter()
            browser.accept_duties()

    def go(self) -> None:
        """Let them read and answer from now on; a second call changes nothing."""
        if self._thread.ident is None:
            self._thread.start()

    @property
    def has_begun(self) -> bool:
        """Whether they were let in."""
        return self._thread.ident is not None

    def __enter__(self) -> Crew:
        """Return the crew, which ends with its block."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Send everybody home."""
        self._stop.set()
        if self.has_begun:
            self._thread.join(timeout=30)
        for browser in self._browsers.values():
            browser.close()

    def _run(self) -> None:
        try:
            self._answer_until_stopped()
        except Exception as error:  # noqa: BLE001 - told to the run, which ends with it
            self.error = error

    def _answer_until_stopped(self) -> None:
        """Let whoever was called once look into their inbox again and again."""
        called: set[str] = set()
        while not self._stop.wait(LOOK_EVERY_S):
            called |= self._mail.called()
            for person in sorted(called):
                self._work_through(person)

    def _work_through(self, person: str) -> None:
        """Let a person answer what their inbox lists."""
        browser = self._browsers[person]
        for escalation_id in browser.inbox():
            ticket = self._knows(escalation_id)
            if ticket is not None and not self._stop.is_set():
                browser.answer(escalation_id, partial(answer_to, ticket))

    def check(self) -> None:
        """Raise what went wrong with them, if anything did."""
        if isinstance(self.error, Error):
            raise self.error
        if self.error is not None:
            raise AccessError(
                f"the example's people could not answer ({type(self.error).__name__}: {self.error})"
            ) from self.error
