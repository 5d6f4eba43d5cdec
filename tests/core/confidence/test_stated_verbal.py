"""A number in an agent's own words: read strictly, and anything doubtful is no confidence."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handraise.core.confidence.stated.verbal import LONGEST, LONGEST_JSON, verbal_confidence
from tests.support.tables import junk

SAID = {
    "85%": 0.85,
    "85 %": 0.85,
    "85\u00a0%": 0.85,
    " 85%\n": 0.85,
    "85.%": None,
    "85%.": 0.85,
    "99.5%": 0.995,
    "0.5%": 0.005,
    ".5%": 0.005,
    "0%": 0.0,
    "100%": 1.0,
    "85 percent": 0.85,
    "85percent": 0.85,
    "85 per cent": 0.85,
    "85 PERCENT": 0.85,
    "0.85": 0.85,
    ".85": 0.85,
    "0.85.": 0.85,
    "0": 0.0,
    "0.0": 0.0,
    "1.0": 1.0,
    "0.8500000000000001": 0.85,
    "17/20": 0.85,
    "17 / 20": 0.85,
    "17 out of 20": 0.85,
    "17 of 20": 0.85,
    "9 in 10": 0.9,
    "8.5/10": 0.85,
    "8.5 out of 10": 0.85,
    "0/20": 0.0,
    "10/10": 1.0,
    "45 of 50": 0.9,
    "ninety percent": 0.9,
    "Ninety per cent": 0.9,
    "eighty-five percent": 0.85,
    "eighty five percent": 0.85,
    "ninety%": 0.9,
    "zero percent": 0.0,
    "seventeen percent": 0.17,
    "a hundred percent": 1.0,
    "one hundred percent": 1.0,
    "hundred percent": 1.0,
    "seventeen out of twenty": 0.85,
    "nine in ten": 0.9,
    "ninety-five in a hundred": 0.95,
    "nine / ten": 0.9,
    "Confidence: 85%": 0.85,
    "confidence = 0.85": 0.85,
    "confidence:0.85": 0.85,
    "My confidence is 85%.": 0.85,
    "confidence level: 85%": 0.85,
    "Confidence score: 0.85": 0.85,
    "confidence 85%": 0.85,
    "85% confidence": 0.85,
    "I am 85% sure": 0.85,
    "I'm 85% certain.": 0.85,
    "I’m ninety percent confident": 0.9,
    "I am nine in ten sure": 0.9,
}

DOUBTFUL = [
    # nothing, or no number
    "", " ", ".", "%", "/", "percent", "sure", "high", "very confident", "certain", "n/a", "none",
    # of what?
    "85", "1", "7", "100", "85.", "85.5", "ninety", "eighty-five", "confidence: 85", "I am 85 sure",
    # outside
    "50/50", "I'm 50/50", "I am 50/50 sure.", "confidence: 50/50", "fifty/fifty", "20/20", "1/1", "5/5",
    '{"confidence": "50/50"}', "12/31", "9/11", "3 of 4", "1 in 1", "24/7",
    "101%", "100.1%", "-5%", "−5%", "1.01", "-0.85", "+85%", "21/20", "17/0", "0/0", "-1/2", "1/-2",
    "150 percent", "hundred out of ten",
    # negations
    "not 100% sure", "I am not 100% sure", "I'm not 90% sure", "not 0.9", "never 90%", "no 90%",
    "100% not sure", "I am 100% not sure", "I am 90% unsure", "90% uncertain", "isn't 90%",
    "not ninety percent", "0.9 not", "hardly 90%", "I am 100% sure not", "90% wrong",
    # hedges
    "about 80%", "~80%", "≈80%", "roughly 0.8", "80% or so", "at least 80%", "up to 80%", ">80%",
    "< 0.9", "80%?", "maybe 80%", "almost ninety percent", "over ninety percent", "80%!",
    # ranges, several numbers
    "80-90%", "80–90%", "80% to 90%", "0.8-0.9", "0.8 0.9", "80% 90%", "80%, 90%", "80±5%",
    "17/20/21", "1/2 of 90%", "85% (17/20)", "85% 85%", "between 80 and 90 percent",
    # other spellings
    "0,85", "85,5%", "1.000,5", "1,000/2,000", "\uff18\uff15%", "\u0668\u0665%", "85\uff05", "½", "²%", "8_5%", "0x55%",
    "085%", "007/010", "1e-1", "8.5e-1", "0.8.5", "..85", "85%%", "85 % %", "% 85", "8 5%",
    "17/20.5", "17//20", "1.%", "$0.85", "85%\u200b", "\u200b0.85", "NaN", "inf", "infinity%",
    # words that are no number
    "twenty ten percent", "ninety-eleven percent", "five ninety percent", "forty-zero percent",
    "zero point eight five", "point nine", "two hundred percent", "ninety-five point five percent",
    "nine of", "out of ten", "x in ten", "nine in x", "neunzig prozent", "ninety - five percent",
    # more words
    "The answer is Paris. Confidence: 85%", "85% because the invoice matches", "I think 85%",
    "**85%**", "`0.85`", '"85%"', "(85%)", "<b>85%</b>", "Confidence: high (85%)", "p=0.85",
    # JSON that says something else
    "{}", "{", "[0.85]", '{"conf": 0.85}', '{"confidence": null}', '{"confidence": true}',
    '{"confidence": 85}', '{"confidence": 1}', '{"confidence": 1.5}', '{"confidence": -0.1}',
    '{"confidence": NaN}', '{"confidence": Infinity}', '{"confidence": [0.85]}',
    '{"confidence": {"value": 0.85}}', '{"result": {"confidence": 0.85}}', '{"confidence": ""}',
    '{"confidence": "not 85%"}', '{"confidence": "85"}', '{"confidence": 0.1, "confidence": 0.9}',
    '{"confidence": 0.1, "Confidence": 0.9}', '{"confidence": 0.85} trailing', "{'confidence': .9}",
    '{"confidence": 0,85}', '{"confidence": ' + "9" * 5_000 + "}", '{"a":' * 30_000,
    '```json\n{"confidence": 0.85}\n```',
]  # fmt: skip


@pytest.mark.parametrize(("said", "expected"), SAID.items())
def test_a_form_that_is_known_says_its_number(said, expected):
    assert verbal_confidence(said) == (None if expected is None else pytest.approx(expected))


@pytest.mark.parametrize("said", DOUBTFUL, ids=range(len(DOUBTFUL)))
def test_anything_doubtful_is_no_confidence(said):
    assert verbal_confidence(said) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"confidence": 0.85}', 0.85),
        (' {"answer": "not sure", "confidence": 0.85}\n', 0.85),
        ('{"Confidence ": 8.5e-1}', 0.85),
        ('{"confidence": "85%"}', 0.85),
        ('{"confidence": " 17 out of 20 "}', 0.85),
        ('{"confidence": 1.0}', 1.0),
        ('{"confidence": 0}', 0.0),
        ('{"confidence": 0.85, "why": {"confidence": 0.1}}', 0.85),
    ],
)
def test_a_json_object_says_its_confidence(said, expected):
    assert verbal_confidence(said) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("said", "scale", "expected"),
    [
        ("85", 100, 0.85),
        ("85.5", 100.0, 0.855),
        ("1", 100, 0.01),
        ("0", 100, 0.0),
        ("100", 100, 1.0),
        ("confidence: 85", 100, 0.85),
        ('{"confidence": 85}', 100, 0.85),
        ('{"confidence": "85"}', 100, 0.85),
        ("8", 10, 0.8),
        ("1", 1, 1.0),
        ("0.85", 1, 0.85),
        ('{"confidence": 1}', 1, 1.0),
        ("85%", 100, 0.85),
        ("8/10", 100, 0.8),
        ("0.85", 100, None),
        ('{"confidence": 0.85}', 100, None),
        ("101", 100, None),
        ("85", 10, None),
        ("85", 1, None),
        ("eighty", 100, None),
        ("not 85", 100, None),
        ("85", 0, None),
        ("85", -100, None),
        ("85", True, None),
        ("85", "100", None),
        ("85%", "100", None),
        ("85", float("nan"), None),
    ],
)
def test_a_bare_number_is_of_the_scale_that_is_given(said, scale, expected):
    found = verbal_confidence(said, scale=scale)
    assert found == (None if expected is None else pytest.approx(expected))


def test_long_texts_are_not_looked_into():
    assert verbal_confidence("85%" + " " * LONGEST) == 0.85
    assert verbal_confidence("85" + " " * LONGEST + "%") is None
    assert verbal_confidence(json.dumps({"confidence": "85" + " " * LONGEST + "%"})) is None
    assert verbal_confidence(json.dumps({"why": "x" * 5_000, "confidence": 0.85})) == 0.85
    assert verbal_confidence(json.dumps({"why": "x" * LONGEST_JSON, "confidence": 0.85})) is None


@given(junk(), st.none() | junk())
def test_junk_never_raises_and_is_never_outside(said, scale):
    found = verbal_confidence(said, scale=scale)
    assert found is None or 0.0 <= found <= 1.0


@given(
    st.text(
        st.sampled_from(list("0123456789.,%/ -eE{}\":'confidenceoutofintyhudrpsa")), max_size=40
    ),
    st.sampled_from([None, 1, 10, 100]),
)
def test_whatever_it_is_made_of_a_text_never_raises_and_is_never_outside(said, scale):
    found = verbal_confidence(said, scale=scale)
    assert found is None or 0.0 <= found <= 1.0


@given(
    st.sampled_from([said for said, share in SAID.items() if share is not None]),
    st.sampled_from(
        ["not", "n't", "no", "never", "hardly", "un", "without", "isn't", "none", "nor"]
    ),
    st.integers(0, 60),
    st.booleans(),
)
def test_a_text_that_holds_a_negation_is_never_a_number(said, negation, at, is_apart):
    place = min(at, len(said))
    space = " " if is_apart else ""
    assert verbal_confidence(said[:place] + space + negation + space + said[place:]) is None


@given(st.integers(0, 100), st.integers(0, 100))
def test_two_numbers_are_never_one(one, other):
    for between in (" ", "-", " - ", " to ", ", ", "–", " or ", " and "):
        assert verbal_confidence(f"{one}{between}{other}%") is None
        assert verbal_confidence(f"{one}%{between}{other}%") is None


@given(st.integers(0, 100))
def test_every_whole_percent_is_read_in_figures_and_as_a_fraction(percent):
    assert verbal_confidence(f"{percent}%") == percent / 100
    assert verbal_confidence(f"{percent} out of 100") == percent / 100
