"""What leads on from a question: to the next one, and back to the inbox as the reader left it.

Which inbox that was rides in the addresses: a page that is opened from a filtered one knows it, and
so do the forms on it, without any script.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from msgspec import Struct

from handraise.service.inbox import View
from handraise.web.pages.views.inbox import Line
from handraise.web.pages.views.inbox_page import query_of, view_of

INBOX = "inbox"
"""The field in which a page and its forms say from which inbox they were opened."""

MOST_QUERY = 1_000


class Onward(Struct, frozen=True, kw_only=True):
    """What leads on.

    Attributes:
        back: the inbox as the reader left it.
        inbox: its query, for the forms of the page; empty for the first page of all.
        next: where the next question is; empty for nothing else that waits.
        title: what it is about.
        left: how long is left for it.
    """

    back: str = "/"
    inbox: str = ""
    next: str = ""
    title: str = ""
    left: str = ""


def inbox_named(query: str) -> View:
    """Return the inbox that a query names; what it says wrongly is passed over."""
    return view_of(dict(parse_qsl(query[:MOST_QUERY])))


def href_of(escalation_id: str, view: View) -> str:
    """Return where an escalation is opened from an inbox, so that its page leads back there."""
    return f"/escalations/{escalation_id}{_said(_query(view))}"


def onward(view: View, line: Line | None) -> Onward:
    """Return what leads on.

    Args:
        view: from which inbox the reader came.
        line: what waits for them next; None for nothing. What is real leads out of the drills.
    """
    query = _query(view)
    is_left = view.is_practice and line is not None and not line.practice
    return Onward(
        back=f"/{query_of(view)}",
        inbox=query,
        next=f"{line.href}{'' if is_left else _said(query)}" if line else "",
        title=line.title if line else "",
        left=line.left if line else "",
    )


def asked_from(values: Mapping[str, str]) -> str:
    """Return the query to be added to the address of a page, by what a form of it said."""
    return _said(_query(inbox_named(values.get(INBOX, ""))))


def _query(view: View) -> str:
    return query_of(view).removeprefix("?")


def _said(query: str) -> str:
    return f"?{INBOX}={quote(query, safe='')}" if query else ""
