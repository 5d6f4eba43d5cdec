"""The questions that are asked follow from the answers, and the file keeps them all."""

import pytest

from handraise.core.interview.chapters import BY_ID
from handraise.core.interview.filed import as_text, workbook_of
from handraise.core.interview.questions import UNKNOWN
from handraise.core.interview.taking import is_answered, open_steps
from handraise.core.interview.workbook import (
    MAX_ITEMS,
    Workbook,
    answered,
    steps,
    steps_of,
    with_item,
    without_item,
)
from handraise.errors import InputError
from tests.core.interview.answering import WHOLESALER, wholesaler


def paths(book: Workbook, *, short: bool = False) -> list[str]:
    return [one.path for one in steps(book, short=short)]


def test_what_does_not_move_money_is_not_asked_how_much() -> None:
    asked = paths(wholesaler())
    assert "actions.1.limit" in asked
    assert "actions.2.limit" not in asked
    assert "stops.money" in asked
    assert "stops.money" not in paths(wholesaler(actions__1__money="no"))
    assert "people.1.zone" not in asked
    assert "people.2.zone" in asked


def test_the_short_form_asks_fewer() -> None:
    asked = paths(wholesaler(), short=True)
    assert "actions.1.limit" in asked
    assert "people.1.hours" not in asked


def test_whoever_is_renamed_keeps_their_roles() -> None:
    book = answered(wholesaler(), "people.1.name", "Jörg Weiss")
    assert book.answer("roles.1.people") == "Jörg Weiss\nAna Silva"
    book = answered(book, "roles.1.name", "payments")
    assert book.answer("stops.unsure") == "payments"
    book = answered(book, "people.3.name", UNKNOWN)
    assert book.answer("silence.owner") == "Priya Raman"
    book = answered(book, "actions.1.name", "pay")
    assert book.answer("actions.1.name") == "pay"


def test_an_item_goes_and_those_after_it_move_up() -> None:
    book = without_item(wholesaler(), "people", 1)
    assert book.names("people") == ["Ana Silva", "Priya Raman"]
    assert book.answer("people.1.contact") == "ana@example.com"
    assert book.answer("agent.name") == "invoice assistant"
    book = with_item(answered(book, "people.more", "no"), "people")
    assert (book.count("people"), book.answer("people.more")) == (3, "")


def test_who_is_taken_out_is_taken_out_of_their_roles() -> None:
    book = without_item(wholesaler(), "people", 1)
    assert book.answer("roles.1.people") == "Ana Silva"
    assert without_item(book, "roles", 1).answer("stops.unsure") == ""
    assert without_item(book, "actions", 1).answer("actions.1.name") == "send a question back"


def test_an_answer_that_cannot_be_used_any_more_is_open() -> None:
    book = wholesaler(actions__levels="mild\nbad")
    assert [one.path for one in open_steps(book)] == [
        *(f"actions.{n}.severity" for n in (1, 2, 3)),
        "stops.severe_from",
    ]
    assert not is_answered(open_steps(book)[0], book)
    unknown = wholesaler(actions__1__severity=UNKNOWN)
    assert is_answered(open_steps(unknown)[0], unknown)


def test_nothing_is_open_about_what_has_no_name() -> None:
    assert open_steps(wholesaler()) == []
    assert open_steps(with_item(wholesaler(), "people")) == []
    assert [one.path for one in open_steps(wholesaler(people__1__hours=UNKNOWN))] == [
        "people.1.hours",
        "people.1.zone",
    ]


def test_a_file_gives_the_answers_back() -> None:
    book = answered(wholesaler(points__alone_x="say: “why” # not"), "people.more", "no")
    book = answered(answered(book, "silence.one_in", UNKNOWN), "agent.whom", "")
    back = workbook_of(as_text(book), "w.yaml")
    assert {path: text for path, text in back.said.items() if text} == {
        path: text for path, text in book.said.items() if text
    }
    empty = with_item(Workbook(), "people")
    assert workbook_of(as_text(empty), "w.yaml").count("people") == 1
    assert workbook_of(as_text(Workbook()), "w.yaml") == Workbook()


def test_a_file_may_be_changed_by_hand() -> None:
    text = """
workbook: 1
agent:
requests: {types: [a, 17]}
actions:
  more: "no"
  each:
    - {name: pay, money: true, limit: 99.5, undo: }
    - {name: ask, money: false, severity: terrible}
people: {more: maybe}
stops: {threshold: 85}
"""
    book = workbook_of(text, "w.yaml")
    assert book.answer("requests.types") == "a\n17"
    assert [book.answer(f"actions.{n}.money") for n in (1, 2)] == ["yes", "no"]
    assert book.answer("actions.1.limit") == "99.5"
    assert book.answer("actions.1.undo") == ""
    assert book.answer("actions.2.severity") == "terrible"
    assert book.answer("stops.threshold") == "85%"
    assert book.answer("people.more") == ""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: [", "w.yaml:1:"),
        ("[]", "w.yaml:1:1: this is no workbook"),
        ("agent: {}", "w.yaml:1:1: this is no workbook"),
        ("workbook: 1\nagnt: {}", 'w.yaml:2:1: there is no chapter "agnt"'),
        ("workbook: 1\nagent: x", "w.yaml:2:1: expected questions and answers here"),
        ("workbook: 1\nagent: {nme: x}", 'w.yaml:2:9: there is no question "nme"'),
        ("workbook: 1\nagent: {each: []}", 'w.yaml:2:9: there is no question "each"'),
        ("workbook: 1\npeople: {each: x}", "w.yaml:2:10: expected a list"),
        ("workbook: 1\npeople: {each: [x]}", "w.yaml:2:17: expected questions and answers here"),
        ("workbook: 1\npeople: {each: [{nme: x}]}", 'w.yaml:2:18: there is no question "nme"'),
        ("workbook: 1\npeople: {nme: x}", 'w.yaml:2:10: there is no question "nme"'),
        ("workbook: 1\nagent: {name: {a: b}}", "w.yaml:2:9: expected an answer here"),
        ("workbook: 1\nagent: {name: .inf}", "w.yaml:2:9: expected an answer here"),
        ("workbook: 1\npoints: x", "w.yaml:2:1: expected points and answers here"),
    ],
)
def test_what_is_no_workbook_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        workbook_of(text, "w.yaml")
    assert caught.value.message.startswith(said)


def test_every_answer_of_the_wholesaler_is_asked_for() -> None:
    assert set(WHOLESALER) == set(paths(wholesaler()))
    agent = [one.path for one in steps_of(wholesaler(), BY_ID["agent"])]
    assert agent == ["agent.name", "agent.purpose", "agent.whom"]


def test_a_workbook_holds_so_many_items_and_no_more() -> None:
    book = Workbook()
    for number in range(1, MAX_ITEMS + 1):
        book = answered(with_item(book, "people"), f"people.{number}.name", f"P {number}")
    with pytest.raises(InputError, match=f"people: there are {MAX_ITEMS} already"):
        with_item(book, "people")
