"""The door: links that survive scanners, work once, and tell nobody who exists."""

import re

import pytest

from handraise.clock import ManualClock
from handraise.service.access.limits import LIMITS
from handraise.service.wiring import Operation
from tests.web.support import CSRF, Desk


def _token(text: str) -> str:
    found = CSRF.search(text)
    assert found is not None
    return found[1]


def _ask(desk: Desk, who: str, after: str = "/") -> str:
    csrf = _token(desk.client.get("/sign-in", params={"next": after}).text)
    answer = desk.client.post("/sign-in", data={"csrf": csrf, "who": who, "next": after})
    assert answer.status_code == 200
    return str(answer.text)


def _link(operation: Operation) -> str:
    # In the store the link has no secret; it gets it when it is sent.
    body = operation.door.unsealed(operation.store.messages()[0]).body
    found = re.search(r"http://testserver(/enter/\S+)", body)
    assert found is not None
    return found[1]


@pytest.mark.parametrize("who", ["dana", "dana@example.com", " DANA@example.com "])
def test_a_person_signs_in_with_a_link_and_a_button(who: str, desk: Desk) -> None:
    _ask(desk, who, "/table")
    door = desk.client.get(_link(desk.operation))
    assert "Continue as Dana Reyes" in door.text
    entered = desk.client.post(_link(desk.operation), data={"csrf": _token(door.text)})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/table")
    assert "Dana Reyes" in desk.client.get("/").text


def test_scanners_that_look_at_the_link_use_nothing_up(desk: Desk) -> None:
    _ask(desk, "dana")
    link = _link(desk.operation)
    for _ in range(5):
        looked = desk.client.get(link)
        assert (looked.status_code, desk.client.head(link).status_code) == (200, 200)
        assert not any(
            one.startswith("handraise=") for one in looked.headers.get_list("set-cookie")
        )
    assert desk.client.get("/").headers["Location"] == "/sign-in"
    assert desk.client.post(link, data={"csrf": _token(looked.text)}).status_code == 303


def test_a_link_works_once(desk: Desk) -> None:
    _ask(desk, "dana")
    link = _link(desk.operation)
    csrf = _token(desk.client.get(link).text)
    assert desk.client.post(link, data={"csrf": csrf}).status_code == 303
    desk.client.cookies.clear()
    again = desk.client.get(link)
    assert (again.status_code, "no longer works" in again.text) == (410, True)
    answer = desk.client.post(link, data={"csrf": _token(again.text)})
    assert answer.status_code == 410
    assert "Send me a link" in answer.text


def test_a_link_is_no_good_after_its_time(desk: Desk, clock: ManualClock) -> None:
    _ask(desk, "dana")
    csrf = _token(desk.client.get(_link(desk.operation)).text)
    clock.advance(hours=2)
    answer = desk.client.post(_link(desk.operation), data={"csrf": csrf})
    assert (answer.status_code, "no longer works" in answer.text) == (410, True)


def test_a_link_cannot_be_pushed_on_another_browser(desk: Desk) -> None:
    link = desk.operation.door.link("marc", "/").removeprefix("http://testserver")
    assert desk.client.post(link).status_code == 403
    assert desk.client.post(link, data={"csrf": "x"}).status_code == 403


def test_nobody_learns_who_exists(desk: Desk) -> None:
    known, unknown = _ask(desk, "dana"), _ask(desk, "nobody@example.com")
    assert known == unknown
    assert "printed on the server" in known
    assert len(desk.operation.store.messages()) == 1


@pytest.mark.parametrize("who", ["", "   ", "x" * 300])
def test_an_empty_name_is_asked_for_again(who: str, desk: Desk) -> None:
    csrf = _token(desk.client.get("/sign-in").text)
    answer = desk.client.post("/sign-in", data={"csrf": csrf, "who": who, "next": "/table"})
    assert (answer.status_code, "Please give" in answer.text) == (422, True)
    assert 'value="/table"' in answer.text


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_link_never_leads_elsewhere(after: str, desk: Desk) -> None:
    _ask(desk, "dana", after)
    csrf = _token(desk.client.get(_link(desk.operation)).text)
    entered = desk.client.post(_link(desk.operation), data={"csrf": csrf})
    assert entered.headers["Location"] == "/"


def test_the_way_to_the_page_is_remembered(desk: Desk) -> None:
    escalation = desk.stop()
    answer = desk.client.get(f"/escalations/{escalation.id}")
    assert answer.headers["Location"] == f"/sign-in?next=%2Fescalations%2F{escalation.id}"
    assert (
        f'value="/escalations/{escalation.id}"' in desk.client.get(answer.headers["Location"]).text
    )


def test_who_is_signed_in_is_sent_on(desk: Desk) -> None:
    session = desk.session("dana")
    answer = desk.page("/sign-in?next=/table", session)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/table")


def test_signing_out_ends_the_session(desk: Desk) -> None:
    session = desk.session("dana")
    assert desk.post("/sign-out", session).headers["Location"] == "/sign-in"
    assert desk.page("/", session).headers["Location"] == "/sign-in"


def test_a_session_ends_by_itself(desk: Desk, clock: ManualClock) -> None:
    session = desk.session("dana")
    clock.advance(days=40)
    assert desk.page("/", session).headers["Location"] == "/sign-in"


def test_an_answer_after_the_session_has_ended_leads_back_to_the_page(desk: Desk) -> None:
    answer = desk.client.post("/asks/x.1/answer", data={"next": "/escalations/x"})
    assert answer.headers["Location"] == "/sign-in?next=%2Fescalations%2Fx"


def test_it_is_said_how_many_links_are_sent(desk: Desk) -> None:
    for _ in range(6):
        said = _ask(desk, "dana")
        assert "No more than 5 links go to one person in 30 minutes" in said
        assert said == _ask(desk, "nobody"), "nobody is told who exists"
    sent = [one for one in desk.operation.store.messages(to="dana") if one.kind == "sign_in"]
    assert len(sent) == 5


# Coming in again, and where one is signed in.


def test_signing_in_again_ends_the_session_this_browser_had(desk: Desk) -> None:
    first = desk.session("dana")
    path = desk.operation.door.link("dana", "/").removeprefix("http://testserver")
    door = desk.client.get(path, headers={"Cookie": first["Cookie"]})
    visit = door.headers["set-cookie"].partition(";")[0]
    entered = desk.client.post(
        path, headers={"Cookie": f"{first['Cookie']}; {visit}"}, data={"csrf": _token(door.text)}
    )
    assert entered.status_code == 303
    fresh = next(
        one for one in entered.headers.get_list("set-cookie") if one.startswith("handraise=hrs_")
    )
    assert fresh.partition(";")[0] != first["Cookie"]
    desk.client.cookies.clear()
    assert desk.page("/", first).headers["Location"] == "/sign-in"


def test_a_session_that_is_not_used_ends(desk: Desk, clock: ManualClock) -> None:
    session = desk.session("dana")
    for _ in range(3):
        clock.advance(minutes=119)
        assert desk.page("/me", session).status_code == 200
    clock.advance(hours=2)
    assert desk.page("/me", session).headers["Location"] == "/sign-in?next=%2Fme"


def test_one_sees_where_one_is_signed_in_and_ends_it(desk: Desk) -> None:
    mine, other, third = (desk.session("dana") for _ in range(3))
    theirs = desk.session("marc")
    text = desk.page("/me", mine).text
    assert text.count('action="/me/sessions/end"') == 2
    ids = re.findall(r'name="id" value="([0-9a-f]{64})"', text)
    kept = {one.id for one in desk.operation.door.sessions.all("dana")}
    assert set(ids) < kept
    theirs_id = desk.operation.door.sessions.all("marc")[0].id
    assert desk.post("/me/sessions/end", mine, id=theirs_id).status_code == 404
    assert desk.page("/me", theirs).status_code == 200
    assert desk.post("/me/sessions/end", mine, id=ids[0]).status_code == 303
    assert len(desk.operation.door.sessions.all("dana")) == 2
    ended = desk.post("/me/sessions/end-others", mine)
    assert ended.headers["Location"] == "/me?done=alone#sessions"
    assert desk.page("/me", mine).status_code == 200
    assert {desk.page("/me", one).status_code for one in (other, third)} == {303}


def test_the_owner_signs_somebody_out_everywhere_and_nobody_else_does(desk: Desk) -> None:
    dana, marc, priya = (desk.session(one) for one in ("dana", "marc", "priya"))
    link = desk.operation.door.link("dana").rsplit("/", 1)[1]
    assert desk.post("/people/dana/sign-out", marc).status_code == 403
    assert desk.page("/me", dana).status_code == 200
    done = desk.post("/people/dana/sign-out", priya)
    assert done.headers["Location"] == "/people/dana?done=signed-out"
    assert desk.page("/me", dana).status_code == 303
    assert desk.operation.door.peek(link) is None
    assert desk.post("/people/nobody/sign-out", priya).status_code == 404


# Too often.


def test_who_tries_too_often_waits_and_learns_nothing(desk: Desk, clock: ManualClock) -> None:
    session = desk.session("dana")
    link = desk.operation.door.link("marc").removeprefix("http://testserver")
    csrf = _token(desk.client.get("/sign-in").text)

    def ask(who: str) -> int:
        sent = desk.client.post("/sign-in", data={"csrf": csrf, "who": who, "next": "/"})
        return int(sent.status_code)

    limits, most = desk.operation.limits, LIMITS["link"]
    for who in ("dana", "nobody"):
        assert ask(who) == 200
        for n in range(most.name - 1):
            limits.check("link", f"192.0.2.{n}", who)
        assert ask(who) == 429, "the same for who is here and who is not"
    assert ask("ines") == 200, "another name is another window"
    for _ in range(most.address - 5):
        limits.check("link", "testclient")
    refused = desk.client.post("/sign-in", data={"csrf": csrf, "who": "ines", "next": "/"})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    assert "tried too often" in refused.text
    assert desk.page("/me", session).status_code == 200, "a session goes on"
    assert desk.client.get(link).status_code == 200, "a link works"
    clock.advance(minutes=10)
    assert ask("dana") == 200


def test_links_and_codes_that_are_none_are_counted_and_real_ones_work(desk: Desk) -> None:
    link = desk.operation.door.link("marc").removeprefix("http://testserver")
    for path, kind in (("/enter/guess", "entering"), ("/verify/guess", "code")):
        most = LIMITS[kind].address  # type: ignore[index]
        answers = [desk.client.get(path).status_code for _ in range(most + 1)]
        assert answers == [410] * most + [429]
    door = desk.client.get(link)
    assert desk.client.post(link, data={"csrf": _token(door.text)}).status_code == 303
