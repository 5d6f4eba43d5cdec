"""What a contact is, and whether a channel for it exists.

A contact is `mailto:name@example.com`, sent through the operation's mail server, or any Apprise URL.
`${NAME}` in it stands for a variable of the environment, so that secrets stay out of the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import quote

from handraise.errors import RefusedError

VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
MAILTO = re.compile(r"mailto:(?!//)(?P<address>[^?]+)")


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
    """Return what is wrong with a contact as far as can be told without sending; None when nothing."""
    if MAILTO.fullmatch(contact) or VARIABLE.search(contact):
        return None
    import apprise

    return None if apprise.Apprise.instantiate(contact) is not None else "no channel understands this URL"


def service_url(contact: str, mail: str | None) -> str:
    """Return the Apprise URL that reaches a contact whose variables are filled in.

    Args:
        contact: `mailto:…` or an Apprise URL.
        mail: the Apprise URL of the operation's mail server, for `mailto:` contacts.

    Raises:
        RefusedError: a mail contact, and no mail server is set.
    """
    address = MAILTO.fullmatch(contact)
    if address is None:
        return contact
    if not mail:
        raise RefusedError(
            "no mail server is set",
            "set HANDRAISE_MAIL, e.g. mailtos://user:password@smtp.example.com?from=handraise@example.com",
        )
    joiner = "&" if "?" in mail else "?"
    return f"{mail}{joiner}to={quote(address.group('address'))}"
