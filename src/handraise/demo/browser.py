"""One person's session with the pages: over HTTP, by the same forms as anybody else.

INVARIANT: whoever signs in got the link through their own mailbox; an answer that the pages do not
take is never given another way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from handraise.demo.mail import Mailboxes
from handraise.demo.pages import PageForm, forms_of, links_of
from handraise.errors import AccessError
from handraise.model import AnswerKind

if TYPE_CHECKING:
    import httpx

LINK_WITHIN_S = 30.0
ESCALATION = "/escalations/"
PROPOSAL = "proposal."


class Said(Struct, frozen=True, kw_only=True):
    """An answer as a person gives it, with what they type into the form's fields."""

    kind: AnswerKind
    typed: dict[str, str] = {}


class Browser:
    """One person's own session with the pages."""

    def __init__(self, base_url: str, person: str, mail: Mailboxes) -> None:
        """Open a browser; nobody is signed in yet."""
        import httpx

        self.person = person
        self._mail = mail
        self._http: httpx.Client = httpx.Client(base_url=base_url, timeout=30.0, trust_env=False)

    def confirm_contact(self) -> None:
        """Find the link that came to this person's mailbox, and press the button behind it.

        Raises:
            StillOpenError: no link came.
            AccessError: the pages do not take it.
        """
        self._follow(self._mail.link_for(self.person, "verify", LINK_WITHIN_S))

    def ask_for_link(self) -> None:
        """Ask for a link that signs this person in.

        Raises:
            AccessError: the page does not take it.
        """
        asked = self._form(self._http.get("/sign-in"), "/sign-in")
        self._sent(self._http.post("/sign-in", data={**asked.fields, "who": self.person}))

    def enter(self) -> None:
        """Sign in with the link that came.

        Raises:
            StillOpenError: no link came.
            AccessError: the pages do not let this person in.
        """
        self._follow(self._mail.link_for(self.person, "sign_in", LINK_WITHIN_S))

    def accept_duties(self) -> None:
        """Accept everything that this person will be asked, as their page lists it.

        Raises:
            AccessError: the page does not take it.
        """
        page = self._http.get("/me")
        for form in forms_of(page.text):
            if form.action == "/me/duty" and form.fields.get("answer") == "accept":
                self._sent(self._http.post(form.action, data=form.fields))

    def inbox(self) -> list[str]:
        """Return the ids of the escalations that wait for this person, as their inbox lists them.

        Raises:
            AccessError: they are not signed in any more.
        """
        page = self._http.get("/")
        if page.status_code != 200:
            raise AccessError(f"{self.person} has no inbox: it answered {page.status_code}")
        return [link.removeprefix(ESCALATION) for link in links_of(page.text, ESCALATION)]

    def answer(self, escalation_id: str, decide: Callable[[dict[str, str]], Said]) -> bool:
        """Answer what an escalation asks this person; whether the pages took the answer.

        A change is looked at on a page of its own, and sent from there.

        False where it has been answered meanwhile, or is no longer this person's.
        """
        page = self._http.get(f"{ESCALATION}{escalation_id}")
        choices = _choices(page.text) if page.status_code == 200 else {}
        if not choices:
            return False
        said = decide(_shown(choices))
        form = choices.get(said.kind)
        if form is None:
            return False
        taken = self._http.post(form.action, data={**form.fields, **said.typed})
        if said.kind == "change":
            looked_at = _answers(taken.text) if taken.status_code == 200 else []
            if not looked_at:
                return False
            taken = self._http.post(looked_at[0].action, data=looked_at[0].fields)
        return taken.status_code == 303

    def close(self) -> None:
        """Close the browser."""
        self._http.close()

    def _follow(self, link: str) -> None:
        """Open a link, and press the button on its page."""
        door = self._form(self._http.get(link), "")
        self._sent(self._http.post(link, data=door.fields))

    def _form(self, page: httpx.Response, action: str) -> PageForm:
        found = [form for form in forms_of(page.text) if form.action == action]
        if page.status_code != 200 or not found:
            raise AccessError(f"{self.person} cannot go on: the page answered {page.status_code}")
        return found[0]

    def _sent(self, answer: httpx.Response) -> None:
        if answer.status_code not in {200, 303}:
            raise AccessError(
                f"{self.person} is not let in: the page answered {answer.status_code}"
            )


def _choices(page: str) -> dict[str, PageForm]:
    """Return the answer forms for the first ask on a page, by the kind of answer."""
    answers = _answers(page)
    ask = answers[0].action.removesuffix("/answer") if answers else ""
    of_it = {f"{ask}/answer", f"{ask}/preview"}
    return {form.fields.get("kind", ""): form for form in forms_of(page) if form.action in of_it}


def _answers(page: str) -> list[PageForm]:
    """Return the forms on a page that send an answer, in order."""
    return [form for form in forms_of(page) if form.action.endswith("/answer")]


def _shown(choices: dict[str, PageForm]) -> dict[str, str]:
    """Return the proposal as the page shows it, from the form in which it can be changed."""
    form = choices.get("change")
    fields = form.fields if form else {}
    return {
        name.removeprefix(PROPOSAL): value
        for name, value in fields.items()
        if name.startswith(PROPOSAL)
    }
