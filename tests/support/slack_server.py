"""A workspace of Slack on loopback: its API over HTTP, people who read, press buttons and send forms.

It refuses what Slack refuses: another token, people it does not know, blocks beyond the limits, forms
that are opened too late. What people press is signed as Slack signs it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any
from urllib.parse import urlencode

from handraise.clock import Clock
from tests.support.block_kit import message_problems, view_problems

TOKEN = "xoxb-a-token-of-the-tests"
SIGNING_SECRET = "a signing secret of the tests".replace(" ", "-")
TEAM = "T0TEAM01"
TRIGGER_LASTS = timedelta(seconds=3)


class Message(dict[str, Any]):
    """A message as it stands now; `ts` and `channel` name it, `before` is what it said once."""

    @property
    def words(self) -> str:
        """Everything that can be read in it."""
        return words_of(self["blocks"])

    @property
    def buttons(self) -> dict[str, dict[str, Any]]:
        """Its buttons, by the names of their actions."""
        rows = [block["elements"] for block in self["blocks"] if block["type"] == "actions"]
        return {one["action_id"]: one for row in rows for one in row}


class SlackServer:
    """The workspace; `url` is its API."""

    def __init__(self) -> None:
        """Begin to serve."""
        self._numbers = count(1)
        self._lock = threading.Lock()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.let_through(self.path)
                token = self.headers.get("Authorization", "").removeprefix("Bearer ")
                with outer._lock:
                    status, headers, said = outer._answer(self.path, token, body)
                content = said if isinstance(said, bytes) else json.dumps(said).encode()
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        self.url = f"{self.origin}/api"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        self.reset()

    def reset(self, clock: Clock | None = None) -> None:
        """Begin anew, with nobody in the workspace; triggers end by that clock."""
        self.clock = clock
        self.users: set[str] = set()
        self.messages: dict[tuple[str, str], Message] = {}
        self.views: list[dict[str, Any]] = []
        self.replies: list[dict[str, Any]] = []
        self.calls: list[str] = []
        self.broken: dict[str, tuple[int, dict[str, str], Any]] = {}
        self.held: dict[str, threading.Event] = {}
        self.posted = threading.Event()
        self._triggers: dict[str, datetime] = {}

    def close(self) -> None:
        """Serve no more."""
        self._server.shutdown()
        self._server.server_close()

    def break_down(self, method: str, said: Any, *, status: int = 200, **headers: str) -> None:
        """Let a method answer like this until it is mended."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        self.broken[method] = (status, {"Content-Type": "application/json"} | given, said)

    def hold(self, method: str) -> threading.Event:
        """Let a method answer only once this is set."""
        self.held[method] = threading.Event()
        return self.held[method]

    def let_through(self, path: str) -> None:
        """Return when whatever holds a path lets go."""
        if (held := self.held.get(path.removeprefix("/api/"))) is not None:
            held.wait(20)

    def mend(self) -> None:
        """Let every method work again."""
        self.broken.clear()

    # What the API says

    def _answer(self, path: str, token: str, body: bytes) -> tuple[int, dict[str, str], Any]:
        as_json = {"Content-Type": "application/json"}
        if path.startswith("/respond/"):
            self.replies.append(json.loads(body))
            return 200, {}, b"ok"
        method = path.removeprefix("/api/")
        self.calls.append(method)
        if method in self.broken:
            return self.broken[method]
        if token != TOKEN:
            return 200, as_json, {"ok": False, "error": "invalid_auth"}
        verbs: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
            "auth.test": lambda _: {"team_id": TEAM, "user_id": "U0BOT0001"},
            "conversations.open": self._open,
            "chat.postMessage": self._post,
            "chat.update": self._update,
            "views.open": self._view,
        }
        try:
            said = verbs[method](json.loads(body or b"{}"))
        except ValueError as error:
            return 200, as_json, {"ok": False, "error": str(error)}
        return 200, as_json, {"ok": True, **said}

    def _open(self, given: dict[str, Any]) -> dict[str, Any]:
        if given["users"] not in self.users:
            raise ValueError("user_not_found")
        return {"channel": {"id": f"D{given['users'][1:]}"}}

    def _checked(self, given: dict[str, Any]) -> Message:
        problems = message_problems(given)
        if problems:
            raise ValueError(f"invalid_blocks {problems}")
        return Message(given)

    def _post(self, given: dict[str, Any]) -> dict[str, Any]:
        if f"U{given['channel'][1:]}" not in self.users:
            raise ValueError("channel_not_found")
        message = self._checked(given)
        message["ts"] = f"17640000{next(self._numbers):02d}.000100"
        message["before"] = []
        self.messages[given["channel"], message["ts"]] = message
        self.posted.set()
        return {"ts": message["ts"], "channel": given["channel"]}

    def _update(self, given: dict[str, Any]) -> dict[str, Any]:
        old = self.messages.get((given["channel"], given["ts"]))
        if old is None:
            raise ValueError("message_not_found")
        old["before"].append(old["blocks"])
        old.update(self._checked(given))
        return {"ts": given["ts"], "channel": given["channel"]}

    def _view(self, given: dict[str, Any]) -> dict[str, Any]:
        made = self._triggers.pop(given["trigger_id"], None)
        now = self.clock.now() if self.clock else None
        if made is None or now is None or now - made > TRIGGER_LASTS:
            raise ValueError("expired_trigger_id")
        problems = view_problems(given["view"])
        if problems:
            raise ValueError(f"invalid_arguments {problems}")
        self.views.append(given["view"])
        return {"view": {"id": f"V{next(self._numbers)}"}}

    # What people do

    def of(self, user: str) -> list[Message]:
        """Return what stands in a person's conversation with the app, the oldest first."""
        return [one for (channel, _), one in self.messages.items() if channel == f"D{user[1:]}"]

    def pressed(self, user: str, message: Message, action: str) -> dict[str, Any]:
        """Return what Slack sends when somebody presses a button of a message."""
        return {
            "type": "block_actions",
            "user": {"id": user, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "example"},
            "trigger_id": self.trigger(),
            "response_url": f"{self.origin}/respond/{next(self._numbers)}",
            "container": {"type": "message", "message_ts": message["ts"]},
            "actions": [message.buttons[action]],
        }

    def trigger(self) -> str:
        """Return what lets one form be opened for three seconds."""
        trigger = f"trigger.{next(self._numbers)}"
        assert self.clock is not None
        self._triggers[trigger] = self.clock.now()
        return trigger

    def sent(self, user: str, view: dict[str, Any], **given: str) -> dict[str, Any]:
        """Return what Slack sends when somebody sends a form, filled in by the ends of its names.

        What is not given stays as it was shown.
        """
        return {
            "type": "view_submission",
            "user": {"id": user, "team_id": TEAM},
            "team": {"id": TEAM, "domain": "example"},
            "trigger_id": self.trigger(),
            "view": {**view, "id": "V1", "state": {"values": _values(view, given)}},
        }


def _values(view: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    values = {}
    for block in view["blocks"]:
        if block["type"] != "input":
            continue
        element = block["element"]
        typed = given.get(block["block_id"].rpartition(".")[2])
        assert typed is None or len(typed) <= element.get("max_length", 3000)
        state: dict[str, Any] = {"type": element["type"]}
        if element["type"] == "static_select":
            chosen = [one for one in element["options"] if one["value"] == typed]
            state["selected_option"] = chosen[0] if chosen else element.get("initial_option")
        elif element["type"] == "datepicker":
            state["selected_date"] = typed or element.get("initial_date")
        else:
            state["value"] = element.get("initial_value") if typed is None else typed
        values[block["block_id"]] = {element["action_id"]: state}
    return values


def signed(
    payload: Any, at: datetime, secret: str = SIGNING_SECRET
) -> tuple[bytes, dict[str, str]]:
    """Return body and headers of a request as Slack makes them, signed at an instant."""
    body = (
        payload
        if isinstance(payload, bytes)
        else urlencode({"payload": json.dumps(payload)}).encode()
    )
    stamp = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + body, hashlib.sha256)
    return body, {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Slack-Request-Timestamp": stamp,
        "X-Slack-Signature": f"v0={digest.hexdigest()}",
    }


def words_of(blocks: list[dict[str, Any]]) -> str:
    """Return everything that can be read in blocks, a text a line."""
    found: list[str] = []

    def look(value: Any, name: str = "") -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                look(inner, key)
        elif isinstance(value, list):
            for inner in value:
                look(inner, name)
        elif name == "text" and isinstance(value, str):
            found.append(value)

    look(blocks)
    return "\n".join(found)
