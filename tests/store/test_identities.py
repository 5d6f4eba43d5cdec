"""Who somebody at an OpenID provider is: one person a subject, one living subject a person."""

from __future__ import annotations

from msgspec.structs import replace

from handraise.model import Departure, Identity
from handraise.store import Store
from tests.store.records import NOW, after

ISSUER = "https://id.example.com"
DANA = Identity(issuer=ISSUER, subject="s1", person="dana", made_at=NOW)


def test_a_subject_is_pinned_once_and_a_person_has_one(any_store: Store) -> None:
    assert any_store.pin_identity(DANA)
    assert any_store.identity(ISSUER, "s1") == DANA
    assert any_store.identity(ISSUER, "s2") is None
    assert any_store.identity("https://other.example.com", "s1") is None
    assert not any_store.pin_identity(replace(DANA, person="marc")), "the subject is somebody"
    assert not any_store.pin_identity(replace(DANA, subject="s2")), "the person has a subject"
    assert any_store.pin_identity(replace(DANA, issuer="https://other.example.com"))
    assert any_store.pin_identity(replace(DANA, subject="s2", person="marc"))
    any_store.identity_used(ISSUER, "s1", after(minutes=1))
    used = replace(DANA, used_at=after(minutes=1))
    assert any_store.identity(ISSUER, "s1") == used
    assert used in any_store.identities("dana")
    assert {one.person for one in any_store.identities()} == {"dana", "marc"}


def test_one_that_has_ended_is_begun_anew(any_store: Store) -> None:
    any_store.pin_identity(DANA)
    assert any_store.end_identities("dana", after(minutes=1)) == 1
    assert any_store.end_identities("dana", after(minutes=2)) == 0
    assert any_store.identity(ISSUER, "s1") is None
    again = replace(DANA, person="marc", made_at=after(minutes=3))
    assert any_store.pin_identity(again)
    assert any_store.identity(ISSUER, "s1") == again


def test_who_leaves_is_known_no_more(any_store: Store) -> None:
    any_store.pin_identity(DANA)
    any_store.deactivate(Departure(id="1", person="dana", at=after(minutes=1), by="priya"))
    assert any_store.identity(ISSUER, "s1") is None
