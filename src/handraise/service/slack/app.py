"""The Slack app of an operation: what sends there, takes what is pressed, and settles it."""

from __future__ import annotations

from datetime import timedelta

from handraise.channels.senders import Sender
from handraise.channels.slack import SlackChannel
from handraise.clock import Clock
from handraise.errors import SettingsError
from handraise.service.desk import Desk
from handraise.service.extras import need
from handraise.service.reading.shelf import Shelf
from handraise.service.secrets import Signer
from handraise.service.slack.people import SlackPeople
from handraise.service.slack.pressing import Pressing
from handraise.service.slack.sending import SlackSender
from handraise.service.slack.settling import Settling
from handraise.service.slack.showing import Showing
from handraise.service.telling.address import Address
from handraise.settings import Settings
from handraise.store import Store

SETTLES_EVERY = timedelta(seconds=2)
PACKAGES = {"slack_sdk": "slack-sdk"}


class SlackApp:
    """Everything of an operation that is in Slack."""

    def __init__(
        self,
        token: str,
        signing_secret: str,
        api: str | None,
        *,
        store: Store,
        shelf: Shelf,
        clock: Clock,
        signer: Signer,
        address: Address,
        desk: Desk,
        rehearsal: bool,
    ) -> None:
        """Wire the parts.

        Args:
            token: the bot's.
            signing_secret: by which Slack signs.
            api: where Slack's API is; None for Slack itself.
            store: keeps what stands in Slack.
            shelf: the tables.
            clock: the time.
            signer: seals the buttons.
            address: of the pages.
            desk: takes the answers.
            rehearsal: whether all of this is practice.
        """
        self._store = store
        self._clock = clock
        self._slack = SlackChannel(token, clock, api)
        self._showing = Showing(store, shelf, clock, signer, address, desk)
        self.settling = Settling(store, clock, self._slack, self._showing)
        people = SlackPeople(store, shelf, rehearsal=rehearsal)
        self.pressing = Pressing(
            store,
            clock,
            signer,
            desk,
            self._slack,
            people,
            self._showing,
            self.settling,
            signing_secret,
        )

    def sender(self, others: Sender) -> Sender:
        """Return what sends to people in Slack, and through `others` to everybody else."""
        return SlackSender(
            others, self._store, self._clock, self._slack, self._showing, self.settling
        )


def slack_app(
    settings: Settings,
    *,
    store: Store,
    shelf: Shelf,
    clock: Clock,
    signer: Signer,
    address: Address,
    desk: Desk,
    rehearsal: bool,
) -> SlackApp | None:
    """Return the Slack app that the settings name; None when they name none, or print messages.

    Raises:
        SettingsError: one of its two secrets is missing, or its package is.
    """
    token, signing_secret = settings.slack_token, settings.slack_signing_secret
    if settings.console or not (token or signing_secret):
        return None
    if not token or not signing_secret:
        is_token = not token
        missing = "HANDRAISE_SLACK_TOKEN" if is_token else "HANDRAISE_SLACK_SIGNING_SECRET"
        where = "OAuth & Permissions" if is_token else "Basic Information"
        raise SettingsError(
            f"{missing}: it is not set, and the Slack app needs both it and the other one",
            f"it stands in the settings of your Slack app under {where}",
        )
    need(PACKAGES, "HANDRAISE_SLACK_TOKEN", "slack")
    return SlackApp(
        token,
        signing_secret,
        settings.slack_api,
        store=store,
        shelf=shelf,
        clock=clock,
        signer=signer,
        address=address,
        desk=desk,
        rehearsal=rehearsal,
    )
