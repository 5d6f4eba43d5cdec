"""Taking the buttons away: what stands in Slack says what became of it, wherever that happened.

INVARIANTS: saying it twice changes nothing; one message that cannot be changed holds up no other;
while Slack asks to be left alone nothing is begun.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from handraise.channels.slack import SlackChannel, escaped
from handraise.clock import Clock
from handraise.errors import Error, FailedError, RefusedError
from handraise.model import SlackPost
from handraise.service.logs import Log, crash_text
from handraise.service.slack.asking import Shown, became, question_blocks, settled_blocks
from handraise.service.slack.showing import Showing
from handraise.service.telling.wording import local
from handraise.store import Store

BATCH = 20
RESTS = timedelta(minutes=1)
"""So long a message that could not be changed is left alone."""

NEWER = "There is a newer message about this: answer that one, or on the page."

log = Log(__name__)


class Settling:
    """Settles what stands in Slack."""

    def __init__(self, store: Store, clock: Clock, slack: SlackChannel, showing: Showing) -> None:
        """Begin with nothing that failed."""
        self._store = store
        self._clock = clock
        self._slack = slack
        self._showing = showing
        self._failed: dict[tuple[str, str], datetime] = {}
        self._thread: threading.Thread | None = None

    def tick(self) -> int:
        """Begin to settle what must be, beside the worker; return how many messages that is.

        Raises:
            StoreError: the store cannot be read.
        """
        if self._slack.rests or (self._thread is not None and self._thread.is_alive()):
            return 0
        waiting = len(self._waiting())
        if waiting:
            self._thread = threading.Thread(target=self._run, name="handraise-slack", daemon=True)
            self._thread.start()
        return waiting

    def wait(self, timeout_s: float) -> None:
        """Wait until what `tick` began is done."""
        if self._thread is not None:
            self._thread.join(timeout_s)

    def _run(self) -> None:
        try:
            self.settle()
        except Error as error:
            log.error("messages in Slack were not settled", error=error.message)
        except Exception as error:  # noqa: BLE001 - whatever fails here, the worker goes on
            log.critical("messages in Slack were not settled", places=crash_text(error))

    def settle(self) -> int:
        """Settle what must be, at most a batch; return how many messages say so now.

        Raises:
            StoreError: the store cannot be read.
        """
        return sum(self._settled(post) for post in self._waiting())

    def settle_of(self, escalation_id: str) -> None:
        """Settle what stands in Slack of one escalation and is no question any more.

        Raises:
            StoreError: the store cannot be read.
        """
        for post in self._store.slack_posts(escalation_id):
            shown = self._shown(post)
            if shown is None or not _is_theirs(shown, post):
                self._settled(post)

    def supersede(self, newer: SlackPost) -> None:
        """Settle what was said before of the same ask to the same person.

        Raises:
            StoreError: the store cannot be read.
        """
        same = self._store.slack_posts(
            newer.escalation_id, ask_id=newer.ask_id, person=newer.person
        )
        for post in same:
            if (post.channel, post.ts) != (newer.channel, newer.ts):
                self._settled(post, NEWER)

    def refresh(self, post: SlackPost) -> None:
        """Let a question say how it stands now, and that its reader has it.

        Raises:
            StoreError: the store cannot be read.
        """
        shown = self._shown(post)
        if shown is None or not _is_theirs(shown, post):
            self._settled(post)
            return
        since = shown.ask.acknowledged_at or self._clock.now()
        first = f"You have it since {local(since, shown.person)}."
        blocks = question_blocks(shown, shown.question, first)
        try:
            self._slack.update(post.channel, post.ts, escaped(shown.question), blocks)
        except (FailedError, RefusedError) as error:
            log.warning("a message in Slack was not renewed", error=error.message)
        # Answered meanwhile: what was put there just now must not stand there with its buttons.
        again = self._shown(post)
        if again is None or not _is_theirs(again, post):
            self._settled(post)

    def _waiting(self) -> list[SlackPost]:
        now = self._clock.now()
        self._failed = {place: at for place, at in self._failed.items() if abs(now - at) < RESTS}
        return self._store.slack_posts_to_settle(limit=BATCH, never=tuple(self._failed))

    def _shown(self, post: SlackPost) -> Shown | None:
        return self._showing.shown(post.escalation_id, post.ask_id or "", post.person)

    def _settled(self, post: SlackPost, line: str = "") -> bool:
        """Take the buttons of one message away; whether it is settled now."""
        place = (post.channel, post.ts)
        if self._slack.rests:
            return False
        try:
            shown = self._shown(post)
            if shown is not None:
                blocks = settled_blocks(shown, line or became(shown))
                self._slack.update(post.channel, post.ts, escaped(shown.question), blocks)
        except FailedError as error:
            self._failed[place] = self._clock.now()
            log.warning("a message in Slack keeps its buttons for now", error=error.message)
            return False
        except RefusedError as error:
            # It is gone, or too old to be changed: its buttons change nothing either.
            log.warning("a message in Slack cannot be changed any more", error=error.message)
        self._store.settle_slack_posts([post], self._clock.now())
        return True


def _is_theirs(shown: Shown, post: SlackPost) -> bool:
    """Whether an ask still is a question to the person it was put to."""
    is_open = shown.escalation.state == "open" and shown.ask.state == "open"
    return is_open and post.person in {shown.ask.holder, shown.ask.delegate}
