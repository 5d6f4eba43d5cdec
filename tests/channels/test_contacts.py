"""What a contact is: a mistyped one is found before anybody is left waiting."""

import pytest

from handraise.channels.contacts import (
    check_mail,
    contact_name,
    contact_problem,
    filled_in,
    mail_address,
    service_url,
    unset_variables,
)
from handraise.errors import RefusedError, SettingsError

SMTP = "mailtos://user:pa%40ss@smtp.example.com:587?from=handraise@example.com&mode=starttls"


@pytest.mark.parametrize(
    "contact",
    [
        "mailto:dana@example.com",
        "mailto:Dana.Reyes+work@mail.example.com",
        "mailto:josé@exämple.com",
        "mailto:root@localhost",
        "json://127.0.0.1:8080/hook",
        "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#general",
        "${DANA_SLACK}",
        "mailto:${DANA_MAIL}",
    ],
)
def test_a_contact_with_a_channel_is_fine(contact: str) -> None:
    assert contact_problem(contact) is None


@pytest.mark.parametrize(
    "contact",
    [
        "mailto:",
        "mailto:dana",
        "mailto:dana@",
        "mailto:@example.com",
        "mailto:dana at example.com",
        "mailto:dana@example.com,marc@example.com",
        "mailto:dana@example.com?bcc=evil@example.com",
        "mailto:dana@example.com\nBcc: evil@example.com",
        "mailto:dana%0aBcc@example.com",
        "mailto:dana@example.com.",
        "mailto:<dana@example.com>",
        "dana@example.com",
        "slak://x",
        "json://",
        "",
        "://",
    ],
)
def test_a_contact_without_a_channel_is_a_problem(contact: str) -> None:
    assert contact_problem(contact)


def test_variables_are_filled_in_from_the_environment() -> None:
    env = {"HOST": "127.0.0.1", "EMPTY": ""}
    assert filled_in("json://${HOST}/${HOST}", env) == "json://127.0.0.1/127.0.0.1"
    assert unset_variables("json://${HOST}/${NO}/${EMPTY}", env) == ["NO", "EMPTY"]
    for contact in ("${NO}", "json://${EMPTY}/"):
        with pytest.raises(RefusedError, match="which is not set"):
            filled_in(contact, env)


def test_mail_goes_to_its_person_and_nobody_else() -> None:
    url = service_url("mailto:dana+work@example.com", SMTP)
    assert url == f"{SMTP}&to=dana%2Bwork%40example.com&format=text"
    greedy = "mailto://smtp.example.com/ops@example.com?from=x@example.com&To=ops@example.com&bcc=b"
    url = service_url("mailto:dana@example.com", greedy)
    assert "ops" not in url
    assert "bcc" not in url


def test_other_contacts_need_no_mail_server() -> None:
    assert service_url("json://127.0.0.1", None) == "json://127.0.0.1"
    with pytest.raises(RefusedError, match="no mail server"):
        service_url("mailto:dana@example.com", None)


@pytest.mark.parametrize("contact", ["mailto:dana", "mailto:a@b,c@d", "mailto:a@example.com&bcc=b"])
def test_an_address_that_is_none_is_refused_when_sending(contact: str) -> None:
    """An address Apprise cannot read would otherwise be dropped, and the mail go to its sender."""
    with pytest.raises(RefusedError, match="no mail address"):
        service_url(contact, SMTP)


@pytest.mark.parametrize("mail", [SMTP, "mailto://127.0.0.1:25?from=a@example.com&mode=insecure"])
def test_a_mail_servers_url_is_fine(mail: str) -> None:
    check_mail(mail)


@pytest.mark.parametrize(
    "mail",
    [
        "smtp.example.com",
        "smtp://smtp.example.com",
        "json://smtp.example.com",
        "mailto:dana@example.com",
        "mailto://?from=a@example.com",
        "mailto://127.0.0.1:99999?from=a@example.com",
        "mailto://127.0.0.1:25",
        "mailto://user:s3cret@smtp.example.com/ops@example.com?from=a@example.com",
        "mailto://user:s3cret@smtp.example.com?from=a@example.com&to=ops@example.com",
        "mailto://user:s3cret@smtp.example.com?from=a@example.com&mode=sideways",
        "mailto://[::1",
    ],
)
def test_a_mail_servers_url_that_would_lose_mail_is_refused(mail: str) -> None:
    with pytest.raises(SettingsError, match="HANDRAISE_MAIL") as caught:
        check_mail(mail)
    assert "s3cret" not in str(caught.value)


def test_an_address_is_compared_in_lower_case() -> None:
    assert mail_address("mailto:Dana@Example.com") == "dana@example.com"
    assert mail_address("json://127.0.0.1") is None


@pytest.mark.parametrize(
    ("contact", "name"),
    [
        ("mailto:Dana@example.com", "dana@example.com"),
        ("slack://s3cret/token", "slack://..."),
        ("${DANA_SLACK}", "${DANA_SLACK}"),
        ("slack://${TOKEN}", "slack://..."),
        ("s3cret", "..."),
        ("user:s3cret://x", "..."),
    ],
)
def test_a_contact_is_shown_without_its_secrets(contact: str, name: str):
    assert contact_name(contact) == name
