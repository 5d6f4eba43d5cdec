"""Every page in a real browser: axe finds nothing, nothing runs over the edge of a phone."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe
from msgspec.structs import replace
from playwright.sync_api import Browser, sync_playwright
from starlette.applications import Starlette

from handraise.clock import ManualClock
from handraise.model import Decision, PushSubscription
from handraise.service.learning.situations import Situations
from handraise.service.rehearsing.cases import ExerciseCase
from handraise.service.rehearsing.showing import as_escalation
from handraise.service.wiring import Operation
from handraise.settings import Settings
from handraise.web.app import create_app
from tests.support.audited import alone, audits, looked
from tests.support.audited import table as audit_table
from tests.support.operation import opened
from tests.support.signed import sign
from tests.support.watched import LITTLE, OF_DANA, SLOW, FakeWatcher
from tests.web.familiar import SHELLS, STRAY, given, learned_operation, usual_texts
from tests.web.support import BIG, SURE, UNSURE
from tests.web.test_advice import LOWER, advised

LOOKS: list[tuple[Any, Any]] = [
    ({"width": 1280, "height": 900}, "light"),
    ({"width": 390, "height": 844}, "dark"),
]
"""Each size and each colour scheme once: what fits and what contrasts do not depend on each other."""

CONTEXT = {"orders": [{"id": 1, "paid": True}], "notes": "n" * 2000, "unbroken": "x" * 300}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    script = Path(__file__).parents[2] / "scripts" / "browser"
    found = os.environ.get("HANDRAISE_BROWSER") or subprocess.check_output([script], text=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found.strip(), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def site(app: Starlette) -> Iterator[str]:
    with _served(app) as address:
        yield address


@contextmanager
def _served(app: Starlette) -> Iterator[str]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="on"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(20)


def _pages(operation: Operation) -> list[str]:
    """Return the paths of all pages, with an escalation in every state."""
    gate = operation.gates["support-agent"]
    stopped = {
        "open": gate.decide(**BIG, text="t " * 900, context=CONTEXT, facts={"years": 2}),
        "json": gate.decide(type="x", action="y", proposal=[{"a": [1, {"b": None}]}]),
        "changed": gate.decide(**UNSURE, case="changed"),
        "ended": gate.decide(**UNSURE, case="ended"),
    }
    found = {
        name: operation.store.escalation(one.escalation_id or "") for name, one in stopped.items()
    }
    for name, kind in (("changed", "change"), ("ended", "reject")):
        escalation = found[name]
        assert escalation is not None
        proposal = {"refund": 7000} if kind == "change" else None
        ask, digest = escalation.asks[0].id, escalation.proposal_digest
        operation.desk.answer(
            ask, "dana", kind=kind, digest=digest, proposal=proposal, reason="because"
        )  # type: ignore[arg-type]
    left = gate.decide(**UNSURE, case="left to the owner")
    for person in ("dana", "marc"):  # it goes to marc, and then to the owner
        operation.desk.release(f"{left.escalation_id}.1", person, "no time")
    found["resort"] = operation.store.escalation(left.escalation_id or "")
    lists = ["/", "/?scope=all", "/?scope=all&state=ended", "/table", "/nothing"]
    lists += ["/figures?period=24h", "/thresholds", "/rehearsals"]
    return lists + [f"/escalations/{one.id}" for one in found.values() if one]


Look = Callable[[str], None]


@pytest.fixture(params=LOOKS, ids=["desk", "phone"])
def look(request: pytest.FixtureRequest, browser: Browser, site: str) -> Iterator[Look]:
    """Opens a page with everything unfolded, and fails on whatever is wrong with it."""
    size, scheme = request.param
    with _looking(browser, site, size, scheme) as at:
        yield at


@contextmanager
def _looking(browser: Browser, site: str, size: Any, scheme: Any) -> Iterator[Look]:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    page = context.new_page()
    told: list[str] = []
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("console", lambda said: told.append(said.text) if "Policy" in said.text else None)

    def at(path: str) -> None:
        page.goto(site + path)
        for fold in page.locator("details:not([name]) > summary").all():
            if fold.is_visible():
                fold.click()
        wrong = Axe().run(page).response["violations"]
        assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in wrong] == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        for image in page.locator("figure img").all():
            image.scroll_into_view_if_needed()
            image.evaluate("image => image.decode()")
        if "/enter/" in path and page.locator("main form").count() == 1:
            page.locator("main button.main").click()

    yield at
    assert told == []
    context.close()


def test_every_page_is_accessible_and_fits(look: Look, operation: Operation) -> None:
    paths = _pages(operation)
    look("/sign-in")
    look("/enter/none")
    look(f"/enter/{operation.door.link('priya').rsplit('/', 1)[1]}")
    for path in paths:
        look(path)


def test_the_pages_of_people_are_accessible_and_fit(look: Look, operation: Operation) -> None:
    code = _people(operation)
    look(f"/verify/{code}")
    look("/verify/none")
    look("/offline")
    _devices(operation)
    for person in ("dana", "priya"):
        look(f"/enter/{operation.door.link(person).rsplit('/', 1)[1]}")
        look("/me?done=away")
        look("/people")
        look("/people/dana?done=away")


def _devices(operation: Operation) -> None:
    """Let Dana have a device that is told, one that fails, and one that is ended."""
    for number, label in enumerate(("Firefox on Android", "n" * 90, "Safari on iPhone")):
        device = PushSubscription(
            id=f"device-{number}",
            person="dana",
            endpoint=f"https://push.example.com/{number}",
            p256dh="",
            auth="",
            kid="",
            label=label,
            made_at=operation.clock.now(),
            failed_at=operation.clock.now() if number else None,
            error="the push service answered 500" if number else None,
            ended_at=operation.clock.now() if number == 2 else None,
        )
        operation.store.add_push(device, most=9)


def test_the_watch_page_is_accessible_and_fits(
    look: Look, operation: Operation, clock: ManualClock
) -> None:
    long = replace(LITTLE, sentence="s" * 300, lines=("l" * 300, "a line"), about=None)
    operation.watch.watchers = (FakeWatcher(long, SLOW, OF_DANA),)
    stopped = operation.gates["support-agent"].decide(**UNSURE)
    operation.gates["support-agent"].decide(**SURE)
    operation.gates["support-agent"].alive(every="5m")
    operation.worker.tick()
    assert stopped.escalation_id is not None
    late = next(one for one in operation.store.alarms() if one.kind == "late")
    operation.alarms.acknowledge(late.id, "priya")
    clock.advance(minutes=5)
    for person in ("dana", "priya"):
        look(f"/enter/{operation.door.link(person).rsplit('/', 1)[1]}")
        look("/watch?agent=support-agent&done=taken")


def test_the_pages_of_an_exercise_are_accessible_and_fit(look: Look, operation: Operation) -> None:
    rehearsals = operation.rehearsals
    long = ExerciseCase(name="n" * 300, decision=Decision(**UNSURE, context=CONTEXT))
    cases = [long, ExerciseCase(name="sure", decision=Decision(**SURE))]
    found = rehearsals.start(
        "support-agent", "priya", cases, source="its tests", lasts=timedelta(hours=1)
    )
    _, ask = rehearsals.ask(found.id, 1, "marc")
    digest = as_escalation(found, ask).proposal_digest
    words = {"reason": "w" * 300, "unclear": "u" * 300}
    rehearsals.answer(found.id, 1, "marc", kind="reject", digest=digest, **words)
    look(f"/enter/{operation.door.link('priya').rsplit('/', 1)[1]}")
    look("/")
    look(f"/rehearsals/{found.id}")
    look(f"/rehearsals/{found.id}/1")
    rehearsals.end(found.id, "priya")
    look(f"/rehearsals/{found.id}")


def test_the_page_of_going_live_is_accessible_and_fits(look: Look, operation: Operation) -> None:
    sign(operation, operation.shelf.current("support-agent"), waive=("capacity", "drilled"))
    path = next(path for path in operation.opened if path.name == "support.yaml")
    path.write_text(path.read_text().replace("below: 0.72", "below: 0.8"))
    operation.open(path)
    for person in ("dana", "priya"):
        look(f"/enter/{operation.door.link(person).rsplit('/', 1)[1]}")
        look("/going-live")
        look("/me")


def test_the_page_of_advice_is_accessible_and_fits(look: Look, operation: Operation) -> None:
    for change in (LOWER, ""):
        advised(operation, change=change, words="w" * 300)
    declined = advised(operation, subject="confidence.2")
    operation.advising.decline(declined.id, "priya", "r" * 300)
    for person in ("dana", "priya"):
        look(f"/enter/{operation.door.link(person).rsplit('/', 1)[1]}")
        look("/thresholds?agent=support-agent&done=declined")


def test_the_pages_of_the_house_are_accessible_and_fit(look: Look, operation: Operation) -> None:
    path = next(path for path in operation.opened if path.name == "support.yaml")
    old = operation.shelf.current("support-agent").version
    path.write_text(path.read_text().replace("below: 0.72", "below: 0.8"))
    operation.open(path)
    new = operation.shelf.newest("support-agent").version
    operation.drills.start("support-agent", "finance_lead", "priya")
    operation.door.make_key("support-agent", "unbroken" * 12)
    operation.gates["support-agent"].decide(**UNSURE)
    _, address = operation.walls.make("w" * 100, "priya")
    look(f"/wall/{address.rpartition('/')[2]}")
    look(f"/wall/{address.rpartition('/')[2]}?scheme=dark")
    look(f"/enter/{operation.door.link('priya').rsplit('/', 1)[1]}")
    for page in ("/table", f"/table/support-agent/{new}", "/drills", "/keys", "/system"):
        look(page)
    look(f"/versions?agent=support-agent&old={old}&new={new}")


@pytest.fixture
def learned(
    empty_store: Path, tmp_path: Path, clock: ManualClock, settings: Settings
) -> Iterator[Operation]:
    folder = tmp_path / "learned"
    folder.mkdir()
    yield from learned_operation(folder, empty_store, clock, settings)


def test_the_page_of_situations_is_accessible_and_fits(
    browser: Browser, learned: Operation
) -> None:
    desk = learned.desk
    gate = learned.gates["support-agent"]
    for at, text in enumerate((*SHELLS, STRAY, "x" * 300, *usual_texts())):
        verdict = gate.decide(**given(text, case=f"case {at}"))
        if verdict.escalated:
            found = learned.store.escalation(verdict.escalation_id or "")
            assert found is not None
            ask, digest = found.asks[0].id, found.proposal_digest
            desk.answer(ask, "dana", kind="approve", digest=digest)
    named = [one.escalation_id for one in learned.store.new_situations("support-agent")][:1]
    Situations(learned.store, learned.shelf, learned.clock).name(
        "support-agent", named, "unbroken", "dana"
    )
    with _served(create_app(learned)) as site:
        for size, scheme in LOOKS:
            with _looking(browser, site, size, scheme) as look:
                look(f"/enter/{learned.door.link('dana').rsplit('/', 1)[1]}")
                look("/situations?done=new")


@pytest.fixture
def audited(
    empty_store: Path, tmp_path: Path, clock: ManualClock, settings: Settings
) -> Iterator[Operation]:
    folder = tmp_path / "audited"
    folder.mkdir()
    shutil.copy(empty_store, folder / "handraise.db")
    text = audit_table(twice="0.5", at_most="50 a day")
    operation = opened(folder, clock=clock, table=text)
    yield operation
    operation.close()


def test_the_pages_of_audits_are_accessible_and_fit(browser: Browser, audited: Operation) -> None:
    alone(audited, 8, case="c" * 150, text="t " * 900, context=CONTEXT)
    audited.asking.tick()
    waiting = audits(audited, state="asked")
    by_id = {one.id: one for one in waiting}
    disputed = next(one for one in waiting if f"{one.decision_id}.2" in by_id)
    looked(audited, disputed, "wrong", note="n" * 300, stake=40.0)
    looked(audited, by_id[f"{disputed.decision_id}.2"], "right")
    audited.clock.advance(days=4)  # type: ignore[attr-defined]
    blind, judged, *_ = audited.audits.mine("dana")
    audited.audits.choose(judged.id, "dana", "send_reply")
    pages = {
        "dana": [f"/audits/{blind.id}", f"/audits/{judged.id}", "/audits?done=answered"],
        "priya": [f"/audits/{disputed.id}", f"/audits/{blind.id}", "/audits"],
    }
    with _served(create_app(audited)) as site:
        for (size, scheme), (person, paths) in zip(reversed(LOOKS), pages.items(), strict=True):
            with _looking(browser, site, size, scheme) as look:
                look(f"/enter/{audited.door.link(person).rsplit('/', 1)[1]}")
                for path in paths:
                    look(path)


def _people(operation: Operation) -> str:
    """Let people stand in every way there is; return a code that verifies a contact."""
    path = next(path for path in operation.opened if path.name == "support.yaml")
    two = '["mailto:dana@example.com", "mailto:dana.reyes@home.example", "slack://a/b/c"]'
    text = path.read_text().replace('"mailto:dana@example.com"', two)
    path.write_text(text.replace("below: 0.72", "below: 0.8"))
    operation.open(path)
    now, roster = operation.clock.now(), operation.roster
    operation.store.contact_failed("dana", "slack://a/b/c", "the token was revoked", now)
    roster.away("dana", None, now + timedelta(days=3), "holiday", "dana")
    roster.away("ines", now + timedelta(days=3), None, "h" * 300, "ines")
    duty = roster.duties("ines")[0]
    roster.decline("support-agent", "ines", duty.digest, "not me")
    roster.deactivate("marc", "priya", "left")
    roster.invite("dana")
    (first, *_) = [one for one in operation.store.messages(to="dana") if one.kind == "verify"]
    sent = operation.door.unsealed(first).body
    return sent.partition("/verify/")[2].split()[0]


def test_a_refund_is_changed_without_any_script(
    browser: Browser, site: str, operation: Operation
) -> None:
    verdict = operation.gates["support-agent"].decide(**UNSURE)
    token = operation.door.link("dana", f"/escalations/{verdict.escalation_id}").rsplit("/", 1)[1]
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}/enter/{token}")
    page.click("button.main")
    page.click(".choice.change summary")
    page.fill('[name="proposal.refund"]', "25")
    page.fill(".choice.change textarea[name=reason]", "half")
    page.click(".choice.change button")
    assert "Nothing has been sent yet" in page.inner_text("main")
    page.get_by_role("button", name="Send this change").click()
    assert "Approved with changes" in page.inner_text("main")
    kept = operation.store.escalation(verdict.escalation_id or "")
    assert kept is not None
    assert kept.proposal == {"refund": 25}
    context.close()


def test_a_wall_refreshes_itself_and_covers_what_is_old(
    browser: Browser, site: str, operation: Operation
) -> None:
    wall, address = operation.walls.make("lobby", "priya")
    operation.worker.tick()
    path = f"{site}/wall/{address.rpartition('/')[2]}"
    context = browser.new_context(viewport={"width": 1280, "height": 720})
    page = context.new_page()
    page.clock.install()
    page.goto(path)
    assert "All quiet." in page.inner_text(".all")
    operation.gates["support-agent"].decide(**UNSURE)
    page.clock.run_for(16_000)
    page.get_by_text("1 open question, no ask overdue.").wait_for()
    old = page.locator(".old")
    assert not old.is_visible()
    operation.walls.end(wall.id)
    with page.expect_response("**/wall/*") as gone:
        page.clock.run_for(16_000)
    assert gone.value.status == 404
    assert "1 open question" in page.inner_text(".all"), "what is no answer is not shown"
    page.evaluate(
        "document.getAnimations().forEach(one => { one.pause(); one.currentTime = 89_900 })"
    )
    assert not old.is_visible()
    page.evaluate(
        "document.getAnimations().forEach(one => { one.pause(); one.currentTime = 90_100 })"
    )
    assert old.is_visible()
    page.locator(".all").evaluate(
        """words => {
          const { x, y } = words.getBoundingClientRect();
          if (!document.elementFromPoint(x + 5, y + 5).closest(".old")) throw new Error("seen");
        }"""
    )
    context.close()
