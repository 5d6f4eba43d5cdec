"""Keys, sign-in tokens, sessions, and grants that are used once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from msgspec.structs import replace

from handraise.errors import StoreError
from handraise.model import AgentKey, Departure, Session
from handraise.store import Store
from tests.store.records import AGENT, NOW, after, make_escalation, make_record


def make_key(key_id: str = "key-1", agent: str = AGENT) -> AgentKey:
    return AgentKey(id=key_id, agent=agent, label="production", secret_hash="ab12", created_at=NOW)


def test_a_key_comes_back_as_it_was(any_store: Store) -> None:
    any_store.add_agent_key(make_key())
    assert any_store.agent_key("key-1") == make_key()
    assert any_store.agent_key("key-2") is None


def test_a_key_is_never_replaced_by_another(any_store: Store) -> None:
    any_store.add_agent_key(make_key())
    with pytest.raises(StoreError):
        any_store.add_agent_key(replace(make_key(), agent="other"))
    assert any_store.agent_key("key-1") == make_key()


def test_keys_are_listed_oldest_first_by_agent(any_store: Store) -> None:
    first = make_key()
    second = replace(make_key("key-0"), created_at=after(minutes=1))
    other = make_key("key-2", "other")
    for key in (second, other, first):
        any_store.add_agent_key(key)
    assert any_store.agent_keys() == [first, other, second]
    assert any_store.agent_keys(AGENT) == [first, second]


def test_a_key_is_revoked_once(any_store: Store) -> None:
    any_store.add_agent_key(make_key())
    assert any_store.revoke_agent_key("key-1", after(days=1))
    assert not any_store.revoke_agent_key("key-1", after(days=2))
    assert not any_store.revoke_agent_key("nothing", NOW)
    assert any_store.agent_key("key-1") == replace(make_key(), revoked_at=after(days=1))


def test_the_use_of_a_key_is_noted_once_a_minute(any_store: Store) -> None:
    any_store.add_agent_key(make_key())

    def used_at(seconds: float) -> object:
        any_store.agent_key_used("key-1", after(seconds=seconds))
        key = any_store.agent_key("key-1")
        return key and key.used_at

    assert used_at(0) == NOW
    assert used_at(59) == NOW
    assert used_at(60) == after(seconds=60)
    any_store.agent_key_used("nothing", NOW)


def test_a_token_signs_in_once(any_store: Store) -> None:
    any_store.add_sign_in_token("hash", "dana", after(minutes=15), "/asks/1", created_at=NOW)
    assert any_store.peek_sign_in_token("hash", NOW) == ("dana", "/asks/1")
    assert any_store.use_sign_in_token("hash", after(minutes=1)) == ("dana", "/asks/1")
    assert any_store.peek_sign_in_token("hash", after(minutes=1)) is None
    assert any_store.use_sign_in_token("hash", after(minutes=1)) is None


def test_an_expired_or_unknown_token_signs_nobody_in(any_store: Store) -> None:
    any_store.add_sign_in_token("hash", "dana", after(minutes=15), "/", created_at=NOW)
    assert any_store.peek_sign_in_token("hash", after(minutes=15)) is None
    assert any_store.use_sign_in_token("hash", after(minutes=15)) is None
    assert any_store.use_sign_in_token("other", NOW) is None
    assert any_store.use_sign_in_token("hash", after(minutes=14)) == ("dana", "/")


def test_recent_tokens_are_counted_for_each_person(any_store: Store) -> None:
    for minute in range(4):
        made_at = after(minutes=minute)
        any_store.add_sign_in_token(
            f"hash-{minute}", "dana", after(hours=1), "/", created_at=made_at
        )
    any_store.use_sign_in_token("hash-3", after(minutes=3))
    assert any_store.recent_sign_in_tokens("dana", after(minutes=2)) == 2
    assert any_store.recent_sign_in_tokens("ines", NOW) == 0


def test_a_session_lasts_until_it_expires(any_store: Store) -> None:
    session = Session(id="hash", person="dana", created_at=NOW, expires_at=after(hours=8))
    any_store.add_session(session)
    assert any_store.session("hash", after(hours=7)) == session
    assert any_store.session("hash", after(hours=8)) is None
    assert any_store.session("other", NOW) is None


def test_a_session_ends_when_its_person_signs_out(any_store: Store) -> None:
    any_store.add_session(
        Session(id="hash", person="dana", created_at=NOW, expires_at=after(hours=8))
    )
    any_store.end_session("hash", after(hours=1))
    any_store.end_session("hash", after(hours=2))
    assert any_store.session("hash", after(hours=1)) is None


def test_whoever_leaves_is_signed_out_for_good(any_store: Store) -> None:
    for person in ("dana", "ines"):
        any_store.add_session(
            Session(id=f"of-{person}", person=person, created_at=NOW, expires_at=after(hours=8))
        )
        any_store.add_sign_in_token(f"to-{person}", person, after(hours=8), "/", created_at=NOW)
    gone = Departure(id="d1", person="dana", by="priya", at=after(hours=1), reason="")
    assert any_store.deactivate(gone)
    assert any_store.activate("dana", after(hours=2))
    for at in (NOW, after(hours=3)):
        assert any_store.session("of-dana", at) is None
        assert any_store.peek_sign_in_token("to-dana", at) is None
        assert any_store.session("of-ines", at) is not None
        assert any_store.peek_sign_in_token("to-ines", at) == ("ines", "/")


def test_a_grant_is_used_by_one_of_many_at_once(any_store: Store) -> None:
    assert any_store.used_grant("grant-1") is None
    start = threading.Barrier(6)

    def use(hand: int) -> bool:
        start.wait(20)
        return any_store.use_grant("grant-1", AGENT, None, f"tool {hand}", NOW)

    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(use, range(6)))
    assert sorted(found) == [False] * 5 + [True]
    assert any_store.used_grant("grant-1") == (NOW, f"tool {found.index(True)}")
    assert any_store.use_grant("grant-2", AGENT, None, "tool", NOW)


def test_the_use_of_a_grant_is_an_event_of_its_escalation(any_store: Store) -> None:
    escalation = make_escalation()
    any_store.create_escalation(make_record(escalation), escalation, [], [])
    for _ in range(2):
        any_store.use_grant("grant-1", AGENT, escalation.id, "refund", NOW)
    (event,) = any_store.events(escalation.id)
    assert (event.kind, event.who, event.at) == ("grant_used", f"agent:{AGENT}", NOW)
    assert event.detail == {"grant": "grant-1", "by": "refund"}


def test_where_somebody_is_signed_in_is_listed_and_ended(any_store: Store) -> None:
    def session(id: str, person: str = "dana", minutes: int = 0) -> Session:
        made = after(minutes=minutes)
        return Session(
            id=id, person=person, created_at=made, expires_at=after(hours=12), way="openid"
        )

    for one in (session("a"), session("b", minutes=1), session("c", "marc")):
        any_store.add_session(one)
    now = after(minutes=2)
    assert [one.id for one in any_store.sessions_of("dana", now)] == ["b", "a"]
    assert any_store.sessions_of("dana", after(hours=12)) == []
    assert any_store.end_sessions("dana", now, only="c") == 0, "nobody ends another's"
    assert any_store.end_other_sessions("dana", now, but="a") == 1
    assert [one.id for one in any_store.sessions_of("dana", now)] == ["a"]
    assert any_store.end_sessions("dana", now, only="a") == 1
    assert any_store.end_sessions("dana", now) == 0
    assert [one.id for one in any_store.sessions_of("marc", now)] == ["c"]
    any_store.add_sign_in_token("t", "marc", after(minutes=30), "/", created_at=NOW)
    assert any_store.sign_out("marc", now) == 1
    assert any_store.sessions_of("marc", now) == []
    assert any_store.peek_sign_in_token("t", now) is None


def test_the_use_of_a_session_is_noted_once_a_minute(any_store: Store) -> None:
    any_store.add_session(
        Session(id="a", person="dana", created_at=NOW, expires_at=after(hours=12))
    )

    def seen_at(seconds: int) -> object:
        any_store.session_seen("a", after(seconds=seconds))
        found = any_store.session("a", NOW)
        return found and found.seen_at

    assert [seen_at(one) for one in (1, 59, 61, 62)] == [
        after(seconds=1), after(seconds=1), after(seconds=61), after(seconds=61),
    ]  # fmt: skip
