"""The page around the lines of an inbox: whose and which, filters, search, how old it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from msgspec.structs import asdict, replace

from handraise.core.instants import read_instant
from handraise.core.searching import MAX_WORDS
from handraise.model import After
from handraise.service.inbox import MOST_COUNTED, Choices, Listed, View
from handraise.web.pages.views.inbox import Line
from handraise.web.pages.views.words import CONDITIONS, Reader, counted, in_zone, route_name, spaced

SCOPES = {"mine": "Mine", "routes": "My routes", "all": "Everyone's"}
STATES = {"open": "Open", "ended": "Answered", "practice": "Drills"}
PRACTICE_STATES = {"practice": "Open drills", "practised": "Ended drills"}

_FIELDS = ("agent", "route", "condition", "tag")


class Tab(Struct, frozen=True, kw_only=True):
    """A link that shows another part of the inbox.

    Attributes:
        label: its words.
        href: where it leads.
        is_here: whether that is shown now.
        count: how many wait there; empty for none.
    """

    label: str
    href: str
    is_here: bool
    count: str = ""


class Field(Struct, frozen=True, kw_only=True):
    """A list of the filter.

    Attributes:
        name: of the field.
        label: its words.
        value: what is chosen; empty for all.
        options: (value, words) of each.
    """

    name: str
    label: str
    value: str
    options: tuple[tuple[str, str], ...]


class InboxPage(Struct, frozen=True, kw_only=True):
    """The inbox.

    Attributes:
        heading: how much waits, in words.
        title: for the browser's tab, how many the reader has not opened first.
        scopes, states, practices: what can be shown instead.
        lines: what waits, what is due first at the top; or what has ended.
        empty: kind words for when nothing does.
        fields: the lists of the filter.
        hidden: (name, value) of what the filter's form keeps.
        is_filtered: whether something is left out.
        is_overdue: whether only what is overdue is shown.
        clear: where nothing is left out.
        words: what is searched for.
        can_search: whether the store can search.
        is_search: whether what was found is shown.
        more, start: the next page and the first; empty for none.
        fetch: where the page fetches the list anew.
        live: where it hears that the list may look different.
        news: what came since the list was last fetched; empty for nothing.
        as_of: when the list was made.
        mine: how many the reader has before them, as a badge says it.
    """

    heading: str
    title: str
    scopes: tuple[Tab, ...]
    states: tuple[Tab, ...]
    practices: tuple[Tab, ...]
    lines: tuple[Line, ...]
    empty: str
    fields: tuple[Field, ...]
    hidden: tuple[tuple[str, str], ...]
    is_filtered: bool
    is_overdue: bool
    clear: str
    words: str
    can_search: bool
    is_search: bool
    more: str
    start: str
    fetch: str
    live: str
    news: str
    as_of: str
    mine: str


def view_of(query: Mapping[str, str]) -> View:
    """Return which page a query names; what it says wrongly is passed over."""
    scope, state = query.get("scope", ""), query.get("state", "")
    words = query.get("q", "").strip()[:200]
    after = query.get("after", "")
    chosen: dict[str, Any] = {name: query.get(name) or None for name in _FIELDS}
    return View(
        scope=scope if scope in {"routes", "all"} else "mine",  # type: ignore[arg-type]
        state=state if state in {"ended", "practice", "practised"} else "open",  # type: ignore[arg-type]
        overdue=query.get("overdue") == "1",
        words=query.get("q", "")[:200] if words else "",
        after=None if words else _after(after),
        before=int(after) if words and after.isdecimal() and len(after) < 12 else None,
        **chosen,
    )


def _after(text: str) -> After | None:
    deadline, mark, ask_id = text.partition("~")
    if not mark or not ask_id or len(text) > 200:
        return None
    at = read_instant(deadline) if deadline else None
    return None if deadline and at is None else After(ask_id, at)


def query_of(view: View) -> str:
    """Return the query that names a page, with its `?`; empty for the first page of all."""
    said: dict[str, str] = {}
    if view.scope != "mine":
        said["scope"] = view.scope
    if view.state != "open":
        said["state"] = view.state
    said |= {name: value for name in _FIELDS if (value := getattr(view, name)) is not None}
    if view.overdue:
        said["overdue"] = "1"
    if view.words:
        said["q"] = view.words
    if view.before is not None:
        said["after"] = str(view.before)
    if view.after is not None:
        at = view.after.deadline
        said["after"] = f"{'' if at is None else at.isoformat()}~{view.after.ask_id}"
    return f"?{urlencode(said)}" if said else ""


def inbox_page(
    listed: Listed,
    view: View,
    reader: Reader,
    lines: tuple[Line, ...],
    *,
    seq: int,
    since: datetime | None = None,
    is_rehearsal: bool = False,
    only_reads: bool = False,
) -> InboxPage:
    """Return the page in words.

    Args:
        listed: what was found.
        view: what was looked for.
        reader: who reads.
        lines: the lines in words.
        seq: the newest event when it was made.
        since: when this page last fetched the list; None for a page that is new.
        is_rehearsal: whether everything here is practice, and nothing stands apart.
        only_reads: whether nothing is asked of the reader, who sees everyone's where they say
            nothing else.
    """
    first = replace(view, after=None, before=None)
    counts = listed.counts
    states = {name: label for name, label in STATES.items() if name in counts or name != "practice"}
    is_filtered = any(getattr(view, name) for name in _FIELDS) or view.overdue
    more = listed.after is not None or listed.before is not None
    following = replace(first, after=listed.after, before=listed.before)
    fetched = [("since", reader.now.isoformat()), ("seq", str(seq))]
    own = query_of(view)
    return InboxPage(
        heading=_heading(view, listed, is_filtered=is_filtered),
        title=f"({capped(listed.unread)}) Inbox" if listed.unread else "Inbox",
        scopes=tuple(
            Tab(
                label=label,
                href=_scope_href(name, view, only_reads=only_reads),
                is_here=name == view.scope and not view.words,
                count=capped(counts.get(name, 0)) if view.state == "open" else "",
            )
            for name, label in SCOPES.items()
        ),
        states=tuple(_state_tab(name, label, view, counts) for name, label in states.items()),
        practices=tuple(
            Tab(
                label=label,
                href=f"/{query_of(View(scope=view.scope, state=name))}",  # type: ignore[arg-type]
                is_here=name == view.state,
            )
            for name, label in PRACTICE_STATES.items()
            if view.is_practice and not view.words and not is_rehearsal
        ),
        lines=lines,
        empty=_empty(view, listed, is_filtered=is_filtered),
        fields=_fields(view, listed.choices),
        hidden=tuple(
            (name, value)
            for name, value in (("scope", view.scope), ("state", view.state))
            if value not in {"mine", "open"}
        ),
        is_filtered=is_filtered,
        is_overdue=view.overdue,
        clear=f"/{query_of(View(scope=view.scope, state=view.state))}",
        words=view.words,
        can_search=listed.can_search,
        is_search=bool(view.words),
        more=f"/{query_of(following)}" if more else "",
        start=f"/{query_of(first)}" if view != first else "",
        fetch=f"/inbox/list{own}{'&' if own else '?'}{urlencode(fetched)}",
        live=f"/inbox/live?{urlencode({'scope': view.scope, 'seq': seq})}",
        news=_news(listed, since),
        as_of=f"{in_zone(reader.now, reader.zone):%A %-d %B %Y, %H:%M:%S}",
        mine=capped(counts.get("mine", 0)),
    )


def _scope_href(name: str, view: View, *, only_reads: bool) -> str:
    href = f"/{query_of(View(scope=name, state=view.state))}"  # type: ignore[arg-type]
    if only_reads and name == "mine":
        return f"{href}{'&' if '?' in href else '?'}scope=mine"
    return href


def _state_tab(name: str, label: str, view: View, counts: Mapping[str, int]) -> Tab:
    shown = {**asdict(View(scope=view.scope)), "state": name}
    return Tab(
        label=label,
        href=f"/{query_of(View(**shown))}",
        is_here=(name == view.state or (name == "practice" and view.is_practice))
        and not view.words,
        count=capped(counts.get("practice", 0)) if name == "practice" else "",
    )


def capped(number: int) -> str:
    """Return how many wait, as a badge says it; empty for none."""
    if not number:
        return ""
    return f"{MOST_COUNTED - 1}+" if number >= MOST_COUNTED else str(number)


def _heading(view: View, listed: Listed, *, is_filtered: bool) -> str:
    if view.words:
        return "What was found"
    if view.state in {"ended", "practised"}:
        return "What has been decided" if view.state == "ended" else "What was practised"
    if is_filtered:
        return "What matches"
    number = listed.counts.get(view.scope, 0) if view.state == "open" else len(listed.lines)
    is_own = view.scope == "mine"
    what = ("question" if is_own else "open ask") if view.state == "open" else "drill"
    if not number:
        return "Nothing is waiting" if view.state == "open" else "No drill is waiting"
    who = {"mine": "for you", "routes": "on your routes"}.get(view.scope, "for somebody")
    if number >= MOST_COUNTED:
        return f"More than {MOST_COUNTED - 1} {what}s wait {who}"
    return f"{counted(number, what)} {'waits' if number == 1 else 'wait'} {who}"


def _empty(view: View, listed: Listed, *, is_filtered: bool) -> str:
    if view.words and not listed.can_search:
        return "This store cannot search: its SQLite was built without FTS5. Everything else works."
    if view.words:
        return (
            "Nothing that you may read has all of these words. Of a long text, the first "
            f"{MAX_WORDS:,} different words are searched."
        )
    if is_filtered:
        return "Nothing here matches."
    if view.state in {"ended", "practised"}:
        return "Nothing has been decided here yet."
    if view.state == "practice":
        return "No drill or rehearsal waits here."
    if view.scope == "mine":
        return (
            "No agent needs you right now. When one does, you get a message, and it is listed here."
        )
    return "No agent is waiting for anybody here."


def _fields(view: View, choices: Choices) -> tuple[Field, ...]:
    """Return the lists by which one can filter: those that leave a choice, or have one."""
    found = []
    for name, label, options in (
        ("agent", "Agent", [(one, one) for one in choices.agents]),
        ("route", "Route", [(one, route_name(one)) for one in choices.routes]),
        (
            "condition",
            "Why",
            [(one, CONDITIONS.get(one, spaced(one))) for one in choices.conditions],
        ),
        ("tag", "Tag", [(one, one) for one in choices.tags]),
    ):
        value = getattr(view, name) or ""
        if value and value not in dict(options):
            options = [*options, (value, value)]
        if value or len(options) > (0 if name == "tag" else 1):  # some have no tag
            found.append(Field(name=name, label=label, value=value, options=tuple(options)))
    return tuple(found)


def _news(listed: Listed, since: datetime | None) -> str:
    if since is None:
        return ""
    fresh = sum(line.ask.state == "open" and line.ask.assigned_at > since for line in listed.lines)
    return f"{fresh} new {'question' if fresh == 1 else 'questions'}" if fresh else ""
