"""Settings: what differs from machine to machine, from the environment and the command line.

Secrets never stand in the table; they come from here, and never show when settings are printed.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from msgspec.structs import astuple

from handraise.errors import SettingsError

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8765
DEFAULT_OPENID_NAME = "your organisation"
DATABASE_NAME = "handraise.db"
REHEARSAL_DATABASE_NAME = "handraise-rehearsal.db"
"""Practice has a store of its own, so that its worker never takes live messages."""
SECRET_NAME = "handraise.secret"  # noqa: S105 - a file's name
MAX_PORT = 65_535
MAX_LINE = 60
PUSH_HOST = re.compile(r"(\*\.)?[a-z0-9.-]+\.[a-z0-9-]+|https?://[a-z0-9.-]+(:\d{1,5})?")
PUSH_CONTACT = re.compile(r"mailto:[^\s@]+@[\w-]+(\.[\w-]+)+|https://[\w-]+(\.[\w-]+)+")
SECRET_FIELDS = frozenset(
    {
        "store_url",
        "secret",
        "mail",
        "embeddings_key",
        "heartbeat_url",
        "slack_token",
        "slack_signing_secret",
        "openid_client_secret",
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
        push_hosts: the only push services that devices may be told by; empty for any.
        push_contact: where a push service reaches whoever runs this; None for the address of the
            pages.
        openid_issuer: the OpenID provider people sign in at, its own name for itself.
        openid_client_id: what Handraise is called there.
        openid_client_secret: by which it is known there; None for a public client.
        openid_name: what people call that place: it stands on the button.
        openid_claim: the claim that says who somebody is the first time, if not their mail address:
            its value is a person's name in the routing table.
        proxies: addresses and networks of the proxies whose word on where a request comes from is
            taken; none by default.
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
    push_hosts: tuple[str, ...] = ()
    push_contact: str | None = None
    openid_issuer: str | None = None
    openid_client_id: str | None = None
    openid_client_secret: str | None = None
    openid_name: str = DEFAULT_OPENID_NAME
    openid_claim: str | None = None
    proxies: tuple[str, ...] = ()
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


def console_by(env: Mapping[str, str] | None = None) -> str:
    """Return what has messages printed: the variable where it says so, otherwise the option.

    Example:
        >>> console_by({"HANDRAISE_CONSOLE": "1"}), console_by({})
        ('HANDRAISE_CONSOLE', '--console')
    """
    variable = "HANDRAISE_CONSOLE"
    written = (os.environ if env is None else env).get(variable, "").strip()
    return variable if written and _flag(variable, written) else "--console"


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


def _push_hosts(variable: str, written: str) -> tuple[str, ...]:
    """Return hosts, `*.` before one for all below it, or whole origins."""
    hosts = tuple(written.lower().replace(",", " ").split())
    for host in hosts:
        if not PUSH_HOST.fullmatch(host):
            raise SettingsError(
                f'{variable}: "{host}" is no host of a push service',
                "e.g. fcm.googleapis.com *.push.apple.com",
            )
    return hosts


def _push_contact(variable: str, written: str) -> str:
    if not PUSH_CONTACT.fullmatch(written):
        raise SettingsError(
            f"{variable}: this is no address to write to", "e.g. mailto:operations@example.com"
        )
    return written


def _issuer(variable: str, written: str) -> str:
    """Return an issuer exactly as written: what the provider says of itself must equal it."""
    hint = "e.g. https://id.example.com, exactly as the provider writes it"
    try:
        parts = urlsplit(written)
        is_plain = parts.port != 0 and not (parts.query or parts.fragment or parts.username)
    except ValueError:
        raise SettingsError(f"{variable}: this is no web address", hint) from None
    is_here = parts.scheme == "http" and parts.hostname in {"127.0.0.1", "::1", "localhost"}
    is_safe = bool(parts.hostname) and (parts.scheme == "https" or is_here)
    if not (is_safe and is_plain and written.isprintable() and " " not in written):
        raise SettingsError(f'{variable}: "{written}" is no https address of a provider', hint)
    return written


def _line(variable: str, written: str) -> str:
    if not written.isprintable() or len(written) > MAX_LINE:
        raise SettingsError(
            f"{variable}: this is no name", f"use one line of at most {MAX_LINE} characters"
        )
    return written


def _networks(variable: str, written: str) -> tuple[str, ...]:
    found = []
    for one in written.replace(",", " ").split():
        try:
            found.append(str(ipaddress.ip_network(one)))
        except ValueError:
            raise SettingsError(
                f'{variable}: "{one}" is neither an address nor a network',
                "e.g. 10.0.0.7, or 10.0.0.0/24; several with commas between them",
            ) from None
    return tuple(found)


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
    "push_hosts": ("HANDRAISE_PUSH_HOSTS", _push_hosts),
    "push_contact": ("HANDRAISE_PUSH_CONTACT", _push_contact),
    "openid_issuer": ("HANDRAISE_OPENID_ISSUER", _issuer),
    "openid_client_id": ("HANDRAISE_OPENID_CLIENT_ID", _text),
    "openid_client_secret": ("HANDRAISE_OPENID_CLIENT_SECRET", _key),
    "openid_name": ("HANDRAISE_OPENID_NAME", _line),
    "openid_claim": ("HANDRAISE_OPENID_CLAIM", _key),
    "proxies": ("HANDRAISE_PROXIES", _networks),
    "console": ("HANDRAISE_CONSOLE", _flag),
}
"""Every setting with its environment variable."""
