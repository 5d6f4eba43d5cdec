"""Who could never be told: looked for before anything is opened."""

from __future__ import annotations

import os
from collections.abc import Mapping

from handraise.channels.contacts import (
    MAIL_EXAMPLE,
    SLACK_REMEDY,
    check_mail,
    contact_problem,
    filled_in,
    mail_address,
    slack_user,
    unset_variables,
)
from handraise.core.table.types import Person
from handraise.errors import SettingsError


def check_reachable(
    people: Mapping[str, Person], mail: str | None, *, has_slack: bool = False
) -> None:
    """Refuse to start where somebody on a table could never be told.

    Args:
        people: all who are on a table, by their ids.
        mail: Apprise URL of the mail server, where one is set.
        has_slack: whether a Slack app is set, which `slack-app:` contacts need.

    Raises:
        SettingsError: names the person and the remedy, never a secret.
    """
    if mail:
        check_mail(mail)
    for id, person in people.items():
        for contact in person.contacts:
            missing = unset_variables(contact, os.environ)
            if missing:
                raise SettingsError(
                    f"{id} cannot be reached: {missing[0]} is not set",
                    f"set {missing[0]} in the environment",
                )
            filled = filled_in(contact, os.environ)
            if mail_address(filled) is not None and not mail:
                raise SettingsError(
                    f"{id} cannot be reached: there is no mail server for {contact}",
                    f"set HANDRAISE_MAIL={MAIL_EXAMPLE}, or print messages with "
                    "HANDRAISE_CONSOLE=1",
                )
            if slack_user(filled) is not None and not has_slack:
                raise SettingsError(
                    f"{id} cannot be reached: there is no Slack app for {contact}",
                    f"{SLACK_REMEDY}, or print messages with HANDRAISE_CONSOLE=1",
                )
            problem = contact_problem(filled)
            if problem:
                raise SettingsError(
                    f"{id} cannot be reached: {problem}", f"see to {contact} in the table"
                )
