"""Settings: what differs from machine to machine, from the environment and the command line.

Secrets never stand in the table; they come from here, and never show when settings are printed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import astuple

from handraise.errors import SettingsError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
DATABASE_NAME = "handraise.db"
REHEARSAL_DATABASE_NAME = "handraise-rehearsal.db"
"""Practice has a store of its own, so that its worker never takes live messages."""
SECRET_NAME = "handraise.secret"  # noqa: S105 - a file's name
MAX_PORT = 65_535
SECRET_FIELDS = frozenset(
    {
        "store_url",
        "secret",
        "mail",
        "embeddings_key",
        "heartbeat_url",
        "slack_token",
        "slack_signing_secret",
    }
)
"""The settings that are, or may hold, a secret."""


class Settings(Struct, frozen=True, kw_only=True):
    """What differs from machine to machine.

    Attributes:
        store_url: `sqlite:///path` or `postgresql://…`; None puts SQLite beside the table.
        base_url: the address people reach the pages at, which stands in messages; None is what
            the last server told the store.
        host: the address the server binds to.
        port: the port the server binds to.
        secret: the operation's secret; None keeps one in a file beside the table.
        secret_file: where that file is; None puts it beside the table.
        mail: Apprise URL of the mail server that `mailto:` contacts are sent through.
        embeddings_key: the key of the web address that turns texts into vectors.
        heartbeat_url: an address outside that is asked once a minute while all is well, so that
            somebody else notices when nothing here does.
        slack_token: the token of the Slack app that asks people, `xoxb-…`.
        slack_signing_secret: by which what Slack sends is known to be Slack's.
        slack_api: where Slack's API is; None for Slack itself.
        console: print messages instead of sending them: for development and the demo.
    """

    store_url: str | None = None
    base_url: str | None = None
    host: str = DEFAULT_HOST
    port: int = DEFAULT_PORT
    secret: str | None = None
    secret_file: Path | None = None
    mail: str | None = None
    embeddings_key: str | None = None
    heartbeat_url: str | None = None
    slack_token: str | None = None
    slack_signing_secret: str | None = None
    slack_api: str | None = None
    console: bool = False

    @classmethod
    def from_environment(cls, env: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
        """Return the settings of `HANDRAISE_…` variables; overrides that are not None win.

        Raises:
            SettingsError: a variable is unusable; the message names it.
        """
        source = os.environ if env is None else env
        found: dict[str, Any] = {}
        for name, (variable, read) in VARIABLES.items():
            written = source.get(variable, "").strip()
            if written:
                found[name] = read(variable, written)
        found |= {name: value for name, value in overrides.items() if value is not None}
        if "port" in overrides and "port" in found:
            found["port"] = _port("HANDRAISE_PORT", str(found["port"]))
        if "base_url" in found:
            found["base_url"] = _base_url("HANDRAISE_BASE_URL", str(found["base_url"]))
        return cls(**found)

    @property
    def address(self) -> str:
        """Where people reach the pages of a server with these settings."""
        return self.base_url or f"http://{_reachable(self.host)}:{self.port}"

    def __repr__(self) -> str:
        """Return the settings without the secrets among them."""
        shown = (
            f"{name}={'...' if name in SECRET_FIELDS and value else repr(value)}"
            for name, value in zip(self.__struct_fields__, astuple(self), strict=True)
        )
        return f"Settings({', '.join(shown)})"


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", "::"} else f"[{host}]" if ":" in host else host  # noqa: S104 - compared, not bound


def _text(_variable: str, written: str) -> str:
    return written


def _path(_variable: str, written: str) -> Path:
    return Path(written)


def _port(variable: str, written: str) -> int:
    if not (written.isascii() and written.isdigit() and int(written) <= MAX_PORT):
        raise SettingsError(
            f'{variable}: "{written}" is no port', "use a number from 1 to 65535, or 0 for any free"
        )
    return int(written)


def _key(variable: str, written: str) -> str:
    if not (written.isascii() and written.isprintable() and " " not in written):
        raise SettingsError(f"{variable}: this is no key", "it is one word of plain characters")
    return written


def _flag(variable: str, written: str) -> bool:
    known = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if written.lower() not in known:
        raise SettingsError(f'{variable}: "{written}" is neither yes nor no', "use 1 or 0")
    return known[written.lower()]


def _base_url(variable: str, written: str) -> str:
    hint = "e.g. https://handraise.example.com"
    try:
        parts = urlsplit(written)
        is_plain = parts.port != 0 and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        raise SettingsError(f"{variable}: this is no web address", hint) from None
    is_web = parts.scheme in {"http", "https"} and bool(parts.hostname)
    if not (is_web and is_plain and written.isprintable() and " " not in written):
        raise SettingsError(f'{variable}: "{written}" is no plain web address', hint)
    return written.rstrip("/")


def _asked_url(variable: str, written: str) -> str:
    """Return an address that is asked; it may hold a secret, so it is never repeated."""
    hint = "e.g. https://hc-ping.com/YOUR-CHECK"
    try:
        parts = urlsplit(written)
        is_web = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise SettingsError(f"{variable}: this is no web address", hint) from None
    is_plain = written.isascii() and written.isprintable() and " " not in written
    if not is_web or parts.fragment or not is_plain:
        raise SettingsError(f"{variable}: this is no web address", hint)
    return written


def _slack_api(variable: str, written: str) -> str:
    """Return where Slack's API is: it is given the token, so only over TLS, or on this machine."""
    url = _base_url(variable, written)
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in {"127.0.0.1", "::1", "localhost"}:
        raise SettingsError(
            f'{variable}: "{written}" would be given the token unencrypted', "use https://"
        )
    return url


VARIABLES: dict[str, tuple[str, Any]] = {
    "store_url": ("HANDRAISE_STORE", _text),
    "base_url": ("HANDRAISE_BASE_URL", _base_url),
    "host": ("HANDRAISE_HOST", _text),
    "port": ("HANDRAISE_PORT", _port),
    "secret": ("HANDRAISE_SECRET", _text),
    "secret_file": ("HANDRAISE_SECRET_FILE", _path),
    "mail": ("HANDRAISE_MAIL", _text),
    "embeddings_key": ("HANDRAISE_EMBEDDINGS_KEY", _key),
    "heartbeat_url": ("HANDRAISE_HEARTBEAT_URL", _asked_url),
    "slack_token": ("HANDRAISE_SLACK_TOKEN", _key),
    "slack_signing_secret": ("HANDRAISE_SLACK_SIGNING_SECRET", _key),
    "slack_api": ("HANDRAISE_SLACK_API", _slack_api),
    "console": ("HANDRAISE_CONSOLE", _flag),
}
"""Every setting with its environment variable."""
