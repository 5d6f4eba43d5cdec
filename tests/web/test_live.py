"""Live pages: what a page is told, and that it is told nothing any more once its person has gone."""

from __future__ import annotations

import anyio
import pytest

from handraise.model import Concerned
from handraise.service.wiring import Operation
from handraise.web.live import Live, stream
from handraise.web.watcher import Watcher


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


def test_who_signed_out_while_the_page_was_opening_is_told_nothing(operation: Operation) -> None:
    live = Live(operation.inbox, Watcher(lambda: 0), lambda seq: Concerned(seq=seq))

    async def is_here() -> bool:
        return False

    async def told() -> list[str | None]:
        answer = stream(live, "dana", "mine", None, is_here)
        return [event.event async for event in answer.body_iterator]

    assert anyio.run(told) == ["ended"]
