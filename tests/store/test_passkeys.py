"""Passkeys and what they sign: kept, counted once, and never for anything else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from msgspec.structs import replace

from handraise.errors import AlreadyAnsweredError, ConfirmationNeededError
from handraise.model import Challenge, Escalation, Passkey, Signed
from handraise.store import Store
from tests.store.records import (
    NOW,
    after,
    approval,
    make_escalation,
    make_event,
    make_message,
    make_record,
)

INES = Passkey(
    id="key-1", person="ines", public_key="pub", label="Phone", transports=("usb",), made_at=NOW
)


def challenged(store: Store, name: str = "c1", **fields: Any) -> Signed:
    """Return what Ines's passkey signed for a challenge that is kept."""
    challenge = Challenge(
        **{
            "hash": name,
            "purpose": "confirm",
            "person": "ines",
            "about": "this",
            "made_at": NOW,
            "expires_at": after(minutes=5),
            **fields,
        }
    )
    store.add_challenge(challenge)
    return Signed(
        purpose=challenge.purpose,
        person="ines",
        about=challenge.about,
        challenge=name,
        passkey="key-1",
        uses=1,
        at=NOW,
    )


def registered(store: Store, passkey: Passkey = INES) -> Passkey:
    signed = challenged(store, f"r {passkey.id}", purpose="register", person=passkey.person)
    assert store.add_passkey(passkey, replace(signed, person=passkey.person))
    return passkey


def test_a_passkey_comes_back_as_it_was_and_its_person_is_told(any_store: Store):
    signed = challenged(any_store, purpose="register")
    event = make_event(kind="passkey_added", who="ines")
    assert any_store.add_passkey(INES, signed, events=[event], messages=[make_message()])
    assert any_store.passkeys("ines") == any_store.passkeys() == [INES]
    assert any_store.passkey("key-1") == INES
    assert (any_store.passkeys("dana"), any_store.passkey("key-2")) == ([], None)
    assert len(any_store.messages(to="ines")) == 1


def test_a_known_passkey_and_a_used_challenge_add_nothing(any_store: Store):
    registered(any_store)
    again = challenged(any_store, purpose="register", person="dana")
    thief = replace(INES, person="dana")
    assert not any_store.add_passkey(
        thief, replace(again, person="dana"), messages=[make_message()]
    )
    assert any_store.passkeys() == [INES]
    used = Signed(purpose="register", person="ines", challenge="r key-1", passkey="key-2", at=NOW)
    assert not any_store.add_passkey(replace(INES, id="key-2"), used)
    assert any_store.messages() == []


def test_only_its_person_renames_it_and_ends_it(any_store: Store):
    registered(any_store)
    assert not any_store.rename_passkey("key-1", "dana", "Mine")
    assert not any_store.end_passkey("key-1", "dana", NOW)
    assert any_store.rename_passkey("key-1", "ines", "Tablet")
    assert any_store.end_passkey(
        "key-1", "ines", after(days=1), events=[make_event()], messages=[make_message()]
    )
    assert not any_store.end_passkey("key-1", "ines", after(days=2))
    assert not any_store.rename_passkey("key-1", "ines", "Again")
    assert any_store.passkeys() == []
    assert any_store.passkey("key-1") == replace(INES, label="Tablet", ended_at=after(days=1))


def test_what_was_signed_counts_once(any_store: Store):
    registered(any_store)
    signed = challenged(any_store)
    assert any_store.is_live(signed)
    assert any_store.take_signed(signed)
    assert not any_store.is_live(signed)
    assert not any_store.take_signed(replace(signed, uses=2))
    assert any_store.passkeys() == [replace(INES, uses=1, used_at=NOW)]


@pytest.mark.parametrize(
    "other",
    [
        {"purpose": "sign_in"},
        {"person": "dana"},
        {"about": "that"},
        {"challenge": "c2"},
        {"passkey": "key-2"},
        {"at": after(minutes=5)},
    ],
)
def test_it_counts_for_nothing_else(any_store: Store, other: dict[str, Any]):
    registered(any_store)
    registered(any_store, replace(INES, id="key-2", person="dana"))
    signed = challenged(any_store)
    assert not any_store.take_signed(replace(signed, **other))
    assert any_store.take_signed(signed)


def test_a_counter_never_goes_back_and_an_authenticator_may_have_none(any_store: Store):
    registered(any_store, replace(INES, uses=7))
    assert not any_store.take_signed(replace(challenged(any_store), uses=7))
    assert not any_store.take_signed(replace(challenged(any_store, "c2"), uses=0))
    assert any_store.take_signed(replace(challenged(any_store, "c3"), uses=8))
    registered(any_store, replace(INES, id="key-2"))
    for name in ("c4", "c5"):
        bare = replace(challenged(any_store, name), passkey="key-2", uses=0)
        assert any_store.take_signed(bare)


def test_what_an_ended_passkey_signs_counts_for_nothing(any_store: Store):
    registered(any_store)
    any_store.end_passkey("key-1", "ines", NOW)
    assert not any_store.take_signed(challenged(any_store))


def kept(store: Store) -> Escalation:
    escalation = make_escalation({})
    store.create_escalation(make_record(escalation), escalation, [make_event(escalation)], [])
    return escalation


def test_an_answer_and_its_confirmation_are_one(any_store: Store):
    registered(any_store)
    signed, escalation = challenged(any_store), kept(any_store)
    with pytest.raises(AlreadyAnsweredError):
        any_store.change(escalation.id, _too_late, confirmed=signed)

    any_store.change(escalation.id, lambda one: (approval(one, "ines"), []), confirmed=signed)

    found = any_store.escalation(escalation.id)
    assert found is not None
    assert found.outcome == "approved"
    assert any_store.passkeys()[0].uses == 1
    other = kept(any_store)
    with pytest.raises(ConfirmationNeededError, match="used already"):
        any_store.change(other.id, lambda one: (approval(one, "ines"), []), confirmed=signed)
    assert any_store.escalation(other.id) == other


def _too_late(_escalation: Escalation) -> Any:
    raise AlreadyAnsweredError("dana was faster")


def test_of_many_at_once_one_counts(any_store: Store):
    registered(any_store)
    signed = challenged(any_store)
    with ThreadPoolExecutor(4) as threads:
        taken = list(threads.map(lambda _: any_store.take_signed(signed), range(8)))
    assert taken.count(True) == 1


def test_old_challenges_are_forgotten(any_store: Store):
    challenged(any_store)
    challenged(any_store, "c2", expires_at=after(days=1))
    assert any_store.forget_challenges(after(hours=1)) == 1
    assert any_store.forget_challenges(after(hours=1)) == 0
