"""The team on pages of fifty, found by name and by route; however many they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from handraise.clock import ManualClock
from handraise.core.table.types import Table
from handraise.service.reading.tables import open_table
from handraise.service.wiring import assemble
from handraise.settings import Settings
from handraise.web.app import create_app
from handraise.web.pages.views.team import MOST_PEOPLE, Sought, found_people, team_page
from tests.support.signed import sign
from tests.support.verified import verify_everybody
from tests.web.support import ORDERS_TABLE, TABLE, Desk
from tests.web.test_movement_pages import text_of

MANY = 130


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Table:
    names = [f"p{number:03}" for number in range(MANY)]
    people = "\n".join(
        f"  {one}: {{name: Person {one[1:]}, contact: 'mailto:{one}@example.com'}}" for one in names
    )
    routes = "\n".join(
        f"  desk_{number}: [{', '.join(names[number * 20 : number * 20 + 20])}]"
        for number in range(6)
    )
    path = tmp_path_factory.mktemp("crowd") / "crowd.yaml"
    text = f"""\
handraise: 1
agent: crowd
owner: zoe
people:
  zoe: {{name: Zoë Lindqvist, contact: "mailto:zoe@example.com"}}
{people}
routes:
{routes}
actions: {{refund: low}}
severities: [low]
facts: {{usd: {{type: number, unit: USD}}}}
known: [refund_request]
escalate:
  consequence: {{when: usd > 5, to: desk_0}}
  novelty: {{unknown: type, to: desk_0, tag: new situation}}
  confidence: {{below: 0.5, to: desk_0}}
"""
    path.write_text(text, encoding="utf-8")
    return open_table(path)[0]


def test_the_next_page_begins_where_the_one_before_ends(crowd: Table) -> None:
    seen: list[str] = []
    sought = Sought()
    while True:
        found = found_people([crowd], sought)
        assert len(found.ids) <= MOST_PEOPLE
        assert found.count == MANY + 1
        seen += found.ids
        if not found.has_more:
            break
        sought = Sought(after=found.ids[-1])
    assert seen == sorted(crowd.people)


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        ("zoe lind", ["zoe"]),
        ("ZOË", ["zoe"]),
        ("owner", ["zoe"]),
        ("person 12", [f"p12{number}" for number in range(10)]),
        ("desk_1 person 03", [f"p03{number}" for number in range(10)]),
        ("AND * nobody", []),
    ],
)
def test_people_are_found_by_name_and_by_route(crowd: Table, words: str, ids: list[str]) -> None:
    assert list(found_people([crowd], Sought(words)).ids) == ids


def test_a_long_route_leads_to_those_who_are_not_shown(crowd: Table) -> None:
    sought = Sought()
    found = team_page(
        [crowd], [], {"crowd": {"p000": "has left"}}, sought, found_people([crowd], sought)
    )
    (agent,) = found.agents
    first = agent.routes[0]
    assert (first.people[0].why, first.others) == ("has left", "and 8 more")
    assert first.href == "/people?q=desk_0+crowd"
    assert len(found_people([crowd], Sought("desk_0 crowd")).ids) == 20
    assert (found.start, found.more) == ("", "/people?after=p049")


def test_a_search_shows_whom_it_found_without_a_script(desk: Desk) -> None:
    priya = desk.session("priya")
    seen = text_of(desk.page("/people?q=dana", priya).text)
    assert "1 person found." in seen
    assert "Marc Oyelaran" not in seen
    none = text_of(desk.page("/people?q=%22%3C%3E", priya).text)
    assert "See to Dana Reyes" in none, "what has no word in it asks for nothing"
    assert "0 people found." in text_of(desk.page("/people?q=xyzzy", priya).text)
    one = desk.page("/people/dana", priya)
    assert 'action="/people/dana/away"' in one.text
    assert 'action="/people/dana/away"' not in desk.page("/people/dana", desk.session("marc")).text
    assert desk.page("/people/nobody", priya).status_code == 404


def test_the_load_counts_what_its_reader_may_see_and_of_the_rest_says_no_number(
    tmp_path: Path, clock: ManualClock
) -> None:
    olga = 'olga:  {name: Olga Brandt, contact: "mailto:olga@example.com"}'
    dana = 'dana: {name: Dana Reyes, contact: "mailto:dana@example.com", zone: America/New_York}'
    orders = ORDERS_TABLE.replace(olga, dana).replace("[olga]", "[dana]")
    tables = [tmp_path / "support.yaml", tmp_path / "orders.yaml"]
    for path, text in zip(tables, (TABLE, orders), strict=True):
        path.write_text(text)
    settings = Settings(base_url="http://testserver", console=True, secret="s" * 40)
    operation = assemble(tables, settings, clock=clock)
    verify_everybody(operation)
    for path in tables:
        sign(operation, path)
    with TestClient(create_app(operation), follow_redirects=False) as client:
        desk = Desk(operation, client)

        def load(who: str) -> str:
            page = text_of(desk.page("/people/dana", desk.session(who)).text)
            return page.partition(" load ")[2].partition(" hours ")[0]

        assert load("ines") == load("priya") == "nothing"
        for _ in range(2):
            operation.gates["order-agent"].decide(type="order", confidence=0.1, facts={"amount": 1})
        assert load("ines") == "nothing here, and others elsewhere"
        desk.stop()
        assert load("ines") == "1 open ask, 1 put to them today, and others elsewhere"
        assert load("priya") == "3 open asks, 3 put to them today"
    operation.close()
