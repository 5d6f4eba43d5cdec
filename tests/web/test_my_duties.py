"""My duties, the team, and the link that verifies a contact."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from handraise.clock import ManualClock
from handraise.model import ContactPlan, ContactStep
from handraise.service.wiring import Operation
from handraise.web.pages.views.me import read_local
from tests.support.signed import sign
from tests.web.support import Desk
from tests.web.test_movement_pages import text_of

SLACK = "slack://AAAA/BBBB/secretsecret/"


def me(desk: Desk, person: str) -> str:
    """Return the words of somebody's own page."""
    page = desk.page("/me", desk.session(person))
    assert page.status_code == 200
    return text_of(page.text)


def team(desk: Desk, person: str) -> str:
    page = desk.page("/people", desk.session(person))
    assert page.status_code == 200
    return text_of(page.text)


def change_table(desk: Desk, old: str, new: str) -> None:
    """Put a new version of the support agent's table in force."""
    sign(desk.operation, draft_table(desk, old, new))


def draft_table(desk: Desk, old: str, new: str) -> Path:
    """Let a new version of the support agent's table wait; return its file."""
    path = next(path for path in desk.operation.opened if path.name == "support.yaml")
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))
    desk.operation.open(path)
    return path


def code_of(operation: Operation, person: str) -> str:
    """Return the code that the newest message to somebody carries, as it goes out."""
    messages = operation.store.messages(to=person)
    newest = max((one for one in messages if one.kind == "verify"), key=lambda one: one.id)
    sent = operation.door.unsealed(newest)
    found = re.search(r"/verify/(\S+)", sent.body)
    assert found, sent.body
    return found.group(1)


def new_contact(desk: Desk, contact: str = "mailto:new@example.com") -> None:
    change_table(desk, "mailto:dana@example.com", contact)


def test_what_i_am_asked_is_said_in_plain_words(desk: Desk) -> None:
    seen = me(desk, "dana")
    assert "For support-agent accepted" in seen
    assert "You are first of 2 on support_supervisor: take it within 15m, decide within 4h." in seen
    assert "confidence is below 0.72" in seen
    assert "America/New_York" in seen
    assert "no limit" in seen


def test_a_changed_duty_shows_what_is_new_and_what_is_gone_and_is_accepted(desk: Desk) -> None:
    change_table(desk, "below: 0.72", "below: 0.8")
    dana = desk.session("dana")
    html = desk.page("/me", dana).text
    seen = text_of(html)
    assert "not asked yet" in seen
    assert "its confidence is below 0.8. new" in seen
    assert "its confidence is below 0.72. no longer" in seen
    assert 'id="waiting-me">1<' in html
    digest = re.search(r'name="digest" value="([^"]+)"', html)
    assert digest
    fields = {"agent": "support-agent", "digest": digest[1], "answer": "accept"}
    done = desk.post("/me/duty", dana, **fields)
    assert (done.status_code, done.headers["Location"]) == (303, "/me?done=accepted")
    html = desk.page("/me?done=accepted", dana).text
    assert "You have accepted this duty" in html
    assert "You accepted this just now" in text_of(html)
    assert 'id="waiting-me" hidden' in html


def test_declining_needs_a_word_and_moves_what_i_have(desk: Desk) -> None:
    desk.operation.roster.on_change = desk.operation.mover.move_from
    escalation = desk.stop()
    dana = desk.session("dana")
    duty = desk.operation.roster.duties("dana")[0]
    fields = {"agent": duty.agent, "digest": duty.digest, "answer": "decline"}
    silent = desk.post("/me/duty", dana, **fields, note=" ")
    assert silent.status_code == 422
    assert "Say why, in a few words. The owner reads it." in unescape(silent.text)
    done = desk.post("/me/duty", dana, **fields, note="I left <support>")
    assert done.status_code == 303
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.asks[0].holder == "marc"
    assert "You declined this just now" in me(desk, "dana")
    assert "I left <support>" in me(desk, "dana")
    assert "Dana Reyes declined Dana Reyes has declined this duty." in team(desk, "ines")


def test_a_duty_that_changed_while_i_was_reading_is_not_answered(desk: Desk) -> None:
    dana = desk.session("dana")
    fields = {"agent": "support-agent", "digest": "old", "answer": "accept"}
    answer = desk.post("/me/duty", dana, **fields)
    assert answer.status_code == 422
    assert "Your duty has changed since you were shown it. Look at it again." in answer.text


def test_being_away_is_said_in_local_times_and_moves_what_i_have(desk: Desk) -> None:
    desk.operation.roster.on_change = desk.operation.mover.move_from
    escalation = desk.stop()
    dana = desk.session("dana")
    done = desk.post("/me/away", dana, **{"from": "", "to": "2026-11-30T09:00", "note": "holiday"})
    assert (done.status_code, done.headers["Location"]) == (303, "/me?done=away")
    (absence,) = desk.operation.roster.absences("dana")
    assert absence.ends_at is not None
    assert absence.ends_at.isoformat().startswith("2026-11-30T14:00")
    seen = text_of(desk.page("/me?done=away", dana).text)
    assert "You are away" in seen
    assert "Away since today 14:50 until Mon 30 Nov, 09:00: holiday" in seen
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.asks[0].holder == "marc"
    seen = team(desk, "priya")
    assert "Dana Reyes is away until Mon 30 Nov, 09:00 (America/New_York)." in seen
    assert desk.post("/me/back", dana).headers["Location"] == "/me?done=back"
    assert desk.operation.roster.absences("dana") == []
    twice = desk.post("/me/back", dana)
    assert (twice.status_code, "not away" in twice.text) == (422, True)


def test_a_planned_absence_can_be_taken_back(desk: Desk) -> None:
    dana = desk.session("dana")
    times = {"from": "2026-11-25 09:00", "to": "2026-11-26 09:00"}
    assert desk.post("/me/away", dana, **times).status_code == 303
    seen = me(desk, "dana")
    assert "Away from Wed 25 Nov, 09:00 until Thu 26 Nov, 09:00" in seen
    assert "Take this back" in seen
    assert desk.post("/me/back", dana, planned="yes").headers["Location"] == "/me?done=stay"
    assert desk.operation.roster.absences("dana") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"from": "tomorrow"}, '"tomorrow" is no date and time; write it as 2026-11-30 09:00.'),
        ({"to": "2026-11-30T09:00+05:00"}, "is no date and time"),
        ({"from": "2026-11-30T09:00", "to": "2026-11-29T09:00"}, "ends before it starts"),
        ({"from": "2026-10-01T09:00", "to": "2026-11-01T09:00"}, "over already"),
        ({"from": "9999-12-31T23:30"}, "More than two years from now"),
        ({"from": "0001-01-01T00:00"}, "More than two years from now"),
        ({"to": "9999-12-31T23:59"}, "More than two years from now"),
        ({"note": "n" * 2001}, "Longer than 2,000 characters"),
    ],
)
def test_a_time_that_cannot_be_is_said_and_nothing_typed_is_lost(
    fields: dict[str, str], said: str, desk: Desk
) -> None:
    typed = {"from": "", "to": "", "note": "<holiday>", **fields}
    answer = desk.post("/me/away", desk.session("dana"), **typed)
    assert answer.status_code == 422
    page = unescape(answer.text)
    assert said in page or said.capitalize() in page
    assert all(value in page for value in typed.values())
    assert desk.operation.roster.absences("dana") == []


def test_a_local_time_is_taken_in_the_zone_of_the_person() -> None:
    zone = ZoneInfo("Europe/Lisbon")
    found = read_local("2026-06-29T01:30", zone)
    assert found is not None
    assert found.isoformat() == "2026-06-29T00:30:00+00:00"
    twice = read_local("2026-10-25T01:30", zone)  # comes twice: the first
    assert twice is not None
    assert twice.isoformat() == "2026-10-25T00:30:00+00:00"
    assert read_local(" ", zone) is None


@pytest.mark.parametrize(("who", "path"), [("ines", "/me/away"), ("priya", "/people/ines/away")])
def test_an_absence_in_the_night_in_which_the_clocks_are_set_forward(
    who: str, path: str, desk: Desk, clock: ManualClock
) -> None:
    clock.set(datetime(2027, 3, 20, tzinfo=UTC))
    there = desk.session(who)
    for times in (("01:30", "02:15"), ("00:30", "01:15")):  # 01:00 to 02:00 is left out
        typed = {name: f"2027-03-28T{at}" for name, at in zip(("from", "to"), times, strict=True)}
        answer = desk.post(path, there, **typed)
        assert answer.status_code == 422
        seen = text_of(answer.text)
        assert "does not exist in Europe/Lisbon: the clocks are set forward then" in seen
    assert desk.operation.roster.absences("ines") == []
    typed = {"from": "2027-03-28T00:59", "to": "2027-03-28T02:00"}
    assert desk.post(path, there, **typed).status_code == 303
    (kept,) = desk.operation.roster.absences("ines")
    assert kept.ends_at == kept.starts_at + timedelta(minutes=1)


def test_a_contact_counts_after_the_code_that_came_through_it(desk: Desk) -> None:
    new_contact(desk)
    dana = desk.session("dana")
    seen = me(desk, "dana")
    assert "None of your contacts is verified yet: questions pass you by." in seen
    assert "questions pass you by" in desk.page("/", dana).text
    assert desk.post("/me/codes", dana).headers["Location"] == "/me?done=asked"
    assert "A code was sent just now" in me(desk, "dana")
    code = code_of(desk.operation, "dana")
    typed = desk.post("/me/verify", dana, code=code)
    assert typed.status_code == 200
    assert "new@example.com is verified: questions may come that way now." in text_of(typed.text)
    assert "None of your contacts" not in me(desk, "dana")
    assert desk.post("/me/codes", dana).headers["Location"] == "/me?done=none"
    again = desk.post("/me/verify", dana, code=code)
    assert again.status_code == 422
    assert "This code does not work (any more)." in again.text


def test_nobody_uses_the_code_of_somebody_else(desk: Desk) -> None:
    new_contact(desk)
    desk.operation.roster.invite("dana", again=True)
    code = code_of(desk.operation, "dana")
    answer = desk.post("/me/verify", desk.session("marc"), code=code)
    assert answer.status_code == 422
    assert "This code was meant for somebody else." in answer.text
    assert desk.operation.roster.peek(code) is not None


def visit(desk: Desk) -> dict[str, str]:
    """Return the session of somebody who is not signed in."""
    return {"Cookie": "handraise-visit=v", "X-CSRF-Token": desk.operation.door.csrf("v")}


def test_looking_at_a_link_verifies_nothing_and_its_button_does_once(desk: Desk) -> None:
    new_contact(desk)
    desk.operation.roster.invite("dana", again=True)
    path = f"/verify/{code_of(desk.operation, 'dana')}"
    for _ in range(2):
        shown = desk.page(path, visit(desk))
        assert shown.status_code == 200
        assert "This link came to new@example.com, which is meant to reach Dana Reyes." in text_of(
            shown.text
        )
    assert not desk.operation.roster.contacts("dana")[0].is_verified
    assert desk.client.post(path, data={"csrf": "forged"}).status_code == 403
    assert not desk.operation.roster.contacts("dana")[0].is_verified
    done = desk.post(path, visit(desk))
    assert "new@example.com is verified" in text_of(done.text)
    assert 'href="/me"' in done.text
    assert "handraise=" not in done.headers.get("Set-Cookie", "")  # signs nobody in
    assert desk.operation.roster.contacts("dana")[0].is_verified
    for answer in (desk.page(path, visit(desk)), desk.post(path, visit(desk))):
        assert (answer.status_code, "no longer works" in answer.text) == (410, True)


def test_a_contact_that_fails_says_so_and_no_secret_is_shown(
    desk: Desk, clock: ManualClock
) -> None:
    change_table(desk, 'contact: "mailto:dana@example.com"', f'contact: ["{SLACK}"]')
    desk.operation.store.contact_failed("dana", SLACK, "invalid_auth <b>", clock.now())
    html = desk.page("/me", desk.session("dana")).text
    assert "It has taken no message since today 14:50: invalid_auth <b>" in text_of(html)
    assert "secretsecret" not in html
    others = desk.page("/people", desk.session("ines")).text
    assert "0 of 1 verified, 1 failing" in others
    for secret in ("slack", "dana@example.com", "invalid_auth"):
        assert secret not in others


def with_two_contacts(desk: Desk) -> None:
    two = f'contact: ["mailto:dana@example.com", "{SLACK}"]'
    change_table(desk, 'contact: "mailto:dana@example.com"', two)


def keys(html: str) -> dict[str, str]:
    """Return by its name what each contact is called in the form."""
    return {name: key for key, name in re.findall(r'value="([0-9a-f]{16})"[^>]*>([^<]+)<', html)}


def test_the_first_contact_and_the_next_are_chosen_by_urgency(
    desk: Desk, clock: ManualClock
) -> None:
    with_two_contacts(desk)
    dana = desk.session("dana")
    html = desk.page("/me", dana).text
    assert "As the table has them" in html
    names = keys(html)
    fields = {
        "urgency": "urgent",
        "contact.0": names["slack://..."],
        "minutes.1": "2.5",
        "contact.1": names["dana@example.com"],
    }
    assert desk.post("/me/plan", dana, **fields).headers["Location"] == "/me?done=plan"
    steps = (ContactStep(SLACK, 0.0), ContactStep("mailto:dana@example.com", 150.0))
    plan = ContactPlan(person="dana", urgency="urgent", steps=steps, at=clock.now())
    assert desk.operation.roster.plans("dana") == [plan]
    assert "First slack://..., 2.5 minutes later dana@example.com;" in me(desk, "dana")
    drop = {"urgency": "urgent", "drop": "yes"}
    assert desk.post("/me/plan", dana, **drop).status_code == 303
    assert desk.operation.roster.plans("dana") == []


@pytest.mark.parametrize("minutes", ["soon", "-1", "1441", "nan"])
def test_a_wait_that_cannot_be_is_refused(minutes: str, desk: Desk) -> None:
    with_two_contacts(desk)
    dana = desk.session("dana")
    key = keys(desk.page("/me", dana).text)["slack://..."]
    fields = {"urgency": "normal", "contact.0": key, "minutes.1": minutes, "contact.1": key}
    answer = desk.post("/me/plan", dana, **fields)
    assert answer.status_code == 422
    assert f'"{minutes}" is no number of minutes from 0 to 1,440.' in unescape(answer.text)
    assert desk.operation.roster.plans("dana") == []


def test_the_team_shows_who_is_asked_in_which_order_and_how_they_stand(desk: Desk) -> None:
    desk.stop()
    seen = team(desk, "ines")
    order = seen.partition("support supervisor")[2]
    assert order.index("Dana Reyes") < order.index("Marc Oyelaran")
    assert "pick up within 15m, decide within 4h" in seen
    card = seen.partition("Dana Reyes there")[2].partition("Ines Duarte")[0]
    assert "asked for support supervisor, first of 2" in card
    assert "duty accepted" in card
    assert "1 of 1 verified" in card
    assert "load 1 open ask" in card
    assert "order-agent" not in seen  # ines is not on that table
    assert "See to" not in seen
    assert "order-agent" in team(desk, "priya")


def test_the_owner_sees_to_others(desk: Desk) -> None:
    desk.operation.roster.on_change = desk.operation.mover.move_from
    escalation = desk.stop()
    priya = desk.session("priya")
    away = {"from": "", "to": "2026-11-30T09:00", "note": "ill"}
    done = desk.post("/people/dana/away", priya, **away)
    assert done.headers["Location"] == "/people/dana?done=away"
    (absence,) = desk.operation.roster.absences("dana")
    assert (absence.by, str(absence.ends_at)) == ("priya", "2026-11-30 14:00:00+00:00")
    assert "(set by Priya Raman)" in me(desk, "dana")
    assert desk.post("/people/dana/back", priya).status_code == 303
    assert desk.post("/people/marc/deactivate", priya, reason="left").status_code == 303
    assert "Marc Oyelaran has left" in team(desk, "ines")
    twice = desk.post("/people/marc/deactivate", priya)
    assert (twice.status_code, "has left already" in twice.text) == (422, True)
    kept = desk.operation.store.escalation(escalation.id)
    assert kept is not None
    assert kept.asks[0].holder == "priya"  # marc had it after dana
    assert desk.post("/people/marc/activate", priya).status_code == 303
    assert "Marc Oyelaran there" in team(desk, "ines")
    new_contact(desk)
    assert desk.post("/people/dana/invite", priya).headers["Location"] == "/people/dana?done=asked"
    assert code_of(desk.operation, "dana")
    assert "A code is on its way" in desk.page("/people/dana?done=asked", priya).text


@pytest.mark.parametrize("verb", ["away", "back", "deactivate", "activate", "invite"])
def test_only_an_owner_sees_to_others(verb: str, desk: Desk) -> None:
    marc = desk.session("marc")
    assert desk.post(f"/people/dana/{verb}", marc).status_code == 403
    assert desk.post(f"/people/olga/{verb}", marc).status_code == 403
    assert desk.operation.roster.absences() == []
    forged = {**desk.session("priya"), "X-CSRF-Token": "forged"}
    assert desk.post(f"/people/dana/{verb}", forged).status_code == 403
    nobody = desk.post(f"/people/nobody/{verb}", desk.session("priya"))
    assert nobody.status_code in {403, 404}


def test_the_owner_cannot_be_deactivated(desk: Desk) -> None:
    priya = desk.session("priya")
    assert "Deactivate Marc Oyelaran" in desk.page("/people/marc", priya).text
    assert "Deactivate Priya Raman" not in desk.page("/people/priya", priya).text
    answer = desk.post("/people/priya/deactivate", priya)
    assert answer.status_code == 422
    assert "name another owner" in answer.text.lower()


def test_who_is_there_for_one_agent_and_not_for_another_is_said_so(desk: Desk) -> None:
    duty = next(one for one in desk.operation.roster.duties("priya") if one.agent == "order-agent")
    desk.operation.roster.decline("order-agent", "priya", duty.digest, "too much")
    seen = team(desk, "priya")
    assert "Priya Raman you partly there" in seen
    assert "Priya Raman has declined this duty. This is so for order-agent only." in seen
    assert "order-agent: declined support-agent: accepted" in seen


def test_an_owner_who_goes_away_is_told_what_comes_to_them_all_the_same(desk: Desk) -> None:
    assert "Only what nobody else can take is put to you meanwhile" in me(desk, "priya")
    assert "Nothing is put to you meanwhile" in me(desk, "dana")


def test_each_code_that_is_said_to_be_sent_is_sent(desk: Desk) -> None:
    new_contact(desk)
    dana = desk.session("dana")
    for number in (1, 2, 3):
        assert desk.post("/me/codes", dana).headers["Location"] == "/me?done=asked"
        sent = [one for one in desk.operation.store.messages(to="dana") if one.kind == "verify"]
        assert len(sent) == number
    assert "A code was sent just now" in me(desk, "dana")


def test_what_a_version_that_waits_would_ask_is_marked_as_such(desk: Desk) -> None:
    path = next(path for path in desk.operation.opened if path.name == "support.yaml")
    path.write_text(path.read_text().replace("below: 0.72", "below: 0.9"))
    desk.operation.open(path)
    assert me(desk, "dana").count("what a new version of its table would ask") == 1
    assert "new version" not in me(desk, "ines"), "nothing changes for her"
