"""Live pages: server-sent events that tell a person's open pages when their inbox looks different.

An event carries nothing: the page fetches what it shows, as whoever is signed in then. One look at
the log of events serves everybody; a page is told only of what concerns its person, and at most
once a second, and nothing once they have signed out. Whoever waits holds no thread and no
connection to the database.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import anyio
from anyio import to_thread
from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.responses import Response

from handraise.errors import Error, StoreError
from handraise.model import Concerned, Scope
from handraise.service.inbox import Inbox
from handraise.service.logs import Log
from handraise.web.watcher import Watcher

log = Log(__name__)

AT_MOST_EVERY_S = 1.0
LOOK_AT_SESSION_EVERY_S = 30.0
PING_EVERY_S = 25
MOST_TOLD = 10
"""So many pages of one escalation are told at once that somebody opened it too; where there are
more, they learn it by asking again, as every page does now and then."""

MOST_PAGES = 20
"""So many live pages of one person; beyond, the one that was opened first is live no more."""

RETRY_MS, CROWDED_RETRY_MS = 500, 60_000
"""So long a page waits until it asks to be live again; the second where it was one too many, or
they would end one another in turns."""

_LOOK_AGAIN_S = 60.0


class Listener:
    """One open page that waits to be told."""

    def __init__(self, person: str, scope: Scope, escalation_id: str = "") -> None:
        """Wait for what concerns a person's inbox of a scope, or the escalation on the page."""
        self.person = person
        self.scope = scope
        self.escalation_id = escalation_id
        self.is_over = False
        self.is_crowded_out = False
        self._news = anyio.Event()

    def tell(self) -> None:
        """Wake whoever waits, or will."""
        self._news.set()

    def end(self, *, is_crowded_out: bool = False) -> None:
        """Wake whoever waits, and let them go home; not to come back soon where it is crowded."""
        self.is_over = True
        self.is_crowded_out = is_crowded_out
        self._news.set()

    async def wait(self, seconds: float) -> bool:
        """Return whether there is news, within some seconds."""
        with anyio.move_on_after(seconds):
            await self._news.wait()
        has_news = self._news.is_set()
        self._news = anyio.Event()
        return has_news


class Live:
    """Tells open pages what concerns them."""

    def __init__(
        self, inbox: Inbox, watcher: Watcher, concerned_since: Callable[[int], Concerned]
    ) -> None:
        """Keep what to look at; nothing runs before `running`."""
        self._inbox = inbox
        self._watcher = watcher
        self._since = concerned_since
        self._listeners: dict[Listener, None] = {}
        self._wanted = anyio.Event()
        self.seen = 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Tell the pages in the background while the block runs."""
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._tell)
            try:
                yield
            finally:
                self._end_all()
                tasks.cancel_scope.cancel()

    def join(self, person: str, scope: Scope, escalation_id: str = "") -> Listener:
        """Return what waits for a page that has just been opened."""
        own = [one for one in self._listeners if one.person == person and not one.is_over]
        if len(own) >= MOST_PAGES:
            own[0].end(is_crowded_out=True)
        listener = Listener(person, scope, escalation_id)
        self._listeners[listener] = None
        self._wanted.set()
        if self._watcher.is_stopping:
            listener.end()
        return listener

    def leave(self, listener: Listener) -> None:
        """Forget a page that was closed."""
        self._listeners.pop(listener, None)

    def looked_at(self, escalation_id: str, person: str) -> None:
        """Tell the others' pages of an escalation that a person has opened it too.

        It is told within this process alone; elsewhere it is learned by asking again.
        """
        others = [
            one
            for one in self._listeners
            if one.escalation_id == escalation_id and one.person != person
        ]
        if len(others) <= MOST_TOLD:
            for one in others:
                one.tell()

    async def catch_up(self, listener: Listener, seq: int | None) -> int:
        """Tell a page what concerns it and has happened since it last knew; return up to which.

        Args:
            listener: the page, which has joined.
            seq: the newest event it knows of; None where it is new.
        """
        happened = await to_thread.run_sync(self._happened, seq or 0)
        if seq is not None and happened.seq > seq:
            for one in await to_thread.run_sync(self._concerned, [listener], happened):
                one.tell()
        return max(happened.seq, seq or 0)

    def _concerned(self, listeners: list[Listener], happened: Concerned) -> list[Listener]:
        """Return which pages are to be told; all, where it cannot be known just now."""
        is_concerned = self._inbox.is_concerned
        try:
            return [
                one
                for one in listeners
                if one.escalation_id in happened.escalations
                or is_concerned(one.person, one.scope, happened)
            ]
        except Error as error:
            log.warning("live.unknown", code=error.code)
            return listeners

    async def _tell(self) -> None:
        self.seen = await to_thread.run_sync(self._newest)
        while not self._watcher.is_stopping:
            if not self._listeners:
                self._wanted = anyio.Event()
                await self._wanted.wait()
            # What happened while nobody listened is looked at too: a page may have been made then.
            happened = await self._watcher.until(
                partial(to_thread.run_sync, self._happened, self.seen),
                partial(_is_newer, self.seen),
                _LOOK_AGAIN_S,
            )
            if happened.seq > self.seen:
                self.seen = happened.seq
                listeners = list(self._listeners)
                for one in await to_thread.run_sync(self._concerned, listeners, happened):
                    one.tell()
        self._end_all()

    def _newest(self) -> int:
        return self._happened(0).seq

    def _happened(self, seen: int) -> Concerned:
        """Return what happened; nothing where the store cannot be read just now."""
        try:
            return self._since(seen)
        except StoreError as error:
            log.warning("store.unavailable", code=error.code)
            return Concerned(seq=seen)

    def _end_all(self) -> None:
        for listener in self._listeners:
            listener.end()


def _is_newer(seen: int, happened: Concerned) -> bool:
    return happened.seq > seen


def stream(
    live: Live,
    person: str,
    scope: Scope,
    seq: int | None,
    is_here: Callable[[], Awaitable[bool]],
    escalation_id: str = "",
) -> Response:
    """Return the stream of a page's events.

    `inbox` says that the list, or the escalation, may look different, `ended` that nobody is
    signed in here any more, `crowded` that their other pages are too many for this one to be live.
    The id of each is the newest event that the page knows of then.

    Args:
        live: what tells.
        person: whose page it is.
        scope: which inbox it shows.
        seq: the newest event that the page knows of; None where it is new.
        is_here: whether its person is still signed in.
        escalation_id: which escalation it shows, one they may read; empty for none.
    """

    async def events() -> AsyncIterator[ServerSentEvent]:
        listener = live.join(person, scope, escalation_id)
        try:
            known, event = await live.catch_up(listener, seq), "joined"
            while not listener.is_over:
                # Asked last: whoever has signed out is told nothing more.
                if not await is_here():
                    yield ServerSentEvent(event="ended", data="")
                    return
                if event:
                    yield ServerSentEvent(event=event, data="", id=str(known), retry=RETRY_MS)
                if event == "inbox":
                    await anyio.sleep(AT_MOST_EVERY_S)
                has_news = await listener.wait(LOOK_AT_SESSION_EVERY_S)
                known, event = max(known, live.seen), "inbox" if has_news else ""
            if listener.is_crowded_out:
                yield ServerSentEvent(event="crowded", data="", retry=CROWDED_RETRY_MS)
        finally:
            live.leave(listener)

    return EventSourceResponse(events(), ping=PING_EVERY_S)
