"""Figures of a person's answers: on their own page and the owner's, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.routing import BaseRoute, Mount, Route

from handraise.clock import ManualClock
from handraise.errors import StoreUnavailableError
from handraise.service.watch.humans import Humans
from tests.web.support import Desk
from tests.web.test_movement_pages import text_of

LETTER = "I bought a lamp in March and it has never worked as it should. " * 8
STAMPED = 22
GIVEN_AWAY = ("22 of 22", "approvals by", "faster than")
"""What stands in figures of Dana alone, and in the alarms about her."""


@pytest.fixture
def stamped(desk: Desk, clock: ManualClock) -> Desk:
    """Let Dana approve everything within a second, and the watch look at it."""
    for number in range(STAMPED):
        found = desk.stop(case=f"t-{number}", text=LETTER)
        clock.advance(seconds=1)
        desk.operation.desk.answer(
            found.asks[0].id, "dana", kind="approve", digest=found.proposal_digest
        )
    desk.operation.watch.look()
    return desk


def addresses(routes: list[BaseRoute], before: str = "") -> list[str]:
    """Return every address that takes a GET and has no part to fill in."""
    found = []
    for route in routes:
        if isinstance(route, Mount):
            found += addresses(list(route.routes), before + route.path)
        elif isinstance(route, Route) and "GET" in (route.methods or ()) and "{" not in route.path:
            found.append(before + route.path)
    return found


def told(desk: Desk, path: str, headers: dict[str, str]) -> str:
    answer = desk.client.get(path, headers=headers)
    return answer.text if "{" in answer.text[:1] else text_of(answer.text)


def test_my_own_figures_are_on_my_page(stamped: Desk) -> None:
    seen = text_of(stamped.page("/me", stamped.session("dana")).text)

    assert "Your answers in the last 28 days" in seen
    assert "answered otherwise than the agent proposed 0 of 22: 0 % (between 0 % and" in seen
    assert "approved faster than it can be read 22 of 22: 100 % (between" in seen
    assert "answered half of them within 1 second" in seen
    assert "Only you and the owner see these." in seen


def test_who_has_answered_nothing_is_told_so(desk: Desk) -> None:
    assert "No answers in the last 28 days." in text_of(desk.page("/me", desk.session("marc")).text)


def test_the_owner_sees_everybodys_with_the_people(stamped: Desk) -> None:
    owner = stamped.session("priya")
    seen = text_of(stamped.page("/people/dana", owner).text)

    assert "How Dana Reyes answers" in seen
    assert "approved faster than it can be read 22 of 22" in seen
    assert "Only Dana Reyes and you see these." in seen
    assert "How you answer" in text_of(stamped.page("/people/priya", owner).text)
    assert "22 of 22" not in text_of(stamped.page("/people", owner).text)


def test_the_owner_of_another_agent_sees_nothing_of_it(stamped: Desk) -> None:
    olga = stamped.session("olga")
    seen = text_of(stamped.page("/people/olga", olga).text)

    assert "How you" not in seen.replace("How you stand", ""), "she owns nothing"
    assert stamped.page("/people/dana", olga).status_code == 404
    assert "22 of 22" not in text_of(stamped.page("/people", olga).text)


STREAM = "/inbox/live"
"""What does not end for as long as its page is open; it says that the inbox looks different."""


@pytest.mark.parametrize("other", ["marc", "ines", "olga"])
def test_no_page_and_no_answer_of_the_api_gives_them_to_anybody_else(
    stamped: Desk, app: Starlette, other: str
) -> None:
    session = stamped.session(other)
    paths = addresses(list(app.routes))
    assert {"/", "/me", "/people", "/metrics", "/api/v1/escalations"} <= set(paths)
    for path in paths:
        if path in {"/sign-out", STREAM}:
            continue
        seen = told(stamped, path, {"Cookie": session["Cookie"]})
        assert not [words for words in GIVEN_AWAY if words in seen], path


def test_the_agents_key_gives_them_to_nobody(stamped: Desk, app: Starlette) -> None:
    for path in addresses(list(app.routes)):
        if path == STREAM:
            continue
        seen = told(stamped, path, stamped.key())
        assert not [words for words in GIVEN_AWAY if words in seen], path


def test_who_opens_a_question_has_had_it_before_their_eyes_since(
    desk: Desk, clock: ManualClock
) -> None:
    made = desk.stop(case="t-1", text=LETTER)
    clock.advance(minutes=5)
    opened_at = clock.now()
    session = desk.session("dana")
    desk.page(f"/escalations/{made.id}", session)
    clock.advance(seconds=2)
    desk.page(f"/escalations/{made.id}", session)
    desk.answer(made, session, "approve")

    readings = desk.operation.store.readings_of("support-agent", since=opened_at)
    assert readings == {(made.id, "dana"): opened_at}


def test_a_page_that_may_not_be_seen_was_not_read(desk: Desk, clock: ManualClock) -> None:
    made = desk.stop(case="t-1")
    desk.page(f"/escalations/{made.id}", desk.session("olga"))
    desk.answer(made, desk.session("dana"), "approve")

    assert desk.operation.store.readings_of("support-agent", since=made.created_at) == {}


class Unkept:
    """A store that keeps no reading."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def note_reading(self, *_: Any) -> bool:
        raise self.error


@pytest.mark.parametrize("error", [StoreUnavailableError("busy"), KeyError("a bug")])
def test_that_a_reading_cannot_be_kept_stops_nobody(
    desk: Desk, clock: ManualClock, error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    store: Any = Unkept(error)

    Humans(store, desk.operation.shelf, clock).has_before_them("e1", "dana")

    assert "that somebody reads could not be kept" in capsys.readouterr().err
