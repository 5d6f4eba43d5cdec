"""Takes messages to people in Slack; those to any other contact go on to the next sender.

A question that its reader may answer stands there with buttons; everything else as in a mail.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

from handraise.channels.contacts import SLACK_USER, filled_in, slack_user
from handraise.channels.senders import Sender
from handraise.channels.slack import SlackChannel, escaped
from handraise.clock import Clock
from handraise.errors import RefusedError, StoreError
from handraise.model import Message, SlackPost
from handraise.service.logs import Log
from handraise.service.slack.asking import Shown, opening, question_blocks
from handraise.service.slack.blocks import header, rich
from handraise.service.slack.settling import Settling
from handraise.service.slack.showing import Showing
from handraise.service.telling.wording.notices import WHILE
from handraise.store import Store

log = Log(__name__)


class SlackSender:
    """Sends to people in Slack, and through another sender to all others."""

    def __init__(
        self,
        others: Sender,
        store: Store,
        clock: Clock,
        slack: SlackChannel,
        showing: Showing,
        settling: Settling,
        env: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what sending needs.

        Args:
            others: sends to every contact that is not in Slack.
            store: keeps which questions stand there.
            clock: the time.
            slack: the app.
            showing: makes questions.
            settling: takes the buttons of what a message replaces away.
            env: the environment that contacts refer to; None for the process's own.
        """
        self._others = others
        self._store = store
        self._clock = clock
        self._slack = slack
        self._showing = showing
        self._settling = settling
        self._env = os.environ if env is None else env

    def send(self, message: Message, contact: str) -> None:
        """Return when Slack, or whoever else the contact is of, took the message.

        Raises:
            RefusedError: trying again cannot help.
            FailedError: try again later.
        """
        user = slack_user(filled_in(contact, self._env))
        if user is None:
            self._others.send(message, contact)
            return
        if not SLACK_USER.fullmatch(user):
            raise RefusedError("the contact is no Slack user's id", "mend it in the table")
        channel = self._slack.direct(user)
        shown = self._asked(message)
        text = escaped(message.subject)
        if shown is None:
            blocks = [header(message.subject), *rich(message.body, self._showing.base_url)]
            self._slack.post(channel, text, blocks)
            return
        blocks = question_blocks(shown, message.subject, opening(message))
        post = SlackPost(
            channel=channel,
            ts=self._slack.post(channel, text, blocks),
            escalation_id=shown.escalation.id,
            ask_id=shown.ask.id,
            person=message.to,
            posted_at=self._clock.now(),
        )
        self._store.add_slack_post(post)
        try:
            self._settling.supersede(post)
        except StoreError as error:
            # It went out: to fail here would send it once more.
            log.error("older messages in Slack keep their buttons", error=error.message)

    def _asked(self, message: Message) -> Shown | None:
        """Return the question that a message puts to its reader; None when it puts none."""
        if message.kind not in WHILE or message.escalation_id is None or message.ask_id is None:
            return None
        shown = self._showing.shown(message.escalation_id, message.ask_id, message.to)
        return shown if shown is not None and shown.value else None
