"""A table's text with a threshold or a calibration changed: those letters, and no others."""

import difflib

import pytest

from handraise.core.table.edit import number_text, with_calibration, with_threshold
from handraise.core.table.read import read
from handraise.errors import InputError
from tests.support.calibrated import CALIBRATION
from tests.support.support_table import TABLE, changed

BLOCKS = """\
# whose it is
handraise: 1
agent: "support-agent"   # quoted
owner: priya
people:
  priya: {name: 'Priya Raman', contact: "mailto:priya@example.com"}
routes:
  support: [priya]
known:   # what it was trained on
  - refund_request
  - card lost
  # - not yet this one

# when it stops
escalate:
  confidence:
    - below:
        refund_request: 0.8
        "card lost": 72%
      to: support   # who
  consequence: {when: 'action == "x"', to: support}
  novelty:
    - unknown: type
      to: support
"""
AS_JSON = (
    '{"handraise": 1, "agent": "a", "owner": "p", "people": {"p": {"name": "P", "contact": "mailto:p@example.com"}}, '
    '"routes": {"r": ["p"]}, "known": ["a"], "escalate": {"confidence": {"below": 0.72, "to": "r"}, '
    '"consequence": {"when": "action == \'x\'", "to": "r"}, "novelty": {"unknown": "type", "to": "r"}}}'
)


def change(before, after):
    """Return the lines that went and that came."""
    lines = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line.rstrip("\r\n") for line in lines if line[0] in "+-"]


def table_in(text):
    reading = read(text, calibration=lambda _file: CALIBRATION)
    assert reading.table is not None, [one.line_text() for one in reading.errors]
    return reading.table


def row_of(text, row=0):
    found = [one for one in table_in(text).rows if one.condition == "confidence"][row]
    return found.below, found.below_by_type


def test_a_threshold_is_changed_in_its_place():
    new = with_threshold(TABLE, 0, 0.8125)
    assert change(TABLE, new) == [
        "-     - {below: 0.72, to: supervisor}",
        "+     - {below: 0.8125, to: supervisor}",
    ]
    assert row_of(new) == (0.8125, {})


def test_the_same_threshold_changes_nothing_also_as_a_percentage():
    assert with_threshold(TABLE, 0, 0.72) == TABLE
    percent = changed("below: 0.72", "below: 72%", TABLE)
    assert with_threshold(percent, 0, 0.72) == percent
    assert row_of(with_threshold(percent, 0, 0.73)) == (0.73, {})


def test_the_named_row_is_changed_and_no_other():
    row = "    - {below: 0.72, to: supervisor}\n"
    text = changed(row, row + "    - {below: 0.5, to: finance}   # less\n", TABLE)
    new = with_threshold(text, 1, 0.6)
    assert (row_of(new, 0), row_of(new, 1)) == ((0.72, {}), (0.6, {}))
    assert change(text, new)[1] == "+     - {below: 0.6, to: finance}   # less"


def test_a_threshold_becomes_one_for_each_type():
    new = with_threshold(TABLE, 0, {"refund_request": 0.9, "card_lost": 1e-7})
    assert change(TABLE, new)[1:] == [
        "+     - {below: {refund_request: 0.9, card_lost: 0.0000001}, to: supervisor}"
    ]
    assert row_of(new) == (None, {"refund_request": 0.9, "card_lost": 1e-7})


def test_the_same_types_are_changed_where_they_stand_with_their_comments():
    text = changed("refund_request: 0.8\n", "refund_request: 0.8   # since March\n", BLOCKS)
    new = with_threshold(text, 0, {"card lost": 0.72, "refund_request": 0.9})
    assert change(text, new) == [
        "-         refund_request: 0.8   # since March",
        "+         refund_request: 0.9   # since March",
    ]


def test_other_types_are_written_in_the_style_that_is_there():
    new = with_threshold(BLOCKS, 0, {"card lost": 0.5, "refund_request": 1.0})
    assert row_of(new) == (None, {"card lost": 0.5, "refund_request": 1.0})
    new = with_threshold(BLOCKS, 0, {"card lost": 0.5})
    assert change(BLOCKS, new) == [
        "-         refund_request: 0.8",
        '-         "card lost": 72%',
        '+         "card lost": 0.5',
    ]
    flow = changed("below: 0.72", "below: {else: 0.72}", TABLE)
    new = with_threshold(flow, 0, {"card_lost": 0.5, "refund_request": 0.25})
    assert "- {below: {card_lost: 0.5, refund_request: 0.25}, to: supervisor}" in new


def test_thresholds_by_type_become_one():
    new = with_threshold(BLOCKS, 0, 0.5)
    assert [one for one in change(BLOCKS, new) if one[0] == "+"] == ["+     - below: 0.5"]
    assert row_of(new) == (0.5, {})
    flow = changed("below: 0.72", "below: {card_lost: 0.9, else: 0.72}", TABLE)
    assert change(flow, with_threshold(flow, 0, 0.5))[1] == "+     - {below: 0.5, to: supervisor}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("refund_request: 0.8\n", "refund_request: 0.8   # since March\n"),
        ("    - below:\n", "    - below:   # by type\n"),
    ],
)
def test_a_comment_that_would_be_lost_stops_it(old, new):
    text = changed(old, new, BLOCKS)
    with pytest.raises(InputError, match="a comment stands in what would be replaced") as error:
        with_threshold(text, 0, 0.5)
    assert error.value.message.startswith("line 18: ")
    assert error.value.hint == "move the comment above the row, or change the row by hand"


def test_a_hash_in_a_name_is_no_comment():
    text = BLOCKS.replace("card lost", "card #2")
    assert row_of(with_threshold(text, 0, 0.5)) == (0.5, {})
    with pytest.raises(InputError, match="a comment"):
        with_threshold(changed("0.8\n", "0.8 # why\n", text), 0, {"card #2": 0.5})


@pytest.mark.parametrize("name", ["true", "null", "card lost", "é: x", "1st", '"', "x#y", "a: b"])
def test_odd_names_of_types_are_put_in_quotes(name):
    text = BLOCKS.replace("  - card lost\n", f"  - {name!r}\n").replace(
        '        "card lost": 72%\n', ""
    )
    assert row_of(with_threshold(text, 0, {name: 0.5})) == (None, {name: 0.5})


def test_a_calibration_comes_after_what_is_known():
    new = with_calibration(BLOCKS)
    assert change(BLOCKS, new) == ["+ confidence: calibrated"]
    before, after = new.split("confidence: calibrated\n")
    assert before.endswith("  # - not yet this one\n")
    assert after.startswith("\n# when it stops\n")
    assert change(TABLE, with_calibration(TABLE)) == ["+ confidence: calibrated"]
    assert table_in(with_calibration(TABLE)).calibration is not None


@pytest.mark.parametrize("end", ["", "   # it knows", "\n  # the last line", "\n"])
def test_what_is_known_may_stand_last(end):
    lines = BLOCKS.splitlines(keepends=True)
    text = "".join([*lines[:8], *lines[14:], "known:\n  - refund_request\n  - card lost", end])
    new = with_calibration(text)
    assert table_in(new).calibration is not None
    assert new.replace("confidence: calibrated", "").split() == text.split()


def test_a_calibration_elsewhere_is_named():
    new = with_calibration(TABLE, "learned/sure.json")
    assert change(TABLE, new) == ["+ confidence: {calibrated: learned/sure.json}"]
    assert table_in(new).calibration.file == "learned/sure.json"
    new = with_calibration(TABLE, "my files/a.json")
    assert change(TABLE, new) == ['+ confidence: {calibrated: "my files/a.json"}']
    assert table_in(new).calibration.file == "my files/a.json"


@pytest.mark.parametrize(
    "there", ["stated", "{calibrated: x.json}", "'stated'", "\n  calibrated: x.json"]
)
def test_a_calibration_takes_the_place_of_what_the_key_says(there):
    text = changed("escalate:\n", f"confidence: {there}   # why\nescalate:\n", TABLE)
    new = with_calibration(text)
    assert "\nconfidence: calibrated   # why\n" in new
    assert table_in(new).calibration.file == "calibration.json"


def test_a_comment_within_the_key_is_not_lost():
    text = changed("escalate:\n", "confidence:   # why\n  calibrated: x.json\nescalate:\n", TABLE)
    with pytest.raises(InputError, match="a comment stands"):
        with_calibration(text)


def test_a_table_in_json_stays_json():
    import json

    new = with_threshold(with_calibration(AS_JSON), 0, {"a": 0.5})
    found = json.loads(new)
    assert found["confidence"] == "calibrated"
    assert found["escalate"]["confidence"]["below"] == {"a": 0.5}
    assert json.loads(with_calibration(AS_JSON, "x.json"))["confidence"] == {"calibrated": "x.json"}
    assert table_in(new).calibration is not None


def test_a_flow_table_without_quotes_gets_none():
    text = AS_JSON.replace('"escalate"', "escalate")
    assert ", confidence: calibrated, escalate: {" in with_calibration(text)


def test_lines_that_end_as_windows_ends_them_stay_so():
    text = BLOCKS.replace("\n", "\r\n")
    new = with_threshold(with_calibration(text), 0, {"card lost": 0.5, "refund_request": 0.25})
    assert "\n" not in new.replace("\r\n", "")
    assert row_of(new) == (None, {"card lost": 0.5, "refund_request": 0.25})
    several = changed("        refund_request: 0.8\r\n", "", text)
    new = with_threshold(several, 0, {"card lost": 0.5, "refund_request": 0.25})
    assert "\n" not in new.replace("\r\n", "")


@pytest.mark.parametrize("value", [0.1 + 0.2, 1e-300, 5e-324, 1.0, 0.72, 1 / 3])
def test_a_number_is_written_to_the_last_bit(value):
    assert float(number_text(value)) == value
    assert "e" not in number_text(value)
    assert row_of(with_threshold(TABLE, 0, value)) == (value, {})
