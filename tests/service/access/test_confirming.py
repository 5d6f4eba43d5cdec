"""The second confirmation at the desk: practice, drills, who needs a passkey before going live."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from handraise.errors import ConfirmationNeededError, InputError, NotReadyError
from handraise.model import Escalation, Session
from handraise.service.access.confirming import Confirmation
from handraise.service.access.party import Party, party_of, trouble_with
from handraise.service.going_live.confirmed import confirmed_lines
from handraise.service.going_live.signable import check_looked_at
from handraise.service.going_live.waiving import check_code
from tests.support.authenticator import Authenticator
from tests.support.checked import subject_of
from tests.support.signed import lines_of
from tests.support.story import AGENT, TABLE, UNSURE, Story

CONFIRMING = f"{TABLE}\nconfirm: high\n"
DOMAIN = "handraise.example.com"


class Person:
    """Somebody with a session, and a passkey once they have added one."""

    def __init__(self, story: Story, id: str) -> None:
        self.story, self.id = story, id
        sessions = story.operation.door.sessions
        session = sessions.session(sessions.begin(id, way="link"))
        assert session is not None
        self.session: Session = session
        self.key = Authenticator(f"https://{DOMAIN}", DOMAIN)

    def add(self) -> None:
        passkeys = self.story.operation.passkeys
        asked = passkeys.begin_registration(self.session)
        passkeys.register(self.session, "Key", self.key.create(asked))
        self.story.cycle()
        self.story.expect((self.id, "alarm", "A passkey was added"))

    def approve(self, stopped: Escalation, *, confirmed: bool = False) -> Escalation:
        desk, ask = self.story.operation.desk, stopped.asks[0].id
        said: dict[str, Any] = {"kind": "approve", "digest": stopped.proposal_digest}
        confirmation = None
        if confirmed:
            asked = desk.begin_confirmation(ask, self.id, self.session.id, **said)
            assert asked is not None
            given = self.key.get(asked)
            confirmation = Confirmation(credential=given, session=self.session.id)
        return desk.answer(ask, self.id, **said, confirmation=confirmation)


def found(story: Story, escalation_id: str | None) -> Escalation:
    escalation = story.operation.store.escalation(escalation_id or "")
    assert escalation is not None
    return escalation


@pytest.fixture
def story(tmp_path: Path) -> Iterator[Story]:
    story = Story(tmp_path, CONFIRMING)
    yield story
    story.operation.close()


def test_a_drill_is_practice_of_confirming_too(story: Story):
    record = story.operation.drills.start(AGENT, "support_supervisor", "priya")
    drill, dana = found(story, record.escalation_id), Person(story, "dana")
    with pytest.raises(ConfirmationNeededError):
        dana.approve(drill)
    story.cycle()
    story.expect(("dana", "asked", "DRILL"))
    dana.add()
    assert dana.approve(drill, confirmed=True).outcome == "approved"


def test_a_rehearsal_asks_for_it_where_there_is_a_passkey(tmp_path: Path):
    story = Story(tmp_path, CONFIRMING, rehearsal=True)
    gate, dana = story.operation.gates[AGENT], Person(story, "dana")
    first = found(story, gate.decide(**UNSURE).escalation_id)
    assert dana.approve(first).outcome == "approved"
    passkeys = story.operation.passkeys
    asked = passkeys.begin_registration(dana.session)
    passkeys.register(dana.session, "Key", dana.key.create(asked))
    second = found(story, gate.decide(**{**UNSURE, "case": "another"}).escalation_id)
    with pytest.raises(ConfirmationNeededError):
        dana.approve(second)
    assert dana.approve(second, confirmed=True).outcome == "approved"
    story.operation.close()


def test_challenges_are_swept_once_they_are_old(story: Story):
    passkeys = story.operation.passkeys
    passkeys.begin_sign_in("a visit")
    assert passkeys.sweep() == 0
    story.clock.advance(days=2)
    assert passkeys.sweep() == 1


def test_everybody_who_may_be_asked_has_one_before_it_goes_live(story: Story):
    store = story.operation.store
    assert confirmed_lines(subject_of(TABLE)) == []
    (line,) = confirmed_lines(subject_of(CONFIRMING, store))
    assert (line.code, line.state) == ("confirmed", "red")
    assert line.evidence.startswith("dana, marc, ines, priya have none: ")
    assert "an action without a rating may come to finance lead; " in line.evidence
    assert "their page" in line.remedy
    for id in ("dana", "marc", "ines"):
        Person(story, id).add()
    (line,) = confirmed_lines(subject_of(CONFIRMING, store))
    assert line.evidence == "priya has none: what nobody else can decide comes to the owner"
    Person(story, "priya").add()
    (line,) = confirmed_lines(subject_of(CONFIRMING, store, now=story.clock.now()))
    assert (line.state, line.evidence) == ("green", "each of the 4 who may be asked has one")
    (line,) = confirmed_lines(subject_of(CONFIRMING))
    assert line.state == "red"


def test_a_checklist_without_that_line_is_not_signed_and_it_may_be_waived():
    table = subject_of(CONFIRMING).table
    lines = lines_of(table)
    check_looked_at(table, lines)
    with pytest.raises(NotReadyError, match='no line "confirmed"'):
        check_looked_at(table, [one for one in lines if one.code != "confirmed"])
    check_code("--waive", "confirmed")


def test_without_the_extra_it_is_said_and_nothing_else_breaks(
    story: Story, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "webauthn", None)
    assert story.operation.passkeys.trouble.startswith("passkeys need the extra sign-in")
    with pytest.raises(InputError, match="sign-in"):
        story.operation.passkeys.begin_sign_in("a visit")
    (line,) = confirmed_lines(subject_of(CONFIRMING, story.operation.store))
    assert (line.state, line.remedy) == ("red", "pip install 'handraise[sign-in]'")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("https://handraise.example.com", ""),
        ("http://localhost:8765", ""),
        ("http://desk.localhost", ""),
        ("http://127.0.0.1:8765", "give it http://localhost:8765, or an address with https"),
        ("http://[::1]:8765", "reached by a number, ::1"),
        ("https://192.0.2.7", "give it an address with https and a name"),
        ("http://handraise.example.com", "passkeys need https"),
    ],
)
def test_passkeys_need_a_name_and_https_or_this_machine(url: str, words: str):
    found = trouble_with(url)
    assert (words in found, bool(found)) == (True, bool(words))


def test_the_origin_is_as_browsers_say_it():
    assert party_of("http://localhost:8765") == Party("localhost", "http://localhost:8765")
    assert party_of("https://A.example.com:443/x").origin == "https://a.example.com"
