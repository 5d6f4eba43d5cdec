"""The house: where one can go, the table and its versions, keys, walls, drills, the system."""

from __future__ import annotations

import re

import pytest

from handraise.clock import ManualClock
from handraise.model import OWNER
from tests.web.support import UNSURE, Desk

SHOWN = re.compile(r'<code class="whole" tabindex="0">([^<]+)</code>')
AGENT = "support-agent"


def words(html: str) -> str:
    """Return what a reader of a page sees."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


def waiting_version(desk: Desk, old: str, new: str) -> str:
    """Open a changed table; return the version that waits."""
    path = next(path for path, agent in desk.operation.opened.items() if agent == AGENT)
    path.write_text(path.read_text().replace(old, new))
    desk.operation.open(path)
    return desk.operation.shelf.newest(AGENT).version


def test_five_parts_lead_to_every_page_the_reader_may_see(desk: Desk) -> None:
    main = re.compile(r'<nav class="house".*?</nav>', re.DOTALL)
    tabs = re.compile(r'<nav class="tabs".*?</nav>', re.DOTALL)
    hrefs = re.compile(r'href="([^"]+)"')
    for person, team in (
        ("dana", ["/people", "/drills"]),
        ("priya", ["/people", "/drills", "/keys", "/system"]),
    ):
        session = desk.session(person)
        page = desk.page("/people", session).text
        found = main.search(page), tabs.search(page)
        assert found[0] is not None
        assert found[1] is not None
        assert hrefs.findall(found[0][0]) == ["/", "/watch", "/table", "/people", "/me"]
        assert hrefs.findall(found[1][0]) == team
        for path in team:
            assert desk.page(path, session).status_code == 200
    assert tabs.search(desk.page("/me", desk.session("dana")).text) is None


def test_the_table_says_who_would_be_asked_now_and_the_next_question_goes_there(
    desk: Desk, clock: ManualClock
) -> None:
    desk.operation.roster.away("dana", clock.now(), None, "", "dana")
    page = words(desk.page(f"/table/{AGENT}", desk.session("ines")).text)
    assert "support supervisor take it within 15m, decide within 4h Marc Oyelaran" in page
    assert "Dana Reyes is away" in page
    assert desk.stop().asks[0].holder == "marc"
    desk.operation.roster.away("marc", clock.now(), None, "", "marc")
    page = words(desk.page(f"/table/{AGENT}", desk.session("ines")).text)
    assert "Nobody of this route can be asked now: it goes to the owner." in page
    assert desk.stop(case="another").asks[0].holder == "priya"


def test_versions_say_what_became_of_them_and_what_one_changes(desk: Desk) -> None:
    old = desk.operation.shelf.current(AGENT).version
    new = waiting_version(desk, "below: 0.72", "below: 0.8")
    session = desk.session("dana")
    listed = words(desk.page(f"/versions?agent={AGENT}", session).text)
    assert f"{new} waits for a signature" in listed
    assert f"{old} in force" in listed
    assert "Signed by Priya Raman" in listed
    compared = words(desk.page(f"/versions?agent={AGENT}&old={old}&new={new}", session).text)
    assert "row confidence.1 its confidence is below 0.72 its confidence is below 0.8" in compared
    same = words(desk.page(f"/versions?agent={AGENT}&old={old}&new={old}", session).text)
    assert "They mean the same." in same
    shown = words(desk.page(f"/table/{AGENT}/{new}", session).text)
    assert "An earlier or later version" in shown
    in_force = words(desk.page(f"/table/{AGENT}/{old}", session).text)
    assert "Signed by" in in_force
    assert "Not live yet" not in in_force
    assert "its confidence is below 0.8" in shown
    assert desk.page(f"/versions?agent={AGENT}&old={old}&new=none", session).status_code == 404
    assert desk.page(f"/table/{AGENT}/none", session).status_code == 404
    assert desk.page("/versions?agent=order-agent", session).status_code == 404


def test_versions_that_differ_are_never_said_to_mean_the_same(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = desk.operation.shelf.current(AGENT).version
    new = waiting_version(desk, "name: Dana Reyes", 'name: "Dana Reyes\\u200b"')
    session = desk.session("dana")
    path = f"/versions?agent={AGENT}&old={old}&new={new}"
    shown = words(desk.page(path, session).text)
    assert "Dana Reyes[U+200B]" in shown
    assert "They mean the same." not in shown
    monkeypatch.setattr("handraise.service.backtesting.changes._parts", lambda *_: ())
    shown = words(desk.page(path, session).text)
    assert "They differ in something that is not told here: look at the texts." in shown
    assert "They mean the same." not in shown


def test_a_keys_secret_is_shown_once_and_works_until_it_is_revoked(desk: Desk) -> None:
    session = desk.session("priya")
    made = desk.post("/keys", session, agent=AGENT, label="the shop", may="decide")
    assert made.headers["Cache-Control"] == "no-store"
    found = SHOWN.search(made.text)
    assert found is not None
    decided = {"type": UNSURE["type"], "action": UNSURE["action"], "confidence": 0.99}
    headers = {"Authorization": f"Bearer {found[1]}"}
    assert desk.client.post("/api/v1/decisions", headers=headers, json=decided).status_code == 200
    listed = desk.page("/keys", session).text
    assert found[1] not in listed
    (key,) = [one for one in desk.operation.store.agent_keys() if one.label == "the shop"]
    gone = desk.post(f"/keys/{key.id}/revoke", session)
    assert gone.headers["location"] == "/keys?done=revoked"
    assert "Revoked (1)" in words(desk.page("/keys", session).text)
    assert desk.client.post("/api/v1/decisions", headers=headers, json=decided).status_code == 401


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/keys", {"agent": AGENT, "label": "x"}),
        ("/walls", {"label": "x", f"agent.{AGENT}": "yes"}),
        ("/drills", {"route": f"{AGENT}/finance_lead"}),
    ],
)
def test_only_an_owner_makes_anything_of_an_agent(
    desk: Desk, path: str, fields: dict[str, str]
) -> None:
    refused = desk.post(path, desk.session("dana"), **fields)
    assert refused.status_code == 403
    _, secret = desk.operation.door.make_key(AGENT, "own")
    key = secret.rpartition(".")[2]
    wall, _ = desk.operation.walls.make("lobby", "priya")
    assert desk.post(f"/keys/{key}/revoke", desk.session("dana")).status_code == 403
    assert desk.post(f"/walls/{wall.id}/end", desk.session("dana")).status_code == 404
    assert desk.page("/keys", desk.session("dana")).status_code == 403
    assert desk.page("/system", desk.session("dana")).status_code == 403
    assert desk.client.post(path, data=fields).status_code in {303, 403}
    assert desk.operation.store.drills() == []


def test_what_is_missing_in_a_form_is_said_and_nothing_is_made(desk: Desk) -> None:
    session = desk.session("priya")
    for path, fields, says in (
        ("/keys", {"agent": AGENT, "label": " "}, "Expected 1 to 100 characters"),
        ("/keys", {"agent": AGENT, "label": "x", "may": "all"}, "There is no key for"),
        ("/walls", {"label": "lobby"}, "Name at least one agent"),
        ("/drills", {"route": f"{AGENT}/finance_lead", "person": "dana"}, "is not on the route"),
    ):
        refused = desk.post(path, session, **fields)
        assert refused.status_code in {400, 422}
        assert says in words(refused.text).replace("&#34;", '"')
    assert desk.post("/keys/none/revoke", session).status_code == 404
    assert desk.operation.store.walls() == []


def test_an_owner_starts_a_drill_and_everybody_sees_what_comes_of_it(
    desk: Desk, clock: ManualClock
) -> None:
    started = desk.post("/drills", desk.session("priya"), route=f"{AGENT}/finance_lead", person="")
    assert started.headers["location"] == "/drills?done=started"
    (drill,) = desk.operation.store.drills()
    assert (drill.by, drill.person) == ("priya", "ines")
    assert "Under way Finance lead" in words(desk.page("/drills", desk.session("dana")).text)
    desk.operation.worker.tick()
    clock.advance(minutes=2)
    escalation = desk.operation.store.escalation(drill.escalation_id)
    assert escalation is not None
    desk.operation.desk.answer(
        escalation.asks[0].id, "ines", kind="approve", digest=escalation.proposal_digest
    )
    desk.operation.worker.tick()
    page = words(desk.page("/drills", desk.session("dana")).text)
    assert "the path works" in page
    assert "answered by Ines Duarte after 2 minutes" in page


def test_a_wall_shows_counts_and_nothing_of_anybody(desk: Desk, clock: ManualClock) -> None:
    escalation = desk.stop(text="my secret words", case="ticket-991")
    desk.operation.worker.tick()
    made = desk.post("/walls", desk.session("priya"), label="lobby", **{f"agent.{AGENT}": "yes"})
    found = SHOWN.search(made.text)
    assert found is not None
    path = found[1].removeprefix("http://testserver")
    desk.client.cookies.clear()
    page = desk.client.get(path)
    assert page.status_code == 200
    assert "frame-ancestors 'none'" in page.headers["Content-Security-Policy"]
    assert "1 open question, no ask overdue." in words(page.text)
    people = [person.name for person in desk.operation.shelf.people().values()]
    hidden = ("secret words", "ticket-991", "refund", escalation.id, "href=", *people)
    assert [word for word in hidden if word in page.text.partition("<main")[2]] == []
    clock.advance(hours=1)
    assert "no worker has completed a cycle for" in words(desk.client.get(path).text).lower()
    desk.operation.store.heartbeat("worker", clock.now())
    desk.operation.store.heartbeat("post", clock.now())
    assert "1 ask overdue now." in words(desk.client.get(path).text)
    assert 'class="column wall dark"' in desk.client.get(f"{path}?scheme=dark").text
    assert 'class="column wall"' in desk.client.get(f'{path}?scheme="x').text
    (wall,) = desk.operation.store.walls()
    desk.post(f"/walls/{wall.id}/end", desk.session("priya"))
    assert desk.client.get(path).status_code == 404


def test_whoever_guesses_at_walls_is_soon_refused_and_no_wall_with_them(desk: Desk) -> None:
    _, address = desk.operation.walls.make("lobby", "priya")
    tried = [desk.client.get(f"/wall/hrw_{number}").status_code for number in range(61)]
    assert tried == [404] * 60 + [429]
    assert desk.client.get(address.removeprefix("http://testserver")).status_code == 200


def test_the_system_says_what_is_missing_and_what_helps(
    desk: Desk, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HANDRAISE_CONSOLE", raising=False)
    session = desk.session("priya")
    page = words(desk.page("/system", session).text)
    assert "No worker has completed a cycle yet." in page
    assert page.count("tart handraise serve or handraise worker , and keep it running.") == 1
    desk.operation.worker.tick()
    page = words(desk.page("/system", session).text)
    assert "Deadlines are kept, but messages reach nobody: they are printed." in page
    assert "messages go out" not in page
    assert "start it without --console ." in page
    monkeypatch.setenv("HANDRAISE_CONSOLE", "1")
    assert "start it without HANDRAISE_CONSOLE ." in words(desk.page("/system", session).text)
    desk.stop()
    (message, *_) = desk.operation.store.messages(state="pending")
    desk.operation.store.message_failed(message.id, "no such mailbox", next_at=None)
    page = words(desk.page("/system", session).text)
    assert "1 message by mail" in page
    assert "no such mailbox" in page
    clock.advance(minutes=10)
    page = words(desk.page("/system", session).text)
    assert "No worker has completed a cycle for 600 seconds." in page


def test_what_waits_is_counted_beside_its_part(desk: Desk) -> None:
    desk.stop()
    page = desk.page("/people", desk.session("dana")).text
    assert re.search(r'id="waiting-inbox">1<span class="hidden"> waiting for you', page)
    assert re.search(r'id="waiting-me" hidden', page)
    assert OWNER not in page.partition("<main")[0]


def test_the_style_is_one_file_and_a_browser_that_has_it_is_told_so(desk: Desk) -> None:
    first = desk.client.get("/static/style.css")
    assert first.headers["content-type"].startswith("text/css")
    assert first.text.index("The head of every page") < first.text.index("A screen on the wall")
    again = desk.client.get("/static/style.css", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
