"""What people write out of habit is told in plain words, with how to write it here."""

import pytest

from handraise.core.table.read import read
from handraise.core.table.spec import json_schema
from handraise.demo.example import MISSION_TABLE
from tests.support.support_table import changed, table_of

WHEN = "abs(revenue_usd) > 5000"
FLOW = "{when: " + WHEN + ", to: finance_lead}"


def said(old, new):
    """Return the one error that a change of the smallest table brings."""
    assert old in MISSION_TABLE
    [found] = read(MISSION_TABLE.replace(old, new)).errors
    return f"{found.message}; {found.hint}".removesuffix("; ")


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("revenue_usd > 5 && confidence < 0.5", '"&&" is no word of the language; use and'),
        ("revenue_usd > 5 || confidence < 0.5", '"||" is no word of the language; use or'),
        ("revenue_usd > 5 | confidence < 0.5", '"|" is no word of the language; use or'),
        ("type == 'a||b' and not !true", '"!" is no word of the language; use not'),
        ("revenue_usd = 5", '"=" is no word of the language; use =='),
        ("revenue_usd => 5", '"=>" is no word of the language; use >='),
        ("revenue_usd > 1 AND confidence < 0.5", '"AND" is no word of the language; use and'),
        ("revenue_usd > 5000 USD", "a number stands without its unit; write 5000; a fact says its unit itself: unit: USD"),
        ("revenue_usd > 1.500 EUR", "a number stands without its unit; write 1500; here, 1.500 has a decimal point"),
        ("revenue_usd > €50", "a number stands without its unit; write 50; a fact says its unit itself: unit: €"),
        ("revenue_usd > 5k", "a number stands without its unit; write it out, like 5000"),
        ("revenue_usd > 75%", "a number stands without a percent sign; write 0.75"),
        ("revenue_usd > 7.5.0%", "a number stands without a percent sign; write a number such as 0.75"),
        ("!(revenue_usd > 5)", "a value cannot begin with !; write not (…), or put the text in quotes"),
    ],
)  # fmt: skip
def test_a_habit_in_an_expression_is_told_with_its_remedy(written, message):
    assert said(WHEN, written) == message
    assert said(FLOW, f"\n    when: {written}\n    to: finance_lead") == message


@pytest.mark.parametrize(
    ("number", "meant"),
    [("1,500", "1500"), ("1,500.00", "1500.00"), ("1.500,00", "1500.00"), ("1,500,000", "1500000"), ("0,5", "0.5")],
)  # fmt: skip
def test_a_comma_in_a_number_is_told_even_where_yaml_splits_it(number, meant):
    text = f"revenue_usd > {number}"
    assert said(WHEN, text) == (
        f"no comma in numbers; write {meant}, or put the whole text in quotes"
    )
    block = f"\n    when: {text}\n    to: finance_lead"
    assert said(FLOW, block) == f"no comma in numbers; write {meant}"


def test_a_comma_in_a_threshold_is_told_and_a_key_that_is_a_number_stays_one():
    assert said("0.72", "0,72").startswith("no comma in numbers; write 0.72")
    assert said("known: [", "known: {5: [").startswith("a comma or a }")
    found = read(MISSION_TABLE.replace("{below: 0.72", "{name: 1, 7: , note: 1,5 b, below: 0.72"))
    assert [one.message for one in found.errors] == ["a key must be text", "no comma in numbers"]
    assert said("{below: 0.72", "{below: 0.72, 5: 6").startswith("a key must be text")


def test_a_comma_within_a_call_is_never_taken_for_two_numbers():
    written = '"min(revenue_usd, 1,500) > 3"'
    message = "no comma in numbers; write 1500, or put a space after the comma"
    assert said(WHEN, written) == message
    for fine in (
        '"max(revenue_usd, 1, 500) > 3"',
        '"max(revenue_usd, 0,500) > 3"',
        '"max(abs(revenue_usd), 1) > 3"',
        '"revenue_usd in [100,200]"',
        '"max(abs(revenue_usd), 1,\\n 500) > 3"',
        '"max(revenue_usd, 1,\n      500) > 3"',
    ):
        assert read(MISSION_TABLE.replace(WHEN, fine)).errors == ()


def test_a_list_is_never_the_slip():
    assert said(WHEN, '"revenue_usd in [100,200] && true"').startswith('"&&"')


@pytest.mark.parametrize(("written", "value"), [("75%", 0.75), ('"7.5 %"', 0.075), ("100%", 1.0)])
def test_a_threshold_may_be_a_percentage(written, value):
    table = read(MISSION_TABLE.replace("0.72", written)).table
    assert table is not None
    assert table.rows[0].below == value


def test_a_percentage_for_one_type_is_the_same_table_as_its_share():
    by_type = changed("below: 0.72", "below: {card_lost: 75%, else: 72%}")
    shares = changed("below: 0.72", "below: {card_lost: 0.75, else: 0.72}")
    assert table_of(by_type).version == table_of(shares).version


@pytest.mark.parametrize(
    ("written", "message"),
    [("72", "found 72; write 0.72, or 72%"), ("101%", "found 1.01"), ("0%", "found 0"), ("7200", "found 7200"), ("high", "a number such as 0.72, or a percentage such as 72%, found text")],
)  # fmt: skip
def test_a_threshold_that_is_none_is_told(written, message):
    found = said("0.72", written)
    assert message in found.replace("'", "")


@pytest.mark.parametrize("key", ["acknowledge_within", "decide_within"])
def test_a_bare_number_is_no_duration(key):
    found = said("[dana]", f"{{people: [dana], {key}: 15}}")
    assert found.endswith(f"{key}: the duration 15 has no unit; write 15m or 15s")
    assert said("[dana]", f'{{people: [dana], {key}: "15"}}') == (
        'the duration "15" has no unit; write 15m or 15s'
    )


def test_a_bare_number_is_no_silence_either_and_the_schema_says_so():
    assert "write 600m or 600s" in said("tests:", "watch: {silent_after: 600}\ntests:")
    assert "expected text, found true" in said("tests:", "watch: {silent_after: true}\ntests:")
    schema = json_schema()["$defs"]
    assert schema["WatchSpec"]["properties"]["silent_after"]["type"] == "string"
    assert schema["PersonSpec"]["properties"]["capacity"]["anyOf"][0]["type"] == "string"


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("capacity: 5", "the capacity 5 has no unit; write 5 open or 5 a day"),
        ('capacity: "5"', 'the capacity "5" has no unit; write 5 open or 5 a day'),
        ("capacity: 0", "the capacity 0 has no unit; write a whole number of 1 or more, e.g. 5 open or 40 a day"),
        ('capacity: "0"', 'the capacity "0" has no unit; write a whole number of 1 or more, e.g. 5 open or 40 a day'),
        ("capacity: 2.5", "the capacity 2.5 has no unit; write a whole number of 1 or more, e.g. 5 open or 40 a day"),
        ("capacity: true", "expected text, found true/false"),
        ("hours: Mo-Fr 09:00-17:00", '"Mo" is no day; write Mon'),
        ("hours: Mon-Xyz 09:00-17:00", '"Xyz" is no day; expected Mon, Tue, Wed, Thu, Fri, Sat, Sun'),
        ("hours: Mon-Fri", "the times of day are missing; write e.g. Mon-Fri 09:00-17:00"),
        ('hours: "09:00-17:00"', "the days are missing; write e.g. Mon-Fri 09:00-17:00"),
        ("hours: Mon-Fri 9-17", '"9" has no minutes; write 09:00'),
        ('hours: "Mon-Fri 09:00-17"', '"17" has no minutes; write 17:00'),
        ("hours: Mon-Fri 9am-5pm", '"9am" is no time of day; write it like 09:00'),
        ('hours: "Mon-Fri 09:00"', "the end is missing; write e.g. Mon-Fri 09:00-17:00"),
        ('hours: "Mon-Fri09:00-17:00"', "expected always, or e.g. Mon-Fri 09:00-17:00"),
    ],
)  # fmt: skip
def test_the_wrong_part_of_a_persons_line_is_named(written, message):
    person = '"mailto:dana@example.com"'
    assert said(person + "}", f"{person}, {written}}}").endswith(message)


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("  dana:", "\tdana:", (6, 1), "a tab stands here; use spaces"),
        ("agent: s", "agent:\ts", (2, 7), "a tab stands here; use spaces"),
        ("  ines:", "   ines:", (7, 4), "this line is indented otherwise than those it belongs to; begin it with exactly as many spaces as the lines beside it"),
        ("owner: priya ", "owner priya  ", (3, 1), "a colon with a space after it is missing here; write key: value"),
        ('"mailto:dana@example.com"}', '"mailto:dana@example.com"', (7, 3), "a comma or a } is missing before this; add it"),
        ("agent: s", "agent: x: s", (2, 9), "this colon cannot stand here; put a text with a colon in quotes, or mend the indentation of this line"),
        ('tests:', "purpose: 'it\ntests:", (21, 10), "this quote is never closed; close it on the same line"),
    ],
)  # fmt: skip
def test_a_text_that_is_no_yaml_is_told_in_our_words(old, new, place, message):
    assert old in MISSION_TABLE
    [found] = read(MISSION_TABLE.replace(old, new, 1)).errors
    assert f"{found.message}; {found.hint}" == message
    assert (found.line, found.column) == place


def test_a_variable_that_is_not_set_is_a_warning_at_its_contact():
    text = MISSION_TABLE.replace("mailto:dana@example.com", "${SLACK}/${ROOM}/${SLACK}")
    reading = read(text, is_set=lambda name: name == "ROOM")
    assert reading.table is not None
    [found] = [one for one in reading.findings if one.code == "unset-variable"]
    assert found.line_text().endswith(
        "${SLACK} is not set here; the server's environment must have it"
    )
    assert (found.severity, found.line) == ("warning", 6)
    assert "unset-variable" not in {one.code for one in read(text).findings}
