"""The door: nobody comes in twice by one link, by another's credential, or after they have left."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.clock import ManualClock
from handraise.errors import InputError, NotFoundError, SignInError
from handraise.service.access.door import LINKS_AT_A_TIME, PACE_S, Door, safe_path
from handraise.service.wiring import Operation
from tests.support import signed
from tests.support.operation import AGENT, TABLE, RecordingSender, opened


@pytest.fixture
def door(operation: Operation) -> Door:
    return operation.door


def _token(link: str) -> str:
    return link.rsplit("/", 1)[1]


def _mailed(operation: Operation, sender: RecordingSender) -> list[str]:
    """Return the links that were sent, oldest first."""
    operation.worker.tick()
    bodies = [message.body for _, message in sender.sent if message.kind == "sign_in"]
    return [link for body in bodies for link in re.findall(r"http\S+/enter/\S+", body)]


def _everything_kept(operation: Operation) -> str:
    """Return every value in the database as text."""
    with operation.store.read() as connection:
        names = connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        tables = [row[0] for row in names]
        rows = [
            str(tuple(row))
            for table in tables
            for row in connection.exec_driver_sql(f'SELECT * FROM "{table}"')
        ]
    return "\n".join(rows)


@pytest.mark.parametrize("who", ["dana", "dana@example.com", "  Dana@Example.com "])
def test_a_person_gets_a_link_that_works(
    who: str, door: Door, operation: Operation, sender: RecordingSender
) -> None:
    door.request_link(who, "/escalations/7", address="192.0.2.7\r\nhttp://evil.example")
    (link,) = _mailed(operation, sender)
    (contact, message) = sender.sent[0]
    assert (contact, message.to) == ("mailto:dana@example.com", "dana")
    assert "asked for from 192.0.2.7 http://evil.example)" in message.body
    assert door.peek(_token(link)) == ("dana", "/escalations/7")
    cookie, person, after = door.enter(_token(link))
    assert (person, after) == ("dana", "/escalations/7")
    assert door.person(cookie) == "dana"


def test_a_link_works_once_and_looking_does_not_use_it_up(door: Door) -> None:
    token = _token(door.link("dana"))
    for _ in range(5):
        assert door.peek(token) == ("dana", "/")
    door.enter(token)
    assert door.peek(token) is None
    with pytest.raises(SignInError):
        door.enter(token)


def test_a_link_expires(door: Door, clock: ManualClock) -> None:
    token = _token(door.link("dana"))
    clock.advance(minutes=29, seconds=59)
    assert door.peek(token) is not None
    clock.advance(seconds=1)
    assert door.peek(token) is None
    with pytest.raises(SignInError):
        door.enter(token)


def test_whoever_gets_no_more_links_has_one_that_works(
    door: Door, operation: Operation, sender: RecordingSender, clock: ManualClock
) -> None:
    for _ in range(LINKS_AT_A_TIME + 3):
        door.request_link("dana")
    assert len(_mailed(operation, sender)) == LINKS_AT_A_TIME
    door.request_link("ines")
    assert len(_mailed(operation, sender)) == LINKS_AT_A_TIME + 1
    clock.advance(minutes=29, seconds=59)
    door.request_link("dana")
    mailed = _mailed(operation, sender)
    assert len(mailed) == LINKS_AT_A_TIME + 1
    assert door.peek(_token(mailed[0])) is not None, "somebody else asked for it, she may use it"
    clock.advance(seconds=2)
    door.request_link("dana")
    assert len(_mailed(operation, sender)) == LINKS_AT_A_TIME + 2


def test_a_stranger_learns_nothing(
    door: Door, operation: Operation, sender: RecordingSender
) -> None:
    for who in ("nobody", "", "nobody@example.com", "x" * 10_000, "dana@example.com\n", "\ud800"):
        assert door.request_link(who) is None  # type: ignore[func-returns-value]
    sent = _mailed(operation, sender)
    assert {message.to for _, message in sender.sent} <= {"dana"}
    assert len(sent) <= 1


def test_a_stranger_waits_as_long_as_a_person(door: Door) -> None:
    import time

    spans = {}
    for who in ("dana", "nobody"):
        begun = time.perf_counter()
        door.request_link(who)
        spans[who] = time.perf_counter() - begun
    assert min(spans.values()) >= PACE_S


def test_trouble_of_the_store_is_not_told_to_a_stranger(folder: Path) -> None:
    operation = opened(folder)
    with operation.store.write() as connection:
        connection.exec_driver_sql("DROP TABLE sign_in_tokens")
    for who in ("dana", "nobody"):
        operation.door.request_link(who)
    operation.close()


def test_a_mailbox_of_several_gets_a_link_for_each(folder: Path, sender: RecordingSender) -> None:
    operation = opened(folder, sender=sender, table=TABLE.replace("ines@", "dana@"))
    operation.door.request_link("dana@example.com")
    operation.worker.tick()
    assert sorted(message.to for _, message in sender.sent) == ["dana", "ines"]
    operation.close()


def test_no_link_is_for_nobody(door: Door) -> None:
    for person in ("nobody", "", "owner", AGENT):
        with pytest.raises(NotFoundError):
            door.link(person)


def test_of_every_secret_only_a_hash_is_kept(
    door: Door, operation: Operation, sender: RecordingSender
) -> None:
    door.request_link("dana")
    (link,) = _mailed(operation, sender)
    mine = door.link("dana")
    cookie, _, _ = door.enter(_token(mine))
    _, key = door.make_key(AGENT, "production")
    door.agent(key)
    kept = _everything_kept(operation)
    assert "Your link to Handraise" in kept
    for secret in (_token(link), _token(mine), cookie, key, key.split(".")[0]):
        assert secret not in kept


# Sessions.


def test_a_session_ends(door: Door, clock: ManualClock) -> None:
    first, _, _ = door.enter(_token(door.link("dana")))
    second, _, _ = door.enter(_token(door.link("dana")))
    assert first != second
    door.leave(first)
    assert (door.person(first), door.person(second)) == (None, "dana")
    clock.advance(hours=12)
    assert door.person(second) is None
    door.leave(None)
    door.leave("never")


@pytest.mark.parametrize(
    "cookie", [None, "", "hrs_", "hrs_x", "hrs_" + "x" * 9_000, "\ud800", "hrk_x"]
)
def test_a_cookie_that_is_none_is_nobody(cookie: str | None, door: Door) -> None:
    assert door.person(cookie) is None


def test_who_has_left_the_tables_is_out(folder: Path, sender: RecordingSender) -> None:
    operation = opened(folder, sender=sender)
    door = operation.door
    cookie, _, _ = door.enter(_token(door.link("dana")))
    unused, unlooked = _token(door.link("dana")), _token(door.link("dana"))
    without = TABLE.replace("dana", "mona").replace("Dana Reyes", "Mona Silva")
    (folder / "handraise.yaml").write_text(without)
    operation.open(folder / "handraise.yaml")
    assert door.person(cookie) == "dana", "it waits, and she is asked until it is signed for"
    signed.sign(operation, folder / "handraise.yaml")
    assert door.person(cookie) is None
    assert door.peek(unused) is None
    with pytest.raises(SignInError):
        door.enter(unlooked)
    with pytest.raises(NotFoundError):
        door.link("dana")
    door.request_link("dana")
    operation.worker.tick()
    assert [message.to for _, message in sender.sent if message.kind == "sign_in"] == []
    operation.close()


def test_who_comes_back_signs_in_anew(operation: Operation, door: Door) -> None:
    cookie, _, _ = door.enter(_token(door.link("dana")))
    unused = _token(door.link("dana"))
    operation.roster.deactivate("dana", "priya")
    operation.roster.activate("dana", "priya")
    assert door.person(cookie) is None
    with pytest.raises(SignInError):
        door.enter(unused)
    cookie, _, _ = door.enter(_token(door.link("dana")))
    assert door.person(cookie) == "dana"


def test_a_form_token_is_of_its_session(door: Door) -> None:
    one, _, _ = door.enter(_token(door.link("dana")))
    two, _, _ = door.enter(_token(door.link("dana")))
    assert door.csrf_ok(one, door.csrf(one))
    for cookie, value in ((one, door.csrf(two)), (one, ""), (one, "é"), ("", door.csrf(one))):
        assert not door.csrf_ok(cookie, value)


# Keys.


def test_a_key_speaks_for_its_agent_until_it_is_revoked(door: Door) -> None:
    key, secret = door.make_key(AGENT, "  production ")
    assert re.fullmatch(r"hrk_[\w-]{43}\.[0-9a-f-]{36}", secret)
    assert door.agent(secret) == AGENT
    assert [(one.id, one.label) for one in door.keys(AGENT)] == [(key.id, "production")]
    assert door.keys()[0].used_at is not None
    assert door.keys("other") == []
    door.revoke_key(key.id)
    with pytest.raises(SignInError):
        door.agent(secret)
    for id in (key.id, "never"):
        with pytest.raises(NotFoundError):
            door.revoke_key(id)


def test_a_key_that_is_none_is_refused(door: Door) -> None:
    one, secret = door.make_key(AGENT, "one")
    other, another = door.make_key(AGENT, "other")
    token = secret.rpartition(".")[0]
    wrong = [
        None,
        "",
        token,
        f"{token}.",
        f"{token}.{other.id}",
        f"hrk_.{one.id}",
        f"hrk_x.{one.id}",
        f".{one.id}",
        secret.upper(),
        secret + " ",
        f"{one.secret_hash}.{one.id}",
        f"hrk_{one.secret_hash}.{one.id}",
        "\ud800",
        "hrk_" + "x" * 9_000,
    ]
    for shown in wrong:
        with pytest.raises(SignInError):
            door.agent(shown)
    assert door.agent(another) == AGENT


def test_keys_and_sessions_never_cross(door: Door) -> None:
    _, secret = door.make_key(AGENT, "one")
    link = _token(door.link("dana"))
    cookie, _, _ = door.enter(_token(door.link("dana")))
    for shown in (cookie, link, f"hrk_{cookie}", cookie.replace("hrs_", "hrk_")):
        with pytest.raises(SignInError):
            door.agent(shown)
    for shown in (secret, link, f"hrs_{secret}", secret.replace("hrk_", "hrs_")):
        assert door.person(shown) is None
        assert shown == link or door.peek(shown) is None
    assert door.peek(cookie) is None


def test_a_key_is_made_for_a_known_agent_with_a_label(door: Door) -> None:
    with pytest.raises(NotFoundError):
        door.make_key("nobody", "x")
    for label in ("", "  ", "x" * 101):
        with pytest.raises(InputError, match="label"):
            door.make_key(AGENT, label)


# Where a link leads.


@pytest.mark.parametrize("path", ["/", "/escalations/7", "/table/x?version=1#rows", "/späti"])
def test_a_path_of_these_pages_is_kept(path: str) -> None:
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/x\\..\\evil",
        "https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/\tevil",
        "/\n//evil.example",
        "/\r\nSet-Cookie: x",
        "\t//evil.example",
        " //evil.example",
        "/\u202eevil",
        "/\x00",
        "",
        "/" + "x" * 500,
    ],
)
def test_a_path_that_leads_elsewhere_becomes_the_inbox(path: str, door: Door) -> None:
    assert safe_path(path) == "/"
    token = _token(door.link("dana", path))
    assert door.enter(token)[2] == "/"


@given(st.text())
def test_a_safe_path_begins_with_one_slash(path: str) -> None:
    found = safe_path(path)
    assert found.startswith("/")
    assert not found.startswith(("//", "/\\"))
    assert found.isprintable()


def test_other_messages_go_out_as_they_are(door: Door, operation: Operation) -> None:
    door.request_link("dana")
    (message,) = operation.store.messages()
    assert door.unsealed(message) != message
    other = msgspec.structs.replace(message, kind="asked", next_at=None)
    assert door.unsealed(other) is other
    assert message.created_at + timedelta(0) == operation.clock.now()
