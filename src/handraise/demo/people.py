"""The example's people when nobody sits at the keyboard: they read their mail and answer.

Each signs in by a link from their own mailbox and answers with their own session, over HTTP, by the
same forms as anybody else. What they answer is what the labels of the requests say is right; an
answer that the pages do not take is never given another way.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from handraise.demo.mail import Mailboxes
from handraise.demo.pages import PageForm, forms_of
from handraise.demo.requests import MONEY, Request
from handraise.errors import AccessError, Error
from handraise.model import AnswerKind, Message

if TYPE_CHECKING:
    import httpx

LINK_WITHIN_S = 30.0
LOOK_EVERY_S = 0.2
PROPOSAL = "proposal."


class Ticket(Struct, frozen=True, kw_only=True):
    """What a careful person knows: the request, and what the agent wants to do."""

    request: Request
    action: str


class Said(Struct, frozen=True, kw_only=True):
    """An answer as a person gives it, with what they type into the form's fields."""

    kind: AnswerKind
    typed: dict[str, str] = {}


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


class Browser:
    """One person's own session with the pages."""

    def __init__(self, base_url: str, person: str, mail: Mailboxes) -> None:
        """Open a browser; nobody is signed in yet."""
        import httpx

        self.person = person
        self._mail = mail
        self._http: httpx.Client = httpx.Client(base_url=base_url, timeout=30.0, trust_env=False)

    def sign_in(self) -> None:
        """Ask for a link, find it in the mailbox, and follow it.

        Raises:
            StillOpenError: no link came.
            AccessError: the pages do not let this person in.
        """
        asked = self._form(self._http.get("/sign-in"), "/sign-in")
        self._sent(self._http.post("/sign-in", data={**asked.fields, "who": self.person}))
        link = self._mail.link_for(self.person, LINK_WITHIN_S)
        door = self._form(self._http.get(link), "")
        self._sent(self._http.post(link, data=door.fields))

    def answer(self, message: Message, decide: Callable[[dict[str, str]], Said]) -> bool:
        """Answer what a message asks; whether the pages took the answer.

        False where the ask has been answered meanwhile, or is no longer this person's.
        """
        page = self._http.get(f"/escalations/{message.escalation_id}")
        if page.status_code != 200:
            return False
        choices = _choices(page.text, f"/asks/{message.ask_id}/answer")
        if not choices:
            return False
        said = decide(_shown(choices))
        form = choices.get(said.kind)
        if form is None:
            return False
        taken = self._http.post(form.action, data={**form.fields, **said.typed})
        return taken.status_code == 303

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def _form(self, page: httpx.Response, action: str) -> PageForm:
        found = [form for form in forms_of(page.text) if form.action == action]
        if page.status_code != 200 or not found:
            raise AccessError(f"{self.person} cannot sign in: the page answered {page.status_code}")
        return found[0]

    def _sent(self, answer: httpx.Response) -> None:
        if answer.status_code not in {200, 303}:
            raise AccessError(
                f"{self.person} is not let in: the page answered {answer.status_code}"
            )


def _choices(page: str, action: str) -> dict[str, PageForm]:
    """Return the answer forms for one ask, by the kind of answer."""
    return {form.fields.get("kind", ""): form for form in forms_of(page) if form.action == action}


def _shown(choices: dict[str, PageForm]) -> dict[str, str]:
    """Return the proposal as the page shows it, from the form in which it can be changed."""
    form = choices.get("change")
    fields = form.fields if form else {}
    return {
        name.removeprefix(PROPOSAL): value
        for name, value in fields.items()
        if name.startswith(PROPOSAL)
    }


class Crew:
    """All scripted people, reading their mail in a thread of its own."""

    def __init__(self, base_url: str, mail: Mailboxes, knows: KnowsTicket) -> None:
        """Hire them; they begin with `go`."""
        self._base_url = base_url
        self._mail = mail
        self._knows = knows
        self._browsers: dict[str, Browser] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-people", daemon=True)
        self.error: Exception | None = None

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
            while not self._stop.is_set():
                self._look()
        except Exception as error:  # noqa: BLE001 - told to the run, which ends with it
            self.error = error

    def _look(self) -> None:
        message = self._mail.next_ask(LOOK_EVERY_S)
        if message is None:
            return
        ticket = self._knows(message.escalation_id or "")
        if ticket is None:
            return
        browser = self._browser(message.to)
        browser.answer(message, lambda shown: answer_to(ticket, shown))

    def _browser(self, person: str) -> Browser:
        found = self._browsers.get(person)
        if found is None:
            found = Browser(self._base_url, person, self._mail)
            self._browsers[person] = found
            found.sign_in()
        return found

    def check(self) -> None:
        """Raise what went wrong with them, if anything did."""
        if isinstance(self.error, Error):
            raise self.error
        if self.error is not None:
            raise AccessError(
                f"the example's people could not answer ({type(self.error).__name__}: {self.error})"
            ) from self.error
