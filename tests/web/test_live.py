"""Live pages: what a page is told, and that it is told nothing any more once its person has gone."""

from __future__ import annotations

import anyio
import pytest

from handraise.model import Concerned
from handraise.service.wiring import Operation
from handraise.web.live import CROWDED_RETRY_MS, MOST_PAGES, RETRY_MS, Live, stream
from handraise.web.watcher import Watcher
from tests.web.support import Desk


@pytest.mark.parametrize("gone", [False, True])
def test_who_has_signed_out_is_told_nothing(operation: Operation, gone: bool) -> None:
    def nothing(seq: int) -> Concerned:
        return Concerned(seq=seq)

    live = Live(operation.inbox, Watcher(operation.store.latest_event_seq), nothing)
    is_signed_in = True

    async def is_here() -> bool:
        return is_signed_in

    async def told() -> list[str | None]:
        nonlocal is_signed_in
        answer = stream(live, "dana", "mine", None, is_here)
        seen: list[str | None] = []
        events = answer.body_iterator
        seen.append((await anext(events)).event)
        (listener,) = live._listeners
        is_signed_in = not gone
        listener.tell()
        seen.append((await anext(events)).event)
        await events.aclose()
        assert not live._listeners
        return seen

    assert anyio.run(told) == ["joined", "ended" if gone else "inbox"]


def test_a_page_of_an_escalation_is_told_of_it_and_of_who_else_opens_it(desk: Desk) -> None:
    asked, other = desk.stop(case="1"), desk.stop(case="2")
    operation = desk.operation
    seq = operation.store.latest_event_seq()
    live = Live(operation.inbox, Watcher(lambda: 0), operation.store.concerned_since)

    async def told() -> list[bool]:
        marc = live.join("marc", "mine", asked.id)  # who does not hold it
        elsewhere = live.join("marc", "mine", other.id)
        live.looked_at(asked.id, "dana")
        found = [await marc.wait(0), await elsewhere.wait(0)]
        live.looked_at(asked.id, "marc")
        found.append(await marc.wait(0))
        desk.answer(asked, desk.session("dana"), "approve")
        await live.catch_up(marc, seq)
        await live.catch_up(elsewhere, seq)
        return [*found, await marc.wait(0), await elsewhere.wait(0)]

    assert anyio.run(told) == [True, False, False, True, False]


def test_whoever_opens_a_question_is_told_to_the_pages_that_show_it_once(desk: Desk) -> None:
    asked = desk.stop()
    live = desk.client.app.state.site.live  # type: ignore[attr-defined]
    marc = live.join("marc", "mine", asked.id)
    dana = desk.session("dana")
    page = desk.page(f"/escalations/{asked.id}", dana).text
    assert f'hx-sse:connect="/inbox/live?escalation={asked.id}"' in page
    assert anyio.run(marc.wait, 0)
    desk.page(f"/escalations/{asked.id}", dana)
    assert not anyio.run(marc.wait, 0)
    crowd = [live.join(f"person-{number}", "mine", asked.id) for number in range(10)]
    desk.page(f"/escalations/{asked.id}", desk.session("priya"))
    assert not any(anyio.run(one.wait, 0) for one in (marc, *crowd))


def test_a_page_too_many_ends_the_oldest_which_does_not_come_back_at_once(
    operation: Operation,
) -> None:
    live = Live(operation.inbox, Watcher(lambda: 0), lambda seq: Concerned(seq=seq))

    async def is_here() -> bool:
        return True

    async def told() -> list[tuple[str | None, int | None]]:
        pages = []
        seen = []
        for _ in range(MOST_PAGES):
            pages.append(stream(live, "dana", "mine", None, is_here).body_iterator)
            seen.append((joined := await anext(pages[-1])).event)
            assert joined.retry == RETRY_MS  # once it is live again, it is as any other page
        assert seen == ["joined"] * MOST_PAGES
        live.join("dana", "mine")
        found = [(one.event, one.retry) async for one in pages[0]]
        live._end_all()  # a server that stops says nothing of the kind: its pages come back soon
        for page in pages[1:]:
            found += [(one.event, one.retry) async for one in page]
        return found

    assert anyio.run(told) == [("crowded", CROWDED_RETRY_MS)]


def test_who_signed_out_while_the_page_was_opening_is_told_nothing(operation: Operation) -> None:
    live = Live(operation.inbox, Watcher(lambda: 0), lambda seq: Concerned(seq=seq))

    async def is_here() -> bool:
        return False

    async def told() -> list[str | None]:
        answer = stream(live, "dana", "mine", None, is_here)
        return [event.event async for event in answer.body_iterator]

    assert anyio.run(told) == ["ended"]
