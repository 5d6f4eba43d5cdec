"""Settings: every one from its variable, the wrong ones refused by name, the secret ones never shown."""

from pathlib import Path
from typing import Any

import pytest

from handraise.errors import SettingsError
from handraise.settings import SECRET_FIELDS, VARIABLES, Settings

GOOD = {
    "HANDRAISE_STORE": "postgresql://u:s3cret@db.example.com/x",
    "HANDRAISE_BASE_URL": "https://handraise.example.com/",
    "HANDRAISE_HOST": "0.0.0.0",
    "HANDRAISE_PORT": "80",
    "HANDRAISE_SECRET": "s3cret",
    "HANDRAISE_SECRET_FILE": "/run/secret",
    "HANDRAISE_MAIL": "mailtos://u:s3cret@smtp.example.com",
    "HANDRAISE_EMBEDDINGS_KEY": "sk-s3cret",
    "HANDRAISE_HEARTBEAT_URL": "https://hc.example.com/s3cret?x=1",
    "HANDRAISE_SLACK_TOKEN": "xoxb-s3cret",
    "HANDRAISE_SLACK_SIGNING_SECRET": "s3cret",
    "HANDRAISE_SLACK_API": "https://slack-proxy.example.com/api",
    "HANDRAISE_PUSH_HOSTS": "fcm.googleapis.com, *.Push.apple.com http://127.0.0.1:9000",
    "HANDRAISE_PUSH_CONTACT": "mailto:operations@example.com",
    "HANDRAISE_OPENID_ISSUER": "https://id.example.com/realm/",
    "HANDRAISE_OPENID_CLIENT_ID": "handraise",
    "HANDRAISE_OPENID_CLIENT_SECRET": "s3cret",
    "HANDRAISE_OPENID_NAME": "Example",
    "HANDRAISE_OPENID_CLAIM": "handraise_person",
    "HANDRAISE_PROXIES": "10.0.0.7, 10.1.0.0/16 2001:db8::/32",
    "HANDRAISE_CONSOLE": "yes",
}


def test_every_setting_has_a_variable() -> None:
    assert set(VARIABLES) == set(Settings.__struct_fields__)
    assert {variable for variable, _ in VARIABLES.values()} == set(GOOD)


def test_the_environment_is_read() -> None:
    found = Settings.from_environment(GOOD)
    assert found.store_url == GOOD["HANDRAISE_STORE"]
    assert found.base_url == "https://handraise.example.com"
    assert (found.host, found.port, found.console) == ("0.0.0.0", 80, True)
    assert found.embeddings_key == "sk-s3cret"
    hosts = ("fcm.googleapis.com", "*.push.apple.com", "http://127.0.0.1:9000")
    assert found.push_hosts == hosts
    assert (found.secret, found.secret_file) == ("s3cret", Path("/run/secret"))


def test_without_anything_there_are_defaults() -> None:
    assert Settings.from_environment({}) == Settings()
    assert Settings.from_environment(dict.fromkeys(GOOD, "  ")) == Settings()


def test_what_is_given_wins_over_the_environment() -> None:
    found = Settings.from_environment(
        GOOD, port=81, base_url="http://x.example.com/y/", secret=None
    )
    assert (found.port, found.base_url, found.secret) == (81, "http://x.example.com/y", "s3cret")


@pytest.mark.parametrize(
    ("given", "base_url"),
    [
        ({"port": 9000}, "http://127.0.0.1:9000"),
        ({"host": "0.0.0.0"}, "http://127.0.0.1:8765"),
        ({"host": "::", "port": 1}, "http://127.0.0.1:1"),
        ({"host": "::1"}, "http://[::1]:8765"),
        ({"host": "handraise.example.com"}, "http://handraise.example.com:8765"),
    ],
)
def test_people_reach_the_pages_where_it_listens(given: dict[str, Any], base_url: str) -> None:
    found = Settings.from_environment({}, **given)
    assert (found.base_url, found.address) == (None, base_url)


def test_an_address_that_is_set_holds_wherever_it_listens() -> None:
    assert Settings.from_environment(GOOD, port=81).address == "https://handraise.example.com"


@pytest.mark.parametrize(
    ("variable", "written"),
    [
        *[("HANDRAISE_PORT", port) for port in ("x", "-1", "65536", "²", "٣", "1.0", "80 80")],
        *[("HANDRAISE_CONSOLE", flag) for flag in ("maybe", "2", "on fire")],
        *[("HANDRAISE_EMBEDDINGS_KEY", key) for key in ("two words", "schlüssel", "a\nb")],
        *[
            ("HANDRAISE_PUSH_HOSTS", host)
            for host in ("localhost", "https://", "a.b/c", "*", "a@b.c")
        ],
        *[("HANDRAISE_PUSH_CONTACT", to) for to in ("priya", "mailto:x", "http://x.example.com")],
        ("HANDRAISE_HEARTBEAT_URL", "hc.example.com/x"),
        ("HANDRAISE_HEARTBEAT_URL", "ftp://hc.example.com/x"),
        ("HANDRAISE_HEARTBEAT_URL", "https://"),
        ("HANDRAISE_HEARTBEAT_URL", "https://[::1"),
        ("HANDRAISE_HEARTBEAT_URL", "https://hc.example.com/a b"),
        ("HANDRAISE_HEARTBEAT_URL", "https://hc.example.com/#x"),
        ("HANDRAISE_HEARTBEAT_URL", "https://hc.example.com:0/x"),
        ("HANDRAISE_SLACK_TOKEN", "xoxb two"),
        ("HANDRAISE_SLACK_SIGNING_SECRET", "schlüssel"),
        ("HANDRAISE_SLACK_API", "http://slack.example.com/api"),
        ("HANDRAISE_SLACK_API", "slack.com/api"),
        ("HANDRAISE_OPENID_ISSUER", "id.example.com"),
        ("HANDRAISE_OPENID_ISSUER", "http://id.example.com"),
        ("HANDRAISE_OPENID_ISSUER", "https://u@id.example.com"),
        ("HANDRAISE_OPENID_ISSUER", "https://id.example.com?x=1"),
        ("HANDRAISE_OPENID_ISSUER", "https://[::1"),
        ("HANDRAISE_OPENID_NAME", "x" * 61),
        ("HANDRAISE_PROXIES", "10.0.0.0/24, proxy.example.com"),
        ("HANDRAISE_PROXIES", "10.0.0.1/24"),
        ("HANDRAISE_BASE_URL", "handraise.example.com"),
        ("HANDRAISE_BASE_URL", "ftp://handraise.example.com"),
        ("HANDRAISE_BASE_URL", "https://"),
        ("HANDRAISE_BASE_URL", "https://[::1"),
        ("HANDRAISE_BASE_URL", "https://x.example.com:99999"),
        ("HANDRAISE_BASE_URL", "https://x.example.com?a=b"),
        ("HANDRAISE_BASE_URL", "https://x.example.com#a"),
        ("HANDRAISE_BASE_URL", "https://user@x.example.com"),
        ("HANDRAISE_BASE_URL", "https://x.example.com/a b"),
        ("HANDRAISE_BASE_URL", "https://x.example.com/\nSubject: x"),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(variable: str, written: str) -> None:
    with pytest.raises(SettingsError, match=variable):
        Settings.from_environment({variable: written})


def test_what_is_given_is_checked_too() -> None:
    for given in ({"port": 70_000}, {"port": -1}, {"base_url": "x"}):
        with pytest.raises(SettingsError):
            Settings.from_environment({}, **given)


def test_secrets_do_not_show() -> None:
    shown = repr(Settings.from_environment(GOOD))
    assert "s3cret" not in shown
    assert "port=80" in shown
    assert set(Settings.__struct_fields__) >= SECRET_FIELDS
    assert "secret=None" in repr(Settings())
