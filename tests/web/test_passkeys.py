"""Passkeys over HTTP: made, used to come in, used to confirm; and everything that must not count.

The passkey is one in software, so that it can also sign wrongly. The browser's part is in
`tests/browser/test_passkey_story.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.model import Escalation
from handraise.service.access.limits import LIMITS
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from handraise.web.app import create_app
from tests.support.authenticator import PRESENT, Authenticator
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import CSRF, TABLE, Desk

CONFIRMING = f"{TABLE}\nconfirm: high\n"
SECRET = "a secret that is long enough to be one"
Session = dict[str, str]


@pytest.fixture
def settings() -> Settings:
    return Settings(base_url="http://localhost", console=True, secret=SECRET)


@pytest.fixture
def operation(tmp_path: Any, clock: ManualClock, settings: Settings) -> Iterator[Operation]:
    path = tmp_path / "support.yaml"
    path.write_text(CONFIRMING)
    operation = assemble([path], settings, clock=clock)
    verify_everybody(operation)
    sign(operation, path)
    yield operation
    operation.close()


@pytest.fixture
def client(operation: Operation) -> Iterator[TestClient]:
    app = create_app(operation)
    with TestClient(app, base_url="http://localhost", follow_redirects=False) as client:
        yield client


@pytest.fixture
def dana(desk: Desk) -> Session:
    return desk.session("dana")


def options(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["publicKey"]
    return found


def added(desk: Desk, session: Session, key: Authenticator, label: str = "Phone") -> Any:
    asked = options(desk.post("/me/passkeys/options", session))
    credential = json.dumps(key.create(asked))
    return desk.post("/me/passkeys", session, label=label, credential=credential)


@pytest.fixture
def key(desk: Desk, dana: Session) -> Authenticator:
    """Return Dana's passkey."""
    key = Authenticator()
    assert added(desk, dana, key).status_code == 303
    return key


def fields_of(escalation: Escalation, **more: str) -> dict[str, str]:
    return {"kind": "approve", "digest": escalation.proposal_digest, **more}


def asked(desk: Desk, escalation: Escalation, session: Session, **more: str) -> dict[str, Any]:
    path = f"/asks/{escalation.asks[0].id}/confirm"
    return options(desk.post(path, session, **fields_of(escalation, **more)))


def sent(desk: Desk, escalation: Escalation, session: Session, given: Any, **more: str) -> Any:
    credential = json.dumps(given)
    return desk.answer(
        escalation, session, more.pop("kind", "approve"), credential=credential, **more
    )


def now(desk: Desk, escalation: Escalation) -> Escalation:
    found = desk.operation.store.escalation(escalation.id)
    assert found is not None
    return found


def happened(desk: Desk) -> list[str]:
    return [event.kind for event in desk.operation.store.show_events()]


# One's own.


def test_a_passkey_is_added_and_its_person_is_told(desk: Desk, dana: Session, key: Authenticator):
    (kept,) = desk.operation.passkeys.of("dana")
    assert (kept.id, kept.label, kept.transports) == (key.id, "Phone", ("internal",))
    page = desk.page("/me?done=passkey", dana).text
    assert "Your passkey is added." in page
    assert '<strong dir="auto">Phone</strong>' in page
    (told,) = [one for one in desk.operation.store.messages(to="dana") if "passkey" in one.subject]
    assert told.subject == "A passkey was added to your account"
    assert "If it was not you: remove it" in told.body
    assert happened(desk).count("passkey_added") == 1


def test_it_is_renamed_and_removed_by_its_person_alone(
    desk: Desk, dana: Session, key: Authenticator
):
    ines = desk.session("ines")
    assert desk.post("/me/passkeys/rename", ines, id=key.id, label="Mine").status_code == 404
    assert desk.post("/me/passkeys/remove", ines, id=key.id).status_code == 404
    assert desk.post("/me/passkeys/rename", dana, id=key.id, label="<b>Tab</b>").status_code == 303
    page = desk.page("/me", dana).text
    assert "&lt;b&gt;Tab&lt;/b&gt;" in page
    assert "It is your last one." in page
    assert desk.post("/me/passkeys/rename", dana, id=key.id, label="x" * 61).status_code == 422
    assert desk.post("/me/passkeys/remove", dana, id=key.id).status_code == 303
    assert desk.operation.passkeys.of("dana") == []
    assert "You have none yet: you can reject" in desk.page("/me", dana).text


def test_a_session_that_is_not_fresh_changes_no_passkeys(
    desk: Desk, dana: Session, key: Authenticator, clock: ManualClock
):
    clock.advance(minutes=16)
    refused = desk.post("/me/passkeys/options", dana)
    assert refused.status_code == 403
    assert "You signed in more than 15 minutes ago" in refused.json()["said"]
    assert desk.post("/me/passkeys/remove", dana, id=key.id).status_code == 403
    assert "sign in again first" in desk.page("/me", dana).text
    assert len(desk.operation.passkeys.of("dana")) == 1


def test_what_was_not_made_for_this_is_not_kept(desk: Desk, dana: Session, clock: ManualClock):
    asked_of = options(desk.post("/me/passkeys/options", dana))
    wrong: list[Any] = [
        Authenticator(origin="https://evil.example").create(asked_of),
        Authenticator(rp_id="evil.example").create(asked_of),
        Authenticator().create(asked_of, crossOrigin=True),
        Authenticator().create({"challenge": "AAAA"}),
        {"id": "x", "response": {"clientDataJSON": "!!"}},
        {"response": []},
        [],
    ]
    unverified = Authenticator()
    unverified.flags = PRESENT
    wrong.append(unverified.create(asked_of))
    for one in wrong:
        given = json.dumps(one)
        assert desk.post("/me/passkeys", dana, credential=given).status_code == 422, one
    assert desk.post("/me/passkeys", dana, credential="{" * 100_000).status_code == 422
    other = desk.session("dana")
    given = json.dumps(Authenticator().create(asked_of))
    assert desk.post("/me/passkeys", other, credential=given).status_code == 422
    clock.advance(minutes=5)
    assert desk.post("/me/passkeys", dana, credential=given).status_code == 422
    assert desk.operation.passkeys.of("dana") == []


def test_nobody_has_more_than_ten_and_none_twice(desk: Desk, dana: Session, key: Authenticator):
    asked_of = options(desk.post("/me/passkeys/options", dana))
    assert [one["id"] for one in asked_of["excludeCredentials"]] == [key.id]
    assert added(desk, dana, key).status_code == 422
    for _ in range(9):
        assert added(desk, dana, Authenticator(), "").status_code == 303
    assert desk.post("/me/passkeys/options", dana).status_code == 422
    assert "as many as anybody may" in desk.page("/me", dana).text


# Coming in.


def at_the_door(client: TestClient) -> tuple[dict[str, str], str]:
    """Return a stranger's cookie and the token of their form."""
    client.cookies.clear()
    page = client.get("/sign-in?next=/me")
    found = CSRF.search(page.text)
    assert found
    assert 'data-options="/sign-in/passkey/options"' in page.text
    cookie = f"handraise-visit={page.cookies['handraise-visit']}"
    client.cookies.clear()
    return {"Cookie": cookie}, found[1]


def knocked(client: TestClient, key: Authenticator, **more: Any) -> Any:
    headers, csrf = at_the_door(client)
    said = client.post("/sign-in/passkey/options", headers=headers, data={"csrf": csrf})
    assert (
        "allowCredentials" not in said.json()["publicKey"] or not options(said)["allowCredentials"]
    )
    given = key.get({**options(said), **more})
    form = {"csrf": csrf, "next": "/me", "credential": json.dumps(given)}
    return client.post("/sign-in/passkey", headers=headers, data=form)


def test_a_passkey_signs_in_without_a_name(client: TestClient, desk: Desk, key: Authenticator):
    answer = knocked(client, key)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    cookie = answer.cookies["handraise"]
    session = desk.operation.door.sessions.session(cookie)
    assert session is not None
    assert (session.person, session.way) == ("dana", "passkey")
    (kept,) = desk.operation.passkeys.of("dana")
    assert kept.uses == 1


def test_strangers_learn_nothing_from_what_does_not_sign_in(
    client: TestClient, desk: Desk, dana: Session, key: Authenticator
):
    stranger = knocked(client, Authenticator())
    wrong = knocked(client, key, challenge="AAAA")
    desk.post("/me/passkeys/remove", dana, id=key.id)
    removed = knocked(client, key)
    assert {one.status_code for one in (stranger, wrong, removed)} == {401}
    assert len({CSRF.sub("", one.text) for one in (stranger, wrong, removed)}) == 1
    assert "This passkey does not sign you in" in stranger.text


def test_what_another_browser_was_asked_signs_nobody_in(client: TestClient, key: Authenticator):
    headers, csrf = at_the_door(client)
    said = client.post("/sign-in/passkey/options", headers=headers, data={"csrf": csrf})
    given = json.dumps(key.get(options(said)))
    others, token = at_the_door(client)
    form = {"csrf": token, "credential": given}
    assert client.post("/sign-in/passkey", headers=others, data=form).status_code == 401
    form = {"csrf": csrf, "credential": given}
    assert client.post("/sign-in/passkey", headers=headers, data=form).status_code == 303
    assert client.post("/sign-in/passkey", headers=headers, data=form).status_code == 401


def test_a_counter_that_goes_back_is_refused_and_told(
    client: TestClient, desk: Desk, key: Authenticator
):
    key.uses = 7
    assert knocked(client, key).status_code == 303
    key.uses = 3
    assert knocked(client, key).status_code == 401
    told = [one for one in desk.operation.store.messages() if "may have been copied" in one.subject]
    assert {one.to for one in told} == {"dana", "priya"}
    assert happened(desk).count("passkey_refused") == 1
    key.uses = 8
    assert knocked(client, key).status_code == 303


def test_who_asks_too_often_is_told_how_long_to_wait(client: TestClient, desk: Desk) -> None:
    for _ in range(LIMITS["passkey"].address):
        desk.operation.limits.check("passkey", "testclient")
    headers, csrf = at_the_door(client)
    for path in ("/sign-in/passkey/options", "/sign-in/passkey"):
        refused = client.post(path, headers=headers, data={"csrf": csrf})
        assert refused.status_code == 429
        assert 0 < int(refused.headers["Retry-After"]) <= 600


def test_whoever_has_left_does_not_come_in(client: TestClient, desk: Desk, key: Authenticator):
    desk.operation.roster.deactivate("dana", "priya")
    assert knocked(client, key).status_code == 401


# Confirming.


def test_an_approval_leads_to_the_passkey_and_then_counts(
    desk: Desk, dana: Session, key: Authenticator
):
    stopped = desk.stop()
    page = desk.answer(stopped, dana, "approve")
    assert page.status_code == 200
    assert "Confirm with your passkey" in page.text
    assert "You approve: refund $40" in page.text or "You approve: refund 40" in page.text
    assert now(desk, stopped).state == "open"

    given = key.get(asked(desk, stopped, dana))
    assert sent(desk, stopped, dana, given).status_code == 303

    ended = now(desk, stopped)
    assert ended.outcome == "approved"
    assert ended.asks[0].answer is not None
    assert ended.asks[0].answer.confirmed_with == key.id
    assert "confirmed with a passkey" in desk.page(f"/escalations/{stopped.id}", dana).text
    assert desk.operation.record.verify().flaws == ()
    assert (
        desk.operation.record.check().is_sound if hasattr(desk.operation.record, "check") else True
    )


@pytest.mark.parametrize("kind", ["reject", "instruct", "take_over"])
def test_stopping_the_agent_takes_no_passkey(desk: Desk, kind: str):
    stopped, words = desk.stop(), {"reason": "no"}
    if kind == "instruct":
        words = {"instruction": "ask again"}
    assert desk.answer(stopped, desk.session("marc"), kind, **words).status_code == 303
    assert now(desk, stopped).state == "resolved"


def test_whoever_has_no_passkey_is_told_how_to_go_on(desk: Desk):
    stopped, marc = desk.stop(), desk.session("marc")
    page = desk.answer(stopped, marc, "approve").text
    assert "You have no passkey yet. Add one on your page" in page
    assert "to take it over needs none" in page
    refused = desk.post(f"/asks/{stopped.asks[0].id}/confirm", marc, **fields_of(stopped))
    assert (refused.status_code, "You have no passkey yet" in refused.text) == (422, True)


def test_a_drill_says_why_it_takes_a_passkey(desk: Desk):
    drill = desk.operation.drills.start("support-agent", "finance_lead", "priya")
    found = desk.operation.store.escalation(drill.escalation_id)
    assert found is not None
    page = desk.answer(found, desk.session("ines"), "approve").text
    why = "This is a drill of finance lead, and an action without a rating may come to finance lead"
    assert why in page
    assert "no rating in the routing table" not in page


def test_a_confirmation_counts_once_and_for_one_answer(
    desk: Desk, dana: Session, key: Authenticator, clock: ManualClock
):
    first, second = desk.stop(key="a"), desk.stop(key="b", proposal={"refund": 41})
    given = key.get(asked(desk, first, dana))
    changed = {"kind": "change", "proposal.refund": "30", "reason": "less"}
    for wrong in (
        sent(desk, second, dana, given),
        sent(desk, first, dana, given, **changed),
        sent(desk, first, dana, given, reason="another"),
        sent(desk, first, desk.session("dana"), given),
        sent(desk, first, desk.session("marc"), given),
    ):
        assert wrong.status_code == 403
        assert "Your answer was not sent." in wrong.text
    assert [now(desk, one).state for one in (first, second)] == ["open", "open"]
    late = key.get(asked(desk, second, dana))
    assert sent(desk, first, dana, given).status_code == 303
    assert sent(desk, first, dana, given).status_code == 409
    assert "passkey_refused" not in happened(desk)
    clock.advance(minutes=5)
    assert sent(desk, second, dana, late).status_code == 403
    assert now(desk, second).state == "open"


def test_what_is_signed_elsewhere_or_by_nobody_confirms_nothing(
    desk: Desk, dana: Session, key: Authenticator
):
    stopped = desk.stop()
    asked_of = asked(desk, stopped, dana)
    marc = Authenticator()
    added(desk, desk.session("marc"), marc)
    wrong = [marc.get(asked_of), Authenticator().get(asked_of)]
    for name, value in (("origin", "http://evil.example"), ("rp_id", "evil"), ("flags", PRESENT)):
        kept = getattr(key, name)
        setattr(key, name, value)
        wrong.append(key.get(asked_of))
        setattr(key, name, kept)
    forged = key.get(asked_of)
    forged["response"]["signature"] = marc.get(asked_of)["response"]["signature"]
    other_purpose = key.get(options(desk.post("/me/passkeys/options", dana)))
    for one in (*wrong, forged, other_purpose, {"id": key.id}, "nonsense"):
        assert sent(desk, stopped, dana, one).status_code == 403, one
    assert now(desk, stopped).state == "open"
    assert sent(desk, stopped, dana, key.get(asked_of)).status_code == 303


def test_a_proposal_that_moves_after_confirming_is_not_approved(
    desk: Desk, dana: Session, key: Authenticator
):
    stopped = desk.stop(proposal={"refund": 6200})
    ines = Authenticator()
    at_ines = desk.session("ines")
    added(desk, at_ines, ines)
    given = key.get(asked(desk, stopped, dana))
    finance = next(ask for ask in stopped.asks if ask.route == "finance_lead")
    words = {"kind": "change", "proposal.refund": "6000", "reason": "rounded"}
    form = fields_of(stopped, **words)
    path = f"/asks/{finance.id}"
    signed = ines.get(options(desk.post(f"{path}/confirm", at_ines, **form)))
    answer = desk.post(f"{path}/answer", at_ines, **form, credential=json.dumps(signed))
    assert answer.status_code == 303
    assert sent(desk, stopped, dana, given).status_code == 409
    assert now(desk, stopped).state == "open"


def test_the_api_says_what_to_sign_and_takes_it(
    client: TestClient, desk: Desk, dana: Session, key: Authenticator
):
    stopped = desk.stop()
    path = f"/api/v1/asks/{stopped.asks[0].id}/answer"
    body: dict[str, Any] = fields_of(stopped)
    refused = client.post(path, headers=dana, json=body)
    assert (refused.status_code, refused.json()["code"]) == (403, "confirmation_needed")
    assert client.post(path, headers=desk.session("marc"), json=body).json()["challenge"] is None
    given = key.get(refused.json()["challenge"])
    taken = client.post(path, headers=dana, json={**body, "confirmation": given})
    assert (taken.status_code, taken.json()["outcome"]) == (200, "approved")


def test_an_address_that_is_a_number_offers_none_and_says_why(tmp_path: Any, clock: ManualClock):
    path = tmp_path / "support.yaml"
    path.write_text(CONFIRMING)
    settings = Settings(base_url="http://127.0.0.1:8765", console=True, secret=SECRET)
    operation = assemble([path], settings, clock=clock)
    try:
        with TestClient(create_app(operation), base_url="http://127.0.0.1:8765") as client:
            assert "passkey/options" not in client.get("/sign-in").text
            client.cookies.clear()
            desk = Desk(operation, client)
            page = desk.page("/me", desk.session("dana")).text
            assert "this server is reached by a number, 127.0.0.1" in page
            assert "http://localhost:8765" in page
            assert desk.post("/me/passkeys/options", desk.session("dana")).status_code == 422
    finally:
        operation.close()
