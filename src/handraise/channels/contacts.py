"""What a contact is, and whether a channel for it exists.

A contact is `mailto:name@example.com`, sent through the operation's mail server,
`slack-app://U012ABCDEF`, a person in Slack who answers there, or any other Apprise URL. `${NAME}`
in it stands for a variable of the environment, so that secrets stay out of the table.
INVARIANT: nothing here puts a contact's filled-in text into words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from handraise.errors import RefusedError, SettingsError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
MAILTO = re.compile(r"mailto:(?!//)(?P<address>.*)", re.DOTALL)
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\\\"?&/%]+@[^\W_]([\w.-]*[^\W_])?")
SLACK_APP = re.compile(r"slack-app://(?P<user>[^/]*)/?", re.IGNORECASE | re.DOTALL)
SLACK_USER = re.compile(r"[UW][A-Z0-9]{4,30}")
MAIL_EXAMPLE = "mailtos://USER:PASSWORD@SMTP.SERVER?from=ADDRESS"
SLACK_REMEDY = "set HANDRAISE_SLACK_TOKEN and HANDRAISE_SLACK_SIGNING_SECRET"
OURS = ("to", "cc", "bcc", "format", "overflow")
"""What a mail server's URL may not fix: every message goes to its one person, as text, whole."""


def mail_address(contact: str) -> str | None:
    """Return the address of a `mailto:` contact in lower case, or None for any other."""
    found = MAILTO.fullmatch(contact)
    return found.group("address").lower() if found else None


def slack_user(contact: str) -> str | None:
    """Return the Slack user id of a `slack-app:` contact, or None for any other.

    Example:
        >>> slack_user("slack-app://U012ABCDEF"), slack_user("slack://token/room")
        ('U012ABCDEF', None)
    """
    found = SLACK_APP.fullmatch(contact)
    return found.group("user") if found else None


def contact_name(contact: str) -> str:
    """Return a contact as people may see it: a mail address; of any other only the kind.

    Example:
        >>> contact_name("mailto:dana@example.com"), contact_name("slack://token/room")
        ('dana@example.com', 'slack://...')
        >>> contact_name("slack-app://U012ABCDEF")
        'Slack (U012ABCDEF)'
    """
    address = mail_address(contact)
    if address is not None:
        return address
    user = slack_user(contact)
    if user is not None:
        return f"Slack ({user})" if SLACK_USER.fullmatch(user) else "Slack"
    if VARIABLE.fullmatch(contact):
        return contact
    kind, separator, _ = contact.partition("://")
    return f"{kind}://..." if separator and kind.isalnum() else "..."


def channel_of(contact: str) -> str:
    """Return the kind of channel a contact is of, and nothing else of it.

    Example:
        >>> channel_of("mailto:dana@example.com"), channel_of("slack://token/room")
        ('mailto', 'slack')
    """
    if slack_user(contact) is not None:
        return "slack-app"
    kind, colon, _ = contact.partition(":")
    return kind.lower() if colon and kind.isascii() and kind.isalnum() else "other"


def unset_variables(contact: str, env: Mapping[str, str]) -> list[str]:
    """Return the variables a contact refers to that are not set, or empty."""
    return [name for name in VARIABLE.findall(contact) if not env.get(name)]


def filled_in(contact: str, env: Mapping[str, str]) -> str:
    """Return the contact with the environment filled in.

    Raises:
        RefusedError: a variable it refers to is not set.
    """
    missing = unset_variables(contact, env)
    if missing:
        raise RefusedError(
            f"the contact refers to ${{{missing[0]}}}, which is not set",
            f"set {missing[0]} in the environment of the server",
        )
    return VARIABLE.sub(lambda found: env[found.group(1)], contact)


def contact_problem(contact: str) -> str | None:
    """Return what is wrong with a contact as far as can be told without sending; None for nothing.

    Example:
        >>> contact_problem("mailto:dana@example.com")
        >>> contact_problem("mailto:dana at example.com")
        'this is no mail address'
    """
    if VARIABLE.search(contact):
        return None
    address = mail_address(contact)
    if address is not None:
        return None if ADDRESS.fullmatch(address) else "this is no mail address"
    user = slack_user(contact)
    if user is not None:
        is_user = SLACK_USER.fullmatch(user)
        return None if is_user else "this is no Slack user's id, as in slack-app://U012ABCDEF"
    return None if is_understood(contact) else "no channel understands this URL"


def is_understood(url: str) -> bool:
    """Whether Apprise knows the service of a URL and its form."""
    import apprise

    try:
        return apprise.Apprise.instantiate(url) is not None
    except Exception:  # noqa: BLE001 - a URL that breaks a plug-in is understood by none
        return False


def check_mail(mail: str) -> None:
    """Return when a mail server's URL can be used for `mailto:` contacts.

    Raises:
        SettingsError: it cannot; the message never repeats it.
    """
    hint = f"set HANDRAISE_MAIL={MAIL_EXAMPLE}"
    try:
        parts = urlsplit(mail)
        fixed = set(map(_name_of, parts.query.split("&"))).intersection(OURS)
        has_port = parts.port != 0
    except ValueError:
        raise SettingsError("HANDRAISE_MAIL: this is no URL", hint) from None
    if parts.scheme not in {"mailto", "mailtos"} or not parts.hostname or not has_port:
        raise SettingsError("HANDRAISE_MAIL: this is no mail server's URL", hint)
    if parts.path.strip("/") or fixed:
        what = f"{min(fixed)}=" if fixed else "a recipient"
        raise SettingsError(f"HANDRAISE_MAIL: {what} has no place in it", hint)
    if not is_understood(service_url("mailto:someone@example.com", mail)):
        raise SettingsError("HANDRAISE_MAIL: no channel understands this URL", hint)


def service_url(contact: str, mail: str | None) -> str:
    """Return the Apprise URL that reaches a contact whose variables are filled in.

    Args:
        contact: `mailto:…` or an Apprise URL.
        mail: the Apprise URL of the operation's mail server, for `mailto:` contacts.

    Raises:
        RefusedError: a mail contact without a mail server, or with an address that is none; or a
            contact in Slack where no Slack app is set.
    """
    if slack_user(contact) is not None:
        raise RefusedError("no Slack app is set", SLACK_REMEDY)
    found = MAILTO.fullmatch(contact)
    if found is None:
        return contact
    if not mail:
        raise RefusedError("no mail server is set", f"set HANDRAISE_MAIL={MAIL_EXAMPLE}")
    address = found.group("address")
    if not ADDRESS.fullmatch(address):
        raise RefusedError("the contact is no mail address", "mend it in the table")
    parts = urlsplit(mail)
    # Left as it was written: Apprise reads a plus sign in another way than forms do.
    kept = [pair for pair in parts.query.split("&") if pair and _name_of(pair) not in OURS]
    query = "&".join([*kept, f"to={quote(address, safe='')}", "format=text"])
    return urlunsplit(parts._replace(path="", query=query, fragment=""))


def _name_of(pair: str) -> str:
    return unquote(pair.partition("=")[0]).lower()
