"""Who may do what: every route of the site against everybody who may knock.

A new route needs a line here, or the test fails. Each line says what a stranger, the agent's key, a
reader, a person of another agent, a person on another route, a person on the route and the owner
get, in that order: `door` is the way to the sign-in, the others are statuses. 404 says that there
is nothing of the kind here, or that it is not theirs to know of.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.service.wiring import Operation, assemble
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.pages.views.watch import SNOOZES
from handraise.web.problems import PROGRAM_PATHS
from tests.support.lives import START
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.support.watched import LITTLE, FakeWatcher
from tests.web.support import ORDERS_TABLE, TABLE, Desk

WHO = ("stranger", "key", "nora", "olga", "ines", "dana", "priya")

NORA = '  nora:  {name: Nora Feld, contact: "mailto:nora@example.com"}\n'
READ = TABLE.replace("people:\n", f"people:\n{NORA}", 1) + "readers: [nora]\n"

RIGHTS = {
    "GET /": "door door 200 200 200 200 200",
    "GET /advice": "door door 303 403 303 303 303",
    "GET /api/v1/escalations": "401 200 401 401 401 401 401",
    "GET /api/v1/escalations/{id}": "401 200 401 401 401 401 401",
    "GET /api/v1/keys.json": "200 200 200",
    "GET /api/v1/table": "401 200 401 401 401 401 401",
    "GET /audits": "door door 200 403 200 200 200",
    "GET /audits/{id}": "door door 404 404 404 404 404",
    "GET /drills": "door door 200 200 200 200 200",
    "GET /enter/{token}": "410 410 410",
    "GET /escalations/{id}": "door door 200 404 200 200 200",
    "GET /escalations/{id}/decision.json": "door door 200 404 200 200 200",
    "GET /escalations/{id}/others": "401 401 200 404 200 200 200",
    "GET /figures": "door door 200 403 200 200 200",
    "GET /figures/{name}.csv": "door door 404 403 404 404 404",
    "GET /figures/{name}.svg": "door door 404 403 404 404 404",
    "GET /going-live": "door door 200 403 200 200 200",
    "GET /health/live": "200 200 200",
    "GET /health/ready": "503 503 503",
    "GET /inbox/badge": "401 401 200",
    "GET /inbox/list": "401 401 200",
    "GET /inbox/live": "401 401",
    "GET /keys": "door door 403 403 403 403 200",
    "GET /live": "307 307 307",
    "GET /manifest.webmanifest": "200 200 200",
    "GET /me": "door door 200 200 200 200 200",
    "GET /metrics": "200 200 200",
    "GET /offline": "200 200 200",
    "GET /people": "door door 200 200 200 200 200",
    "GET /people/{id}": "door door 200 404 200 200 200",
    "GET /rehearsals": "door door 200 403 200 200 200",
    "GET /rehearsals/{id}": "door door 404 404 404 404 404",
    "GET /rehearsals/{id}/protocol": "door door 404 404 404 404 404",
    "GET /rehearsals/{id}/{number}": "door door 404 404 404 404 404",
    "GET /schema/openapi.json": "200 200 200",
    "GET /service-worker.js": "200 200 200",
    "GET /sign-in": "200 200 303",
    "GET /sign-in/openid": "404 404 404",
    "GET /sign-in/openid/callback": "404 404 404",
    "GET /situations": "door door 403 403 403 200 200",
    "GET /situations/{name}.csv": "door door 403 403 403 404 404",
    "GET /situations/{name}.svg": "door door 403 403 403 404 404",
    "GET /static/style.css": "200 200 200",
    "GET /static/{path}": "404 404 404",
    "GET /system": "door door 403 403 403 403 200",
    "GET /table": "door door 200 404 200 200 200",
    "GET /table/{agent}": "door door 200 404 200 200 200",
    "GET /table/{agent}/{version}": "door door 200 404 200 200 200",
    "GET /verify/{code}": "410 410 410",
    "GET /versions": "door door 200 404 200 200 200",
    "GET /wall/{secret}": "200 200 200",
    "GET /thresholds": "door door 200 403 200 200 200",
    "GET /thresholds/{name}.csv": "door door 404 403 404 404 404",
    "GET /thresholds/{name}.svg": "door door 404 403 404 404 404",
    "GET /watch": "door door 200 403 200 200 200",
    "GET /watch/rates.csv": "door door 404 403 404 404 404",
    "GET /watch/rates.svg": "door door 404 403 404 404 404",
    "POST /advice/{id}": "door door 404 404 404 404 404",
    "POST /api/v1/asks/{id}/acknowledge": "401 403 403 404 403 200 200",
    "POST /api/v1/asks/{id}/answer": "401 403 403 404 403 200 200",
    "POST /api/v1/asks/{id}/delegate": "401 403 403 404 403 200 403",
    "POST /api/v1/asks/{id}/reassign": "401 403 403 404 403 200 200",
    "POST /api/v1/asks/{id}/release": "401 403 403 404 403 200 403",
    "POST /api/v1/decisions": "401 200 401 401 401 401 401",
    "POST /api/v1/escalations/{id}/withdraw": "401 200 401 401 401 401 401",
    "POST /api/v1/grants": "401 422 401 401 401 401 401",
    "POST /api/v1/grants/use": "401 422 401 401 401 401 401",
    "POST /api/v1/outcomes": "401 422 401 401 401 401 401",
    "POST /api/v1/presences": "401 422 401 401 401 401 401",
    "POST /api/v1/presences/leave": "401 200 401 401 401 401 401",
    "POST /api/v1/work": "401 201 401 401 401 401 401",
    "POST /api/v1/work/{id}/beat": "401 404 401 401 401 401 401",
    "POST /api/v1/work/{id}/done": "401 404 401 401 401 401 401",
    "POST /api/v1/work/{id}/failed": "401 404 401 401 401 401 401",
    "POST /asks/{id}/acknowledge": "door door 403 404 403 303 303",
    "POST /asks/{id}/answer": "door door 403 404 403 303 303",
    "POST /asks/{id}/confirm": "door door 422 422 422 422 422",
    "POST /asks/{id}/delegate": "door door 403 404 403 303 403",
    "POST /asks/{id}/edit": "door door 200 404 200 200 200",
    "POST /asks/{id}/preview": "door door 403 404 403 200 200",
    "POST /asks/{id}/reassign": "door door 403 404 403 303 303",
    "POST /asks/{id}/release": "door door 403 404 403 303 403",
    "POST /asks/{id}/take-back": "door door 403 404 403 422 403",
    "POST /audits/{id}/answer": "door door 404 404 404 404 404",
    "POST /audits/{id}/choose": "door door 404 404 404 404 404",
    "POST /audits/{id}/settle": "door door 404 404 404 404 404",
    "POST /audits/{id}/take-over": "door door 404 404 404 404 404",
    "POST /drills": "door door 403 403 403 403 404",
    "POST /enter/{token}": "403 403 403",
    "POST /keys": "door door 403 403 403 403 422",
    "POST /keys/{id}/revoke": "door door 403 403 403 403 303",
    "POST /me/away": "door door 303",
    "POST /me/back": "door door 422",
    "POST /me/codes": "door door 303",
    "POST /me/duty": "door door 422",
    "POST /me/passkeys": "door door 422",
    "POST /me/passkeys/options": "door door 422",
    "POST /me/passkeys/remove": "door door 404",
    "POST /me/passkeys/rename": "door door 404",
    "POST /me/plan": "door door 303",
    "POST /me/push": "door door 422",
    "POST /me/push/{id}/stop": "door door 303",
    "POST /me/push/{id}/test": "door door 404",
    "POST /me/sessions/end": "door door 404",
    "POST /me/sessions/end-others": "door door 303",
    "POST /me/verify": "door door 422",
    "POST /people/{id}/activate": "door door 403 403 403 403 422",
    "POST /people/{id}/away": "door door 403 403 403 303 303",
    "POST /people/{id}/back": "door door 403 403 403 422 422",
    "POST /people/{id}/deactivate": "door door 403 403 403 403 303",
    "POST /people/{id}/invite": "door door 403 403 403 403 303",
    "POST /people/{id}/sign-out": "door door 403 403 403 403 303",
    "POST /rehearsals/{id}/end": "door door 404 404 404 404 404",
    "POST /rehearsals/{id}/{number}": "door door 404 404 404 404 404",
    "POST /sign-in": "403 403 403",
    "POST /sign-in/passkey": "403 403 403",
    "POST /sign-in/passkey/options": "403 403 403",
    "POST /sign-out": "door door 303",
    "POST /situations": "door door 403 403 403 422 422",
    "POST /slack/interactions": "404 404 404",
    "POST /verify/{code}": "403 403 403",
    "POST /walls": "door door 403 403 403 403 422",
    "POST /walls/{id}/end": "door door 404 404 404 404 303",
    "POST /watch/{id}/acknowledge": "door door 403 403 403 403 303",
    "POST /watch/{id}/snooze": "door door 403 403 403 403 303",
}
"""A line of fewer words asks the first of them only: everybody who is signed in gets the same."""

FIELDS = {"label": "", "id": "none", "agent": "support-agent", "route": "support-agent/none"}
"""What forms are sent with: enough to be understood, not enough to be done."""

ANSWER = {"kind": "reject", "reason": "no"}
SENT: dict[str, dict[str, str]] = {
    "answer": ANSWER,
    "preview": ANSWER,
    "confirm": ANSWER,
    "reassign": {"to": "marc"},
    "delegate": {"to": "marc"},
}
"""What is sent about an ask, by the last word of the address."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("rights")
    tables = [folder / "support.yaml", folder / "orders.yaml"]
    for path, text in zip(tables, (READ, ORDERS_TABLE), strict=True):
        path.write_text(text)
    settings = Settings(
        base_url="http://testserver", console=True, secret="a secret that is long enough to be one"
    )
    operation: Operation = assemble(tables, settings, clock=ManualClock(START))
    verify_everybody(operation)
    for path in tables:
        sign(operation, path)
    watcher = FakeWatcher(LITTLE, kinds=["too_little"])
    operation.watch.watchers = (watcher,)
    operation.watch.look()
    with TestClient(create_app(operation), follow_redirects=False) as client:
        yield Desk(operation, client)
    operation.close()


def _routes(routes: list[BaseRoute]) -> Iterator[tuple[str, str]]:
    for route in routes:
        if isinstance(route, Mount):
            yield "GET", f"{route.path}/{{path}}"
        else:
            assert isinstance(route, Route)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, route.path


class Knocking:
    """Everybody who knocks, each at something that nobody has touched yet."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.count = 0
        self.key = desk.key()
        self.sessions: dict[str, dict[str, str]] = {}

    def session(self, who: str) -> dict[str, str]:
        """Return a session that lives: another one where something has ended the last."""
        kept = self.sessions.get(who, {"Cookie": ""})
        if self.desk.operation.door.person(kept["Cookie"].removeprefix("handraise=")) is None:
            kept = self.sessions[who] = self.desk.session(who)
        return kept

    def outcome(self, who: str, line: str) -> str:
        """Return what somebody gets."""
        method, _, path = line.partition(" ")
        headers: dict[str, str] = {}
        if who == "key":
            headers = self.key
        elif who != "stranger":
            headers = self.session(who)
        path, fields = self.filled(path)
        if path.startswith("/api/"):
            sent = {"json": fields or {}} if method == "POST" else {}
        elif method == "POST":
            csrf = {"csrf": headers.get("X-CSRF-Token", "")}
            sent = {"data": {**FIELDS, **fields, **csrf}}
        else:
            is_page = not path.startswith(PROGRAM_PATHS)
            sent = {"params": {"agent": "support-agent"}} if is_page else {}
        self.desk.client.cookies.clear()
        answer = self.desk.client.request(method, path, headers=headers, **sent)
        self.restore()
        is_door = answer.headers.get("Location", "").startswith("/sign-in")
        is_sent_there = answer.status_code == 303 and is_door and who in WHO[:2]
        return "door" if is_sent_there else str(answer.status_code)

    def filled(self, path: str) -> tuple[str, dict[str, str]]:
        """Return a path with the names of what is really there, and what is sent with it."""
        fields: dict[str, str] = {}
        operation = self.desk.operation
        if "/asks/" in path or "/escalations/" in path:
            self.count += 1
            escalation = self.desk.stop(case=f"case {self.count}")
            fields = dict(SENT.get(path.rpartition("/")[2], {}))
            if fields.get("kind"):
                fields["digest"] = escalation.proposal_digest
            is_ask = "/asks/" in path
            path = path.replace("{id}", escalation.asks[0].id if is_ask else escalation.id)
        if "/keys/{id}" in path:
            path = path.replace("{id}", operation.door.make_key("support-agent", "x")[0].id)
        if "/walls/{id}" in path:
            path = path.replace("{id}", operation.walls.make("x", "priya", ["support-agent"])[0].id)
        if "/wall/{secret}" in path:
            made = operation.walls.make("x", "priya", ["support-agent"])[1]
            path = path.replace("{secret}", made.rpartition("/")[2])
        if "/watch/{id}" in path:
            path = path.replace("{id}", operation.store.alarms(agent="support-agent")[0].id)
            fields = {"for": next(iter(SNOOZES))}
        version = operation.shelf.current("support-agent").version
        for name, value in {
            "/people/{id}": "/people/dana",
            "{agent}": "support-agent",
            "{version}": version,
            "{id}": "none",
            "{number}": "1",
        }.items():
            path = path.replace(name, value)
        return path, fields

    def restore(self) -> None:
        """Undo what may be done to people."""
        for person in WHO[2:]:
            if self.desk.operation.roster.absences(person):
                self.desk.operation.roster.back(person, person)
        if not self.desk.operation.shelf.is_here("dana"):
            self.desk.operation.roster.activate("dana", "priya")


def test_of_a_reader_nothing_is_asked_and_they_begin_with_everyones(desk: Desk) -> None:
    escalation = desk.stop(case="a case that nobody has seen yet")
    nora = desk.session("nora")
    page = desk.page("/", nora).text
    assert f"/escalations/{escalation.id}" in page
    assert "1 open ask waits for somebody" in page
    assert re.search(r'aria-current="true">Everyone', page)
    assert 'href="/?scope=mine"' in page
    assert "Nothing is waiting" in desk.page("/?scope=mine", nora).text
    assert "Nothing is waiting" in desk.page("/", desk.session("ines")).text
    people = desk.page("/people", nora).text
    card = people[people.index("Nora Feld") :].partition("</article>")[0]
    assert "reads only" in card
    assert 'class="wanting"' not in card.partition("passkeys")[0]


def test_everybody_gets_what_they_may_and_nobody_more(desk: Desk) -> None:
    app = desk.client.app
    assert isinstance(app, Starlette)
    there = {f"{method} {path}" for method, path in _routes(app.router.routes)}
    knocking = Knocking(desk)
    assert there == set(RIGHTS), "every route says here who may do what"
    found = {
        line: " ".join(knocking.outcome(who, line) for who in WHO[: len(words.split())])
        for line, words in RIGHTS.items()
    }
    assert found == RIGHTS


@pytest.mark.parametrize("who", ["nora", "olga", "ines"])
def test_whoever_may_not_speak_of_somebody_is_refused_before_their_form_is_read(
    desk: Desk, who: str
) -> None:
    session = desk.session(who)
    away = {"from": "2027-01-04T09:00", "to": "2027-01-05T09:00"}
    forms: dict[str, list[dict[str, str]]] = {
        "away": [{}, away, {"from": "soon"}, {"to": "soon"}, {"note": "n" * 9_000}],
        "back": [{}, {"planned": "yes"}],
        "deactivate": [{}, {"reason": "left"}, {"reason": "n" * 9_000}],
        "activate": [{}],
        "invite": [{}],
        "sign-out": [{}],
    }
    for verb, several in forms.items():
        for fields in several:
            answer = desk.post(f"/people/dana/{verb}", session, **fields)
            assert (verb, fields, answer.status_code) == (verb, fields, 403)
    assert desk.operation.roster.absences("dana") == []


def test_no_page_takes_a_form_without_its_token(desk: Desk) -> None:
    session = desk.session("priya")
    app = desk.client.app
    assert isinstance(app, Starlette)
    taken = {}
    for method, path in _routes(app.router.routes):
        if method == "POST" and not path.startswith(("/api/", "/slack/")):
            desk.client.cookies.clear()
            answer = desk.client.post(path, headers={"Cookie": session["Cookie"]}, data=FIELDS)
            taken[path] = answer.status_code
    assert {path: status for path, status in taken.items() if status != 403} == {}
    assert len(taken) > 30
    assert desk.page("/me", session).status_code == 200, "not even out of the door"
