"""Slack's API, as far as asking and answering need it: a message to one person, a form, a reply.

INVARIANTS: nothing that Slack says is repeated but a known code of its; nothing is sent twice by
itself; where Slack asks to wait, it is left alone. Nothing is logged: messages hold customers'
words.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from handraise.clock import Clock
from handraise.errors import DeliveryError, FailedError, RefusedError

API = "https://slack.com/api"
HOOKS = "https://hooks.slack.com"
"""Where Slack takes replies to what somebody pressed."""

WITHIN_S = 10
WAITS_S = 30.0
"""So long it waits where Slack says that it is asked too often, and not for how long."""

MOST_WAIT_S = 3600.0
SIGNED_WITHIN = timedelta(minutes=5)
TOO_MANY = 429
GONE = frozenset(
    {
        "account_inactive",
        "cannot_dm_bot",
        "cant_update_message",
        "channel_not_found",
        "edit_window_closed",
        "invalid_arguments",
        "invalid_blocks",
        "is_archived",
        "is_inactive",
        "message_not_found",
        "msg_blocks_too_long",
        "msg_too_long",
        "user_disabled",
        "user_not_found",
        "user_not_visible",
    }
)
"""What Slack says where trying again cannot help."""

MENDED = frozenset(
    {
        "access_denied",
        "accesslimited",
        "fatal_error",
        "internal_error",
        "invalid_auth",
        "missing_scope",
        "not_authed",
        "not_allowed_token_type",
        "org_login_required",
        "ratelimited",
        "request_timeout",
        "service_unavailable",
        "team_added_to_org",
        "token_expired",
        "token_revoked",
        "expired_trigger_id",
        "exchanged_trigger_id",
        "invalid_trigger_id",
        "trigger_expired",
    }
)
"""What Slack says where trying again may help, if only once somebody has mended the app."""

Block = dict[str, Any]


class SlackChannel:
    """One Slack app, in one workspace; safe from any thread."""

    def __init__(self, token: str, clock: Clock, api: str | None = None) -> None:
        """Keep the app's token.

        Args:
            token: the bot's, `xoxb-…`.
            clock: the time.
            api: where the API is; None for Slack itself.
        """
        self._token = token
        self._clock = clock
        self._api = (api or API).rstrip("/")
        self._rests_until: datetime | None = None
        self._team = ""
        self._lock = threading.Lock()

    @property
    def rests(self) -> bool:
        """Whether Slack has asked to be left alone for now."""
        return self._rest_s() > 0

    def team(self) -> str:
        """Return the workspace that the app is in; asked once.

        Raises:
            DeliveryError: Slack does not say.
        """
        if not self._team:
            self._team = str(self._called("auth.test", {}).get("team_id") or "")
        return self._team

    def direct(self, user: str) -> str:
        """Return the channel in which the app and one person alone speak.

        Raises:
            RefusedError: there is no such person.
            FailedError: try again later.
        """
        opened = self._called("conversations.open", {"users": user})
        channel = opened.get("channel")
        if not isinstance(channel, Mapping) or not isinstance(channel.get("id"), str):
            raise FailedError("Slack said nothing that could be read")
        return str(channel["id"])

    def post(self, channel: str, text: str, blocks: Sequence[Block]) -> str:
        """Return Slack's name for a message that stands in a channel now.

        Args:
            channel: where.
            text: what a notification says, escaped already.
            blocks: what the message says.

        Raises:
            RefusedError: trying again cannot help.
            FailedError: try again later.
        """
        said = {"channel": channel, "text": text, "blocks": list(blocks), **_PLAIN}
        ts = self._called("chat.postMessage", said).get("ts")
        if not isinstance(ts, str) or not ts:
            raise FailedError("Slack said nothing that could be read")
        return ts

    def update(self, channel: str, ts: str, text: str, blocks: Sequence[Block]) -> None:
        """Let a message say something else.

        Raises:
            RefusedError: it is not there any more, or cannot be changed.
            FailedError: try again later.
        """
        said = {"channel": channel, "ts": ts, "text": text, "blocks": list(blocks)}
        self._called("chat.update", {**said, "link_names": False, "parse": "none"})

    def open_view(self, trigger_id: str, view: Mapping[str, Any]) -> None:
        """Show a form to whoever pressed a button a moment ago.

        Raises:
            DeliveryError: it was too long ago, or Slack does not show it.
        """
        self._called("views.open", {"trigger_id": trigger_id, "view": dict(view)})

    def reply(self, response_url: str, text: str) -> None:
        """Say something to whoever pressed a button, and to nobody else.

        Args:
            response_url: where Slack takes the reply; any other place than Slack gets nothing.
            text: escaped already.

        Raises:
            RefusedError: that is not Slack.
            FailedError: try again later.
        """
        if not self._is_slack(response_url):
            raise RefusedError("the reply would not go to Slack")
        from slack_sdk.webhook import WebhookClient

        client = WebhookClient(response_url, timeout=WITHIN_S, logger=_silent(), retry_handlers=[])
        try:
            said = client.send(
                text=text,
                response_type="ephemeral",
                replace_original=False,
                unfurl_links=False,
                unfurl_media=False,
            )
        except Exception as error:  # noqa: BLE001 - what fails here may hold the address
            raise FailedError(f"Slack cannot be reached ({type(error).__name__})") from None
        if said.status_code != 200:
            raise FailedError(f"Slack answered {said.status_code}")

    def _is_slack(self, url: str) -> bool:
        """Whether an address is Slack's own, or that of the API that was set."""
        try:
            parts = urlsplit(url)
            origin = f"{parts.scheme}://{parts.netloc}"
        except ValueError:
            return False
        own = urlsplit(self._api)
        return origin in {HOOKS, f"{own.scheme}://{own.netloc}"} and url.isprintable()

    def _called(self, method: str, said: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a method of the API gives.

        Raises:
            RefusedError, FailedError: it gives nothing.
        """
        rest_s = self._rest_s()
        if rest_s > 0:
            raise FailedError(f"Slack asks to be left alone for another {rest_s:.0f} seconds")
        from slack_sdk import WebClient
        from slack_sdk.errors import SlackApiError

        client = WebClient(
            self._token, base_url=self._api, timeout=WITHIN_S, logger=_silent(), retry_handlers=[]
        )
        try:
            given = client.api_call(method, json=dict(said))
        except SlackApiError as error:
            raise self._trouble(error.response) from None
        except Exception as error:  # noqa: BLE001 - what fails here may hold the words of a message
            raise FailedError(f"Slack cannot be reached ({type(error).__name__})") from None
        return given.data if isinstance(given.data, Mapping) else {}

    def _trouble(self, response: Any) -> DeliveryError:
        """Return what is to be told of an answer that says no."""
        status = getattr(response, "status_code", 0)
        code = response.get("error") if isinstance(getattr(response, "data", 0), Mapping) else None
        if status == TOO_MANY or code == "ratelimited":
            wait_s = _seconds(getattr(response, "headers", {}))
            with self._lock:
                self._rests_until = self._clock.now() + timedelta(seconds=wait_s)
            return FailedError(f"Slack asks to be left alone for {wait_s:.0f} seconds")
        if code in GONE:
            return RefusedError(f"Slack refused it: {code}")
        return FailedError(f"Slack refused it: {code}" if code in MENDED else "Slack refused it")

    def _rest_s(self) -> float:
        """Return for how many seconds Slack wants to be left alone."""
        with self._lock:
            until = self._rests_until
        left = 0.0 if until is None else (until - self._clock.now()).total_seconds()
        # A clock that was put back must not make it rest for longer than was asked.
        return left if left <= MOST_WAIT_S else 0.0


_PLAIN = {
    "unfurl_links": False,
    "unfurl_media": False,
    "mrkdwn": False,
    "link_names": False,
    "parse": "none",
}
"""What keeps Slack from reading more into a message than stands there."""


def escaped(text: str) -> str:
    """Return a text that Slack shows as it is: nothing in it is a link, a name or a call to all.

    Example:
        >>> escaped("<!channel> & <https://x.example.com|here>")
        '&lt;!channel&gt; &amp; &lt;https://x.example.com|here&gt;'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def is_signed(
    body: bytes, headers: Mapping[str, str], signing_secret: str, now: datetime
) -> datetime | None:
    """Return when Slack signed a request, within five minutes of `now`; None for any other.

    Args:
        body: exactly as it came.
        headers: of the request.
        signing_secret: of the app.
        now: the present instant.
    """
    from slack_sdk.signature import Clock as Watch
    from slack_sdk.signature import SignatureVerifier

    class Stands(Watch):
        def now(self) -> float:
            return now.timestamp()

    at = {name.lower(): value for name, value in headers.items()}.get("x-slack-request-timestamp")
    if at is None or not (at.isascii() and at.isdigit() and len(at) <= 12):
        return None
    verifier = SignatureVerifier(signing_secret, Stands())
    try:
        is_slacks = verifier.is_valid_request(body, dict(headers))
    except (ValueError, TypeError):
        return None
    return datetime.fromtimestamp(int(at), tz=now.tzinfo) if is_slacks else None


def _seconds(headers: Any) -> float:
    """Return how long Slack asks to wait."""
    found = {str(name).lower(): value for name, value in dict(headers or {}).items()}
    written = found.get("retry-after")
    written = written[0] if isinstance(written, list) and written else written
    text = str(written or "").strip()
    wait_s = float(text) if text.isascii() and text.isdigit() and len(text) < 9 else WAITS_S
    return min(max(wait_s, 1.0), MOST_WAIT_S)


def _silent() -> logging.Logger:
    """Return a logger that keeps everything to itself."""
    # None that others could give handlers or a level: what slack_sdk logs holds whole messages.
    return logging.Logger("handraise.slack", level=logging.CRITICAL + 1)  # noqa: LOG001
