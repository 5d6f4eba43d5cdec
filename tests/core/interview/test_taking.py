"""Answers are taken as people write them, and refused where no table could hold them."""

import pytest

from handraise.core.interview.chapters import BY_ID
from handraise.core.interview.names import comment, name_of, plain, told_apart
from handraise.core.interview.questions import UNKNOWN, Question
from handraise.core.interview.taking import Unusable, first_open, options, taken, usable
from handraise.core.interview.workbook import Workbook, answered
from tests.core.interview.answering import wholesaler


def question(chapter: str, key: str) -> Question:
    group = BY_ID[chapter].group
    among = (*BY_ID[chapter].before, *(group.questions if group else ()))
    return next(one for one in among if one.key == key)


@pytest.mark.parametrize(
    ("chapter", "key", "written", "kept"),
    [
        ("agent", "name", "  invoice\n assistant ", "invoice assistant"),
        ("agent", "purpose", "", ""),
        ("agent", "purpose", "Not Known Yet", UNKNOWN),
        ("requests", "types", "a, b; a", "a\nb"),
        ("requests", "types", "a, b\na, b\n\nc", "a, b\nc"),
        ("actions", "limit", "5000", "5000"),
        ("actions", "limit", "1,500.50", "1500.5"),
        ("actions", "limit", "12 000", "12000"),
        ("actions", "field", "proposal.amount", "amount"),
        ("actions", "money", "No", "no"),
        ("actions", "money", "y", "yes"),
        ("actions", "undo", "easily", "yes"),
        ("actions", "undo", "with effort", "with effort"),
        ("actions", "severity", "2", "costs money"),
        ("people", "contact", "mailto:new+desk@example.com", "new+desk@example.com"),
        ("people", "contact", "${NEW_DESK}", "${NEW_DESK}"),
        ("people", "hours", "24/7", "always"),
        ("people", "hours", "Mon-Fri 22:00-06:00", "Mon-Fri 22:00-06:00"),
        ("people", "zone", "Europe/Lisbon", "Europe/Lisbon"),
        ("people", "capacity", "007", "7"),
        ("roles", "people", "weiß, silva", "Jörg Weiß\nAna Silva"),
        ("roles", "decide", "4 hours", "4h"),
        ("roles", "decide", "1 day 30 min", "1d30m"),
        ("roles", "needs", "2", "2"),
        ("roles", "needs", "two must agree", "2"),
        ("stops", "threshold", "85", "85%"),
        ("stops", "threshold", "0.85", "85%"),
        ("stops", "threshold", "1 %", "1%"),
        ("stops", "threshold", "1", "100%"),
        ("stops", "unsure", "payable", "accounts payable"),
        ("stops", "unsure", "last", "the last resort"),
        ("silence", "owner", "priya", "Priya Raman"),
        ("silence", "unanswered", "stays stopped and remind", "hold"),
        ("silence", "unanswered", "It stays stopped; they are reminded.", "hold"),
        ("silence", "unanswered", "counts refused", "reject"),
    ],
)
def test_an_answer_is_taken_as_it_is_meant(chapter: str, key: str, written: str, kept: str) -> None:
    assert taken(question(chapter, key), written, wholesaler()) == kept


@pytest.mark.parametrize(
    ("chapter", "key", "written", "why"),
    [
        ("agent", "name", UNKNOWN, "no table can be written without this"),
        ("agent", "name", "n" * 81, "at most 80 characters"),
        ("agent", "purpose", "n" * 501, "at most 500 characters"),
        ("people", "name", "Reyes, Dana", "one name, without a comma"),
        ("people", "name", "jörg weiß", 'there is a "jörg weiß" already; tell them apart'),
        ("roles", "name", "The last resort", "the last resort is always there; choose another"),
        ("requests", "types", " ,; ", "at least one, with a comma between two"),
        ("actions", "levels", "l" * 81, "at most 1,000, each of at most 80 characters"),
        ("requests", "types", ",".join(map(str, range(1001))), "at most 1,000, each of"),
        ("actions", "limit", "1.500", "a number of 0 or more"),
        ("actions", "limit", "-3", "a number of 0 or more"),
        ("actions", "limit", "1000000000001", "at most 1,000,000,000,000"),
        ("actions", "field", "the amount", "letters, digits and _ only"),
        ("actions", "field", "from", "letters, digits and _ only"),
        ("actions", "money", "perhaps", '"perhaps" is no answer here; there are: yes / no'),
        ("actions", "severity", "9", '"9" is no level here; there are: a nuisance / costs money'),
        (
            "actions",
            "severity",
            "cost moneys",
            '"cost moneys" is no level here; did you mean "costs',
        ),
        ("actions", "severity", "costs", '"costs" is no level here; there are: a nuisance / costs'),
        ("people", "contact", "dana at example", "a mail address such as dana@example.com"),
        ("people", "contact", "joerg@example.com", "that is how Jörg Weiß is reached; each needs"),
        ("people", "hours", "nine to five", '"nine to five" are no hours'),
        ("people", "zone", "Lisbon", "a time zone by its place, such as Europe/Lisbon"),
        ("people", "zone", "../x", "a time zone by its place, such as Europe/Lisbon"),
        ("people", "capacity", "0", "a whole number of 1 or more"),
        ("people", "capacity", "many", "a whole number of 1 or more"),
        ("roles", "people", "nobody", '"nobody" is no person here; there are: Jörg Weiß / Ana'),
        ("roles", "decide", "soon", '"soon" is not a duration'),
        ("stops", "threshold", "0", "over 0 % and at most 100 %"),
        ("stops", "threshold", "101", "over 0 % and at most 100 %"),
        ("stops", "threshold", "quite", "over 0 % and at most 100 %"),
        (
            "silence",
            "unanswered",
            "going ahead",
            '"going ahead" is no answer here; there are: it stays stopped, and they are reminded / it',
        ),
        ("silence", "owner", "i", '"i" is no person here'),
    ],
)
def test_an_answer_that_cannot_be_used_says_what_would_be(
    chapter: str, key: str, written: str, why: str
) -> None:
    with pytest.raises(Unusable) as caught:
        taken(question(chapter, key), written, wholesaler(), f"{chapter}.9.{key}")
    assert str(caught.value).startswith(why)


def test_nobody_can_be_named_where_nobody_is() -> None:
    with pytest.raises(Unusable, match="there are: none yet"):
        taken(question("silence", "owner"), "Priya", Workbook())


def test_a_contact_may_be_given_again_for_the_same_person() -> None:
    path = "people.1.contact"
    assert taken(question("people", "contact"), "joerg@example.com", wholesaler(), path)
    nameless = Workbook(said={"people.1.contact": "a@example.com", "people.2.name": "B"})
    with pytest.raises(Unusable, match="somebody else"):
        taken(question("people", "contact"), "A@example.com", nameless, "people.2.contact")


def test_what_a_file_was_changed_to_is_used_only_where_it_can_be() -> None:
    book = wholesaler(people__1__hours="soon", people__2__hours=UNKNOWN)
    hours = question("people", "hours")
    assert usable(hours, book, "people.1.hours") == ""
    assert usable(hours, book, "people.2.hours") == ""
    assert usable(hours, book, "people.3.hours") == "always"


def test_the_earliest_open_chapter_is_where_a_team_goes_on() -> None:
    def left(book: Workbook) -> str:
        chapter = first_open(book)
        return chapter.id if chapter else ""

    done = {f"{group}.more": "no" for group in ("actions", "people", "roles")}
    whole = Workbook(said={**wholesaler().said, **done})
    assert (left(Workbook()), left(wholesaler()), left(whole)) == ("agent", "actions", "")
    assert left(answered(whole, "people.2.hours", "")) == "people"
    assert left(answered(whole, "people.2.hours", UNKNOWN)) == ""
    assert left(answered(answered(whole, "roles.1.expected", ""), "roles.1.name", UNKNOWN)) == (
        "stops"
    )


def test_free_answers_have_no_options() -> None:
    assert options(question("agent", "name"), wholesaler()) == []
    assert options(question("roles", "needs"), wholesaler()) == ["1", "2"]
    assert options(question("actions", "severity"), Workbook()) == ["low", "high", "critical"]


def test_comments_stay_comments() -> None:
    hostile = "a\nowner: mallory\u2028evil: x\x85y: z\r#\x00\u202e" + "w" * 300
    lines = comment(hostile, 4).splitlines()
    assert all(line.startswith("    # ") and len(line) <= 96 for line in lines)
    assert comment("") == ""


def test_names_of_the_table_are_made_of_anything() -> None:
    assert plain(" a\u200b\tb\x07 ") == "a b\ufffd"
    assert name_of("Straße", "x") == "strasse"
    assert name_of("🌻", "role") == "role"
    assert len(name_of("w" * 200, "x")) == 60
    assert told_apart([("a",), ("a",), ("a_2",)], ["owner"]) == ["a", "a_2", "a_2_2"]
