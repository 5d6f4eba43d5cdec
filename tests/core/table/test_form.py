import json
import math
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handraise.core.table.form import (
    MAX_ITEMS,
    MAX_PROBLEMS,
    Field,
    Form,
    FormProblem,
    fields,
    from_text,
    parse_form,
    problems,
)
from tests.core.oracle import _fits
from tests.support.tables import Liar, RudeText, Word, junk

FORM = parse_form(
    {
        "amount": "number",
        "count": "integer?",
        "note": "text?",
        "sure": "boolean",
        "day": "date?",
        "way": "one of [card, 'cash']?",
        "lines": [{"sum": "number", "tags": ["text"]}],
        "to": {"street": "text?", "post": {"code": "text?"}},
    }
)
GOOD = {"amount": 5, "sure": True, "lines": [], "to": {"post": {}}}


def test_a_form_is_read():
    assert FORM.fields["way"] == Form(kind="one_of", optional=True, choices=("card", "cash"))
    assert FORM.fields["lines"].item.fields["tags"].item == Form(kind="text")


@pytest.mark.parametrize(
    ("described", "path", "message"),
    [
        ("nubmer", (), 'unknown type "nubmer"'),
        ({"a": "one of []"}, ("a",), "the choices are empty or repeated"),
        ({"a": "one of [x, x]"}, ("a",), "the choices are empty or repeated"),
        ({"a": []}, ("a",), "a list holds the form of its elements, once"),
        ({"a": ["text", "text"]}, ("a",), "a list holds the form of its elements, once"),
        ({"a": ["text?"]}, ("a", 0), "an element of a list is never optional"),
        ({"a": 5}, ("a",), "expected a type, found 5"),
        ({"a": None}, ("a",), "expected a type, found None"),
        ({"a b": "text"}, (), "'a b' cannot be a field's name"),
        ({5: "text"}, (), "5 cannot be a field's name"),
        ([[[[[[[["text"]]]]]]]], (0,) * 7, "forms nest at most 6 deep"),
    ],
)
def test_what_is_no_form_is_refused_at_its_place(described, path, message):
    with pytest.raises(FormProblem) as caught:
        parse_form(described)
    assert (caught.value.path, caught.value.message) == (path, message)


@pytest.mark.parametrize(
    ("described", "message", "remedy"),
    [
        (
            {"lines": "[{sku: text}]?"},
            '"[{sku: text}]" is a text, not a form',
            "write it without quotes and without ?; "
            "a list is never optional: an empty one, [], says that there is none",
        ),
        (
            {"to": "{street: text}?"},
            '"{street: text}" is a text, not a form',
            "write it without quotes and without ?",
        ),
        (
            {"lines?": ["text"]},
            "'lines?' cannot be a field's name",
            "the ? stands behind a type, as in {note: text?}; "
            "a list is never optional: an empty one, [], says that there is none",
        ),
        ({"a b": "text"}, "'a b' cannot be a field's name", "use letters, digits and _"),
    ],
)
def test_whoever_wants_a_list_to_be_optional_is_told_what_to_write(described, message, remedy):
    with pytest.raises(FormProblem) as caught:
        parse_form(described)
    assert (caught.value.message, caught.value.hint) == (message, remedy)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, []),
        ({"note": None, "count": 2.0, "day": "2026-03-31", "way": "cash"}, []),
        ({"amount": Decimal("5.5")}, []),
        ({"lines": ({"sum": 1, "tags": ("a",)},)}, []),
        ({"amount": math.nan}, ["proposal.amount must be a number, not nan"]),
        ({"amount": True}, ["proposal.amount must be a number, not True"]),
        ({"amount": None}, ["proposal.amount must be a number, not None"]),
        ({"amount": 10**301}, [f"proposal.amount must be a number, not {str(10**301)[:59]}…"]),
        ({"count": 2.5}, ["proposal.count must be a whole number, not 2.5"]),
        ({"sure": 1}, ["proposal.sure must be true or false, not 1"]),
        ({"note": 5}, ["proposal.note must be text, not 5"]),
        ({"day": "2026-02-30"}, ["proposal.day must be a date like 2026-03-31, not '2026-02-30'"]),
        ({"day": "20260331"}, ["proposal.day must be a date like 2026-03-31, not '20260331'"]),
        ({"way": "bank"}, ["proposal.way must be one of card, cash, not 'bank'"]),
        ({"lines": {}}, ["proposal.lines must be a list, not {}"]),
        ({"lines": [{"sum": "x"}]}, ["proposal.lines[0].sum must be a number, not 'x'", "proposal.lines[0].tags is missing"]),
        ({"lines": [{}] * (MAX_ITEMS + 1)}, ["proposal.lines has more than 10,000 elements"]),
        ({"to": 5}, ["proposal.to must hold street, post, not 5"]),
        ({"ammount": 1}, ['proposal has an unknown field \'ammount\'; did you mean "amount"?']),
        ({5: 1}, ["proposal has an unknown field 5; it holds amount, count, note, sure, day, way, lines, to"]),
    ],
)  # fmt: skip
def test_every_problem_of_a_proposal_is_told(change, told):
    assert problems(FORM, GOOD | change) == told


def test_a_missing_field_is_told_and_an_empty_form_holds_nothing():
    assert problems(FORM, {})[:2] == ["proposal.amount is missing", "proposal.sure is missing"]
    assert problems(parse_form({}), {"x": 1}) == [
        "proposal has an unknown field 'x'; it holds nothing"
    ]
    assert problems(parse_form({}), 5) == ["proposal must hold nothing, not 5"]


def test_subclasses_are_looked_at_by_what_they_hold():
    class Long(list):
        def __iter__(self):
            return iter(())

        def __len__(self):
            return 0

    class Pair(tuple):
        __slots__ = ()

        def __iter__(self):
            return iter(())

    item = parse_form(["integer"])
    assert problems(item, Long(["x"])) == ["proposal[0] must be a whole number, not 'x'"]
    assert problems(item, Pair(("x",))) == ["proposal[0] must be a whole number, not 'x'"]
    assert problems(parse_form({"a": "number"}), Liar(a="x")) == [
        "proposal.a must be a number, not 'x'"
    ]
    assert problems(parse_form({"a": "one of [refund]"}), {"a": Word.REFUND}) == []
    assert problems(parse_form({"a": "text"}), {"a": RudeText("x")}) == []
    assert len(problems(parse_form({"a": "text"}), {RudeText("a"): "x"})) == 1


def test_very_many_problems_are_told_up_to_a_limit():
    assert len(problems(FORM, {f"x{n}": n for n in range(100_000)})) == MAX_PROBLEMS


@settings(deadline=None)
@given(value=junk() | st.dictionaries(st.sampled_from((*FORM.fields, "x")), junk()))
def test_a_form_and_the_plain_interpreter_agree(value):
    assert (problems(FORM, value) == []) == _fits(FORM, value)


def test_the_fields_a_person_edits():
    assert [field.name for field in fields(FORM)] == [
        "amount",
        "count",
        "note",
        "sure",
        "day",
        "way",
        "lines",
        "to.street",
        "to.post.code",
    ]
    assert fields(FORM)[6] == Field(name="lines", type="json", optional=False)


def test_an_edited_form_becomes_its_typed_value():
    value, wrong = from_text(
        FORM,
        {
            "amount": " 6,200.50 ",
            "count": "3",
            "note": " x ",
            "sure": "on",
            "day": "2026-03-31",
            "way": "card",
            "lines": '[{"sum": 1, "tags": []}]',
            "to.street": "A",
        },
    )
    assert wrong == {}
    assert value == {
        "amount": 6200.5,
        "count": 3,
        "note": "x",
        "sure": True,
        "day": "2026-03-31",
        "way": "card",
        "lines": [{"sum": 1, "tags": []}],
        "to": {"street": "A", "post": {}},
    }


def test_what_may_be_left_out_may_be_left_out():
    value, wrong = from_text(FORM, {"amount": "1e3", "lines": "[]"})
    assert wrong == {}
    assert value == {"amount": 1000.0, "sure": False, "lines": [], "to": {"post": {}}}
    assert problems(FORM, value) == []


@pytest.mark.parametrize(
    ("field", "text", "told"),
    [
        ("amount", "", "amount is missing"),
        ("amount", "five", "amount must be a number, not 'five'"),
        ("amount", "nan", "amount must be a number, not 'nan'"),
        ("amount", "1,00", "amount must be a number, not '1,00': write 1.00"),
        ("amount", "1.234,5", "amount must be a number, not '1.234,5': write 1234.5"),
        ("amount", "0,125", "amount must be a number, not '0,125': write 0.125"),
        (
            "amount",
            "6,200",
            "amount must be a number, not '6,200': it could be 6200 or 6.2; write which, "
            "without a comma",
        ),
        (
            "count",
            "-6,000",
            "count must be a whole number, not '-6,000': it could be -6000 or -6; write which, "
            "without a comma",
        ),
        ("count", "1,5", "count must be a whole number, not '1,5'"),
        ("amount", "1e999", "amount must be a number, not '1e999'"),
        ("amount", "٣", "amount must be a number, not '٣'"),
        ("count", "2.5", "count must be a whole number, not '2.5'"),
        ("count", "1e400", "count must be a whole number, not '1e400'"),
        ("sure", "maybe", "sure must be true or false, not 'maybe'"),
        ("day", "31.3.2026", "day must be a date like 2026-03-31, not '31.3.2026'"),
        ("way", "bank", "way must be one of card, cash, not 'bank'"),
        ("lines", "{}", "lines must be a list in JSON, not '{}'"),
        ("lines", "[1", "lines must be a list in JSON, not '[1'"),
        ("lines", "[" * 100_000, f"lines must be a list in JSON, not '{'[' * 58}…"),
        ("lines", '["\ud800"]', "lines must be a list in JSON, not '[\"\\ud800\"]'"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_an_edited_form_is_told_by_field(field, text, told):
    _, wrong = from_text(FORM, {"amount": "1", "lines": "[]", field: text})
    assert wrong == {field: told}


def test_what_only_the_whole_shows_is_told_of_the_proposal():
    _, wrong = from_text(FORM, {"amount": "1", "lines": '[{"sum": "x", "tags": []}]'})
    assert wrong == {"proposal": "proposal.lines[0].sum must be a number, not 'x'"}


@given(st.integers(-(10**299), 10**299))
def test_a_whole_number_is_read_exactly(number):
    value, wrong = from_text(parse_form({"n": "integer"}), {"n": str(number)})
    assert (value, wrong) == ({"n": number}, {})
    assert json.loads(json.dumps(value)) == value


def test_a_whole_number_may_be_written_with_an_exponent():
    assert from_text(parse_form({"n": "integer"}), {"n": "1e3"}) == ({"n": 1000}, {})
