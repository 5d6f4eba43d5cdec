"""An instant at an end of time takes down no page and no form, whoever wrote it."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from typing import NoReturn
from zoneinfo import ZoneInfo

import pytest

from handraise.web.pages.views.cells import cell
from handraise.web.pages.views.words import Reader, in_zone
from tests.core.test_instants import ENDS_OF_TIME
from tests.web.support import Desk

LISBON = Reader(
    id="ines", zone=ZoneInfo("Europe/Lisbon"), now=datetime(2026, 3, 9, tzinfo=UTC), people={}
)


class NoZone(tzinfo):
    """A zone in which no time can be told."""

    def utcoffset(self, at: datetime | None) -> NoReturn:
        raise LookupError(at)


def test_the_page_of_an_escalation_stands_whatever_instant_was_sent(desk: Desk) -> None:
    dana = desk.session("dana")
    sent = {f"when {place}": text for place, text in enumerate(ENDS_OF_TIME)}
    escalation = desk.stop(
        proposal={"refund": 40, "note": ENDS_OF_TIME[0]}, context=sent, facts={"until": sent}
    )
    page = desk.page(f"/escalations/{escalation.id}", dana)
    assert page.status_code == 200
    assert all(text in page.text for text in ENDS_OF_TIME)
    assert desk.page("/?scope=all", dana).status_code == 200


@pytest.mark.parametrize("text", ENDS_OF_TIME)
def test_an_end_of_time_stands_as_it_was_sent(text: str) -> None:
    found = cell(text, reader=LISBON)
    assert (found.kind, found.words.start, found.raw) == ("words", text, "")
    at = datetime.fromisoformat(text)
    for zone in ("Asia/Tokyo", "America/New_York"):
        assert in_zone(at, ZoneInfo(zone)) == at
        reader = Reader(id="ines", zone=ZoneInfo(zone), now=LISBON.now, people={})
        assert reader.moment(at).iso


@pytest.mark.parametrize("text", ENDS_OF_TIME)
def test_a_page_that_begins_after_an_end_of_time_is_the_first(text: str, desk: Desk) -> None:
    dana = desk.session("dana")
    desk.stop()
    first = desk.page("/", dana)
    for query in ({"after": f"{text}~x"}, {"since": text}):
        page = desk.client.get("/", params=query, headers={"Cookie": dana["Cookie"]})
        assert page.status_code == 200
        assert page.text.count("/escalations/") == first.text.count("/escalations/")


def test_a_value_that_cannot_be_told_is_shown_as_it_was_sent() -> None:
    reader = Reader(id="ines", zone=NoZone(), now=LISBON.now, people={})
    at = "2026-03-09T10:00:00Z"
    found = cell({"until": at, "list": [{"a": at}, {"a": 2}], "number": 7}, reader=reader)
    shown = dict(zip(("until", "list", "number"), (one for _, one in found.rows), strict=True))
    assert (shown["until"].kind, shown["until"].words.start) == ("raw", '"2026-03-09T10:00:00Z"')
    assert [one.words.start for one in shown["list"].items] == [f'"{at}"', "2"]
    assert shown["number"].words.start == "7"
