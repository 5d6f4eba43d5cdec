"""The workbook's pages: one browser on this machine, answers kept by every form, a table at the end."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx2 import ASGITransport, AsyncClient, Response
from starlette.testclient import TestClient

from handraise.core.interview.workbook import MAX_ITEMS, Workbook, answered, with_item
from handraise.core.table.read import read
from handraise.errors import HTTP_STATUS, InputError
from handraise.service.workbooks import WorkbookFile
from handraise.web.security import HEADERS
from handraise.web.workbook.app import Desk, create_workbook_app
from handraise.web.workbook.guard import Guard
from tests.core.interview.answering import WHOLESALER
from tests.web.test_hostile_text import CORPUS, _odd

HERE = "http://127.0.0.1:8765"
OURS = ("<legend", "<nav", "<aside", "<br>")
"""Tags of the templates of the workbook alone."""

CHAPTERS = ["agent", "requests", "actions", "people", "roles", "stops", "silence"]


class Room:
    """A workbook and a browser that was let in."""

    def __init__(self, folder: Path) -> None:
        self.table = folder / "handraise.yaml"
        self.file = WorkbookFile(self.table)
        steps = ("handraise check    what is still open",)
        self.desk = Desk(file=self.file, guard=Guard(), next_steps=steps)
        self.client = TestClient(create_workbook_app(self.desk), base_url=HERE)

    def enter(self) -> None:
        answer = self.client.get(f"/open/{self.desk.guard.link}", follow_redirects=False)
        assert answer.headers["location"] == "/"

    def send(self, path: str, fields: dict[str, str], do: str = "next", **headers: str) -> Response:
        form = {**fields, "do": do, "csrf": self.desk.guard.csrf}
        return self.client.post(path, data=form, headers=headers, follow_redirects=False)

    def answer_everything(self) -> None:
        for chapter in CHAPTERS:
            fields = {}
            for path, text in WHOLESALER.items():
                if path.startswith(f"{chapter}.") and path.endswith(".people"):
                    fields |= {f"{path}~{n}": one for n, one in enumerate(text.split("\n"))}
                elif path.startswith(f"{chapter}."):
                    fields[path] = text
            assert self.send(f"/chapter/{chapter}", fields).status_code == 303


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    room = Room(tmp_path)
    with room.client:
        room.enter()
        yield room


def test_everything_is_answered_and_the_table_is_written(room: Room) -> None:
    room.answer_everything()
    shown = room.client.get("/table").text
    assert "Write the table" in shown
    assert "If this happens, the agent goes here" in shown
    assert "<dt>Jörg Weiß</dt><dd><code>jorg</code> (--as jorg)</dd>" in shown
    assert "<dt>block a supplier</dt><dd><code>block_a_supplier</code> (action)</dd>" in shown
    written = room.send("/table", {})
    assert "handraise check" in written.text
    table = read(room.table.read_text(encoding="utf-8")).table
    assert table is not None
    assert table.agent == "invoice_assistant"
    assert table.routes["accounts_payable"].people == ("jorg", "ana")


def test_another_table_is_written_over_only_where_that_is_said(room: Room) -> None:
    room.answer_everything()
    room.table.write_text("mine", encoding="utf-8")
    refused = room.send("/table", {})
    assert refused.status_code == 409
    assert "exists already" in refused.text
    assert room.table.read_text(encoding="utf-8") == "mine"
    assert room.send("/table", {"over": "yes"}).status_code == 200
    assert "agent: invoice_assistant" in room.table.read_text(encoding="utf-8")


def test_without_a_last_resort_nothing_is_written(room: Room) -> None:
    assert "Still missing: what the agent is called; at least one person" in (
        room.client.get("/table").text
    )
    assert room.send("/table", {}).status_code == 409
    assert not room.table.exists()


def test_the_answers_survive_the_process(room: Room, tmp_path: Path) -> None:
    room.send("/chapter/agent", {"agent.name": "desk “A”"})
    again = Room(tmp_path)
    with again.client:
        again.enter()
        assert "desk “A”" in again.client.get("/chapter/agent").text


def test_it_opens_at_the_earliest_chapter_with_an_open_question(room: Room) -> None:
    room.answer_everything()
    fields = {"requests.types": ""}
    assert room.send("/chapter/requests", fields).status_code == 303
    first = room.client.get("/", follow_redirects=False)
    assert first.headers["location"] == "/chapter/requests"
    room.send("/chapter/requests", {**fields, "requests.types~unknown": "on"})
    assert room.client.get("/", follow_redirects=False).headers["location"] == "/points"


def test_when_every_chapter_is_answered_it_goes_on_with_what_does_not_add_up(room: Room) -> None:
    room.answer_everything()
    assert room.client.get("/", follow_redirects=False).headers["location"] == "/points"
    assert "Nothing contradicts anything else" in room.client.get("/points").text


def test_what_cannot_be_used_is_shown_again_with_why_and_the_rest_is_kept(room: Room) -> None:
    fields = {
        "people.1.name": "Dana Reyes",
        "people.1.contact": "dana at example",
        "people.1.capacity": "15",
    }
    refused = room.send("/chapter/people", fields)
    assert refused.status_code == 422
    assert "One answer could not be used" in refused.text
    assert "Please write a mail address such as dana@example.com" in refused.text
    assert 'value="dana at example"' in refused.text
    assert room.file.read().answer("people.1.capacity") == "15"


def test_items_are_added_and_removed(room: Room) -> None:
    added = room.send("/chapter/people", {"people.1.name": "Dana Reyes"}, "add")
    assert added.headers["location"] == "/chapter/people#item-2"
    two = {"people.1.name": "Dana Reyes", "people.2.name": "Ines Duarte"}
    stayed = room.send("/chapter/people", two, "stay")
    assert stayed.headers["location"] == "/chapter/people"
    room.send("/chapter/people", two, "remove-1")
    assert room.file.read().names("people") == ["Ines Duarte"]
    room.send("/chapter/people", {"people.1.name": "Ines Duarte", "people.2.name": ""})
    assert room.file.read().count("people") == 1


def test_not_known_yet_is_an_answer(room: Room) -> None:
    room.send("/chapter/requests", {"requests.types": "", "requests.types~unknown": "on"})
    assert room.file.read().answer("requests.types") == "not known yet"
    assert "checked" in room.client.get("/chapter/requests").text
    room.send("/chapter/roles", {"roles.1.name": "desk", "roles.1.people~0": ""})
    assert room.file.read().answer("roles.1.people") == ""


def test_a_point_is_answered(room: Room) -> None:
    room.answer_everything()
    room.send("/chapter/roles", {"roles.1.expected": "80"})
    assert "You expect 80 a day for accounts payable" in room.client.get("/points").text
    path = "points.load_accounts_payable"
    assert room.send("/points", {path: "x" * 501}).status_code == 422
    assert room.send("/points", {path: "a third one"}).headers["location"] == "/table"
    assert room.file.read().answer(path) == "a third one"


def test_a_file_that_was_broken_by_hand_is_said(room: Room) -> None:
    room.file.path.write_text("workbook: 2\n", encoding="utf-8")
    answer = room.client.get("/chapter/agent")
    assert answer.status_code == HTTP_STATUS[InputError]
    assert "this is no workbook" in answer.text


def test_there_are_no_other_chapters(room: Room) -> None:
    assert room.client.get("/chapter/none").status_code == 404


@pytest.mark.parametrize("path", ["/", "/chapter/agent", "/points", "/table", "/open/none"])
def test_a_browser_that_was_not_let_in_sees_nothing(room: Room, path: str) -> None:
    stranger = TestClient(room.client.app, base_url=HERE)
    answer = stranger.get(path)
    assert answer.status_code == 403
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


def test_the_link_works_once(tmp_path: Path) -> None:
    room = Room(tmp_path)
    link = room.desk.guard.link
    with room.client:
        room.enter()
        assert room.client.get(f"/open/{link}").status_code == 403


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", ""]
)
def test_another_name_for_this_machine_is_refused(room: Room, host: str) -> None:
    answer = room.client.get("/chapter/agent", headers={"Host": host})
    assert answer.status_code == 403
    assert "for this machine alone" in answer.text
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 303),
        ({"Origin": HERE}, 303),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "null", "Sec-Fetch-Site": "same-origin"}, 303),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
def test_a_form_of_another_site_is_refused(
    room: Room, headers: dict[str, str], status: int
) -> None:
    assert room.send("/chapter/agent", {"agent.name": "x"}, **headers).status_code == status


def test_a_form_without_its_token_is_refused(room: Room) -> None:
    answer = room.client.post("/chapter/agent", data={"agent.name": "x", "csrf": "é"})
    assert answer.status_code == 403
    assert not room.file.path.exists()


@pytest.mark.parametrize("text", CORPUS)
def test_whatever_is_typed_is_text(room: Room, text: str) -> None:
    room.send("/chapter/agent", {"agent.name": text, "agent.purpose": text})
    room.send("/chapter/people", {"people.1.name": text, "people.1.contact": text})
    room.send("/chapter/roles", {"roles.1.name": text, "roles.1.people~0": text})
    room.send("/chapter/silence", {"silence.owner": text})
    for path in ["/chapter/agent", "/chapter/people", "/chapter/roles", "/points", "/table"]:
        answer = room.client.get(path)
        assert answer.status_code == 200
        assert [one for one in _odd(answer.text) if not one.startswith(OURS)] == []


def test_forms_that_are_sent_at_once_lose_no_answer(tmp_path: Path) -> None:
    room = Room(tmp_path)
    sent = {
        "agent": ("agent.purpose", "answers"),
        "requests": ("requests.types", "order"),
        "silence": ("silence.silent_after", "20m"),
    }

    async def rounds() -> None:
        transport = ASGITransport(room.client.app)
        async with AsyncClient(transport=transport, base_url=HERE) as browser:
            await browser.get(f"/open/{room.desk.guard.link}")
            for _ in range(8):
                forms = [
                    browser.post(
                        f"/chapter/{chapter}",
                        data={path: text, "do": "stay", "csrf": room.desk.guard.csrf},
                    )
                    for chapter, (path, text) in sent.items()
                ]
                answers = await asyncio.gather(*forms)
                assert [one.status_code for one in answers] == [303, 303, 303]
                said = room.file.read().said
                assert {path: said[path] for path, _ in sent.values()} == dict(sent.values())
                room.file.path.unlink()

    asyncio.run(rounds())


def test_one_item_too_many_is_refused_and_the_pages_stay_usable(room: Room) -> None:
    book = Workbook()
    for number in range(1, MAX_ITEMS + 1):
        book = answered(with_item(book, "people"), f"people.{number}.name", f"P {number}")
    room.file.keep(book)
    fields = {f"people.{MAX_ITEMS}.name": "Last"}
    refused = room.send("/chapter/people", fields, do="add")
    assert refused.status_code == HTTP_STATUS[InputError]
    assert f"there are {MAX_ITEMS} already" in refused.text
    assert room.client.get("/chapter/people").status_code == 200
